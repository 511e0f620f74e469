"""What people say of a like topic: a word is worth telling if the human sentences nearest a document tell it.

A story of a flood has a place, a number, a ministry; headlines of other floods show that the place and the
number are told and the ministry is not. Each word is judged by the sentences that are nearest without it,
since those that were found by a word would always have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from textae.phrases import Words, bare
from textae.segment import STOP_WORDS

_LEAST_COUNT = 3
_NEAR = 100
"""Sentences that are asked about each word."""
_CANDIDATES = 800
"""The nearest to the whole document, among which the nearest without each word are looked for."""
_TINY = 1e-9
_PRIOR = 10.0
"""Sentences without a word, and one with it, that are added to those that were asked."""


class Neighbours:
    """Finds the human sentences nearest to a document by the cosine of their idf-weighted content words.

    Args:
        human_text: words of every human sentence.
    """

    def __init__(self, human_text: Sequence[Words]) -> None:
        texts = [_content(words) for words in human_text]
        counts = Counter(chain.from_iterable(texts))
        known = sorted(word for word, count in counts.items() if count >= _LEAST_COUNT)
        self._numbers = {word: i for i, word in enumerate(known)}
        rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        words = np.array([self._numbers.get(word, -1) for word in chain.from_iterable(texts)], dtype=np.int64)
        rows, words = rows[words >= 0], words[words >= 0]
        spread = np.bincount(words, minlength=len(known))
        self._share = spread / max(1, len(texts))
        self._squares = np.log(1 / np.maximum(self._share, 1e-12)) ** 2
        lengths = np.sqrt(np.bincount(rows, self._squares[words], len(texts)))
        order = np.argsort(words, kind="stable")
        # Of every word, the sentences that have it, ascending, and what it adds to their likeness.
        ends = np.cumsum(spread)[:-1]
        self._rows = np.split(rows[order], ends)
        self._parts = np.split((self._squares[words] / lengths[rows])[order], ends)
        self._size = len(texts)

    def log_odds(self, words: Words) -> NDArray[np.float64]:
        """How much oftener the nearest sentences have each word than sentences of any topic, in nats.

        Returns:
            ``(words,)``; 0 for function words, and for words that human text hardly has.
        """
        told = [self._numbers.get(word, -1) for word in map(bare, words)]
        found = sorted(set(told) - {-1})
        if not found:
            return np.zeros(len(words))
        sentences = np.concatenate([self._rows[word] for word in found])
        parts = np.concatenate([self._parts[word] for word in found])
        likeness = np.bincount(sentences, parts, self._size).astype(np.float64)
        candidates = _highest(likeness, _CANDIDATES)
        odds = {-1: 0.0}
        for word in found:
            place = np.searchsorted(self._rows[word], candidates).clip(max=len(self._rows[word]) - 1)
            has = self._rows[word][place] == candidates
            without = likeness[candidates] - has * self._parts[word][place]
            near = _highest(without, _NEAR)
            asked = len(near) + _PRIOR
            odds[word] = float(np.log((has[near].sum() + 1) / asked) - np.log(self._share[word] + 1 / asked))
        return np.array([odds[word] for word in told])


def _content(words: Words) -> list[str]:
    return sorted({plain for word in words if (plain := bare(word)) and plain not in STOP_WORDS})


def _highest(values: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Where the highest values are, and none that are 0, in ascending order of place."""
    highest = np.argpartition(-values, count - 1)[:count] if count < len(values) else np.arange(len(values))
    return np.sort(highest[values[highest] > _TINY])
