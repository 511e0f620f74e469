"""What people tell of a like story: the human sentences of which a document says most, though about another.

Of a flood, newspapers tell the place and the number and not the ministry; who has read of many floods knows
it. A document is never compared with its own headline, since no run has that: two of a newsroom's stories on
one day are alike, and so are all reports of a bank's profit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from textae.phrases import Words, bare
from textae.segment import STOP_WORDS

_LEAST_WORDS = 3
"""Content words that a sentence must have: shorter ones are found in anything."""
_LEAST_SHARED = 0.5
"""Share of a sentence's content, weighted by rarity, that the document must say too."""
_MOST = 3
"""Sentences a document."""


class Neighbours:
    """Finds the human sentences that tell most nearly what a document tells.

    Args:
        human_text: words of every human sentence.
    """

    def __init__(self, human_text: Sequence[Words]) -> None:
        self._texts = [_content(words) for words in human_text]
        spread = Counter(chain.from_iterable(self._texts))
        self._numbers = {word: number for number, word in enumerate(spread)}
        sizes = np.array([len(text) for text in self._texts], dtype=np.intp)
        rows = np.repeat(np.arange(len(sizes)), sizes)
        words = np.fromiter(map(self._numbers.__getitem__, chain.from_iterable(self._texts)), np.intp)
        counts = np.fromiter(spread.values(), np.intp)
        self._rarity = np.log((1 + len(sizes)) / counts)
        self._content = np.bincount(rows, self._rarity[words], len(sizes)).astype(np.float64)
        self._content[sizes < _LEAST_WORDS] = np.inf
        # Of every word, the sentences that have it.
        self._rows = np.split(rows[np.argsort(words, kind="stable")], np.cumsum(counts)[:-1])

    def told(self, words: Words) -> NDArray[np.float64] | None:
        """The share of the sentences nearest a document that have each of its words.

        Returns:
            ``(words,)``, from 0 to 1, 0 for function words; None where no sentence tells nearly the same.
        """
        plain = [bare(word) for word in words]
        found = [self._numbers[word] for word in _content(words) if word in self._numbers]
        if not found:
            return None
        rows = np.concatenate([self._rows[word] for word in found])
        weights = np.repeat(self._rarity[found], [len(self._rows[word]) for word in found])
        shared = np.bincount(rows, weights, len(self._texts))
        share = shared / self._content
        near = np.flatnonzero(share >= _LEAST_SHARED)
        nearest = near[np.argsort(-(shared * share)[near], kind="stable")[:_MOST]]
        if not len(nearest):
            return None
        return np.mean([[word in self._texts[row] for word in plain] for row in nearest], axis=0)


def _content(words: Words) -> dict[str, None]:
    """The content words of a text, each once, in its order."""
    return {plain: None for word in words if (plain := bare(word)) and plain not in STOP_WORDS}
