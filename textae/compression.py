"""Shorten a document to some of its words, as a headline would: no network, no pair, under a millisecond.

Kept, in order, are words that follow one another well in human text, that human text likes, and that come
early; a past tense may turn to the present. The best such sequence is found by dynamic programming. With
noise it gives the reconstructor short texts to write documents from; without, it is the generator's first
teacher. It looks for what hill climbing looks for (Schumann et al. 2020: an order-preserving extract under a
language model), and finds the best one, since only pairs of words tell what follows what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np

from textae.inflection import present_forms
from textae.segment import STOP_WORDS, count_units, ends_open

Words = list[str]

# Weights of the score, chosen by scripts/tune_compression.py.
LINK = 1.2
"""Of the association of two words that follow one another."""
LEAST_LINK, MOST_LINK = -0.7, 1.8
"""An association is cut to this range, in nats: single counts say little."""
ADJACENT = 0.7
"""For two words that follow one another in the document too."""
GAP = 0.45
"""Against leaving words out between two that are kept, times the logarithm of their distance."""
STYLE = 1.3
"""Of the log-ratio of a word's frequency in human text and in documents."""
RARE = 0.6
"""Of a content word's inverse document frequency."""
EARLY = 3.1
"""Of coming first and not last."""

_LEAST_COUNT = 3
"""A word that human text has less often tells nothing of what it follows."""
_LEAST_FORM = 20
_LEAST_FORM_SHARE = 0.5
"""A present form must be so often in human text, and against the past: "united" is none of "unite"."""
_LEAST_STYLE, _MOST_STYLE = -3.0, 2.0
_MOST_RARITY = 7.0
_MARKS = ",;:?!'…。、，；：？！"
_START, _END, _OTHER = range(3)
_NEVER = -1e9


