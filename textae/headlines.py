"""The best headline of a document: of all the ways to shorten its clauses, the one that scores best.

A clause shortened to some of its branches is a sentence (``clauses``); which sentence is worth most, counts
of human text and of documents tell, and what its story comes back to (``scoring``). A document's clauses
compete: what its first sentence says, what somebody said in it, what comes later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textae.clauses import Clause
from textae.counts import Counts
from textae.phrases import Words
from textae.scoring import NEVER, Nats, Options, Scorer, Weights
from textae.segment import ends_open, is_cjk, word_set

_WORST_LINK = -8.0


@dataclass(frozen=True)
class ClauseWeights(Weights):
    """Of a headline's score, in nats; chosen by ``scripts/tune_weights.py``."""

    short: float = 1.0
    """Against every word fewer than ``least`` tells."""
    least: float = 7.0
    aside: float = 0.0
    """Against what only tells more of a noun: relative clauses, participles, appositions."""
    subordinate: float = 0.0
    """Against a clause that tells when or why."""
    joined: float = 0.0
    """Against the second of two things that an "and" joins."""
    preposition: float = 0.0
    """Against a preposition and what it stands before."""
    describing: float = 0.0
    """Against adjectives, possessives, and nouns before a noun."""
    said: float = 0.0
    """Against who says it, and a colon."""
    title: float = 0.0
    """Against each part of a speaker's title."""
    verbatim: float = 3.0
    """Against a headline that is the beginning of its document."""
    vague: float = 3.0
    """Against a headline without a verb, or of "it" or "they"."""
    missed: float = 0.0
    """Against leaving out what the rest says something else without, as far as that is likely."""
    omitted: float = 0.0
    """Against every word left out between two marks of which others are kept."""
    broken: float = 0.0
    """Against every gap between two of them."""
    begun: float = 0.0
    """Against leaving out the first of them."""
    unfinished: float = 0.0
    """Against leaving out the last of them."""


ENGLISH = ClauseWeights(
    verbatim=0.0,
    link=1.14,
    least_link=-0.66,
    most_link=0.87,
    first=5.975,
    last=1.29,
    adjacent=0.43,
    gap=1.44,
    torn=0.025,
    cut=0.062,
    clause=0.436,
    sentence=2.859,
    style=2.25,
    rare=3.42,
    early=4.0,
    salient=0.168,
    repeated=0.07,
    full=1.2,
    short=0.792,
    least=7.0,
    aside=-0.37,
    subordinate=0.0,
    joined=0.46,
    preposition=-0.11,
    describing=0.1,
    vague=6.0,
    missed=20.0,
)
CHINESE = ClauseWeights(
    link=1.12,
    least_link=-6.97,
    most_link=1.07,
    first=3.415,
    last=3.633,
    adjacent=-0.331,
    gap=0.154,
    torn=-0.337,
    cut=0.955,
    clause=-0.427,
    sentence=20.0,
    style=2.534,
    rare=1.522,
    early=0.598,
    salient=0.772,
    repeated=3.334,
    full=1.243,
    short=3.146,
    least=13.0,
    aside=0.564,
    subordinate=-1.099,
    joined=-0.939,
    preposition=-1.776,
    describing=-2.834,
    said=-2.774,
    title=3.225,
    verbatim=7.778,
    vague=12.0,
    missed=5.153,
    omitted=0.48,
    broken=1.6,
    begun=1.6,
    unfinished=2.4,
)

_KINDS = {
    "aside": word_set("acl relcl appos time adverb"),
    "subordinate": word_set("advcl serial segment"),
    "joined": word_set("conj joined"),
    "preposition": word_set("prep agent preposition"),
    "describing": word_set("amod compound nmod poss describing"),
    "said": word_set("said"),
    "title": word_set("title"),
}
"""Labels of both languages' units."""


