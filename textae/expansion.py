"""Write a document around a human sentence: the inverse of compression, with what documents have in its gaps.

Between two words that a compression keeps, a real document has something or nothing: "Exxon [Mobil Corp said
on Tuesday it] will buy [smaller rival] XTO". ``Expander`` collects those gaps and puts such as stood between
like words between the words of a human sentence. The generator learns from the result what to leave out, with
a human sentence as its target (after the additive noise of Fevry and Phang 2018, which here goes where it
belongs).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from textae.compression import Compressor, Words, bare

_OWN_CLASS = 150
"""The commonest words are classes of their own."""
_LEAST_GAPS = 4
_START, _END = "<start>", "<end>"
_TO_PAST = 0.7
"""How many third persons turn to the past that they may be the present of."""


class Expander:
    """Knows what documents say between the words that headlines keep.

    Args:
        documents: words of documents.
        compressor: of the corpora.
        lengths: of human sentences.
        seed: of the lengths that the documents are compressed to.
    """

    def __init__(
        self, documents: Sequence[Words], compressor: Compressor, lengths: Sequence[int], seed: int
    ) -> None:
        random = np.random.default_rng(seed)
        common = Counter(plain for words in documents for word in words if (plain := bare(word)))
        self._common = {word for word, _ in common.most_common(_OWN_CLASS)}
        self._past: dict[str, tuple[str, int]] = {}
        self._gaps: dict[tuple[str, str], list[Words]] = defaultdict(list)
        for words in documents:
            kept = compressor.keep(words, lengths[int(random.integers(len(lengths)))])
            if not kept:
                continue
            for form, place in kept:
                past = bare(words[place])
                if form != past and form.endswith("s") and common[past] > self._past.get(form, ("", 0))[1]:
                    self._past[form] = past, common[past]
            for (before, here), (after, there) in pairwise([(_START, -1), *kept, (_END, len(words))]):
                mark = _mark(words[here]) if before != _START else ""
                for key in self._keys(before, after):
                    self._gaps[key].append([mark, *words[here + 1 : there]])

    def expand(self, words: Sequence[str], random: np.random.Generator) -> Words:
        """A document around the words of a human sentence.

        Args:
            words: of the sentence, in normal form.
            random: draws the gaps.
        """
        kept = [_START, *(plain for word in words if (plain := bare(word))), _END]
        expanded: Words = []
        for before, after in pairwise(kept):
            mark, *gap = self._gap(before, after, random)
            if expanded:
                expanded[-1] += mark
            expanded += gap
            if after != _END:
                turns = after in self._past and random.random() < _TO_PAST
                expanded.append(self._past[after][0] if turns else after)
        return expanded

    def _gap(self, before: str, after: str, random: np.random.Generator) -> Words:
        for key in self._keys(before, after):
            gaps = self._gaps.get(key, ())
            if len(gaps) >= _LEAST_GAPS:
                return gaps[random.integers(len(gaps))]
        return [""]

    def _keys(self, before: str, after: str) -> list[tuple[str, str]]:
        """From the most telling to the least: both words, one of them, their classes, any word after it."""
        left, right = self._class(before), self._class(after)
        first, second = f"={before}", f"={after}"
        return list(
            dict.fromkeys([(first, second), (first, right), (left, second), (left, right), (left, "*")])
        )

    def _class(self, word: str) -> str:
        if word in self._common or word in (_START, _END):
            return f"={word}"
        if any(character.isdigit() or character == "#" for character in word):
            return "number"
        for ending in ("ing", "ed", "ly", "'s", "s"):
            if word.endswith(ending):
                return ending
        return "other"


def _mark(word: str) -> str:
    """What follows a word without being part of it."""
    plain = bare(word)
    return word[word.rfind(plain) + len(plain) :]
