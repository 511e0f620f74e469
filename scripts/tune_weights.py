"""Choose the weights of a model's search by random search on development sets.

    python scripts/tune_weights.py MODEL --dev dev.jsonl [dev2.jsonl ...] --length 10

Every trial changes some of the best weights so far and summarizes the first ``--rows`` rows of each file,
never more: choose on few rows, report on all. It maximises the sum over the files of mean ROUGE-1, ROUGE-2
and ROUGE-L F1, and prints each improvement as a line, to be copied by hand into ``textae.headlines``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path

import numpy as np

from textae.checkpoint import read_search, resolve
from textae.headlines import ClauseWeights
from textae.parser import Parse
from textae.phrases import Words
from textae.rouge import Rouge
from textae.salience import log_odds
from textae.scoring import Nats
from textae.search import Search
from textae.textio import read_pairs
from textae.tokenizer import join_words, load_tokenizer, split_words

_SPREAD = 0.4
"""Standard deviation of the logarithm of a weight's change: no weight changes its sign."""
_STEP = 0.3
"""Standard deviation of the change of a weight that is 0."""


@dataclass(frozen=True)
class Row:
    """A document read once, and its references."""

    words: Words
    salience: Nats | None
    parse: Parse | None
    references: Sequence[str]


def score(search: Search, files: Sequence[Sequence[Row]], length: int, weights: dict[str, float]) -> float:
    """The sum over files of mean ROUGE-1, ROUGE-2 and ROUGE-L F1, in points, with some weights."""
    search.headlines.weights = ClauseWeights(**weights)
    rouge = Rouge()
    total = 0.0
    for rows in files:
        for row in rows:
            summary = search.best(row.words, length, row.salience, row.parse)
            total += 100 * sum(rouge.score(join_words(summary), row.references)) / len(rows)
    return total


def changed(weights: dict[str, float], random: np.random.Generator) -> dict[str, float]:
    """Weights of which about a third, at least one, are larger or smaller."""
    chosen = random.random(len(weights)) < 1 / 3
    chosen[random.integers(len(weights))] = True
    factors = np.exp(random.normal(0.0, _SPREAD, len(weights)) * chosen)
    steps = random.normal(0.0, _STEP, len(weights)) * chosen
    return {
        name: float(value * factor if value else step)
        for (name, value), factor, step in zip(weights.items(), factors, steps, strict=True)
    }


def main() -> None:
    """Read, parse, then try weights until the time is over."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("model", help="a model that has a search: a bundled one's name, or a folder")
    cli.add_argument("--dev", required=True, nargs="+", type=Path, metavar="FILE", help="text and summary")
    cli.add_argument("--length", required=True, type=int, help="of a summary, in words or characters")
    cli.add_argument("--rows", type=int, default=350, help="the first so many of each file")
    cli.add_argument("--minutes", type=float, default=2)
    cli.add_argument("--seed", type=int, default=0)
    args = cli.parse_args()
    folder = resolve(args.model)
    tokenizer, search = load_tokenizer(folder), read_search(folder / "search")
    normalize = tokenizer.backend_tokenizer.normalizer.normalize_str
    files = []
    for file in args.dev:
        pairs = read_pairs(file)[: args.rows]
        words = [split_words(tokenizer, pair.text) for pair in pairs]
        salience = log_odds(*search.salience, words) if search.salience else repeat(None)
        parses = search.parser.parse(words) if search.parser else repeat(None)
        # Summaries are of Simplified characters, references may not be.
        references = [[normalize(reference) for reference in pair.references] for pair in pairs]
        files.append([Row(*row) for row in zip(words, salience, parses, references, strict=False)])
    random = np.random.default_rng(args.seed)
    best = asdict(search.headlines.weights)
    highest, trials = score(search, files, args.length, best), 0
    print(f"{highest:.2f} as it is")
    end = time.monotonic() + 60 * args.minutes
    while time.monotonic() < end:
        weights = changed(best, random)
        trials += 1
        if (total := score(search, files, args.length, weights)) > highest:
            highest, best = total, weights
            print(f"{total:.2f} at trial {trials}:", *(f"{k}={v:.2f}," for k, v in best.items()), flush=True)
    print(f"{trials} trials")


if __name__ == "__main__":
    main()
