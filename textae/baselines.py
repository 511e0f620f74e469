"""Summaries that need no training, and the best that choosing words can reach.

A model that does not beat the first has shown nothing; the last is about as far as deleting words can go.

Lengths are in units (``segment``): words, or characters for Chinese.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from textae.rouge import tokenizer_for
from textae.segment import content_words, join_units, unit_spans, units


def lead(text: str, length: int) -> str:
    """The document up to the end of its ``length``-th unit, punctuation and all."""
    spans = unit_spans(text)[:length]
    return " ".join(text[: spans[-1][1]].split()) if spans else ""


def content_lead(text: str, length: int) -> str:
    """The first ``length`` content words of the document: no stop words, no weekdays, no "said"."""
    return join_units(content_words(text)[:length])


def random_words(text: str, length: int, seed: int) -> str:
    """``length`` units drawn from the document without replacement, in document order."""
    found = units(text)
    drawn = random.Random(seed).sample(range(len(found)), min(length, len(found)))
    return join_units([found[index] for index in sorted(drawn)])


def oracle(text: str, references: Sequence[str], length: int) -> str:
    """The document's own units, in document order, chosen greedily by what the references say.

    From an empty summary, each step adds the unit that raises ROUGE-1 F1 + ROUGE-2 F1 most (the
    earliest of equals), until ``length`` units stand or none raises it. One such summary is made for
    each reference, and the best is returned. Greedy, hence a close lower bound of what deleting words
    can reach.
    """
    tokenizer = tokenizer_for(references)
    document = units(text)
    tokens = [tokenizer.tokenize(unit) for unit in document]
    best_score, best_units = 0.0, list[int]()
    for reference in references:
        score, chosen = _greedy(tokens, tokenizer.tokenize(reference), length)
        if score > best_score:
            best_score, best_units = score, chosen
    return join_units([document[index] for index in best_units])


def _greedy(tokens: list[list[str]], reference: list[str], length: int) -> tuple[float, list[int]]:
    """The score and the indices, ascending, of the units chosen for one reference."""
    wanted = set(reference)
    # A unit without a token of the reference can only lower both precisions.
    candidates = [index for index, unit in enumerate(tokens) if not wanted.isdisjoint(unit)]
    targets = [(order, _ngrams(reference, order), max(len(reference) - order + 1, 0)) for order in (1, 2)]
    chosen: list[int] = []
    best = 0.0
    while len(chosen) < length:
        step = None
        for candidate in candidates:
            if candidate in chosen:
                continue
            summary = [token for index in sorted([*chosen, candidate]) for token in tokens[index]]
            score = sum(_f1(summary, *target) for target in targets)
            if score > best:
                best, step = score, candidate
        if step is None:
            break
        chosen.append(step)
    return best, sorted(chosen)


def _ngrams(tokens: list[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def _f1(summary: list[str], order: int, reference: Counter[tuple[str, ...]], reference_total: int) -> float:
    """ROUGE-``order`` F1, from 0 to 1."""
    total = max(len(summary) - order + 1, 0) + reference_total
    matches = sum(min(count, reference[ngram]) for ngram, count in _ngrams(summary, order).items())
    return 2 * matches / total if total else 0.0
