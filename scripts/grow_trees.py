"""Parse Chinese texts, given the trees of a few: what the Chinese parser learns from.

    python scripts/grow_trees.py TAGS.jsonl --documents documents.jsonl --model zh --output parses.jsonl

``scripts/treebank_zh.jsonl.gz`` has the trees of some sentences of the documents, written by hand (see
``docs/annotations.md``): rows of the document's ``id``, the word a sentence starts with, heads and labels.
Some teachers (``tree_teacher``) learn to read from ``TAGS.jsonl`` (``scripts/tag_documents.py``), learn the
trees, and parse every text of it, sentence by sentence. Tags are handed on.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tqdm import tqdm
from train_parser import annotated
from tree_teacher import Encoder, Teacher, Tree, learn_to_read, learn_trees, parse

from textae.parser import ROOT
from textae.phrases import STOPS, Words

TREEBANK = Path(__file__).with_name("treebank_zh.jsonl.gz")
_MOST_WORDS = 90
_TEXTS = 512
_HELD_OUT = 8
"""One tree of so many is not learned from when the agreement is measured."""


def read_trees(treebank: Path, documents: Path, model: str) -> list[tuple[Words, Tree]]:
    """The words and trees of a treebank; ends the program where a document is missing or another."""
    return [
        (words, Tree(row["heads"], row["labels"]))
        for row, words in annotated(treebank, documents, model, lambda row: len(row["heads"]))
    ]


def sentences(words: Words) -> list[Words]:
    """A text's sentences, their stops with them."""
    found: list[Words] = [[]]
    for word in words:
        found[-1].append(word)
        if word[-1] in STOPS:
            found.append([])
    return [sentence for sentence in found if sentence]


def text_trees(teachers: Sequence[Teacher], texts: Sequence[Words]) -> Iterator[Tree]:
    """The trees of texts, each of all its sentences."""
    parts = [sentences(words) for words in texts]
    flat = [sentence for part in parts for sentence in part]
    order = sorted(range(len(flat)), key=lambda i: len(flat[i]))
    trees = dict(zip(order, parse(teachers, [flat[i] for i in order]), strict=True))
    number = 0
    for part in parts:
        heads: list[int] = []
        labels: list[str] = []
        for _ in part:
            start, tree = len(heads), trees[number]
            heads += [head + start if head != ROOT else ROOT for head in tree.heads]
            labels += tree.labels
            number += 1
        yield Tree(heads, labels)


def agreement(teachers: Sequence[Teacher], rows: Sequence[tuple[Words, Tree]]) -> dict[str, float]:
    """Shares of words with the same head, and with the same head and label."""
    same, total = {"heads": 0, "labelled": 0}, 0
    for (_, wanted), found in zip(rows, parse(teachers, [words for words, _ in rows]), strict=True):
        for head, label, other, told in zip(
            wanted.heads, wanted.labels, found.heads, found.labels, strict=True
        ):
            total += bool(label)
            same["heads"] += bool(label) and head == other
            same["labelled"] += bool(label) and (head, label) == (other, told)
    return {name: round(count / total, 4) for name, count in same.items()}


def main() -> None:
    """Read, learn, parse, write."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("tags", type=Path)
    cli.add_argument("--documents", required=True, type=Path)
    cli.add_argument("--treebank", default=TREEBANK, type=Path)
    cli.add_argument("--model", required=True, help="a textae model, for its tokenizer")
    cli.add_argument("--output", required=True, type=Path)
    cli.add_argument("--reading-steps", type=int, default=6000)
    cli.add_argument("--epochs", type=int, default=22)
    cli.add_argument("--teachers", type=int, default=2)
    cli.add_argument("--measure", action="store_true", help="only hold trees out, and tell the agreement")
    cli.add_argument("--seed", type=int, default=0)
    args = cli.parse_args()
    torch.set_flush_denormal(True)
    with args.tags.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = [(row["words"][:_MOST_WORDS], row["tags"][:_MOST_WORDS]) for row in rows]
    trees = read_trees(args.treebank, args.documents, args.model)
    random.Random(args.seed).shuffle(trees)
    held_out = trees[: len(trees) // _HELD_OUT] if args.measure else []
    torch.manual_seed(args.seed)
    tags = sorted({tag for _, row in texts for tag in row})
    encoder = Encoder([words for words, _ in texts], tags)
    learn_to_read(encoder, texts, args.reading_steps, args.seed)
    labels = sorted({label for _, tree in trees for label in tree.labels if label})
    teachers = []
    for seed in range(args.teachers):
        torch.manual_seed(seed)
        teachers.append(Teacher(copy.deepcopy(encoder), labels))
        learn_trees(teachers[-1], trees[len(held_out) :], args.epochs, seed)
        print(
            f"teacher {seed + 1} of {args.teachers} has learned {len(trees) - len(held_out)} trees",
            flush=True,
        )
    if args.measure:
        print(agreement(teachers, held_out))
        return
    with args.output.open("w", encoding="utf-8") as out:
        for start in tqdm(range(0, len(texts), _TEXTS), "parsing", disable=None):
            part = texts[start : start + _TEXTS]
            for (words, tags), tree in zip(part, text_trees(teachers, [row[0] for row in part]), strict=True):
                row = {"words": words, "heads": tree.heads, "labels": tree.labels, "tags": tags}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
