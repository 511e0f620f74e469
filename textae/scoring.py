"""What the words of a short text are worth, and their company, as far as counts of two corpora tell.

Liked are words that human text likes, rare ones, those that come early and those that matter to their story;
words that follow one another in human text, or did in the document. Disliked is what was torn apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textae.associations import END, START, Numbers
from textae.counts import Counts
from textae.phrases import PAUSES, STOPS, Words, bare
from textae.segment import DETERMINERS, STOP_WORDS

NEVER = -1e9
"""The worth of what is ruled out, in nats."""
_LEAST_STYLE, _MOST_STYLE = -3.0, 2.0
_MOST_RARITY = 7.0
_LEAST_TORN, _MOST_TORN = -1.5, 4.0
_MOST_CLAUSES = 2

Nats = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """Of the parts of a score, in nats."""

    link: float = 1.6
    """Of the association of two words that follow one another."""
    least_link: float = -0.83
    """An association is cut to a range: single counts say little."""
    most_link: float = 0.9
    first: float = 1.54
    """Of the association of a word with being the first, beside ``link``."""
    last: float = 0.18
    """The same with being the last."""
    adjacent: float = 0.53
    """For two words that follow one another in the document too."""
    gap: float = 0.89
    """Against leaving words out between two that are kept, times the logarithm of their distance."""
    torn: float = 0.11
    """Against leaving out what documents like to put next to a word that is kept, times that association."""
    cut: float = 0.23
    """The same against ending there."""
    clause: float = 2.28
    """Against every comma (two at most) between two words that are kept."""
    sentence: float = 1.35
    """Against going on in another sentence."""
    style: float = 1.52
    """Of the log-ratio of a word's frequency in human text and in documents."""
    rare: float = 2.03
    """Of a content word's inverse document frequency."""
    early: float = 2.12
    """Of coming first and not last."""
    salient: float = 1.12
    """Of how much a content word matters to its story (``salience``)."""
    repeated: float = 0.75
    """Of the logarithm of how often a content word stands in the document."""
    full: float = 0.22
    """Of every word, where a shorter result may be better."""


class Options:
    """What may be said of a document: its words, and other forms of some.

    Args:
        words: of the document, in normal form.
        forms: the options; a form with a comma stands for the word and an "and" after it.
        places: of each in the document.
        counts: of the corpora.

    Attributes:
        plain: the words without marks.
        bare: the forms without marks.
        place: of each option in the document, ``(options,)``.
        turned: which are another form of their word.
        listed: which have a comma.
        content: which are no function words.
        numbers: of the forms in the counts.
        pauses: after which of the words a clause ends, ``stops`` a sentence, ``(words,)`` each.
        together: the association in documents of each word with the next one, ``(words - 1,)``.
        before: how much documents like what stands before each option, ``after`` what stands after it.
    """

    def __init__(self, words: Words, forms: Words, places: Sequence[int], counts: Counts) -> None:
        self.words, self.plain, self.forms = words, [bare(word) for word in words], forms
        self.bare = [bare(form) for form in forms]
        self.place = np.array(places, dtype=np.intp)
        own = [self.plain[i] for i in places]
        self.turned = np.array([form != word for form, word in zip(self.bare, own, strict=True)], dtype=bool)
        self.listed = np.array([form.endswith(",") for form in forms], dtype=bool)
        self.content = np.array([form not in STOP_WORDS for form in self.bare], dtype=bool)
        self.numbers = counts.numbers(self.bare)
        self.pauses = np.array([word[-1] in PAUSES for word in words], dtype=bool)
        # The point of an abbreviation ends nothing.
        stops = [
            word[-1] in STOPS and "." not in plain for word, plain in zip(words, self.plain, strict=True)
        ]
        self.stops = np.array(stops, dtype=bool)
        beside = counts.numbers(self.plain)
        self.together = counts.documents.between(beside[:-1], beside[1:])
        torn = self.together.clip(_LEAST_TORN, _MOST_TORN)
        torn = np.where((self.pauses | self.stops)[:-1], _LEAST_TORN, torn)
        self.before = np.insert(torn, 0, _LEAST_TORN)[self.place]
        self.after = np.append(torn, _LEAST_TORN)[self.place]


class Scorer:
    """Scores options by the counts of two corpora.

    Args:
        counts: of the corpora.
        weights: of the parts of the score.
    """

    def __init__(self, counts: Counts, weights: Weights) -> None:
        self.counts, self.weights = counts, weights

    def worth(self, options: Options, salience: Nats | None = None) -> Nats:
        """What options are worth apart from their company and their place, ``(options,)``.

        Args:
            options: of a document.
            salience: how much each word matters to its story, in nats, ``(words,)``; even if not given.
        """
        weights = self.weights
        rarity = np.minimum(self.counts.rarity(options.numbers) / _MOST_RARITY, 1.0)
        told = Counter(options.plain)
        repeated = np.log(np.maximum([told[form] for form in options.bare], 1))
        worth = weights.style * self.counts.style(options.numbers).clip(_LEAST_STYLE, _MOST_STYLE)
        worth += options.content * (weights.rare * rarity + weights.repeated * repeated)
        if salience is not None:
            worth += weights.salient * salience[options.place] * options.content
        return worth + weights.full

    def links(self, options: Options) -> Nats:
        """What it is worth that an option follows another, ``(before, after)``."""
        weights, place, plain = self.weights, options.place, options.plain
        gap = place - place[:, None]
        follows = self._follows(options.numbers[:, None], options.numbers)
        link = follows - weights.gap * np.log(gap.clip(min=1))
        torn = options.after[:, None] + options.before
        link += np.where(gap == 1, weights.adjacent, -weights.torn * torn)
        for marks, most, weight in (
            (options.pauses, _MOST_CLAUSES, weights.clause),
            (options.stops, 1, weights.sentence),
        ):
            crossed = np.cumsum(marks)[place] - marks[place]
            link -= weight * (crossed - crossed[:, None]).clip(0, most)
        if options.listed.any():
            # A comma stands for "and", as in headlines: what comes next is what followed that.
            article = np.array([i + 2 < len(plain) and plain[i + 2] in DETERMINERS for i in place])
            next_listed = gap == (2 + article)[:, None]
            link = np.where(options.listed[:, None], np.where(next_listed, follows, NEVER), link)
        return link

    def starts(self, options: Options) -> Nats:
        """What it is worth that an option comes first, ``(options,)``."""
        weights, place = self.weights, options.place
        start = weights.first * self._follows(START, options.numbers)
        return start - weights.gap / 2 * np.log1p(place) - weights.torn * options.before * (place > 0)

    def ends(self, options: Options) -> Nats:
        """What it is worth that an option comes last, ``(options,)``."""
        return self.weights.last * self._follows(options.numbers, END) - self.weights.cut * options.after

    def _follows(self, before: Numbers | int, after: Numbers | int) -> Nats:
        """What it is worth that human text has one after the other."""
        association = self.counts.human.between(before, after)
        return self.weights.link * association.clip(self.weights.least_link, self.weights.most_link)
