"""Teach the tagger of ``textae.tagger`` what another tagger makes of Chinese text.

    python scripts/train_tagger.py TAGS.jsonl OUTPUT --steps 18000

``TAGS.jsonl`` has rows of ``words`` and ``tags`` (``scripts/tag_documents.py``). The last thousand rows are
not learned from: how often the two taggers agree on them is printed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch.nn import functional
from train_parser import learn, split

from textae.checkpoint import write_parser
from textae.data import pad_with_mask
from textae.networks import IGNORE
from textae.phrases import Words
from textae.tagger import WordTagger, common

_MOST_WORDS = 120

Row = tuple[Words, list[str]]


def read(path: Path) -> list[Row]:
    """Words and tags of the rows of a file, cut where they are very long."""
    rows = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows.append((row["words"][:_MOST_WORDS], row["tags"][:_MOST_WORDS]))
    return rows


def loss(tagger: WordTagger, rows: list[Row]) -> torch.Tensor:
    """Cross-entropy of tags, in nats a word."""
    numbers = [[tagger.tags.index(tag) for tag in tags] for _, tags in rows]
    wanted = pad_with_mask(numbers, IGNORE)[0]
    odds = tagger(tagger.encode([words for words, _ in rows]))
    return functional.cross_entropy(odds.flatten(0, 1), wanted.flatten(), ignore_index=IGNORE)


def agreement(tagger: WordTagger, rows: list[Row]) -> float:
    """Share of words with the same tag."""
    found = tagger.parse([words for words, _ in rows])
    same = [
        a == b for (_, tags), row in zip(rows, found, strict=True) for a, b in zip(tags, row, strict=True)
    ]
    return round(sum(same) / len(same), 4)


def main() -> None:
    """Read, learn, write."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("tags", type=Path)
    cli.add_argument("output", type=Path)
    cli.add_argument("--steps", type=int, default=18_000)
    cli.add_argument("--seed", type=int, default=0)
    args = cli.parse_args()
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)
    rows, held_out = split(read(args.tags), args.tags)
    words, characters = common([words for words, _ in rows])
    tags = sorted({tag for _, tags in [*rows, *held_out] for tag in tags})
    tagger = WordTagger(words, characters, tags)
    learn(tagger, rows, loss, lambda: agreement(tagger, held_out[:200]), args.steps, args.seed)
    print(agreement(tagger, held_out))
    write_parser(args.output, tagger)


if __name__ == "__main__":
    main()
