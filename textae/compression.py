"""Shorten a document to some of its words, as a headline would: no pair, and about a millisecond.

Kept, in order, are words that follow one another well in human text, that human text likes, that the rest of
a story comes back to, and that come early; what stands together in documents is not torn apart. A past tense
may turn to the present, "will" to "to" and "and" to a comma. The best such sequence is found by dynamic
programming. With noise it gives the reconstructor short texts to write documents from; without, it is the
generator's first teacher. It looks for what hill climbing looks for (Schumann et al. 2020: an
order-preserving extract under a language model), and finds the best one, since only pairs of words tell what
follows what.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from textae.associations import END
from textae.counts import LEAST_COUNT, Counts
from textae.inflection import present_forms
from textae.phrases import (
    AUXILIARIES,
    FUTURE,
    NEGATIONS,
    PARTICLES,
    Words,
    bare,
    bound,
    is_plural,
    main_verb,
    mark_clauses,
    parts_preposition,
)
from textae.scoring import NEVER, Options, Scorer, Weights
from textae.segment import count_units, ends_open, is_cjk


@dataclass(frozen=True)
class CompressionWeights(Weights):
    """Of a compression's score, in nats; chosen by random search on development rows."""

    present: float = -0.17
    """For turning the past to the present."""
    future: float = 0.99
    """For turning "will" to the "to" of headlines."""
    verb: float = 1.33
    """Of the first verb that tells what happens."""


ENGLISH = CompressionWeights()
CHINESE = CompressionWeights(
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
    salient=0.6,
    repeated=0.42,
    present=0.0,
    future=0.0,
    verb=0.0,
    full=0.0,
)

_LEAST_SLACK, _SLACK_SHARE = 3, 4
_LEAST_FORM = 20
_LEAST_FORM_SHARE = 0.5
"""A present form must be so often in human text, and against the past: "united" is none of "unite"."""
_DISAGREEMENT = 1.5
"""Against a verb that is not of its subject's number, in nats."""


