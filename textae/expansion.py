"""Write a document around a human sentence: the inverse of compression, with what documents have in its gaps.

Between two words that a compression keeps, a real document has something or nothing: "Exxon [Mobil Corp said
on Tuesday it] will buy [smaller rival] XTO". ``Expander`` collects those gaps and puts into a human sentence
such as come from documents on a like topic and fit at both seams. The generator learns from the result what
to leave out, with a human sentence as its target (after the additive noise of Fevry and Phang 2018, which
here goes where it belongs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from tqdm import tqdm

from textae.compression import Compressor
from textae.phrases import Words, bare
from textae.segment import STOP_WORDS

_NEAR = 150
"""Documents on a like topic whose gaps are tried."""
_TRIED = 5
"""Best gaps that are looked at for one that repeats nothing of the sentence."""
_LONGEST_GAP = 25
_SAME_WORD, _SAME_CLASS = 2.0, 1.0
"""In nats, for a gap that stood next to the same word, or to one of its class."""
_LEAST_SEAM, _MOST_SEAM = -2.0, 4.0
_PER_WORD = 0.05
_NOISE = 0.5
_LEAST_GAIN = 0.6
"""By how much, in nats a seam, a gap inside must fit better than nothing does."""
_COMMON = 150
"""The commonest words are classes of their own."""
_START, _END = "<start>", "<end>"
_TO_PAST = 0.8
"""How many third persons turn to the past that they may be the present of."""


@dataclass(frozen=True)
class _Gaps:
    """Gaps of one kind, a row each: what they say, where they come from, and what stood around them."""

    words: list[Words]
    marks: list[str]
    document: np.ndarray
    ids: np.ndarray
    """Before, first, last, after: numbers of words, ``(gaps, 4)``."""
    classes: np.ndarray
    """Of what stood before and after, ``(gaps, 2)``."""
    empty: float
    """Share of the places where documents have nothing."""


class Expander:
    """Knows what documents say between the words that headlines keep.

    Args:
        documents: words of documents.
        topics: a vector of length 1 for each, ``(documents, topics)``.
        compressor: of the corpora.
        lengths: of human sentences.
        seed: of the lengths that the documents are compressed to.
    """

    def __init__(
        self,
        documents: Sequence[Words],
        topics: np.ndarray,
        compressor: Compressor,
        lengths: Sequence[int],
        seed: int,
    ) -> None:
        random = np.random.default_rng(seed)
        self._topics, self._counts = topics, compressor.counts
        common = Counter(plain for words in documents for word in words if (plain := bare(word)))
        self._classes = {word: i for i, (word, _) in enumerate(common.most_common(_COMMON))}
        self._past: dict[str, tuple[str, int]] = {}
        found: dict[str, list[tuple[int, str, str, str, Words]]] = {"start": [], "inside": [], "end": []}
        for i, words in enumerate(tqdm(documents, "collecting gaps", leave=False, disable=None)):
            kept = compressor.keep(words, lengths[int(random.integers(len(lengths)))])
            for form, place in kept:
                past = bare(words[place])
                if form != past and form.endswith("s") and common[past] > self._past.get(form, ("", 0))[1]:
                    self._past[form] = past, common[past]
            places = [-1, *(place for _, place in kept), len(words)] if kept else []
            for here, there in pairwise(places):
                before = bare(words[here]) if here >= 0 else _START
                after = bare(words[there]) if there < len(words) else _END
                mark = _mark(words[here]) if here >= 0 else ""
                found[_kind(before, after)].append((i, before, after, mark, words[here + 1 : there]))
        self._gaps = {kind: self._table(rows) for kind, rows in found.items()}

    def expand(self, words: Sequence[str], topic: np.ndarray, random: np.random.Generator) -> Words:
        """A document around the words of a human sentence.

        Args:
            words: of the sentence, in normal form.
            topic: its vector of length 1, ``(topics,)``.
            random: draws the gaps.
        """
        plain = [plain for word in words if (plain := bare(word))]
        told = [
            self._past[word][0] if word in self._past and random.random() < _TO_PAST else word
            for word in plain
        ]
        likeness = self._topics @ topic
        near = np.zeros(len(likeness) + 1, dtype=bool)
        near[np.argsort(likeness)[-_NEAR:]] = True
        said = set(plain) - STOP_WORDS
        expanded: Words = []
        for before, after in pairwise([_START, *told, _END]):
            mark, gap = self._gap(before, after, near, said, random)
            if expanded:
                expanded[-1] += mark
            expanded += gap
            if after != _END:
                expanded.append(after)
        return expanded

    def _gap(
        self, before: str, after: str, near: np.ndarray, said: set[str], random: np.random.Generator
    ) -> tuple[str, Words]:
        kind = _kind(before, after)
        gaps = self._gaps[kind]
        rows = np.flatnonzero(near[gaps.document])
        if random.random() < gaps.empty or not len(rows):
            return "", []
        ids, classes = gaps.ids[rows], gaps.classes[rows]
        left, right = self._counts.numbers([before, after])
        fit = -_PER_WORD * np.array([len(gaps.words[row]) for row in rows])
        fit += random.gumbel(0.0, _NOISE, len(rows))
        if before != _START:
            fit += self._seam(left, ids[:, 1]) + _SAME_WORD * (ids[:, 0] == left)
            fit += _SAME_CLASS * (classes[:, 0] == self._class(before))
        if after != _END:
            fit += self._seam(ids[:, 2], right) + _SAME_WORD * (ids[:, 3] == right)
            fit += _SAME_CLASS * (classes[:, 1] == self._class(after))
        if kind == "inside":
            fit = (fit - self._seam(left, right)) / 2 - _LEAST_GAIN
        for place in np.argsort(-fit)[:_TRIED]:
            gap = gaps.words[rows[place]]
            if kind == "inside" and fit[place] < 0:
                break
            if said.isdisjoint(map(bare, gap)):
                return gaps.marks[rows[place]], gap
        return "", []

    def _seam(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        return self._counts.documents.between(before, after).clip(_LEAST_SEAM, _MOST_SEAM)

    def _table(self, rows: Sequence[tuple[int, str, str, str, Words]]) -> _Gaps:
        full = [row for row in rows if 0 < len(row[4]) <= _LONGEST_GAP]
        around = [[before, bare(gap[0]), bare(gap[-1]), after] for _, before, after, _, gap in full]
        return _Gaps(
            words=[row[4] for row in full],
            marks=[row[3] for row in full],
            document=np.array([row[0] for row in full], dtype=int),
            ids=np.array([self._counts.numbers(words) for words in around]).reshape(-1, 4),
            classes=np.array([[self._class(w[0]), self._class(w[3])] for w in around]).reshape(-1, 2),
            empty=sum(not row[4] for row in rows) / max(1, len(rows)),
        )

    def _class(self, word: str) -> int:
        if word in self._classes:
            return self._classes[word]
        if any(character.isdigit() or character == "#" for character in word):
            return -1
        endings = ("ing", "ed", "ly", "'s", "s")
        return -2 - next((i for i, ending in enumerate(endings) if word.endswith(ending)), len(endings))


def _kind(before: str, after: str) -> str:
    return "start" if before == _START else "end" if after == _END else "inside"


def _mark(word: str) -> str:
    """What follows a word without being part of it."""
    plain = bare(word)
    return word[word.rfind(plain) + len(plain) :]
