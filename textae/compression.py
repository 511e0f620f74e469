"""Shorten a document to some of its words, as a headline would: no pair, and about a millisecond.

Kept, in order, are words that follow one another well in human text, that human text likes, that the rest of
a story comes back to or that human text on a like topic tells, and that come early; what stands together in
documents is not torn apart. A past tense may turn to the present, "will" to "to" and "and" to a comma. The
best such sequence is found by dynamic programming. With noise it gives the reconstructor short texts to write
documents from; without, it is the generator's first teacher. It looks for what hill climbing looks for
(Schumann et al. 2020: an order-preserving extract under a language model), and finds the best one, since only
pairs of words tell what follows what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from textae.associations import END, LEAST_COUNT, START, Associations
from textae.inflection import present_forms
from textae.phrases import (
    AUXILIARIES,
    FUTURE,
    NEGATIONS,
    PARTICLES,
    PAUSES,
    STOPS,
    Words,
    bare,
    bound,
    is_plural,
    main_verb,
    mark_clauses,
    parts_preposition,
)
from textae.segment import DETERMINERS, STOP_WORDS, count_units, ends_open, is_cjk


@dataclass(frozen=True)
class Weights:
    """Of the parts of a compression's score, in nats; chosen by ``scripts/tune_compression.py``."""

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
    """Of the log-odds that a story comes back to a content word."""
    alike: float = 0.0
    """Of the log-odds that human text on a like topic tells a content word."""
    repeated: float = 0.75
    """Of the logarithm of how often a content word stands in the document."""
    present: float = -0.17
    """For turning the past to the present."""
    future: float = 0.99
    """For turning "will" to the "to" of headlines."""
    verb: float = 1.33
    """Of the first verb that tells what happens."""
    full: float = 0.22
    """Of every word, where a shorter result may be better."""


ENGLISH = Weights()
CHINESE = Weights(
    link=0.67,
    least_link=-1.25,
    most_link=0.92,
    first=2.14,
    last=0.4,
    adjacent=0.08,
    gap=0.68,
    torn=0.04,
    cut=0.28,
    clause=1.3,
    sentence=6.24,
    style=1.42,
    rare=0.62,
    early=2.19,
    salient=0.0,
    alike=0.6,
    repeated=0.42,
    present=0.0,
    future=0.0,
    verb=0.0,
    full=0.0,
)

_LEAST_FORM = 20
_LEAST_FORM_SHARE = 0.5
"""A present form must be so often in human text, and against the past: "united" is none of "unite"."""
_LEAST_STYLE, _MOST_STYLE = -3.0, 2.0
_MOST_RARITY = 7.0
_LEAST_TORN, _MOST_TORN = -1.5, 4.0
_MOST_CLAUSES = 2
_DISAGREEMENT = 1.5
"""Against a verb that is not of its subject's number, in nats."""
_NEVER = -1e9


class _Options:
    """What may be kept of a document: every word, and other forms of some.

    Attributes:
        words: of the document, ``plain`` without marks.
        forms: the options; a form with a comma stands for the word and an "and" after it.
        place: of each in the document, ``(options,)``.
        turned: which are another form of their word.
        listed: which have a comma.
        content: which are no function words.
        ids: their numbers in human text.
        pauses: after which of the words a clause ends, ``stops`` a sentence, ``(words,)`` each.
        together: the association in documents of each word with the next one, ``(words - 1,)``.
        before: how much documents like what stands before each option, ``after`` what stands after it.
    """

    def __init__(
        self,
        words: Sequence[str],
        plain: Words,
        forms: Words,
        places: Sequence[int],
        human_pairs: Associations,
        document_pairs: Associations,
    ) -> None:
        self.words, self.plain, self.forms = words, plain, forms
        self.bare = [bare(form) for form in forms]
        self.place = np.array(places, dtype=np.intp)
        self.turned = np.array([form != plain[i] for form, i in zip(self.bare, places, strict=True)])
        self.listed = np.array([form.endswith(",") for form in forms])
        self.content = np.array([form not in STOP_WORDS for form in self.bare])
        self.ids = human_pairs.ids(self.bare)
        self.pauses = np.array([word[-1] in PAUSES for word in words], dtype=bool)
        # The point of an abbreviation ends nothing.
        stops = [word[-1] in STOPS and "." not in other for word, other in zip(words, plain, strict=True)]
        self.stops = np.array(stops, dtype=bool)
        beside = document_pairs.ids(plain)
        self.together = document_pairs.between(beside[:-1], beside[1:])
        torn = self.together.clip(_LEAST_TORN, _MOST_TORN)
        torn = np.where((self.pauses | self.stops)[:-1], _LEAST_TORN, torn)
        self.before = np.insert(torn, 0, _LEAST_TORN)[self.place]
        self.after = np.append(torn, _LEAST_TORN)[self.place]


