"""Teach the dependency parser of ``textae.parser`` what another parser makes of plain text.

    python scripts/train_parser.py PARSES.jsonl OUTPUT --steps 9000

``PARSES.jsonl`` has rows of ``words``, ``heads``, ``labels`` and ``tags`` (``scripts/parse_documents.py``, or
``scripts/grow_trees.py`` with ``--chinese``).
The last thousand rows are not learned from: how often the two parsers agree on them is printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from textae.checkpoint import resolve, write_parser
from textae.data import pad_with_mask
from textae.parser import DependencyParser, Parse, common_words
from textae.phrases import Words
from textae.textio import read_documents
from textae.tokenizer import load_tokenizer, split_words

HELD_OUT = 1000
_BATCH = 64
_POOL = 50
"""Batches whose rows are sorted by length together."""
_RATE = 2e-3
_EVERY = 200
_MOST_NORM = 5.0

Row = tuple[Words, Parse]


def read(path: Path) -> list[Row]:
    """Words and trees of the rows of a file."""
    rows = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows.append((row["words"], Parse(row["heads"], row["labels"], row["tags"])))
    return rows


def annotated(
    annotations: Path, documents: Path, model: str, size: Callable[[dict[str, Any]], int]
) -> Iterator[tuple[dict[str, Any], Words]]:
    """The rows of a file of annotations, each with the words of the sentence that it is of.

    The program ends where a document is missing, or has not the words any more.

    Args:
        annotations: rows of a document's ``id``, the word a sentence starts with, and more.
        documents: of which they are.
        model: a textae model, for its tokenizer.
        size: of a row's sentence, in words.
    """
    with gzip.open(annotations, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    wanted = {row["id"] for row in rows}
    documented = (document.row or {} for document in read_documents([str(documents)]))
    texts = {row["id"]: row["text"] for row in documented if row.get("id") in wanted}
    tokenizer = load_tokenizer(resolve(model))
    for row in rows:
        if row["id"] not in texts:
            raise SystemExit(f"{documents}: no document {row['id']}, which {annotations} asks for")
        words = split_words(tokenizer, texts[row["id"]])[row["start"] :][: size(row)]
        if len(words) < size(row):
            raise SystemExit(f"{documents}: document {row['id']} is not the one that {annotations} is of")
        yield row, words


def loss(parser: DependencyParser, rows: list[Row]) -> torch.Tensor:
    """Cross-entropy of tags, heads and labels, in nats a word."""
    ids = parser.encode([words for words, _ in rows])
    # A bare mark of Chinese hangs on nothing, and has no label.
    real = pad_with_mask([[label != "" for label in parse.labels] for _, parse in rows], 0)[0].bool()
    heads = pad_with_mask([[head + 1 for head in parse.heads] for _, parse in rows], 0)[0]
    tags = pad_with_mask([[parser.tags.index(t) for t in parse.tags] for _, parse in rows], 0)[0]
    numbers = [[parser.labels.index(x) if x else 0 for x in parse.labels] for _, parse in rows]
    labels = pad_with_mask(numbers, 0)[0]
    states, tag_odds, arcs = parser(ids)
    return (
        functional.cross_entropy(tag_odds[real], tags[real])
        + functional.cross_entropy(arcs[real], heads[real])
        + functional.cross_entropy(parser.label_odds(states, heads)[real], labels[real])
    )


def agreement(parser: DependencyParser, rows: list[Row]) -> dict[str, float]:
    """Shares of words with the same tag, the same head, the same head and label."""
    same = {"tags": 0, "heads": 0, "labelled": 0}
    total = 0
    for (_, wanted), found in zip(rows, parser.parse([words for words, _ in rows]), strict=True):
        for i, label in enumerate(wanted.labels):
            if label:
                head = wanted.heads[i] == found.heads[i]
                total += 1
                same["tags"] += wanted.tags[i] == found.tags[i]
                same["heads"] += head
                same["labelled"] += head and label == found.labels[i]
    return {name: round(count / total, 4) for name, count in same.items()}


def batches(rows: list[Any], seed: int) -> Iterator[list[Any]]:
    """Endless batches, of rows of like length each; a row begins with its words."""
    shuffle = random.Random(seed)
    while True:
        pool = sorted(shuffle.sample(rows, min(len(rows), _BATCH * _POOL)), key=lambda row: len(row[0]))
        found = [pool[i : i + _BATCH] for i in range(0, len(pool), _BATCH)]
        shuffle.shuffle(found)
        yield from found


def learn(
    network: nn.Module,
    rows: list[Any],
    loss: Callable[[Any, list[Any]], torch.Tensor],
    shown: Callable[[], object],
    steps: int,
    seed: int,
) -> None:
    """Go down a loss for some steps, and tell now and then what is ``shown``."""
    print(sum(p.numel() for p in network.parameters()), "parameters,", len(rows), "rows", flush=True)
    optimizer = torch.optim.AdamW(network.parameters(), _RATE, betas=(0.9, 0.95))
    begin = time.monotonic()
    for step, batch in zip(range(steps), batches(rows, seed), strict=False):
        optimizer.param_groups[0]["lr"] = _RATE * min(1.0, (step + 1) / _EVERY) * (1 - step / steps)
        network.train()
        value = loss(network, batch)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), _MOST_NORM)
        optimizer.step()
        if (step + 1) % _EVERY == 0:
            seconds = (time.monotonic() - begin) / (step + 1)
            print(f"{step + 1} {value.item():.3f} {seconds:.2f} s a step", shown(), flush=True)


def split(rows: list[Any], path: Path) -> tuple[list[Any], list[Any]]:
    """Rows to learn from, and the last ones, held out; ends the program where there are too few."""
    if len(rows) <= HELD_OUT:
        raise SystemExit(f"{path}: {len(rows)} rows; more than the {HELD_OUT} held out are needed")
    return rows[:-HELD_OUT], rows[-HELD_OUT:]


def main() -> None:
    """Read, learn, write."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("parses", type=Path)
    cli.add_argument("output", type=Path)
    cli.add_argument("--chinese", action="store_true")
    cli.add_argument("--steps", type=int, default=9000)
    cli.add_argument("--seed", type=int, default=0)
    args = cli.parse_args()
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)
    rows, held_out = split(read(args.parses), args.parses)
    parser = DependencyParser(
        common_words([words for words, _ in rows]),
        sorted({tag for _, parse in [*rows, *held_out] for tag in parse.tags}),
        sorted({label for _, parse in [*rows, *held_out] for label in parse.labels if label}),
        args.chinese,
    )
    learn(parser, rows, loss, lambda: agreement(parser, held_out[:200]), args.steps, args.seed)
    print(agreement(parser, held_out))
    write_parser(args.output, parser)


if __name__ == "__main__":
    main()
