"""Choose the weights of ``textae.compression`` by random search on development sets.

    python scripts/tune_compression.py --documents documents.jsonl --human-text human_text.jsonl \\
        --run RUN --dev dev.jsonl [dev2.jsonl ...] --length 10

The tokenizer, the language and the salience tagger, if it has one, are those of a training run on these
corpora that has left its salience stage behind.

Every trial changes some of the best weights so far and compresses the first ``--rows`` rows of each file,
never more: choose on few rows, report on all. It maximises the sum over the files of mean ROUGE-1, ROUGE-2
and ROUGE-L F1, and prints each improvement as a line, to be copied into the module by hand.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import repeat
from pathlib import Path

import numpy as np
import yaml

from textae.checkpoint import read_progress
from textae.compression import CHINESE, ENGLISH, Compressor, Weights
from textae.config import TrainConfig
from textae.neighbours import Neighbours
from textae.phrases import Words
from textae.pretrain import SLACK
from textae.rouge import Rouge
from textae.salience import SalienceTagger, Vocabulary, log_odds
from textae.textio import read_pairs, read_texts
from textae.tokenizer import join_words, load_tokenizer, split_words
from textae.workbench import Corpus

_SPREAD = 0.4
"""Standard deviation of the logarithm of a weight's change: no weight changes its sign."""

Row = tuple[Words, np.ndarray | None, np.ndarray | None, Sequence[str]]
"""Words of a document, the log-odds that its story comes back to them, those of its topic, references."""


def score(
    compressor: Compressor, files: Sequence[Sequence[Row]], length: int, weights: dict[str, float]
) -> float:
    """The sum over files of mean ROUGE-1, ROUGE-2 and ROUGE-L F1, in points, with some weights."""
    compressor.weights = Weights(**weights)
    rouge = Rouge()
    total = 0.0
    for rows in files:
        for words, salience, likeness, references in rows:
            kept = compressor.compress(words, length, salience=salience, likeness=likeness, slack=SLACK)
            summary = join_words(kept)
            total += 100 * sum(rouge.score(summary, references)) / len(rows)
    return total


def changed(weights: dict[str, float], random: np.random.Generator) -> dict[str, float]:
    """Weights of which about half, at least one, are larger or smaller."""
    chosen = random.random(len(weights)) < 0.5
    chosen[random.integers(len(weights))] = True
    factors = np.exp(random.normal(0.0, _SPREAD, len(weights)) * chosen)
    return {name: float(value * f) for (name, value), f in zip(weights.items(), factors, strict=True)}


def open_run(run: Path) -> tuple[bool, SalienceTagger | None]:
    """Whether a run's language is Chinese, and its salience tagger."""
    chinese = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))["config"]["chinese"]
    progress = read_progress(run)
    prefix = "network/salience/"
    tensors = progress.tensors if progress else {}
    state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    if not state:
        return chinese, None
    tagger = SalienceTagger()
    tagger.load_state_dict(state)
    return chinese, tagger


def main() -> None:
    """Read, split, count, then try weights until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("documents", "human-text"):
        parser.add_argument(f"--{name}", required=True, metavar="FILE")
    parser.add_argument("--run", required=True, type=Path, metavar="FOLDER", help="of textae train")
    parser.add_argument("--dev", required=True, nargs="+", metavar="FILE", help="rows of text and summary")
    parser.add_argument("--length", required=True, type=int, help="of a summary, in words or characters")
    parser.add_argument("--rows", type=int, default=300, help="the first so many of each file")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tokenizer = load_tokenizer(args.run / "tokenizer")
    normalize = tokenizer.backend_tokenizer.normalizer.normalize_str
    chinese, tagger = open_run(args.run)
    human_text, documents = (
        Corpus.encode(list(read_texts([file])), tokenizer, TrainConfig.max_document_tokens).words
        for file in (args.human_text, args.documents)
    )
    compressor = Compressor(human_text, documents, weights=CHINESE if chinese else ENGLISH)
    neighbours = Neighbours(human_text) if compressor.weights.alike else None
    files = []
    for file in args.dev:
        pairs = read_pairs(file)[: args.rows]
        words = [split_words(tokenizer, pair.text) for pair in pairs]
        salience = log_odds(tagger, Vocabulary(documents), words) if tagger else repeat(None)
        # Compressions are of Simplified characters, references may not be.
        references = [[normalize(reference) for reference in pair.references] for pair in pairs]
        likeness = map(neighbours.log_odds, words) if neighbours else repeat(None)
        files.append(list(zip(words, salience, likeness, references, strict=False)))
    random = np.random.default_rng(args.seed)
    best = asdict(compressor.weights)
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
