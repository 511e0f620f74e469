"""Choose the sentences of a document that tell most of it: what is kept, or what the generator reads.

A sentence is worth what it says of the others: the sum of the cosines between its words and theirs. It is the
auto-encoder's question (how much of the rest could be rebuilt from this one?) asked of bags of words, and
takes time linear in the document's length.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from textae.segment import content_words, is_cjk, sentences, unit_spans, units

Measure = Callable[[Sequence[str]], list[int]]

_PRONOUNS = frozenset(["he", "she", "it", "they", "him", "them", "his", "her", "its", "their"])
_POINTERS = frozenset(["this", "that", "these", "those", "but", "and", "so"])
_LOST = 0.85
"""What is left of the worth of a sentence that begins by referring to the one before it."""


def parts(text: str, measure: Measure, limit: int) -> list[tuple[str, int]]:
    """The sentences of a document and their sizes; one beyond the limit is cut between words.

    Args:
        text: the document.
        measure: the sizes of texts, in tokens.
        limit: the most tokens of a part; only a single word may have more.
    """
    return list(_parts(sentences(text), measure, limit))


def _parts(texts: Sequence[str], measure: Measure, limit: int) -> Iterator[tuple[str, int]]:
    for text, size in zip(texts, measure(texts), strict=True):
        starts = [start for start, _ in unit_spans(text)]
        if size <= limit or len(starts) < 2:
            yield text, size
            continue
        count = min(len(starts), 2 * math.ceil(size / limit))
        cuts = [0, *starts[:: math.ceil(len(starts) / count)][1:], len(text)]
        yield from _parts([text[start:end].strip() for start, end in pairwise(cuts)], measure, limit)


def centrality(texts: Sequence[str]) -> NDArray[np.float64]:
    """The sum of each sentence's cosines with all the others, ``(sentences,)``."""
    bags = [Counter(_terms(text)) for text in texts]
    norms = [math.sqrt(sum(count * count for count in bag.values())) or 1.0 for bag in bags]
    total: dict[str, float] = {}
    for bag, norm in zip(bags, norms, strict=True):
        for term, count in bag.items():
            total[term] = total.get(term, 0.0) + count / norm
    with_all = [
        sum(count * total[term] for term, count in bag.items()) / norm
        for bag, norm in zip(bags, norms, strict=True)
    ]
    return np.array([cosines - bool(bag) for cosines, bag in zip(with_all, bags, strict=True)])


def choose(texts: Sequence[str], sizes: Sequence[int], room: int, early: float = 0.0) -> list[int]:
    """The most telling sentences that there is room for, in the document's order, none of them twice.

    Args:
        texts: the sentences.
        sizes: of each, in the measure of ``room``.
        room: for all that are chosen.
        early: how much a place near the front counts beside centrality.
    """
    worth = centrality(texts)
    worth /= max(float(worth.max(initial=0.0)), 1e-9)
    worth += early / (1 + np.arange(len(texts)))
    dangling = np.array([_dangles(text) for text in texts], dtype=bool)
    left = room
    chosen: set[int] = set()
    said: set[str] = set()
    for i in np.argsort(-np.where(dangling, _LOST * worth, worth), kind="stable").tolist():
        if sizes[i] <= left and texts[i] not in said:
            chosen.add(i)
            said.add(texts[i])
            left -= sizes[i]
    return sorted(chosen)


def _terms(text: str) -> list[str]:
    """What two sentences are compared by: content words, and pairs of neighbouring Chinese characters."""
    if not is_cjk(text):
        return [word.lower() for word in content_words(text)]
    characters = units(text)
    return ["".join(pair) for pair in pairwise(characters)]


def _dangles(text: str) -> bool:
    """Whether a sentence begins with a word that refers to what was said before it."""
    first = text.split(maxsplit=1)[0].strip("\"'“‘(,").lower() if text else ""
    return first in _PRONOUNS or first in _POINTERS
