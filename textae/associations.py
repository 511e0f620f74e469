"""How much likelier one word follows another in texts than by chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

START, END, OTHER = range(3)
"""Numbers of a text's beginning and end, which words are associated with too, and of every unknown word."""

Numbers = NDArray[np.int64]


class Associations:
    """How much likelier one word follows another in texts than by chance, in nats.

    Pointwise mutual information with one count added to what was seen and to what chance would give.

    Args:
        frequency: of every word by its number, ``(words,)``.
        pairs: ``first * words + second`` of the pairs that were seen, ascending.
        seen: how often, ``(pairs,)``.
    """

    def __init__(self, frequency: Numbers, pairs: Numbers, seen: Numbers) -> None:
        self.frequency, self.pairs, self.seen = frequency, pairs, seen
        self._size = len(frequency)
        self._share = frequency / max(1, frequency.sum())
        # One pair more than there are: a search past the last one finds it, even where there are none.
        self._searched = np.append(pairs, self._size**2)
        self._found = np.append(seen, 0)

    @classmethod
    def count(cls, numbers: Numbers, size: int, least: int) -> Associations:
        """What stands next to what in texts.

        Args:
            numbers: of the words of texts one behind the other, each between ``START`` and ``END``.
            size: how many numbers there are.
            least: a pair that is seen less often is as good as one that is not.
        """
        inside = numbers[:-1] != END
        pairs, seen = np.unique(numbers[:-1][inside] * size + numbers[1:][inside], return_counts=True)
        often = seen >= least
        return cls(np.bincount(numbers, minlength=size), pairs[often], seen[often])

    def between(self, before: Numbers | int, after: Numbers | int) -> NDArray[np.float64]:
        """The association of each pair; ``before`` and ``after`` are broadcast against each other."""
        wanted = np.asarray(before * self._size + after)
        found = np.searchsorted(self._searched, wanted)
        seen = np.where(self._searched[found] == wanted, self._found[found], 0)
        return np.log((seen + 1) / (self.frequency[before] * self._share[after] + 1))
