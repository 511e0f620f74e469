"""A clause as a tree of what may be left out, and every way to shorten it that stays whole.

A clause is a tree of *units*: words that stand or fall together, as a verb with its subject and its object, a
preposition with what it stands before, the parts of a name. A unit may be left out with all that hangs on it,
and what is left is a clause still (after Filippova and Strube 2008, who prune dependency trees by learned
weights; here the candidates are all rooted subtrees, and others choose). What hangs on what, each language
tells for itself: ``english_clauses``, ``chinese_clauses``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from textae.phrases import Words
from textae.segment import count_units

_MOST_CANDIDATES = 1500
_Way = tuple[int, int, float]
"""Which units are kept, as bits; how long they are; what their words are worth."""


class Phrase(NamedTuple):
    """Words that keep the mark before them: the first of those that are left has it.

    Attributes:
        mark: a comma, or what stands between the parts of a list.
        words: by their place in their clause.
    """

    mark: str
    words: frozenset[int]


@dataclass(frozen=True)
class Clause:
    """A clause as a tree of units; unit 0 is never left out.

    Attributes:
        places: of its words in the document, ascending.
        forms: of the same words, as a headline writes them.
        units: the unit of each word.
        phrases: what keeps the mark before it.
        parents: the unit that each unit hangs on; -1 for the first.
        labels: as what each unit hangs there.
        tells: whether it has a verb, and its subject is a name or a noun.
        stretches: of what stood between two marks, the words that should be kept all or none, by their place
            in this list; -1 of those that are not in it.
        needed: of each unit, how likely it is that what it hangs on says something else, or nothing, without
            it; empty if unknown.
    """

    places: list[int]
    forms: Words
    units: list[int]
    phrases: list[Phrase]
    parents: list[int]
    labels: list[str]
    tells: bool
    stretches: Sequence[Sequence[int]] = ()
    needed: Sequence[float] = ()

    @cached_property
    def sizes(self) -> list[int]:
        """How long each form is, in words (characters for Chinese)."""
        return [count_units(form) for form in self.forms]

    def shortened(self, length: int, worth: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which units each way to shorten it keeps, ``(ways, units)``.

        None is of more than ``length`` words (characters for Chinese); there is none where even the first
        unit is longer. Of more than some thousand ways the best are found, as far as the words' own ``worth``
        tells, ``(words,)``.
        """
        sizes = np.bincount(self.units, self.sizes, len(self.parents)).astype(int).tolist()
        gains = np.bincount(self.units, worth, len(self.parents)).tolist()
        if sizes[0] > length or not sizes[0]:
            return np.zeros((0, len(self.parents)), dtype=bool)
        ways = [(1, sizes[0], 0.0)]
        for unit in self._from_top():
            bit, parent, size, gain = 1 << unit, self.parents[unit], sizes[unit], gains[unit]
            ways += [
                (w | bit, n + size, g + gain) for w, n, g in ways if w >> parent & 1 and n + size <= length
            ]
            if len(ways) > _MOST_CANDIDATES:
                ways = _best(ways, length)
        kept = [way for way, _, _ in ways]
        if len(self.parents) < 63:
            return (np.array(kept)[:, None] >> np.arange(len(self.parents)) & 1).astype(bool)
        return np.array([[bool(way >> unit & 1) for unit in range(len(self.parents))] for way in kept])

    def _from_top(self) -> list[int]:
        """The units but the first, every one after what it hangs on."""
        below: dict[int, list[int]] = {}
        for unit, parent in enumerate(self.parents):
            below.setdefault(parent, []).append(unit)
        found = [0]
        for unit in found:
            found += below.get(unit, [])
        return found[1:]


def _best(ways: list[_Way], length: int) -> list[_Way]:
    """The best ways of each length, since what is short now may become the best."""
    left = [_MOST_CANDIDATES // (length + 1)] * (length + 1)
    found = []
    for way in sorted(ways, key=itemgetter(2), reverse=True):
        if left[way[1]]:
            left[way[1]] -= 1
            found.append(way)
    return found


class Units:
    """Words in units, units in a tree.

    Attributes:
        owner: the unit of each word.
        parents: the unit that each hangs on.
        labels: as what it hangs there.
        needed: how likely it is that this says something else without it.
    """

    def __init__(self, root: int) -> None:
        self.owner = {root: 0}
        self.parents, self.labels, self.needed = [-1], [""], [0.0]

    def join(self, i: int, other: int) -> None:
        """A word stands or falls with another."""
        self.owner[i] = self.owner[other]

    def hang(self, i: int, head: int, label: str, needed: float = 0.0) -> None:
        """A word may be left out, and all that hangs on it with it."""
        self.owner[i] = len(self.parents)
        self.parents.append(self.owner[head])
        self.labels.append(label)
        self.needed.append(needed)

    def merge(self, one: int, other: int) -> None:
        """Two units stand or fall together, and with them all between them in the tree."""
        while one != other:
            if self._depth(one) < self._depth(other):
                one, other = other, one
            beside = self.parents[one] == self.parents[other]
            upper = other if beside else self.parents[one]
            if beside:
                self.needed[upper] = max(self.needed[one], self.needed[other])
            self.owner = {i: upper if unit == one else unit for i, unit in self.owner.items()}
            self.parents = [upper if parent == one else parent for parent in self.parents]
            one = upper

    def numbered(self) -> tuple[dict[int, int], list[int], list[str], list[float]]:
        """The units that are left, the first of them 0.

        Returns:
            that of each word, their parents, their labels, how likely they are needed.
        """
        left = sorted(set(self.owner.values()), key=lambda unit: self.parents[unit] >= 0)
        number = {unit: i for i, unit in enumerate(left)}
        owner = {word: number[unit] for word, unit in self.owner.items()}
        parents = [number.get(self.parents[unit], -1) for unit in left]
        return owner, parents, [self.labels[unit] for unit in left], [self.needed[unit] for unit in left]

    def _depth(self, unit: int) -> int:
        return 0 if self.parents[unit] < 0 else 1 + self._depth(self.parents[unit])