class Compressor:
    """Knows what words human text uses, and in what company.

    Args:
        human_text: words of every human sentence, in normal form.
        documents: words of every document.
        writable: the words that may stand in a compression though the document has another form of them;
            all, if not given.
        weights: of the parts of the score.
    """

    def __init__(
        self,
        human_text: Sequence[Words],
        documents: Sequence[Words],
        writable: Collection[str] | None = None,
        weights: Weights = ENGLISH,
    ) -> None:
        self.weights = weights
        self._writable = writable
        human = [[plain for word in words if (plain := bare(word))] for words in human_text]
        plain_documents = [[plain for word in words if (plain := bare(word))] for words in documents]
        self._human = Counter(chain.from_iterable(human))
        self._documents = Counter(chain.from_iterable(plain_documents))
        self._spread = Counter(chain.from_iterable(map(set, plain_documents)))
        self._rows = len(documents)
        self._human_total = max(1, self._human.total())
        self._documents_total = max(1, self._documents.total())
        self._human_pairs, self.document_pairs = Associations(human), Associations(plain_documents)

    def compress(
        self,
        words: Sequence[str],
        length: int,
        random: np.random.Generator | None = None,
        *,
        salience: np.ndarray | None = None,
        likeness: np.ndarray | None = None,
        early: float | None = None,
        noise: float = 0.0,
        slack: int = 0,
    ) -> Words:
        """The best words of a document, in order; see ``keep``."""
        kept = self.keep(
            words,
            length,
            random,
            salience=salience,
            likeness=likeness,
            early=early,
            noise=noise,
            slack=slack,
        )
        return [word for word, _ in kept]

    def keep(
        self,
        words: Sequence[str],
        length: int,
        random: np.random.Generator | None = None,
        *,
        salience: np.ndarray | None = None,
        likeness: np.ndarray | None = None,
        early: float | None = None,
        noise: float = 0.0,
        slack: int = 0,
    ) -> list[tuple[str, int]]:
        """The best words of a document, each with its place there, in order.

        Args:
            words: of the document, in normal form.
            length: how long the result is, in words (characters for Chinese); shorter where the document is.
            random: draws the noise.
            salience: log-odds of every word that a story comes back to it, ``(words,)``; even if not given.
            likeness: log-odds of every word that human text on a like topic tells it, ``(words,)``; even if
                not given.
            early: instead of ``Weights.early``.
            noise: standard deviation of what is added to the worth of every word.
            slack: how much shorter than ``length`` the result may be, where it reads better then.
        """
        options = self._options(words)
        if not options.forms:
            return []
        worth = self._worth(options)
        for signal, weight in ((salience, self.weights.salient), (likeness, self.weights.alike)):
            if signal is not None:
                worth += weight * signal[options.place] * options.content
        worth -= (self.weights.early if early is None else early) * options.place / len(words)
        if random is not None:
            worth += random.normal(0.0, noise, len(words))[options.place]
        link, start, end = self._links(options), self._starts(options), self._ends(options)
        self._forbid(options, link, start, end)
        units = np.array([max(1, count_units(form)) for form in options.forms])
        worth += self.weights.full
        path = _best_path(worth, link.T, start, end, units, length, slack)
        # No word of content twice: what says it again is ruled out, and the best of the rest looked for.
        while again := _said_again(options, path):
            worth[np.isin(options.place, again)] = _NEVER
            path = _best_path(worth, link.T, start, end, units, length, slack)
        kept = [(options.forms[i], int(options.place[i])) for i in path]
        return mark_clauses(kept, words, options.plain) if any(map(is_cjk, options.forms)) else kept

    def _options(self, words: Sequence[str]) -> _Options:
        plain = [bare(word) for word in words]
        forms, places = [], []
        for i, word in enumerate(plain):
            if not word:
                continue
            before = plain[i - 1] if i else ""
            after = plain[i + 1] if i + 1 < len(plain) else ""
            others = ["to"] if word in FUTURE else self._present(word, before, after)
            if after == "and" and words[i] == word and i + 2 < len(words):
                others = [*others, f"{word},"]
            forms += [word, *others]
            places += [i] * (1 + len(others))
        return _Options(words, plain, forms, places, self._human_pairs, self.document_pairs)

    def _present(self, word: str, before: str, after: str) -> Words:
        """The present of a past form, where human text prefers it."""
        least = max(_LEAST_FORM, _LEAST_FORM_SHARE * self._human[word])
        verbs = present_forms(word, before, after)
        for third_person, _ in verbs:
            if self._human[third_person] >= LEAST_COUNT:
                # "launches" is of "launch", though it could be of "launche".
                base = max(
                    (base for other, base in verbs if other == third_person), key=self._human.__getitem__
                )
                forms = [form for form in (third_person, base) if self._human[form] >= least]
                return [form for form in forms if self._writable is None or form in self._writable]
        return []

    def _worth(self, options: _Options) -> np.ndarray:
        """What words are worth apart from their company, in nats, ``(options,)``."""
        weights = self.weights
        human = np.array([self._human[form] for form in options.bare])
        documents = np.array([self._documents[form] for form in options.bare])
        style = np.log((human + 2) / self._human_total) - np.log((documents + 2) / self._documents_total)
        spread = np.array([self._spread[form] for form in options.bare])
        rarity = np.minimum(np.log((self._rows + 1) / (spread + 1)) / _MOST_RARITY, 1.0)
        counts = Counter(options.plain)
        repeated = np.log(np.maximum([counts[form] for form in options.bare], 1))
        worth = weights.style * style.clip(_LEAST_STYLE, _MOST_STYLE)
        worth += options.content * (weights.rare * rarity + weights.repeated * repeated)
        future = np.array([options.plain[place] in FUTURE for place in options.place])
        worth += options.turned * np.where(future, weights.future, weights.present)
        pasts = set(options.place[options.turned & ~future].tolist())
        return worth + weights.verb * (options.place == main_verb(options.words, options.plain, pasts))

    def _links(self, options: _Options) -> np.ndarray:
        """What it is worth that an option follows another, ``(before, after)``."""
        weights, place, plain = self.weights, options.place, options.plain
        gap = place - place[:, None]
        follows = self._follows(options.ids[:, None], options.ids)
        link = follows - weights.gap * np.log(gap.clip(min=1))
        torn = options.after[:, None] + options.before
        link += np.where(gap == 1, weights.adjacent, -weights.torn * torn)
        for marks, most, weight in (
            (options.pauses, _MOST_CLAUSES, weights.clause),
            (options.stops, 1, weights.sentence),
        ):
            crossed = np.cumsum(marks)[place] - marks[place]
            link -= weight * (crossed - crossed[:, None]).clip(0, most)
        # A comma stands for "and", as in headlines: what comes next is what followed that.
        article = np.array([i + 2 < len(plain) and plain[i + 2] in DETERMINERS for i in place])
        next_listed = gap == (2 + article)[:, None]
        link = np.where(options.listed[:, None], np.where(next_listed, follows, _NEVER), link)
        # Nor does a word follow itself: "said it said" would be "says says".
        link[(gap <= 0) | (np.array(options.forms)[:, None] == np.array(options.forms))] = _NEVER
        return link

    def _starts(self, options: _Options) -> np.ndarray:
        """What it is worth that an option comes first, ``(options,)``."""
        weights, place = self.weights, options.place
        start = weights.first * self._follows(START, options.ids)
        return start - weights.gap / 2 * np.log1p(place) - weights.torn * options.before * (place > 0)

    def _ends(self, options: _Options) -> np.ndarray:
        """What it is worth that an option comes last, ``(options,)``."""
        end = self.weights.last * self._follows(options.ids, END) - self.weights.cut * options.after
        end[[ends_open(form) or form.endswith("'s") for form in options.forms]] = _NEVER
        goes_on = np.array([*map(str.__eq__, options.words[:-1], options.plain), False])
        end[[form in PARTICLES for form in options.forms] & goes_on[options.place]] = _NEVER
        # "killer whales sells": a verb that hardly ever ends human text waits for its object.
        verbs = np.isin(options.place, options.place[options.turned])
        end[verbs & (self._human_pairs.between(options.ids, END) <= 0)] = _NEVER
        return end

    def _forbid(self, options: _Options, link: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
        """Rule out what would tell something else than the document."""
        place, turned = options.place, options.turned
        gap = place - place[:, None]
        # "the firms open", "the firm opens", and never "is opens".
        plural = np.array([is_plural(form, self._is_noun) for form in options.bare])
        third_person = np.array([form.endswith("s") for form in options.forms])
        link[(plural[:, None] == third_person) & turned] -= _DISAGREEMENT
        link[np.array([form in AUXILIARIES for form in options.forms])[:, None] & turned] = _NEVER
        # What means something only as a whole is taken whole or not at all.
        whole = bound(options.words, options.plain, options.together)
        held, holds = whole[place], np.append(whole[1:], False)[place]
        link[(gap != 1) & (held | holds[:, None])] = _NEVER
        start[held] = _NEVER
        end[holds] = _NEVER
        # Who "told shareholders not to vote" did not tell them to.
        link[_passed(np.array([word in NEGATIONS for word in options.plain]), place)] = _NEVER
        # A preposition belongs to what comes next: "on a bridge" is not what "on tuesday a bridge" tells.
        pairs = zip(options.words, options.plain, strict=True)
        parts = np.array([parts_preposition(word, plain) for word, plain in pairs])
        opens = np.array([ends_open(form) and not is_cjk(form) for form in options.forms])
        link[(opens & ~options.listed)[:, None] & _passed(parts, place)] = _NEVER

    def _follows(self, before: np.ndarray | int, after: np.ndarray | int) -> np.ndarray:
        """What it is worth that human text has one after the other."""
        association = self._human_pairs.between(before, after)
        return self.weights.link * association.clip(self.weights.least_link, self.weights.most_link)

    def _is_noun(self, word: str) -> bool:
        return self._documents[word] >= _LEAST_FORM


def _passed(marked: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Whether a marked word stands between two options, ``(before, after)``; ``marked`` is ``(words,)``."""
    before = np.cumsum(marked)[place]
    return before - marked[place] > before[:, None]


def _said_again(options: _Options, path: Sequence[int]) -> list[int]:
    """The places of content words that a path says a second time; of Chinese, of pairs of characters."""
    said: set[str] = set()
    again = []
    before = ""
    for i in path:
        word = options.plain[options.place[i]]
        new = {word} if options.content[i] else set()
        if is_cjk(word):
            text = before + word
            new = {text[j : j + 2] for j in range(len(text) - 1)}
        if not said.isdisjoint(new):
            again.append(int(options.place[i]))
        said |= new
        before = word[-1:] if is_cjk(word) else ""
    return again


def _best_path(
    worth: np.ndarray,
    link: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    units: np.ndarray,
    length: int,
    slack: int = 0,
) -> list[int]:
    """The best sequence among those at most ``slack`` shorter than the longest there are.

    ``link`` is ``(option, option before it)``.
    """
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
    longest = int(reachable[-1])
    used = max(reachable[reachable >= longest - slack].tolist(), key=ended.__getitem__)
    last = int((best[used] + end).argmax())
    path = [last]
    while (earlier := int(parent[used, last])) >= 0:
        used, last = used - int(units[last]), earlier
        path.append(last)
    return path[::-1]
