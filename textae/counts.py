"""What a run's two corpora say of every word: how often, in how many documents, next to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from textae.associations import END, OTHER, START, Associations, Numbers
from textae.phrases import Words, bare

LEAST_COUNT = 3
"""A word that neither corpus has so often tells nothing."""
_LEAST_HUMAN_PAIRS, _LEAST_DOCUMENT_PAIRS = 2, 3
"""Nor does a pair of words, and of documents' pairs there are many."""


class Counts:
    """Counts of words in human text and in documents, by numbers that both share.

    Attributes:
        words: those that have a number, in the order of their numbers, the first of which is ``OTHER + 1``.
        spread: how many documents have each word, ``(numbers,)``.
        rows: how many documents there are.
        human: which words follow one another in human text, and how often each stands there.
        documents: the same of documents.
    """

    def __init__(
        self, words: Sequence[str], spread: Numbers, rows: int, human: Associations, documents: Associations
    ) -> None:
        self.words, self.spread, self.rows = list(words), spread, rows
        self.human, self.documents = human, documents
        self._numbers = {word: number for number, word in enumerate(words, start=OTHER + 1)}
        self._human, self._documents = (_of_words(pairs.frequency) for pairs in (human, documents))
        # Lists, since numpy is slow to give a single number.
        self._human_list, self._documents_list = self._human.tolist(), self._documents.tolist()
        self.human_total, self.documents_total = max(1, self._human.sum()), max(1, self._documents.sum())

    @classmethod
    def of(cls, human_text: Sequence[Words], documents: Sequence[Words]) -> Counts:
        """Of the words of every human sentence and of every document, in normal form."""
        human, told = (
            [[plain for word in words if (plain := bare(word))] for words in texts]
            for texts in (human_text, documents)
        )
        counted = Counter(chain.from_iterable(human)), Counter(chain.from_iterable(told))
        words = sorted({word for counts in counted for word, n in counts.items() if n >= LEAST_COUNT})
        numbers = {word: number for number, word in enumerate(words, start=OTHER + 1)}
        size = OTHER + 1 + len(words)
        spread = np.zeros(size, dtype=np.int64)
        for word, rows in Counter(chain.from_iterable(map(set, told))).items():
            spread[numbers.get(word, OTHER)] += rows
        spread[OTHER] = 0
        pairs = (
            Associations.count(_in_a_row(texts, numbers), size, least)
            for texts, least in ((human, _LEAST_HUMAN_PAIRS), (told, _LEAST_DOCUMENT_PAIRS))
        )
        return cls(words, spread, len(documents), *pairs)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.integer]]) -> Counts:
        """Undo ``to_arrays``.

        Raises:
            KeyError, ValueError: where one of them is missing or of the wrong size.
        """
        text = bytes(arrays["words"].astype(np.uint8)).decode()
        words = text.split("\n") if text else []
        size = OTHER + 1 + len(words)
        pairs = []
        for name in ("human", "documents"):
            frequency, steps, seen = (
                arrays[f"{name}.{part}"].astype(np.int64) for part in ("frequency", "pairs", "seen")
            )
            if len(frequency) != size or len(steps) != len(seen):
                raise ValueError(f"the counts of {name} do not fit together")
            pairs.append(Associations(frequency, np.cumsum(steps), seen))
        if len(arrays["spread"]) != size:
            raise ValueError("the counts of documents do not fit together")
        return cls(words, arrays["spread"].astype(np.int64), int(arrays["rows"]), *pairs)

    def to_arrays(self) -> dict[str, NDArray[np.integer]]:
        """All there is to know, in arrays that compress well."""
        arrays: dict[str, NDArray[np.integer]] = {
            "words": np.frombuffer("\n".join(self.words).encode(), dtype=np.uint8),
            "spread": self.spread.astype(np.uint32),
            "rows": np.array(self.rows),
        }
        for name, pairs in (("human", self.human), ("documents", self.documents)):
            arrays[f"{name}.frequency"] = pairs.frequency.astype(np.uint32)
            # What lies between a pair and the one before it needs fewer bits than the pair.
            arrays[f"{name}.pairs"] = np.diff(pairs.pairs, prepend=0).astype(np.uint32)
            arrays[f"{name}.seen"] = pairs.seen.astype(np.uint32)
        return arrays

    def numbers(self, words: Sequence[str]) -> Numbers:
        """The number of every word; unknown ones share ``OTHER``."""
        return np.array([self._numbers.get(word, OTHER) for word in words], dtype=np.int64)

    def in_human_text(self, word: str) -> int:
        """How often human text has a word."""
        return self._human_list[self._numbers.get(word, OTHER)]

    def in_documents(self, word: str) -> int:
        """How often documents have a word."""
        return self._documents_list[self._numbers.get(word, OTHER)]

    def style(self, numbers: Numbers) -> NDArray[np.float64]:
        """How much oftener human text has words than documents have them, in nats."""
        human = np.log((self._human[numbers] + 2) / self.human_total)
        return human - np.log((self._documents[numbers] + 2) / self.documents_total)

    def rarity(self, numbers: Numbers) -> NDArray[np.float64]:
        """The inverse document frequency of words, in nats."""
        return np.log((self.rows + 1) / (self.spread[numbers] + 1))


def _of_words(frequency: Numbers) -> Numbers:
    """Without those of beginnings, ends and unknown words."""
    counts = frequency.copy()
    counts[[START, END, OTHER]] = 0
    return counts


def _in_a_row(texts: Sequence[Words], numbers: Mapping[str, int]) -> Numbers:
    rows = ([START, *(numbers.get(word, OTHER) for word in words), END] for words in texts)
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64)
