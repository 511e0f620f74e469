"""Choose the weights of ``textae.compression`` by random search on development sets.

    python scripts/tune_compression.py --documents documents.jsonl --human-text human_text.jsonl \\
        --tokenizer CHECKPOINT/tokenizer --dev dev.jsonl [dev2.jsonl ...] --length 8

Every trial changes some of the best weights so far and compresses the first ``--rows`` rows of each file,
never more: choose on few rows, report on all. It maximises the sum over the files of mean ROUGE-1, ROUGE-2
and ROUGE-L F1, and prints each improvement as a line, to be copied into the module by hand.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np

from textae import compression
from textae.compression import Compressor, Words
from textae.rouge import Rouge
from textae.textio import read_pairs, read_texts
from textae.tokenizer import join_words, load_tokenizer, split_words

_NAMES = ("LINK", "LEAST_LINK", "MOST_LINK", "ADJACENT", "GAP", "STYLE", "RARE", "EARLY")
_SPREAD = 0.4
"""Standard deviation of the logarithm of a weight's change: no weight changes its sign."""

Rows = Sequence[tuple[Words, Sequence[str]]]


def score(compressor: Compressor, files: Sequence[Rows], length: int, weights: dict[str, float]) -> float:
    """The sum over files of mean ROUGE-1, ROUGE-2 and ROUGE-L F1, in points, with some weights."""
    for name, value in weights.items():
        setattr(compression, name, value)
    rouge = Rouge()
    total = 0.0
    for rows in files:
        for words, references in rows:
            # The module's own value is the default argument, which stays what it was.
            summary = join_words(compressor.compress(words, length, early=weights["EARLY"]))
            total += 100 * sum(rouge.score(summary, references)) / len(rows)
    return total


def changed(weights: dict[str, float], random: np.random.Generator) -> dict[str, float]:
    """Weights of which about half, at least one, are larger or smaller."""
    chosen = random.random(len(weights)) < 0.5
    chosen[random.integers(len(weights))] = True
    factors = np.exp(random.normal(0.0, _SPREAD, len(weights)) * chosen)
    return {name: float(value * f) for (name, value), f in zip(weights.items(), factors, strict=True)}


def main() -> None:
    """Read, split, count, then try weights until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("documents", "human-text"):
        parser.add_argument(f"--{name}", required=True, metavar="FILE")
    parser.add_argument("--tokenizer", required=True, metavar="FOLDER", help="whose normal form is used")
    parser.add_argument("--dev", required=True, nargs="+", metavar="FILE", help="rows of text and summary")
    parser.add_argument("--length", required=True, type=int, help="of a summary, in words or characters")
    parser.add_argument("--rows", type=int, default=300, help="the first so many of each file")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tokenizer = load_tokenizer(args.tokenizer)
    human_text, documents = (
        [split_words(tokenizer, text) for text in read_texts([file])]
        for file in (args.human_text, args.documents)
    )
    compressor = Compressor(human_text, documents)
    pairs = [read_pairs(file)[: args.rows] for file in args.dev]
    files = [[(split_words(tokenizer, pair.text), pair.references) for pair in rows] for rows in pairs]
    random = np.random.default_rng(args.seed)
    best = {name: float(getattr(compression, name)) for name in _NAMES}
    highest, trials = score(compressor, files, args.length, best), 0
    print(f"{highest:.2f} as it is")
    end = time.monotonic() + 60 * args.minutes
    while time.monotonic() < end:
        weights = changed(best, random)
        trials += 1
        if (total := score(compressor, files, args.length, weights)) > highest:
            highest, best = total, weights
            print(f"{total:.2f} at trial {trials}:", *(f"{k}={v:.2f}" for k, v in best.items()), flush=True)
    print(f"{trials} trials")


if __name__ == "__main__":
    main()
