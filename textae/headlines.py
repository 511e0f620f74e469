"""The best headline of a document: of all the ways to shorten its clauses, the one that scores best.

A clause shortened to some of its branches is a sentence (``clauses``); which sentence is worth most, counts
of human text and of documents tell, and what its story comes back to (``scoring``). A document's clauses
compete: what its first sentence says, what somebody said in it, what comes later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textae.clauses import Clause, Sentences
from textae.counts import Counts
from textae.inflection import finite_forms
from textae.parser import Parse
from textae.phrases import Words, bare, bound
from textae.scoring import NEVER, Nats, Options, Scorer, Weights
from textae.segment import ends_open, word_set

_LEAST_FORM = 10
"""A present form must be so often in the corpora: "bolded" is none of "bold"."""
_WORST_LINK, _WORST_END = -8.0, -30.0


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
    vague: float = 3.0
    """Against a headline without a verb, or of "it" or "they"."""


ENGLISH = ClauseWeights()

_KINDS = {
    "aside": word_set("acl relcl appos"),
    "subordinate": word_set("advcl"),
    "joined": word_set("conj"),
    "preposition": word_set("prep agent"),
    "describing": word_set("amod compound nmod poss"),
}


class Headlines:
    """Finds the best headline of parsed documents.

    Args:
        counts: of a corpus of documents and one of human text.
        weights: of the parts of a headline's score.
    """

    def __init__(self, counts: Counts, weights: ClauseWeights = ENGLISH) -> None:
        self._counts, self.weights = counts, weights

    def best(self, words: Words, parse: Parse, length: int, salience: Nats | None = None) -> Words:
        """The best headline of a document; empty where no clause of it is short enough.

        Args:
            words: of the document, in normal form.
            parse: its tree.
            length: the most words of the headline.
            salience: how much each word matters to the story, in nats, ``(words,)``; even if not given.
        """
        found: Words = []
        highest = -np.inf
        for clause in self.clauses(words, parse):
            ways = clause.shortened(length)
            if len(ways) and clause.places:
                options = Options(words, clause.forms, clause.places, self._counts)
                kept = ways[:, clause.units]
                scores = self._scores(clause, options, ways, kept, salience)
                way = int(scores.argmax())
                if scores[way] > highest:
                    highest, found = scores[way], _written(clause, kept[way])
        return found

    def clauses(self, words: Words, parse: Parse) -> list[Clause]:
        """The clauses of a document."""
        plain = [bare(word) for word in words]
        numbers = self._counts.numbers(plain)
        together = self._counts.documents.between(numbers[:-1], numbers[1:])
        whole = bound(words, plain, together)
        return Sentences(words, parse, together, whole, self._present).clauses()

    def _scores(
        self,
        clause: Clause,
        options: Options,
        ways: NDArray[np.bool_],
        kept: NDArray[np.bool_],
        salience: Nats | None,
    ) -> Nats:
        """What each way to shorten a clause is worth, ``(ways,)``."""
        weights = self.weights
        scorer = Scorer(self._counts, weights)
        worth = scorer.worth(options, salience) - weights.early * options.place / len(options.words)
        link = np.maximum(scorer.links(options), _WORST_LINK)
        start = np.maximum(scorer.starts(options), _WORST_LINK)
        end = scorer.ends(options)
        end[[ends_open(form) or form.endswith("'s") for form in options.forms]] = NEVER
        end = np.maximum(end, _WORST_END)
        size = len(worth)
        places = np.where(kept, np.arange(size), -1)
        before = np.maximum.accumulate(np.pad(places[:, :-1], ((0, 0), (1, 0)), constant_values=-1), 1)
        joined = np.where(before >= 0, link[before.clip(min=0), np.arange(size)], start)
        lengths = kept.sum(1)
        scores = kept @ worth + (joined * kept).sum(1) + end[places.max(1)]
        scores -= weights.short * (weights.least - lengths).clip(min=0)
        costs = [0.0, *(self._cost(label) for label in clause.labels[1:])]
        return scores - ways @ np.array(costs) - weights.vague * (not clause.tells)

    def _cost(self, label: str) -> float:
        kind = next((kind for kind, labels in _KINDS.items() if label in labels), None)
        return getattr(self.weights, kind) if kind else 0.0

    def _present(self, past: str) -> tuple[str, str] | None:
        """Third person and base of a past form, where the corpora have them."""
        known = [
            (self._known(third_person) + self._known(base), third_person, base)
            for third_person, base in finite_forms(past)
        ]
        often, third_person, base = max(known, default=(0, "", ""))
        return (third_person, base) if often >= _LEAST_FORM else None

    def _known(self, word: str) -> int:
        return self._counts.in_human_text(word) + self._counts.in_documents(word)


def _written(clause: Clause, kept: NDArray[np.bool_]) -> Words:
    chosen = np.flatnonzero(kept).tolist()
    firsts = {next((i for i in chosen if i in phrase), -1) for phrase in clause.phrases}
    words: Words = []
    for i in chosen:
        if i in firsts and words:
            words[-1] += ","
        words.append(clause.forms[i])
    return words
