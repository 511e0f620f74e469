"""Make the Chinese training corpora from gathered news: documents and headlines, still unpaired.

    python scripts/prepare_zh.py CORPORA/zh OUTPUT

Reads ``documents.jsonl.gz``, ``sentences.jsonl.gz`` and ``headlines.jsonl.gz`` and writes ``documents.jsonl``
and ``human_text.jsonl``. Paragraphs from inside stories join the leads as documents. Headlines lose the marks
of their desk; those of newsrooms come twice, those that ask or exclaim (clickbait) not at all.
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

_MARKS = re.compile(
    r"【[^】]*】|[（(][^（）()]{0,8}[图圖片表频頻版全文][）)]|^[^丨|｜]{1,6}[丨|｜]|[丨|｜].*$"
)
_CLICKBAIT = re.compile(r"[？?！!…@#]|\.\.\.")
_NOT_NEWS = {"nlpcc2017_headline", "weibo_media", "weibo_peoplesdaily", "nankai_news"}
_GATHERED = {"thucnews_title", "toutiao_hot"}
_PARAGRAPHS = {"rthk_para": 25_000, "chinanews_para": 25_000}
_MIN_HEADLINE, _MAX_HEADLINE = 8, 30
_MIN_DOCUMENT, _MAX_DOCUMENT = 30, 220


def clean_headline(text: str) -> str | None:
    """The headline without its desk's marks, or None where it is none that tells news."""
    text = " ".join(_MARKS.sub("", text).split()).strip(" -—:：,，。")
    if not _MIN_HEADLINE <= len(text) <= _MAX_HEADLINE or _CLICKBAIT.search(text):
        return None
    return text


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write(texts: list[str], path: Path) -> None:
    """One text a line, in an order that tells nothing."""
    random.Random(0).shuffle(texts)
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)


def main() -> None:
    """Read, clean, weight, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    documents = [row["text"] for row in rows(args.corpora / "documents.jsonl.gz")]
    left = dict(_PARAGRAPHS)
    for row in rows(args.corpora / "sentences.jsonl.gz"):
        if left.get(row["source"]):
            left[row["source"]] -= 1
            documents.append(row["text"])
    documents = [text for text in documents if _MIN_DOCUMENT <= len(text) <= _MAX_DOCUMENT]
    headlines = []
    for row in rows(args.corpora / "headlines.jsonl.gz"):
        if row["source"] not in _NOT_NEWS and (text := clean_headline(row["text"])):
            headlines += [text] if row["source"] in _GATHERED else [text, text]
    write(documents, args.output / "documents.jsonl")
    write(headlines, args.output / "human_text.jsonl")
    print(f"{len(documents)} documents, {len(headlines)} headlines")


if __name__ == "__main__":
    main()
