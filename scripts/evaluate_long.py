"""Summaries of long documents at given lengths: a model's, the beginning, and those of sumy's three rankings.

    python scripts/evaluate_long.py FILE [--length 165 30 12] [--model en] [--style auto] [--ablate]

FILE has rows of ``text`` and ``summary``. The first length is compared with the references by ROUGE; at every
length stands how much of a document its summary covers, which asks for no reference:

- ``mass``: the share of the document's tf-idf mass, over its content words, that the summary says. Document
  frequencies are those of FILE.
- ``near``: the share of its sentences that have two content words or more in common with the summary.
- ``cosine``: the mean cosine of its sentences to the summary. A vector is the mean of the last states of the
  model's encoder over all tokens, less the mean of the vectors of all sentences in FILE: what every sentence
  has in common tells nothing. A summary of another document is at about 0.
- ``less lead``, ``less LexRank``: the paired differences to the beginning of the same document, and to the
  best sentences by LexRank cut at the same length.

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
import torch
from numpy.typing import NDArray

from textae import TextAutoencoder
from textae.baselines import lead
from textae.bootstrap import interval, resampled_means
from textae.data import pad_with_mask
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
_RIVALS = ("lead", "LexRank")
_BATCH = 64
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


class Embeddings:
    """How close the sentences of documents are to their summaries, by the states of a generator's encoder.

    Args:
        model: whose encoder reads them. Of a sentence longer than it can read, it reads the beginning.
        texts: the documents.
    """

    def __init__(self, model: TextAutoencoder, texts: Sequence[str]) -> None:
        self._tokenizer = model.tokenizer
        self._device = model.device
        self._network = model.networks["generator"]
        documents = [sentences(text) for text in texts]
        vectors = self._means([[sentence] for document in documents for sentence in document])
        self._centre = vectors.mean(0)
        rows = np.split(_unit(vectors - self._centre), np.cumsum([len(document) for document in documents]))
        # The mean of cosines to one vector is the product of that vector with the mean.
        self._documents = np.array([row.sum(0) / max(len(row), 1) for row in rows[:-1]])

    def cosines(self, summaries: Sequence[str]) -> Array:
        """The mean cosine of each document's sentences to its summary, ``(documents,)``; 0 without one."""
        groups = [sentences(summary) for summary in summaries]
        said = np.array([bool(group) for group in groups])[:, None]
        cosines: Array = (self._documents * _unit((self._means(groups) - self._centre) * said)).sum(1)
        return cosines

    @torch.inference_mode()
    def _means(self, groups: Sequence[Sequence[str]]) -> Array:
        """The mean state over all tokens of each group of sentences, ``(groups, d_model)``.

        Every sentence is read by itself, those of a summary too: else the same sentence would get other
        states where it has neighbours.
        """
        # Relative positions, as T5's, have no end.
        limit = getattr(self._network.config, "max_position_embeddings", None)
        rows = [
            (owner, self._tokenizer(sentence, add_special_tokens=False)["input_ids"][:limit])
            for owner, group in enumerate(groups)
            for sentence in group
        ]
        rows.sort(key=lambda row: len(row[1]))
        sums = np.zeros((len(groups), self._network.config.d_model))
        counts = np.zeros((len(groups), 1))
        for start in range(0, len(rows), _BATCH):
            owners, tokens = zip(*rows[start : start + _BATCH], strict=True)
            ids, mask = (
                part.to(self._device) for part in pad_with_mask(tokens, self._tokenizer.pad_token_id)
            )
            states = self._network.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
            np.add.at(sums, list(owners), (states * mask.unsqueeze(-1)).sum(1).cpu().numpy())
            np.add.at(counts, list(owners), mask.sum(1, keepdim=True).cpu().numpy())
        return sums / np.maximum(counts, 1)


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def table(
    pairs: Sequence[Pair],
    systems: Mapping[str, Sequence[str]],
    coverage: Coverage,
    embeddings: Embeddings,
    metrics: Sequence[str],
) -> list[str]:
    """Lines of a Markdown table: for each system its figures with their intervals."""
    rouge = Rouge()
    figures: dict[str, Array] = {}
    for name, summaries in systems.items():
        rows = []
        for pair, summary in zip(pairs, summaries, strict=True):
            scores = rouge.score(summary, pair.references) if metrics else ()
            rows.append((*scores, *coverage.score(pair.text, summary)))
        figures[name] = 100 * np.column_stack([rows, embeddings.cosines(summaries)])
    compared = {"mass": -3, "cosine": -1}
    rivals = [name for name in _RIVALS if name in systems]
    differences = [f"{column} less {rival}" for rival in rivals for column in compared]
    columns = [*metrics, "mass", "near", "cosine", *differences, "words"]
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, values in figures.items():
        less = [(values - figures[rival])[:, list(compared.values())] for rival in rivals]
        items = np.concatenate([values, *less], axis=1)
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
    parser.add_argument("--style", choices=["auto", "sentences", "short"], default="auto")
    parser.add_argument("--ablate", action="store_true")
    args = parser.parse_args()
    pairs = read_pairs(args.file)
    texts = [pair.text for pair in pairs]
    coverage = Coverage(texts)
    model = TextAutoencoder.from_pretrained(args.model)
    embeddings = Embeddings(model, texts)
    rankings = {} if args.ablate else sumy_rankings(texts)
    for length in args.length:
        systems = {"lead": [lead(text, length) for text in texts]}
        if not args.ablate:
            systems[f"textae {args.model}"] = model.summarize(texts, length, style=args.style)
        for name, orders in rankings.items():
            systems[name] = [best_of(text, order, length) for text, order in zip(texts, orders, strict=True)]
        for name, signals in ABLATIONS.items() if args.ablate else ():
            systems[name] = [chosen(text, signals, length) for text in texts]
        print(f"{len(pairs)} documents, at most {length} words\n")
        metrics = METRICS if length == args.length[0] else ()
        print(*table(pairs, systems, coverage, embeddings, metrics), "", sep="\n")


if __name__ == "__main__":
    main()