class Headlines:
    """Finds the best headline of documents.

    Args:
        counts: of a corpus of documents and one of human text.
        weights: of the parts of a headline's score.
    """

    def __init__(self, counts: Counts, weights: ClauseWeights) -> None:
        self._counts, self.weights = counts, weights

    def best(
        self, words: Words, clauses: Sequence[Clause], length: int, salience: Nats | None = None
    ) -> Words:
        """The best headline of a document; empty where no clause of it is short enough.

        Args:
            words: of the document, in normal form.
            clauses: of it.
            length: the most words of the headline (characters for Chinese).
            salience: how much each word matters to the story, in nats, ``(words,)``; even if not given.
        """
        found: Words = []
        highest = NEVER / 2
        scorer = Scorer(self._counts, self.weights)
        for clause in clauses:
            options = Options(words, clause.forms, clause.places, self._counts)
            worth = scorer.worth(options, salience) - self.weights.early * options.place / len(words)
            ways = clause.shortened(length, worth)
            if len(ways):
                kept = ways[:, clause.units]
                scores = self._scores(scorer, clause, options, worth, ways, kept)
                way = int(scores.argmax())
                if scores[way] > highest:
                    highest, found = scores[way], _written(clause, kept[way])
        return found

    def _scores(
        self,
        scorer: Scorer,
        clause: Clause,
        options: Options,
        worth: Nats,
        ways: NDArray[np.bool_],
        kept: NDArray[np.bool_],
    ) -> Nats:
        """What each way to shorten a clause is worth, ``(ways,)``."""
        weights = self.weights
        link = np.maximum(scorer.links(options), _WORST_LINK)
        start = np.maximum(scorer.starts(options), _WORST_LINK)
        end = scorer.ends(options)
        end[[ends_open(form) or form.endswith("'s") for form in options.forms]] = NEVER
        size = len(worth)
        places = np.where(kept, np.arange(size), -1)
        before = np.maximum.accumulate(np.pad(places[:, :-1], ((0, 0), (1, 0)), constant_values=-1), 1)
        joined = np.where(before >= 0, link[before.clip(min=0), np.arange(size)], start)
        lengths = kept @ np.array(clause.sizes)
        scores = kept @ worth + (joined * kept).sum(1) + end[places.max(1)]
        scores -= weights.short * (weights.least - lengths).clip(min=0)
        scores[_says_again(options, kept)] = NEVER
        scores -= weights.verbatim * _are_beginnings(options, kept)
        scores -= self._torn(clause, kept)
        if clause.needed:
            # The first unit has no parent, and is in every way.
            missed = ways[:, clause.parents] & ~ways
            scores -= weights.missed * (missed @ np.array(clause.needed))
        costs = [0.0, *(self._cost(label) for label in clause.labels[1:])]
        return scores - ways @ np.array(costs) - weights.vague * (not clause.tells)

    def _torn(self, clause: Clause, kept: NDArray[np.bool_]) -> Nats:
        """What it costs that stretches are kept in part, ``(ways,)``."""
        weights, costs = self.weights, np.zeros(len(kept))
        for stretch in clause.stretches:
            places = np.array(stretch)
            taken = kept[:, places] & (places >= 0)
            begins = np.count_nonzero(taken[:, 1:] & ~taken[:, :-1], axis=1) + taken[:, 0]
            cost = weights.omitted * np.count_nonzero(~taken, axis=1)
            cost += weights.broken * (begins - 1)
            cost += weights.begun * ~taken[:, 0] + weights.unfinished * ~taken[:, -1]
            costs += np.where(begins > 0, cost, 0.0)
        return costs

    def _cost(self, label: str) -> float:
        kind = next((kind for kind, labels in _KINDS.items() if label in labels), None)
        return getattr(self.weights, kind) if kind else 0.0


def _says_again(options: Options, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which ways say a word of content twice, or two neighbouring Chinese characters, ``(ways,)``."""
    told: dict[str, list[int]] = defaultdict(list)
    for i, form in enumerate(options.bare):
        if options.content[i]:
            for part in {form[j : j + 2] for j in range(len(form) - 1)} if is_cjk(form) else {form}:
                told[part].append(i)
    again = np.zeros(len(kept), dtype=bool)
    for places in told.values():
        if len(places) > 1:
            again |= kept[:, places].sum(1) > 1
    return again


def _are_beginnings(options: Options, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which ways are the first words of the document, as they stand there, ``(ways,)``."""
    places = [i for i, plain in enumerate(options.plain) if plain]
    size = 0
    for place, option in zip(places, options.place.tolist(), strict=False):
        if place != option or options.turned[size]:
            break
        size += 1
    first, later = kept[:, :size], kept[:, size:]
    unbroken = (first[:, :-1] | ~first[:, 1:]).all(axis=1)
    return np.asarray(first[:, :1].any(axis=1) & unbroken & ~later.any(axis=1))


def _written(clause: Clause, kept: NDArray[np.bool_]) -> Words:
    chosen = np.flatnonzero(kept).tolist()
    marks = {next((i for i in chosen if i in phrase), -1): mark for mark, phrase in clause.phrases}
    words: Words = []
    for i in chosen:
        if i in marks and words and words[-1][-1] != ":":
            words[-1] += marks[i]
        words.append(clause.forms[i])
    return words
