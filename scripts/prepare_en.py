"""Make the English training corpora from gathered news: cleaned documents and headlines, still unpaired.

    python scripts/prepare_en.py CORPORA/en OUTPUT

Reads ``documents.jsonl.gz``, ``articles.jsonl.gz`` and ``headlines.jsonl.gz`` and writes ``documents.jsonl``
and ``human_text.jsonl``. Whole articles are documents too: they show what stories come back to. Headlines
lose what only a news desk writes (section labels, "-source"), ``general`` ones are kept whole and ``wire``
ones thinned to half their number, since documents are not all business.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LABEL = re.compile(r"^(?:[A-Z][A-Z /&-]{3,}(?:\d+)?|[A-Z][a-z]+ ?\d?)\s*[-:]+\s*(?=[A-Z])")
_SOURCE_TAIL = re.compile(
    r"\s*(?:\s-+\s?\w[\w. ]{0,24}|:\s*(?:sources?|report|paper|media|minister|official|lawyer)s?)$", re.I
)
_MIN_WORDS, _MAX_WORDS = 5, 14
_ARTICLE_WORDS = 300
"""What comes later in an article tells little of its beginning."""


def clean_headline(text: str) -> str | None:
    """The headline without its desk's marks, or None where nothing like a sentence is left."""
    text = _SOURCE_TAIL.sub("", _LABEL.sub("", text.strip())).strip(" -:;,.")
    words = text.split()
    if not _MIN_WORDS <= len(words) <= _MAX_WORDS or "|" in text or text.isupper():
        return None
    # Tables of figures: too many tokens with digits.
    if sum(any(c.isdigit() for c in word) for word in words) > len(words) // 3:
        return None
    return text


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def main() -> None:
    """Read, clean, thin out, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    shuffle = random.Random(0)
    written = 0
    with (args.output / "documents.jsonl").open("w", encoding="utf-8") as out:
        for row in rows(args.corpora / "documents.jsonl.gz"):
            if 12 <= len(row["text"].split()) <= 70:
                out.write(json.dumps({"text": row["text"]}, ensure_ascii=False) + "\n")
                written += 1
        for row in rows(args.corpora / "articles.jsonl.gz"):
            text = " ".join(row["text"].split()[:_ARTICLE_WORDS])
            out.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
            written += 1
    kept = set()
    with (args.output / "human_text.jsonl").open("w", encoding="utf-8") as out:
        for row in rows(args.corpora / "headlines.jsonl.gz"):
            if row["class"] == "wire" and shuffle.random() < 0.5:
                continue
            headline = clean_headline(row["text"])
            if headline and headline.lower() not in kept:
                kept.add(headline.lower())
                out.write(json.dumps({"text": headline}, ensure_ascii=False) + "\n")
    print(f"{written} documents, {len(kept)} headlines")


if __name__ == "__main__":
    main()
