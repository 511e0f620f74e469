"""Which words follow one another in texts, and how much likelier than by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np

LEAST_COUNT = 3
"""A word that texts have less often tells nothing of what it follows."""
START, END, _OTHER = range(3)
"""Numbers of a text's beginning and end, which words are associated with too."""


class Associations:
    """How much likelier one word follows another in texts than by chance, in nats.

    Pointwise mutual information with one count added to what was seen and to what chance would give.

    Args:
        texts: words of every text.
    """

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        counts = Counter(chain.from_iterable(texts))
        known = sorted(word for word, count in counts.items() if count >= LEAST_COUNT)
        self._index = {word: i for i, word in enumerate(known, start=_OTHER + 1)}
        self._size = size = _OTHER + 1 + len(known)
        rows = ([START, *(self._index.get(word, _OTHER) for word in words), END] for words in texts)
        flat = np.array(list(chain.from_iterable(rows)), dtype=np.int64)
        self._frequency = np.bincount(flat, minlength=size).astype(float)
        self._share = self._frequency / max(1.0, self._frequency.sum())
        inside = flat[:-1] != END
        pairs, seen = np.unique(flat[:-1][inside] * size + flat[1:][inside], return_counts=True)
        # One pair more than there are: a search past the last one finds it, even where there are none.
        self._pairs, self._seen = np.append(pairs, size * size), np.append(seen, 0)

    def ids(self, words: Sequence[str]) -> np.ndarray:
        """The number of every word; unknown words share one."""
        return np.array([self._index.get(word, _OTHER) for word in words], dtype=np.int64)

    def between(self, before: np.ndarray | int, after: np.ndarray | int) -> np.ndarray:
        """The association of each pair; ``before`` and ``after`` are broadcast against each other."""
        wanted = np.asarray(before * self._size + after)
        found = np.searchsorted(self._pairs, wanted)
        seen = np.where(self._pairs[found] == wanted, self._seen[found], 0)
        return np.log((seen + 1) / (self._frequency[before] * self._share[after] + 1))
