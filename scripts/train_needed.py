"""Teach a parser which branches a sentence needs: without them it says something else, or nothing.

    python scripts/train_needed.py PARSER OUTPUT --judgements scripts/needed_en.jsonl.gz \\
        --documents documents.jsonl --model en

``PARSER`` is a folder that ``scripts/train_parser.py`` left, or a model that has one. The judgements are of
sentences of training documents (``docs/annotations.md``): rows of the document's ``id``, the word a sentence
starts with (``start``) and how many it has (``size``), the words that were ``judged``, each with all that
hangs on it, and those ``needed``, counted from there. Of the parser only the small network learns that tells
it (``need``).
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from train_parser import annotated

from textae.checkpoint import read_parser, resolve_parser, write_parser
from textae.parser import DependencyParser
from textae.phrases import Words

_BATCH = 128
_RATE = 1.5e-3
_DECAY = 0.02
_DROPOUT = 0.3
_HELD_OUT = 8
"""One sentence of so many is not learned from when the area under the curve is measured."""


@dataclass(frozen=True)
class Judged:
    """A sentence, the words of it that were judged, and those of them that it needs."""

    words: Words
    judged: list[int]
    needed: list[int]


def read_judgements(judgements: Path, documents: Path, model: str) -> list[Judged]:
    """The judged sentences with their words; ends the program where a document is missing or another."""
    return [
        Judged(words, row["judged"], row["needed"])
        for row, words in annotated(judgements, documents, model, lambda row: row["size"])
    ]


def examples(parser: DependencyParser, rows: list[Judged]) -> list[tuple[Tensor, Tensor]]:
    """What the small network reads of the judged words of each sentence, and whether they are needed."""
    found = []
    with torch.no_grad():
        for row in rows:
            states, _, arcs = parser.eval()(parser.encode([row.words]))
            read = parser.need_pairs(states, arcs.argmax(2))[0, row.judged]
            found.append((read, torch.tensor([float(i in row.needed) for i in row.judged])))
    return found


def learn(need: nn.Sequential, rows: list[tuple[Tensor, Tensor]], epochs: int, seed: int) -> None:
    """Teach the small network anew, down the cross-entropy of judgements."""
    torch.manual_seed(seed)
    for layer in need:
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    states, needed = torch.cat([row[0] for row in rows]), torch.cat([row[1] for row in rows])
    optimizer = torch.optim.AdamW(need.parameters(), _RATE, weight_decay=_DECAY)
    generator = torch.Generator().manual_seed(seed)
    steps, step = epochs * -(-len(needed) // _BATCH), 0
    for _ in range(epochs):
        for part in torch.randperm(len(needed), generator=generator).split(_BATCH):
            optimizer.param_groups[0]["lr"] = _RATE * (1 - step / steps)
            read = functional.dropout(states[part], _DROPOUT)
            loss = functional.binary_cross_entropy_with_logits(need(read).squeeze(1), needed[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1


def area(need: nn.Module, rows: list[tuple[Tensor, Tensor]]) -> float:
    """How likely a needed word has higher odds than one that is not: the area under the curve."""
    with torch.no_grad():
        odds = torch.cat([need(row[0]).squeeze(1) for row in rows]).numpy()
    needed = torch.cat([row[1] for row in rows]).numpy() > 0
    ranks = np.argsort(np.argsort(odds)) + 1
    most = needed.sum() * (~needed).sum()
    return float((ranks[needed].sum() - needed.sum() * (needed.sum() + 1) / 2) / most)


def main() -> None:
    """Read, measure, learn, write."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("parser")
    cli.add_argument("output", type=Path)
    cli.add_argument("--judgements", required=True, type=Path)
    cli.add_argument("--documents", required=True, type=Path)
    cli.add_argument("--model", required=True, help="a textae model, for its tokenizer")
    cli.add_argument("--epochs", type=int, default=12)
    cli.add_argument("--seed", type=int, default=0)
    args = cli.parse_args()
    parser = read_parser(resolve_parser(args.parser))
    rows = read_judgements(args.judgements, args.documents, args.model)
    random.Random(args.seed).shuffle(rows)
    found = examples(parser, rows)
    held_out = len(found) // _HELD_OUT
    if held_out:
        learn(parser.need, found[held_out:], args.epochs, args.seed)
        share = area(parser.need, found[:held_out])
        print(f"area under the curve on {held_out} sentences held out: {share:.3f}")
    learn(parser.need, found, args.epochs, args.seed)
    write_parser(args.output, parser)


if __name__ == "__main__":
    main()