class Compressor:
    """Knows what words human text uses, and in what company.

    Args:
        counts: of the corpora.
        writable: the words that may stand in a compression though the document has another form of them;
            all, if not given.
        weights: of the parts of the score.
    """

    def __init__(
        self,
        counts: Counts,
        writable: Collection[str] | None = None,
        weights: CompressionWeights = ENGLISH,
    ) -> None:
        self.counts, self.weights = counts, weights
        self._writable = writable

    def compress(
        self,
        words: Sequence[str],
        length: int,
        random: np.random.Generator | None = None,
        *,
        salience: np.ndarray | None = None,
        early: float | None = None,
        noise: float = 0.0,
        slack: int = 0,
    ) -> Words:
        """The best words of a document, in order; see ``keep``."""
        kept = self.keep(words, length, random, salience=salience, early=early, noise=noise, slack=slack)
        return [word for word, _ in kept]

    def keep(
        self,
        words: Sequence[str],
        length: int,
        random: np.random.Generator | None = None,
        *,
        salience: np.ndarray | None = None,
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
            early: instead of ``Weights.early``.
            noise: standard deviation of what is added to the worth of every word.
            slack: how much shorter than ``length`` the result may be, where it reads better then.
        """
        options = self._options(words)
        if not options.forms:
            return []
        scorer = Scorer(self.counts, self.weights)
        worth = scorer.worth(options, salience) + self._forms(options)
        worth -= (self.weights.early if early is None else early) * options.place / len(words)
        if random is not None:
            worth += random.normal(0.0, noise, len(words))[options.place]
        link, start, end = scorer.links(options), scorer.starts(options), scorer.ends(options)
        self._forbid(options, link, start, end)
        units = np.array([max(1, count_units(form)) for form in options.forms])
        path = _best_path(worth, link.T, start, end, units, length, slack)
        # No word of content twice: what says it again is ruled out, and the best of the rest looked for.
        while again := _said_again(options, path):
            worth[np.isin(options.place, again)] = NEVER
            path = _best_path(worth, link.T, start, end, units, length, slack)
        kept = [(options.forms[i], int(options.place[i])) for i in path]
        return mark_clauses(kept, words, options.plain) if any(map(is_cjk, options.forms)) else kept

    def _options(self, words: Sequence[str]) -> Options:
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
        return Options(list(words), forms, places, self.counts)

    def _present(self, word: str, before: str, after: str) -> Words:
        """The present of a past form, where human text prefers it."""
        least = max(_LEAST_FORM, _LEAST_FORM_SHARE * self.counts.in_human_text(word))
        verbs = present_forms(word, before, after)
        for third_person, _ in verbs:
            if self.counts.in_human_text(third_person) >= LEAST_COUNT:
                # "launches" is of "launch", though it could be of "launche".
                base = max(
                    (base for other, base in verbs if other == third_person), key=self.counts.in_human_text
                )
                forms = [form for form in (third_person, base) if self.counts.in_human_text(form) >= least]
                return [form for form in forms if self._writable is None or form in self._writable]
        return []

    def _forms(self, options: Options) -> np.ndarray:
        """What it is worth that words take other forms, and that the news has its verb, ``(options,)``."""
        weights = self.weights
        future = np.array([options.plain[place] in FUTURE for place in options.place])
        pasts = set(options.place[options.turned & ~future].tolist())
        verb = options.place == main_verb(options.words, options.plain, pasts)
        return options.turned * np.where(future, weights.future, weights.present) + weights.verb * verb

    def _forbid(self, options: Options, link: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
        """Rule out what would tell something else than the document, or would not end."""
        place, turned = options.place, options.turned
        gap = place - place[:, None]
        # Nor does a word follow itself: "said it said" would be "says says".
        link[(gap <= 0) | (np.array(options.forms)[:, None] == np.array(options.forms))] = NEVER
        end[[ends_open(form) or form.endswith("'s") for form in options.forms]] = NEVER
        goes_on = np.array([*map(str.__eq__, options.words[:-1], options.plain), False])
        end[[form in PARTICLES for form in options.forms] & goes_on[place]] = NEVER
        # "killer whales sells": a verb that hardly ever ends human text waits for its object.
        verbs = np.isin(place, place[turned])
        end[verbs & (self.counts.human.between(options.numbers, END) <= 0)] = NEVER
        # "the firms open", "the firm opens", and never "is opens".
        plural = np.array([is_plural(form, self._is_noun) for form in options.bare])
        third_person = np.array([form.endswith("s") for form in options.forms])
        link[(plural[:, None] == third_person) & turned] -= _DISAGREEMENT
        link[np.array([form in AUXILIARIES for form in options.forms])[:, None] & turned] = NEVER
        # What means something only as a whole is taken whole or not at all.
        whole = bound(options.words, options.plain, options.together)
        held, holds = whole[place], np.append(whole[1:], False)[place]
        link[(gap != 1) & (held | holds[:, None])] = NEVER
        start[held] = NEVER
        end[holds] = NEVER
        # Who "told shareholders not to vote" did not tell them to.
        link[_passed(np.array([word in NEGATIONS for word in options.plain]), place)] = NEVER
        # A preposition belongs to what comes next: "on a bridge" is not what "on tuesday a bridge" tells.
        pairs = zip(options.words, options.plain, strict=True)
        parts = np.array([parts_preposition(word, plain) for word, plain in pairs])
        opens = np.array([ends_open(form) and not is_cjk(form) for form in options.forms])
        link[(opens & ~options.listed)[:, None] & _passed(parts, place)] = NEVER

    def _is_noun(self, word: str) -> bool:
        return self.counts.in_documents(word) >= _LEAST_FORM


def slack(length: int) -> int:
    """How much shorter than asked for a compression may be, in words (characters for Chinese)."""
    return max(_LEAST_SLACK, length // _SLACK_SHARE)


def _passed(marked: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Whether a marked word stands between two options, ``(before, after)``; ``marked`` is ``(words,)``."""
    before = np.cumsum(marked)[place]
    return before - marked[place] > before[:, None]


def _said_again(options: Options, path: Sequence[int]) -> list[int]:
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
    best = np.full((length + 1, size), NEVER)
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
    reachable = np.flatnonzero(ended > NEVER / 2)
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
