"""Summaries of long documents at given lengths: a model's, the beginning, and those of sumy's three rankings.

    python scripts/evaluate_long.py FILE [--length 165 30 12] [--model en] [--ablate]

FILE has rows of ``text`` and ``summary``. The first length is compared with the references by ROUGE; at every
length stands how much of a document its summary covers, which asks for no reference:

- ``mass``: the share of the document's tf-idf mass, over its content words, that the summary says. Document
  frequencies are those of FILE.
- ``near``: the share of its sentences that have two content words or more in common with the summary.
- ``mass less lead``: the difference to the beginning of the same document.

Intervals are 95 % bootstrap intervals over the rows. sumy (``pip install sumy``) ranks the same sentences,
made of the same words, with its stemmer and its stop words. Its best ones are taken in the document's order
up to the length, where the last is cut, so that they use every word they are allowed. ``--ablate`` compares
the choice of sentences with itself instead, each signal switched off.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textae import load
from textae.baselines import lead
from textae.bootstrap import interval, resampled_means
from textae.extraction import choose
from textae.rouge import METRICS, Rouge
from textae.segment import content_words, count_units, sentences, strip_word, units
from textae.textio import Pair, read_pairs

ABLATIONS: dict[str, dict[str, float]] = {
    "all signals": {},
    "without news": {"news": 0.0},
    "without place": {"early": 0.0},
    "without standing alone": {"lost": 1.0},
    "centrality alone": {"news": 0.0, "early": 0.0, "lost": 1.0},
    "news alone": {"news": 1e9},
}
_NEAR = 2
_SEED = 0

Array = NDArray[np.float64]


class _Words:
    """The tokenizer that sumy's own would need a download for."""

    def to_words(self, sentence: str) -> tuple[str, ...]:
        """The words of a sentence without the punctuation around them."""
        return tuple(filter(None, map(strip_word, units(sentence))))


def sumy_rankings(texts: Sequence[str]) -> dict[str, list[list[int]]]:
    """For each of sumy's summarizers and each document, its sentences from the best to the worst."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.nlp.stemmers import Stemmer
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.summarizers.lsa import LsaSummarizer
    from sumy.summarizers.text_rank import TextRankSummarizer
    from sumy.utils import get_stop_words

    rankings = {}
    for name, kind in {
        "TextRank": TextRankSummarizer,
        "LexRank": LexRankSummarizer,
        "LSA": LsaSummarizer,
    }.items():
        summarizer = kind(Stemmer("english"))
        summarizer.stop_words = get_stop_words("english")
        orders = []
        for text in texts:
            parts = [Sentence(part, _Words()) for part in sentences(text)]
            found: list[int] = []
            # What is asked for as a number of sentences may be a function of the ranking.
            summarizer(ObjectDocumentModel([Paragraph(parts)]), partial(_note, found))
            orders.append(found)
        rankings[name] = orders
    return rankings


def _note(found: list[int], ranked: Sequence[Any]) -> Sequence[Any]:
    found.extend(info.order for info in ranked)
    return ranked


def best_of(text: str, ranking: Sequence[int], length: int) -> str:
    """The best sentences of a ranking, in the document's order, cut at ``length`` units."""
    parts = sentences(text)
    sizes = np.cumsum([count_units(parts[i]) for i in ranking])
    needed = int(np.searchsorted(sizes, length)) + 1
    return lead(" ".join(parts[i] for i in sorted(ranking[:needed])), length)


def chosen(text: str, signals: Mapping[str, float], length: int) -> str:
    """The sentences that ``choose`` takes, with some of its signals set otherwise."""
    parts = sentences(text)
    return " ".join(parts[i] for i in choose(parts, [count_units(part) for part in parts], length, **signals))


class Coverage:
    """How much of its document a summary covers.

    Args:
        texts: the documents whose frequencies tell how much a word weighs.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._rows = len(texts)
        self._documents = Counter(word for text in texts for word in set(_content(text)))

    def score(self, text: str, summary: str) -> tuple[float, float]:
        """``mass`` and ``near`` of one summary, from 0 to 1."""
        said = set(_content(summary))
        weights = {
            word: count * math.log(self._rows / self._documents[word])
            for word, count in Counter(_content(text)).items()
        }
        mass = sum(weight for word, weight in weights.items() if word in said) / (
            sum(weights.values()) or 1.0
        )
        parts = [len(said.intersection(_content(sentence))) >= _NEAR for sentence in sentences(text)]
        return mass, sum(parts) / max(len(parts), 1)


def _content(text: str) -> list[str]:
    return [word.lower() for word in content_words(text)]


def table(
    pairs: Sequence[Pair], systems: Mapping[str, Sequence[str]], coverage: Coverage, metrics: Sequence[str]
) -> list[str]:
    """Lines of a Markdown table: for each system its figures with their intervals."""
    rouge = Rouge()
    figures: dict[str, Array] = {}
    for name, summaries in systems.items():
        rows = []
        for pair, summary in zip(pairs, summaries, strict=True):
            scores = rouge.score(summary, pair.references) if metrics else ()
            rows.append((*scores, *coverage.score(pair.text, summary)))
        figures[name] = 100 * np.array(rows)
    columns = [*metrics, "mass", "near", "mass less lead", "words"]
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, values in figures.items():
        differences = values[:, -2:-1] - figures["lead"][:, -2:-1]
        items = np.concatenate([values, differences], axis=1)
        low, high = interval(resampled_means(items, _SEED))
        cells = [
            f"{mean:.1f} ({bottom:.1f}-{top:.1f})"
            for mean, bottom, top in zip(items.mean(0), low, high, strict=True)
        ]
        words = np.mean([count_units(summary) for summary in systems[name]])
        lines.append(f"| {name} | {' | '.join(cells)} | {words:.1f} |")
    return lines


def main() -> None:
    """Print a table for each length."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--length", type=int, nargs="+", default=[165, 30, 12])
    parser.add_argument("--model", default="en")
    parser.add_argument("--ablate", action="store_true")
    args = parser.parse_args()
    pairs = read_pairs(args.file)
    texts = [pair.text for pair in pairs]
    coverage = Coverage(texts)
    model = None if args.ablate else load(args.model)
    rankings = {} if args.ablate else sumy_rankings(texts)
    for length in args.length:
        systems = {"lead": [lead(text, length) for text in texts]}
        if model:
            systems[f"textae {args.model}"] = model.summarize(texts, length)
        for name, orders in rankings.items():
            systems[name] = [best_of(text, order, length) for text, order in zip(texts, orders, strict=True)]
        for name, signals in ABLATIONS.items() if args.ablate else ():
            systems[name] = [chosen(text, signals, length) for text in texts]
        print(f"{len(pairs)} documents, at most {length} words\n")
        print(*table(pairs, systems, coverage, METRICS if length == args.length[0] else ()), "", sep="\n")


if __name__ == "__main__":
    main()
