"""Parse documents with a spaCy pipeline, word by word as textae has them: what the parser learns from.

    python scripts/parse_documents.py documents.jsonl --model en --output parses.jsonl

spaCy reads the text as it is written, since capitals tell it names; the trees are then told of the words of
``MODEL``'s tokenizer, in lower case and with the marks at their ends. Texts without a capital letter are left
out, and of long ones all but the first sentences. Needs ``pip install spacy`` and the pipeline's package.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from textae.checkpoint import resolve
from textae.parser import ROOT
from textae.phrases import Words
from textae.textio import read_texts
from textae.tokenizer import load_tokenizer

_MOST_WORDS = 70
_LEAST_WORDS = 12
_PARTS = re.compile(r"^([\"'“‘(\[$£€#]*)(.*?)('s|’s|'|’)?([,.;:?!%\"'”’)\]]*)$")
_ABBREVIATION = re.compile(
    r"^(?:(?:[A-Za-z]\.)+|(?:Corp|Inc|Co|Ltd|Mr|Mrs|Ms|Dr|St|Gen|Sen|Rep|Gov|No|vs|Lt|Col|Sgt|Jr"
    r"|Jan|Feb|Mar|Apr|Aug|Sept|Oct|Nov|Dec)\.)$"
)
_OUTSIDE = -1
_ROWS = 2048


@dataclass(frozen=True)
class Prepared:
    """A text in two forms.

    Attributes:
        words: in the tokenizer's normal form.
        tokens: as spaCy reads them, marks apart.
        owners: the word that each token belongs to, -1 for none.
        cores: the token of each word that is neither a mark nor an ending.
    """

    words: Words
    tokens: list[str]
    owners: list[int]
    cores: list[int]


def prepare(text: str, normalize: Callable[[str], str]) -> Prepared | None:
    """A text in both forms; ``None`` where they have not the same words."""
    stretches = text.split()
    normal = [normalize(stretch).split() for stretch in stretches]
    words = [word for part in normal for word in part]
    if any(len(part) > 1 for part in normal) or normalize(" ".join(stretches)).split() != words:
        return None
    prepared = Prepared(words, [], [], [])
    for stretch, part in zip(stretches, normal, strict=True):
        tokens, core = _tokens(stretch) if part else ([stretch], 0)
        if part:
            prepared.cores.append(len(prepared.tokens) + core)
        prepared.owners.extend([len(prepared.cores) - 1 if part else _OUTSIDE] * len(tokens))
        prepared.tokens.extend(tokens)
    return prepared


def _tokens(stretch: str) -> tuple[list[str], int]:
    """A stretch without a space, its marks apart, and which of its tokens is the word itself."""
    found = _PARTS.match(stretch)
    if found is None or not found[2] or _ABBREVIATION.match(stretch):
        return [stretch], 0
    before, core, ending, after = found.groups()
    if after.startswith(".") and "." in core:
        core, after = f"{core}.", after[1:]
    return [*before, core, *([ending] if ending else []), *after], len(before)


def collapse(prepared: Prepared, heads: Sequence[int], labels: Sequence[str]) -> tuple[list[int], list[str]]:
    """Heads and labels of words, given those of their tokens; a token that is its own head has none."""
    word_heads, word_labels = [], []
    for word, token in enumerate(prepared.cores):
        seen = set()
        while prepared.owners[token] in (word, _OUTSIDE) and heads[token] != token and token not in seen:
            seen.add(token)
            label, token = labels[token], heads[token]
        if prepared.owners[token] in (word, _OUTSIDE):
            word_heads.append(ROOT)
            word_labels.append("ROOT")
        else:
            word_heads.append(prepared.owners[token])
            word_labels.append(label)
    return word_heads, word_labels


def beginning(text: str) -> str:
    """The first sentences of a text, not many words."""
    words = text.split()[:_MOST_WORDS]
    ends = [i for i, word in enumerate(words, 1) if i >= _LEAST_WORDS and word[-1] in '.?!"']
    long = len(text.split()) > _MOST_WORDS and ends
    return " ".join(words[: ends[-1]] if long else words)


def parses(
    texts: Sequence[str], normalize: Callable[[str], str], pipeline: Any
) -> Iterator[dict[str, list[Any]]]:
    """Rows of words, heads, labels and tags of those texts whose two forms agree."""
    from spacy.tokens import Doc

    prepared = [found for text in texts if (found := prepare(beginning(text), normalize))]
    docs = pipeline.pipe(Doc(pipeline.vocab, words=found.tokens) for found in prepared)
    for found, doc in zip(prepared, docs, strict=True):
        heads, labels = collapse(found, [token.head.i for token in doc], [token.dep_ for token in doc])
        tags = [doc[core].tag_ for core in found.cores]
        yield {"words": found.words, "heads": heads, "labels": labels, "tags": tags}


def main() -> None:
    """Read, shuffle, parse, write."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("documents")
    cli.add_argument("--model", required=True, help="a textae model, for its tokenizer")
    cli.add_argument("--pipeline", default="en_core_web_sm", help="a package of spaCy's")
    cli.add_argument("--output", required=True, type=Path)
    cli.add_argument("--seed", type=int, default=5)
    args = cli.parse_args()
    import spacy

    normalize = load_tokenizer(resolve(args.model)).backend_tokenizer.normalizer.normalize_str
    pipeline = spacy.load(args.pipeline, exclude=["ner", "lemmatizer", "attribute_ruler"])
    texts = [text for text in read_texts([args.documents]) if text != text.lower()]
    random.Random(args.seed).shuffle(texts)
    rest = iter(tqdm(texts, "parsing", disable=None))
    with args.output.open("w", encoding="utf-8") as out:
        while part := list(islice(rest, _ROWS)):
            for row in parses(part, normalize, pipeline):
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
