"""The clauses of a sentence as a headline would have them, and every way to shorten them that stays whole.

A clause is a tree of *units*: words that stand or fall together, as a verb with its subject and its object, a
preposition with what it stands before, the parts of a name. A unit may be left out with all that hangs on it,
and what is left is a sentence still (after Filippova and Strube 2008, who prune dependency trees with learned
weights; here the candidates are all rooted subtrees, and others choose). On the way the words take the forms
that headlines have: no articles, the present tense for what happened, "to" for "will", a comma for "and", the
clause that was said without who said so.

Labels and tags are those of ``textae.parser``: ClearNLP's relations, the Penn Treebank's parts of speech.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textae.parser import ROOT, Parse
from textae.phrases import NEGATIONS, Words, bare
from textae.segment import WEEKDAYS, word_set

_MOST_CANDIDATES = 1500
_SUBJECTS = word_set("nsubj nsubjpass csubj csubjpass expl")
_BOUND = _SUBJECTS | word_set("""
dobj attr acomp oprd xcomp ccomp prt neg dative pobj pcomp mark nummod quantmod aux auxpass case predet
preconj
""")
"""Relations to a head that lacks something without it."""
_SAYS = word_set("""
said says say told tells announced announces reported reports added adds confirmed confirms disclosed
""")
"""Verbs that may go, and what was said stands alone."""
_ARTICLES = word_set("a an the")
_BE = word_set("is are was were be been being am")
_HAVE = word_set("has have had")
_FUTURE = word_set("will would")
_COMPANY = word_set(
    "co co. corp corp. inc inc. ltd ltd. plc llc llp lp sa ag nv spa gmbh company corporation"
)
_TITLES = word_set("""
president minister chairman chairwoman chief executive secretary general governor senator mayor judge king
queen prince princess pope bishop ambassador director officer manager coach captain leader spokesman
spokeswoman professor analyst lawmaker candidate founder mr mr. mrs mrs. ms ms. dr dr. sen. rep. gov. gen.
""")
_PLURALS = word_set("people police we you they i these those")
_PRONOUNS = word_set("it he she they")
_MONTHS = word_set("""
january february march april may june july august september october november december
""")
_TIED = 2.5
"""Association in documents, in nats, with which a word waits for the preposition or the "to" behind it."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause as a tree of units; unit 0 is never left out.

    Attributes:
        places: of its words in the document, ascending.
        forms: of the same words, as a headline writes them.
        units: the unit of each word.
        phrases: words, by their place in this list, before the first of which a comma stands, if it is kept.
        parents: the unit that each unit hangs on; -1 for the first.
        labels: as what each unit hangs there.
        tells: whether it has a verb, and its subject is a name or a noun.
    """

    places: list[int]
    forms: Words
    units: list[int]
    phrases: list[frozenset[int]]
    parents: list[int]
    labels: list[str]
    tells: bool

    def shortened(self, length: int) -> NDArray[np.bool_]:
        """Which units each way to shorten it keeps, ``(ways, units)``, none of more than ``length`` words.

        Empty where even the first unit is longer. Of more than some thousand ways only those are found that
        keep what hangs highest and stands first.
        """
        sizes = np.bincount(self.units, minlength=len(self.parents))
        if sizes[0] > length:
            return np.zeros((0, len(self.parents)), dtype=bool)
        depths = [0] * len(self.parents)
        for unit, parent in enumerate(self.parents[1:], 1):
            depths[unit] = depths[parent] + 1
        ways = [(1, int(sizes[0]))]
        for unit in sorted(range(1, len(self.parents)), key=depths.__getitem__):
            bit, parent, size = 1 << unit, self.parents[unit], int(sizes[unit])
            ways += [(w | bit, n + size) for w, n in ways if w >> parent & 1 and n + size <= length]
            del ways[_MOST_CANDIDATES:]
        kept = [way for way, _ in ways]
        if len(self.parents) < 63:
            return (np.array(kept)[:, None] >> np.arange(len(self.parents)) & 1).astype(bool)
        return np.array([[bool(way >> unit & 1) for unit in range(len(self.parents))] for way in kept])


class Sentences:
    """The trees of a text.

    Args:
        words: in the tokenizer's normal form.
        parse: their tree.
        together: the association in documents of each word with the next one, ``(words - 1,)``.
        bound: which words stand or fall with the word before them, ``(words,)``.
        present: the present of a past form, third person and base.
    """

    def __init__(
        self,
        words: Words,
        parse: Parse,
        together: NDArray[np.float64],
        bound: NDArray[np.bool_],
        present: Callable[[str], tuple[str, str] | None],
    ) -> None:
        self._words, self._plain = words, [bare(word) for word in words]
        self._heads, self._labels, self._tags = parse.heads, parse.labels, parse.tags
        self._together, self._bound, self._present = together, bound, present
        self._children: list[list[int]] = [[] for _ in words]
        for i, head in enumerate(self._heads):
            if head != ROOT:
                self._children[head].append(i)

    def clauses(self) -> list[Clause]:
        """Those that may stand alone: sentences, what is said in them, all that their subjects do."""
        found = []
        for root, head in enumerate(self._heads):
            if head != ROOT or not self._plain[root]:
                continue
            open_roots: list[tuple[int, int | None]] = [(root, None)]
            while open_roots:
                verb, subject = open_roots.pop(0)
                if subject is None:
                    subject = self._child(verb, _SUBJECTS)
                said = [k for k in self._children[verb] if self._is_said(verb, k)]
                open_roots += [(k, self._speaker(k, subject)) for k in said]
                open_roots += [
                    (k, subject if self._child(k, _SUBJECTS) is None else None)
                    for k in self._children[verb]
                    if self._labels[k] == "conj" and self._is_verb(k) and self._is_verb(verb)
                ]
                # "..., the club said" tells nothing by itself.
                if not any(k < verb for k in said):
                    found.append(self._clause(verb, subject))
        return found

    def _clause(self, root: int, subject: int | None) -> Clause:
        """The clause of a verb, or of a noun; a subject from elsewhere takes the place of its own."""
        inside = self._below(root)
        own = self._child(root, _SUBJECTS)
        if subject is not None and subject not in inside:
            if own is not None:
                inside -= self._below(own)
            inside |= self._below(subject)
        heads = {i: root if i == subject else self._heads[i] for i in inside}
        units = _Units(root)
        for i in self._from_top(root, inside, heads):
            if i == subject or self._labels[i] == "cc" or self._stands_with(i, heads[i]):
                units.join(i, heads[i])
            else:
                units.hang(i, heads[i], self._labels[i])
        for i in inside:
            joined = self._joined_by(i) if self._labels[i] == "cc" else None
            if joined in units.owner:
                units.join(i, joined)
        for i in inside:
            if {i, i + 1} <= units.owner.keys() and (self._bound[i + 1] or self._counts(i)):
                units.merge(units.owner[i], units.owner[i + 1])
        alone = self._main_verbs(root, inside)
        written = [i for i in sorted(units.owner) if not self._is_silent(i, alone)]
        numbers = sorted(set(units.owner.values()), key=lambda unit: unit != units.owner[root])
        number = {unit: i for i, unit in enumerate(numbers)}
        return Clause(
            places=written,
            forms=[self._form(i, alone, subject) for i in written],
            units=[number[units.owner[i]] for i in written],
            phrases=[
                frozenset(j for j, i in enumerate(written) if i in self._below(top))
                for top in sorted(inside)
                if self._has_comma(top)
            ],
            parents=[number.get(units.parents[unit], -1) for unit in numbers],
            labels=[units.labels[unit] for unit in numbers],
            tells=self._tells(root, subject),
        )

    def _from_top(self, root: int, inside: set[int], heads: dict[int, int]) -> list[int]:
        """The words below a root, every head before what hangs on it."""
        below: dict[int, list[int]] = {}
        for i in sorted(inside - {root}):
            below.setdefault(heads[i], []).append(i)
        found = [root]
        for i in found:
            found += below.get(i, [])
        return found[1:]

    def _below(self, root: int) -> set[int]:
        """A word and all that hangs on it, without bare marks and what only interrupts it."""
        found, todo = set(), [root]
        while todo:
            i = todo.pop()
            if i not in found and self._plain[i] and self._labels[i] != "punct":
                found.add(i)
                todo += [k for k in self._children[i] if not self._interrupts(k)]
        return found

    def _interrupts(self, i: int) -> bool:
        """Whether a branch is none of its clause: ", dealers said", another clause, what a name is."""
        says = self._plain[i] in _SAYS and self._labels[i] in ("advcl", "conj", "ccomp", "dep")
        alone = says and self._child(i, frozenset(["ccomp", "dobj", "prep"])) is None
        another = self._labels[i] == "conj" and self._is_verb(i) and self._child(i, _SUBJECTS) is not None
        # "Anglo American, the top producer, says"
        told = self._labels[i] == "appos" and self._tags[self._heads[i]].startswith("NNP")
        return alone or another or told or self._labels[i] in ("parataxis", "intj", "meta")

    def _child(self, i: int, labels: frozenset[str]) -> int | None:
        return next((k for k in self._children[i] if self._labels[k] in labels), None)

    def _is_verb(self, i: int) -> bool:
        return self._tags[i].startswith("VB") or self._tags[i] == "MD"

    def _is_said(self, verb: int, i: int) -> bool:
        """Whether a clause may stand alone without who said it."""
        if self._labels[i] not in ("ccomp", "parataxis") or not self._is_verb(i):
            return False
        return i < verb or (self._plain[verb] in _SAYS and self._child(verb, frozenset(["neg"])) is None)

    def _speaker(self, verb: int, subject: int | None) -> int | None:
        """Who "it" is in what a company said about itself: the company."""
        own = self._child(verb, _SUBJECTS)
        is_pronoun = own is not None and self._plain[own] in _PRONOUNS
        return subject if is_pronoun and subject is not None and subject < verb else None

    def _stands_with(self, i: int, head: int) -> bool:
        """Whether a word stands or falls with its head."""
        label, plain, tag = self._labels[i], self._plain[i], self._tags[i]
        if label in _BOUND or plain in NEGATIONS or tag.startswith("W"):
            return True
        # "at least"
        if label == "advmod" and tag == "IN":
            return True
        if label in ("compound", "nmod") and tag.startswith("NNP") and self._tags[head].startswith("NNP"):
            return not any(self._plain[k] in _TITLES for k in range(i, head))
        if label == "compound":
            return tag == "CD" or self._tags[head] == "CD"
        if label == "conj":
            return self._labels[head] in _SUBJECTS or self._is_between(head)
        if label == "prep" and plain == "of" and not self._is_verb(head):
            return True
        # "controlled by", "could be in for"
        waits = self._labels[head] in ("acl", "relcl") or self._plain[head] in _BE
        if label in ("prep", "agent") and i == head + 1 and waits:
            return True
        if label in ("prep", "acl", "agent") or (label == "advcl" and tag == "VB"):
            return self._is_tied(i, head) and not self._is_time(i)
        # "worth $3 billion", "due to fly"
        return label == "npadvmod" and self._tags[head] in ("JJ", "IN") and self._labels[head] != "acomp"

    def _is_between(self, i: int) -> bool:
        """Whether a word is the first of two that something is between, or of a name of two parts."""
        head = self._heads[i]
        if head == ROOT or self._labels[i] != "pobj":
            return False
        named = self._plain[head] == "of" and self._tags[i].startswith("NNP")
        return self._plain[head] == "between" or named

    def _is_tied(self, i: int, head: int) -> bool:
        """Whether documents hardly have a word without the preposition, or the "to", right behind it."""
        first = min(self._below(i))
        if first == head + 2 and self._labels[head + 1] == "prt":
            head += 1
        return first == head + 1 and self._plain[first] != "by" and self._together[head] > _TIED

    def _is_time(self, i: int) -> bool:
        told = {self._plain[k] for k in self._below(i)}
        return not told.isdisjoint(WEEKDAYS | _MONTHS)

    def _joined_by(self, conjunction: int) -> int | None:
        """What an "and" joins to its head."""
        head = self._heads[conjunction]
        later = (k for k in self._children[head] if k > conjunction and self._labels[k] == "conj")
        return next(later, None)

    def _counts(self, i: int) -> bool:
        """Whether a word is a number that waits for the word behind it."""
        return self._tags[i] == "CD" and self._heads[i] > i and self._words[i] == self._plain[i]

    def _tells(self, root: int, subject: int | None) -> bool:
        """Whether a clause says what happens, and to whom."""
        if not self._is_verb(root) or (subject is not None and self._plain[subject] in _PRONOUNS):
            return False
        said = self._child(root, frozenset(["ccomp", "dobj", "xcomp"]))
        return self._plain[root] not in _SAYS or said is not None

    def _main_verbs(self, root: int, inside: set[int]) -> set[int]:
        """The verbs that tell the news: the root and what is joined to it."""
        found = {root}
        for i in sorted(inside):
            if self._labels[i] == "conj" and self._heads[i] in found and self._is_verb(i):
                found.add(i)
        return found

    def _is_silent(self, i: int, alone: set[int]) -> bool:
        """Whether a headline leaves a word out though it means what hangs on it."""
        plain, label, head = self._plain[i], self._labels[i], self._heads[i]
        if plain in _ARTICLES:
            return True
        if plain in _COMPANY:
            return bool(i) and self._tags[i].startswith("NNP") and self._tags[i - 1].startswith("NNP")
        if label == "mark":
            return plain == "that"
        if label == "cc":
            return plain in ("and", "&") and not self._is_between(head)
        if plain in _BE and i in alone and not self._is_negated(i):
            if self._child(i, frozenset(["acomp"])) is not None:
                return not any(self._labels[k] == "aux" for k in self._children[i])
            # "is to accuse": to accuse
            plan = self._child(i, frozenset(["xcomp"]))
            return plan is not None and any(self._plain[k] == "to" for k in self._children[plan])
        if label in ("aux", "auxpass") and head in alone and not self._is_negated(head):
            return plain in _HAVE or (plain in _BE and plain != "be")
        return False

    def _is_negated(self, verb: int) -> bool:
        return any(self._labels[k] == "neg" or self._plain[k] in NEGATIONS for k in self._children[verb])

    def _form(self, i: int, alone: set[int], subject: int | None) -> str:
        plain = self._plain[i]
        if self._labels[i] == "aux" and plain in _FUTURE:
            head = self._heads[i]
            return "to" if head in alone and not self._is_negated(head) and i + 1 == head else plain
        if i not in alone or not self._is_finite(i):
            return f"{plain}'" if self._labels[i] == "poss" and self._words[i].endswith("'") else plain
        forms = self._present(plain)
        return plain if forms is None else forms[self._is_plural(subject)]

    def _is_finite(self, verb: int) -> bool:
        """Whether a verb tells by itself what happened or has happened."""
        helpers = [k for k in self._children[verb] if self._labels[k] in ("aux", "auxpass")]
        if self._tags[verb] == "VBD":
            return not helpers
        passive = any(self._labels[k] in ("auxpass", "nsubjpass") for k in self._children[verb])
        joined = self._labels[verb] == "conj" and not helpers
        if joined and self._tags[verb] == "VBN":
            return self._is_finite(self._heads[verb])
        helped = bool(helpers) and all(self._plain[k] in _HAVE for k in helpers)
        return helped and not passive and not self._is_negated(verb)

    def _is_plural(self, subject: int | None) -> bool:
        if subject is None:
            return False
        if any(self._labels[k] == "conj" for k in self._children[subject]):
            return True
        if self._tags[subject] == "NNPS":
            # "the Yankees", and not "General Motors"
            parts = [self._labels[k] for k in self._children[subject]]
            return "det" in parts or "compound" not in parts
        return self._tags[subject] == "NNS" or self._plain[subject] in _PLURALS

    def _has_comma(self, i: int) -> bool:
        """Whether a comma stands before a branch: for an "and", or as in the document."""
        if self._labels[i] == "conj":
            head = self._heads[i]
            others = (k for k in self._children[head] if self._labels[k] == "cc")
            return not self._is_between(head) and all(self._plain[k] in ("and", "&") for k in others)
        before = self._words[min(self._below(i)) - 1]
        return self._labels[i] in ("appos", "relcl", "acl") and before.endswith(",")


class _Units:
    """Words in units, units in a tree.

    Attributes:
        owner: the unit of each word.
        parents: the unit that each hangs on.
        labels: as what it hangs there.
    """

    def __init__(self, root: int) -> None:
        self.owner = {root: 0}
        self.parents, self.labels = [-1], [""]

    def join(self, i: int, other: int) -> None:
        """A word stands or falls with another."""
        self.owner[i] = self.owner[other]

    def hang(self, i: int, head: int, label: str) -> None:
        """A word may be left out, and all that hangs on it with it."""
        self.owner[i] = len(self.parents)
        self.parents.append(self.owner[head])
        self.labels.append(label)

    def merge(self, one: int, other: int) -> None:
        """Two units stand or fall together, and with them all between them in the tree."""
        while one != other:
            if self._depth(one) < self._depth(other):
                one, other = other, one
            upper = other if self.parents[one] == self.parents[other] else self.parents[one]
            self.owner = {i: upper if unit == one else unit for i, unit in self.owner.items()}
            self.parents = [upper if parent == one else parent for parent in self.parents]
            one = upper

    def _depth(self, unit: int) -> int:
        return 0 if self.parents[unit] < 0 else 1 + self._depth(self.parents[unit])