class Compressor:
    """Knows what words human text uses, and in what company.

    Args:
        human_text: words of every human sentence, in normal form.
        documents: words of every document.
        writable: the words that may stand in a compression though the document has another form of them;
            all, if not given.
    """

    def __init__(
        self,
        human_text: Sequence[Words],
        documents: Sequence[Words],
        writable: Collection[str] | None = None,
    ) -> None:
        self._writable = writable
        human = [[plain for word in words if (plain := bare(word))] for words in human_text]
        self._human = Counter(chain.from_iterable(human))
        self._documents: Counter[str] = Counter()
        self._spread: Counter[str] = Counter()
        for words in documents:
            bare_words = [plain for word in words if (plain := bare(word))]
            self._documents.update(bare_words)
            self._spread.update(set(bare_words))
        self._rows = len(documents)
        self._human_total = max(1, self._human.total())
        self._documents_total = max(1, self._documents.total())
        known = sorted(word for word, count in self._human.items() if count >= _LEAST_COUNT)
        self._index = {word: i for i, word in enumerate(known, start=_OTHER + 1)}
        self._count_pairs(human)

    def compress(
        self,
        words: Sequence[str],
        length: int,
        random: np.random.Generator | None = None,
        *,
        early: float = EARLY,
        noise: float = 0.0,
    ) -> Words:
        """The best words of a document, in order; see ``keep``."""
        return [word for word, _ in self.keep(words, length, random, early=early, noise=noise)]

    def keep(
        self,
        words: Sequence[str],
        length: int,
        random: np.random.Generator | None = None,
        *,
        early: float = EARLY,
        noise: float = 0.0,
    ) -> list[tuple[str, int]]:
        """The best words of a document, each with its place there, in order.

        Args:
            words: of the document, in normal form.
            length: how long the result is, in words (characters for Chinese); shorter where the document is.
            random: draws the noise.
            early: see ``EARLY``.
            noise: standard deviation of what is added to the worth of every word.
        """
        options, places = self._options(words)
        if not options:
            return []
        ids = np.array([self._index.get(word, _OTHER) for word in options])
        position = np.array(places)
        units = np.array([max(1, count_units(word)) for word in options])
        worth = np.array([self._worth(word) for word in options]) - early * position / len(words)
        if random is not None:
            worth += random.normal(0.0, noise, len(words))[position]
        gap = position[None, :] - position[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            link = self._link(ids, ids) + ADJACENT * (gap == 1) - GAP * np.log(gap)
        link[gap <= 0] = _NEVER
        start = self._link(np.array([_START]), ids)[0] - GAP / 2 * np.log1p(position)
        end = self._link(ids, np.array([_END]))[:, 0]
        end[[ends_open(word) for word in options]] = _NEVER
        path = _best_path(worth, link.T, start, end, units, length)
        return [(options[i], places[i]) for i in path]

    def _options(self, words: Sequence[str]) -> tuple[Words, list[int]]:
        """What may be kept: every word, and the present of a past; and the place of each in the document."""
        plain = [bare(word) for word in words]
        options, places = [], []
        for i, word in enumerate(plain):
            if not word:
                continue
            before = plain[i - 1] if i else ""
            after = plain[i + 1] if i + 1 < len(plain) else ""
            forms = self._present(word, before, after)
            options += [word, *forms]
            places += [i] * (1 + len(forms))
        return options, places

    def _present(self, word: str, before: str, after: str) -> Words:
        """The present of a past form, where human text prefers it."""
        least = max(_LEAST_FORM, _LEAST_FORM_SHARE * self._human[word])
        verbs = present_forms(word, before, after)
        for third_person, _ in verbs:
            if self._human[third_person] >= _LEAST_COUNT:
                # "launches" is of "launch", though it could be of "launche".
                base = max(
                    (base for other, base in verbs if other == third_person), key=self._human.__getitem__
                )
                forms = [form for form in (third_person, base) if self._human[form] >= least]
                return [form for form in forms if self._writable is None or form in self._writable]
        return []

    def _worth(self, word: str) -> float:
        """What a word is worth apart from its place and company, in nats."""
        human = (self._human[word] + 2) / self._human_total
        documents = (self._documents[word] + 2) / self._documents_total
        style = float(np.clip(np.log(human / documents), _LEAST_STYLE, _MOST_STYLE))
        if word in STOP_WORDS:
            return STYLE * style
        rarity = min(np.log((self._rows + 1) / (self._spread[word] + 1)) / _MOST_RARITY, 1.0)
        return STYLE * style + RARE * float(rarity)

    def _count_pairs(self, human: Sequence[Words]) -> None:
        size = _OTHER + 1 + len(self._index)
        flat = np.array(
            list(
                chain.from_iterable(
                    [_START, *(self._index.get(word, _OTHER) for word in words), _END] for words in human
                )
            ),
            dtype=np.int64,
        )
        self._frequency = np.bincount(flat, minlength=size).astype(float)
        inside = flat[:-1] != _END
        pairs, counts = np.unique(flat[:-1][inside] * size + flat[1:][inside], return_counts=True)
        # One pair more than there are: a search past the last one finds it, even where there are none.
        self._pairs, self._size = np.append(pairs, size * size), size
        self._share = self._frequency / max(1.0, self._frequency.sum())
        expected = self._frequency[pairs // size] * self._share[pairs % size]
        self._association = np.append(np.log((counts + 1) / (expected + 1)), 0.0)

    def _link(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """How much likelier each word follows each than by chance, weighted: ``(before, after)``.

        Pointwise mutual information with one count added to what was seen and to what chance would give.
        """
        wanted = before[:, None] * self._size + after[None, :]
        found = np.searchsorted(self._pairs, wanted)
        by_chance = self._frequency[before][:, None] * self._share[after][None, :]
        association = np.where(self._pairs[found] == wanted, self._association[found], -np.log(by_chance + 1))
        return LINK * association.clip(LEAST_LINK, MOST_LINK)


def _best_path(
    worth: np.ndarray, link: np.ndarray, start: np.ndarray, end: np.ndarray, units: np.ndarray, length: int
) -> list[int]:
    """The best sequence among the longest there are; ``link`` is ``(option, option before it)``."""
    size = len(worth)
    best = np.full((length + 1, size), _NEVER)
    parent = np.full((length + 1, size), -1)
    rows = np.arange(size)
    for used in range(1, length + 1):
        first = units == used
        best[used, first] = (start + worth)[first]
        before = used - units
        can = before >= 1
        scores = link + best[before.clip(min=0)]
        arg = scores.argmax(1)
        reached = scores[rows, arg] + worth
        better = can & (reached > best[used])
        best[used, better], parent[used, better] = reached[better], arg[better]
    ended = (best + end).max(1)
    reachable = np.flatnonzero(ended > _NEVER / 2)
    if not len(reachable):
        return []
    used = int(reachable[-1])
    last = int((best[used] + end).argmax())
    path = [last]
    while (earlier := int(parent[used, last])) >= 0:
        used, last = used - int(units[last]), earlier
        path.append(last)
    return path[::-1]


def bare(word: str) -> str:
    """A word without the marks around it; an abbreviation keeps its last point."""
    plain = word.strip(_MARKS + ".")
    return (
        f"{plain}." if "." in plain and word.rstrip(_MARKS).endswith(".") and plain[-1].isalpha() else plain
    )
