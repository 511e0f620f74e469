"""The clauses of an English text as headlines would have them, and what in them may go.

What stands or falls together, a dependency tree tells (``parser``). On the way words take the forms that
headlines have: no articles, the present tense for what happened, "to" for "will", a comma for "and", the
clause that was said without who said so.

Labels and tags are those of ``textae.parser``: ClearNLP's relations, the Penn Treebank's parts of speech.
"""

from __future__ import annotations

from textae.clauses import Clause, Phrase, Units
from textae.counts import Counts
from textae.inflection import finite_forms
from textae.parser import ROOT, Parse
from textae.phrases import NEGATIONS, Words, bare, bound
from textae.segment import WEEKDAYS, word_set

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
_SHOULD = word_set("should must ought")
_COMPANY = word_set(
    "co co. corp corp. inc inc. ltd ltd. plc llc llp lp sa ag nv spa gmbh company corporation"
)
_FIRMS = word_set("""
airlines airways associates brands brothers chemicals communications components devices electronics
enterprises financials foods holdings industries instruments laboratories markets materials mills motors
networks newspapers partners pharmaceuticals products properties resources restaurants sachs sciences
securities semiconductors services solutions stores systems technologies telecoms works
""")
"""Names of one company that look like plurals."""
_TITLES = word_set("""
president minister chairman chairwoman chief executive secretary general governor senator mayor judge king
queen prince princess pope bishop ambassador director officer manager coach captain leader spokesman
spokeswoman professor analyst lawmaker candidate founder mr mr. mrs mrs. ms ms. dr dr. sen. rep. gov. gen.
""")
_QUALIFIERS = word_set("""
little few fewer less only former ex alleged suspected possible potential likely unlikely false fake failed
hardly barely rarely seldom scarcely never
""")
"""Without them a phrase would say something else."""
_PLURALS = word_set("""
people police we you they i these those dozens scores hundreds thousands millions
""")
_PLURAL_ENDINGS = ("s", "men", "children", "data", "media", "folk")
_PRONOUNS = word_set("it he she they")
_MONTHS = word_set("""
january february march april may june july august september october november december
""")
_TIED = 2.5
"""Association in documents, in nats, with which a word waits for the preposition or the "to" behind it."""
_LIGHT = word_set("""
go goes went gone going come comes came coming put puts putting take takes took taken taking turn turns turned
turning get gets got getting bring brings brought keep keeps kept set sets
""")
"""Verbs that mean little without the preposition right behind them."""
_DIRECTIONS = word_set("higher lower up down flat")
_OPENERS = word_set("""
when while whether how why if as although though because after before since until whose which who whom where
that
""")
"""What begins with them is no clause of its own."""
_PAIRS = [
    ["as", "well"],
    ["well", "as"],
    ["at", "least"],
    ["at", "most"],
    ["more", "than"],
    ["less", "than"],
    ["fewer", "than"],
]
_TITLED = 2.0
"""Association in documents, in nats, of a title with the name behind it, from which on that is a person's."""
_LEAST_FORM = 10
"""A present form must be so often in the corpora: "bolded" is none of "bold"."""


def clauses(words: Words, parse: Parse, counts: Counts, loose: bool = False) -> list[Clause]:
    """Those that may stand alone: sentences, what is said in them, all that their subjects do.

    Args:
        words: of a text, in the tokenizer's normal form.
        parse: its tree.
        counts: of the corpora.
        loose: whether all may go but a verb's own: where nothing else is short enough.
    """
    return _Sentences(words, parse, counts, loose).clauses()


class _Sentences:
    """The trees of a text."""

    def __init__(self, words: Words, parse: Parse, counts: Counts, loose: bool) -> None:
        self._loose = loose
        self._words, self._plain, self._counts = words, [bare(word) for word in words], counts
        self._heads, self._tags = parse.heads, parse.tags
        self._needed = parse.needed or [0.0] * len(words)
        heads = zip(parse.heads, parse.labels, strict=True)
        self._labels = ["ROOT" if head == ROOT else label for head, label in heads]
        numbers = counts.numbers(self._plain)
        self._together = counts.documents.between(numbers[:-1], numbers[1:])
        self._titles = counts.numbers(sorted(_TITLES))
        self._bound = bound(words, self._plain, self._together)
        # The "and" of "between 10 and 20".
        ranges = (k for i in range(len(words)) for k in self._between(i))
        self._ranges = {k for k in ranges if self._plain[k] == "and"}
        self._branches: dict[int, frozenset[int]] = {}
        self._children: list[list[int]] = [[] for _ in words]
        for i, head in enumerate(self._heads):
            if head != ROOT:
                self._children[head].append(i)

    def clauses(self) -> list[Clause]:
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
                open_roots += [
                    (k, self._speaker(k, subject)) for k in said if k < verb or not self._is_opinion(k)
                ]
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
        inside = set(self._below(root))
        own = self._child(root, _SUBJECTS)
        if subject is not None and subject not in inside:
            if own is not None:
                inside -= self._below(own)
            inside |= self._below(subject)
        heads = {i: root if i == subject else self._head(i) for i in inside}
        units = Units(root)
        for i in self._from_top(root, inside, heads):
            if i == subject or self._labels[i] == "cc" or self._stands_with(i, heads[i]):
                units.join(i, heads[i])
            else:
                units.hang(i, heads[i], self._labels[i], self._needed[i])
        for i in inside:
            if self._labels[i] == "cc":
                joined = self._joined_by(i)
                if joined in units.owner:
                    units.join(i, joined)
                elif not self._children[i]:
                    del units.owner[i]
        for i in inside:
            if {i, i + 1} <= units.owner.keys() and (self._bound[i + 1] or self._waits(i)):
                units.merge(units.owner[i], units.owner[i + 1])
            for k in self._between(i):
                if k in units.owner:
                    units.merge(units.owner[i], units.owner[k])
        alone = self._main_verbs(root, inside)
        written = [i for i in sorted(units.owner) if not self._is_silent(i, alone)]
        owner, parents, labels, needed = units.numbered()
        return Clause(
            places=written,
            forms=[self._form(i, alone, subject) for i in written],
            units=[owner[i] for i in written],
            phrases=[
                Phrase(",", frozenset(j for j, i in enumerate(written) if i in self._below(top)))
                for top in sorted(inside)
                if self._has_comma(top)
            ],
            parents=parents,
            labels=labels,
            needed=needed,
            tells=self._tells(root, subject) and bool(written) and self._plain[written[0]] not in _OPENERS,
        )

    def _head(self, i: int) -> int:
        """What a word hangs on; what stands before a title hangs on that: "Ansel Ferries chief Joan Reed"."""
        head = self._heads[i]
        if self._labels[i] in ("compound", "nmod", "poss") and self._plain[i] not in _TITLES:
            titles = [k for k in range(i + 1, head) if self._plain[k] in _TITLES and self._heads[k] == head]
            return titles[0] if titles else head
        return head

    def _from_top(self, root: int, inside: set[int], heads: dict[int, int]) -> list[int]:
        """The words below a root, every head before what hangs on it."""
        below: dict[int, list[int]] = {}
        for i in sorted(inside - {root}):
            below.setdefault(heads[i], []).append(i)
        found = [root]
        for i in found:
            found += below.get(i, [])
        return found[1:]

    def _below(self, root: int) -> frozenset[int]:
        """A word and all that hangs on it, without bare marks and what only interrupts it."""
        if root not in self._branches:
            found: set[int] = set()
            todo = [root]
            while todo:
                i = todo.pop()
                if i not in found and self._plain[i] and self._labels[i] != "punct":
                    found.add(i)
                    todo += [k for k in self._children[i] if not self._interrupts(k)]
            self._branches[root] = frozenset(found)
        return self._branches[root]

    def _interrupts(self, i: int) -> bool:
        """Whether a branch is none of its clause: ", dealers said", another clause, what a name is."""
        says = self._plain[i] in _SAYS and self._labels[i] in ("advcl", "conj", "ccomp", "dep")
        if self._plain[i] in WEEKDAYS and self._labels[i] in ("npadvmod", "dep", "nmod"):
            return True
        alone = says and self._child(i, frozenset(["ccomp", "dobj", "prep"])) is None
        another = self._labels[i] == "conj" and self._is_verb(i) and self._child(i, _SUBJECTS) is not None
        # "Anglo American, the top producer, says"
        named = self._tags[i].startswith("NNP") and not self._tags[self._heads[i]].startswith("NNP")
        told = self._labels[i] == "appos" and not named
        return alone or another or told or self._labels[i] in ("parataxis", "intj", "meta")

    def _child(self, i: int, labels: frozenset[str]) -> int | None:
        return next((k for k in self._children[i] if self._labels[k] in labels), None)

    def _is_verb(self, i: int) -> bool:
        return self._plain[i] != "" and (self._tags[i].startswith("VB") or self._tags[i] == "MD")

    def _is_said(self, verb: int, i: int) -> bool:
        """Whether a clause may stand alone without who said it."""
        if self._labels[i] not in ("ccomp", "parataxis") or not self._is_verb(i):
            return False
        return i < verb or (self._plain[verb] in _SAYS and self._child(verb, frozenset(["neg"])) is None)

    def _is_opinion(self, verb: int) -> bool:
        """Whether somebody says what should be, which is no news without who says it."""
        return any(self._plain[k] in _SHOULD for k in self._children[verb])

    def _speaker(self, verb: int, subject: int | None) -> int | None:
        """Who "it" is in what a company said about itself: the company."""
        own = self._child(verb, _SUBJECTS)
        is_pronoun = own is not None and self._plain[own] in _PRONOUNS
        return subject if is_pronoun and subject is not None and subject < verb else None

    def _stands_with(self, i: int, head: int) -> bool:
        """Whether a word stands or falls with its head."""
        label, plain, tag = self._labels[i], self._plain[i], self._tags[i]
        if label in _BOUND or plain in NEGATIONS or plain in _QUALIFIERS or tag.startswith("W"):
            return True
        # "at least", "close lower", "more likely", "than last year"
        if label == "advmod" and (tag == "IN" or plain in _DIRECTIONS):
            return True
        if (label == "advmod" and plain in ("more", "less")) or plain == "than":
            return True
        if label in ("compound", "nmod") and tag.startswith("NNP") and self._tags[head].startswith("NNP"):
            titled = any(self._plain[k] in _TITLES for k in range(i, head))
            return not titled and not self._is_given_name(i)
        if label == "compound":
            return tag == "CD" or self._tags[head] == "CD"
        if self._loose and label in ("prep", "conj", "acl", "agent", "advcl", "npadvmod"):
            return False
        if label == "conj":
            return self._labels[head] in _SUBJECTS or self._is_between(head) or self._is_name_of_two(i)
        if label == "prep" and plain == "of" and not self._is_verb(head):
            return True
        # "controlled by", "could be in for", "go on trial"
        waits = self._labels[head] in ("acl", "relcl", "advcl") or self._plain[head] in _BE | _LIGHT
        if label in ("prep", "agent") and i == head + 1 and waits and not self._is_time(i):
            return True
        # "came up with", "team up for"
        if label == "prep" and i == head + 2 and self._labels[head + 1] == "prt" and not self._is_time(i):
            return True
        # What did not begin for a month has begun, perhaps, later.
        if label in ("prep", "npadvmod", "advcl") and self._is_negated(head) and not self._is_time(i):
            return True
        if label in ("prep", "acl", "agent") or (label == "advcl" and tag == "VB"):
            return self._is_tied(i, head) and not self._is_time(i)
        # "worth $3 billion", "due to fly"
        return label == "npadvmod" and self._tags[head] in ("JJ", "IN") and self._labels[head] != "acomp"

    def _is_given_name(self, i: int) -> bool:
        """Whether documents often have a title before a word: "Barack", and an initial behind it."""
        if len(self._plain[i].strip(".")) == 1:
            return i > 0 and self._heads[i - 1] == self._heads[i] and self._is_given_name(i - 1)
        number = self._counts.numbers([self._plain[i]])
        return bool((self._counts.documents.between(self._titles, number) > _TITLED).any())

    def _is_between(self, i: int) -> bool:
        """Whether a word is the first of two that something is between, or of a name of two parts."""
        head = self._heads[i]
        if head == ROOT or self._labels[i] != "pobj":
            return False
        named = self._plain[head] == "of" and self._tags[i].startswith("NNP")
        return self._plain[head] == "between" or named

    def _is_name_of_two(self, i: int) -> bool:
        """Whether a word stands behind an "&": "Duane & Reade"."""
        return i > 0 and self._plain[i - 1] == "&"

    def _is_in_name(self, i: int) -> bool:
        """Whether a word tells more of a noun behind it: "Securities and Exchange Commission"."""
        return self._labels[i] in ("compound", "nmod") and self._tags[i].startswith("NNP")

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

    def _between(self, i: int) -> range:
        """What stands from a "between" before a number to the second number: "between 10 and 20 million"."""
        if self._plain[i] == "between" and self._tags[i + 1 : i + 2] in (["CD"], ["$"]):
            ands = [k for k in range(i, min(i + 5, len(self._plain))) if self._plain[k] == "and"]
            if ands:
                return range(i, min(ands[0] + 3, len(self._plain)))
        return range(0)

    def _waits(self, i: int) -> bool:
        """Whether a word says nothing without the one behind it: a number, the "at" of "at least"."""
        if self._plain[i : i + 2] in _PAIRS:
            return True
        return self._tags[i] == "CD" and self._heads[i] > i and self._words[i] == self._plain[i]

    def _tells(self, root: int, subject: int | None) -> bool:
        """Whether a clause says what happens, and to whom."""
        if not self._is_verb(root) or (subject is not None and self._plain[subject] in _PRONOUNS):
            return False
        # The parser may have called a subject something else.
        if subject is None and not any(
            k < root and self._tags[k].startswith("NN") for k in self._children[root]
        ):
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
            return i > 0 and (self._plain[i - 1] == "&" or self._tags[i - 1].startswith("NNP"))
        if label == "mark":
            return plain == "that"
        if label == "cc":
            joined = self._joined_by(i)
            if plain == "&":
                return joined is not None and self._plain[joined] in _COMPANY
            named = self._is_in_name(head)
            return plain == "and" and not self._is_between(head) and i not in self._ranges and not named
        if plain in _BE and i in alone and not self._is_negated(i):
            found = {self._labels[k] for k in self._children[i]}
            if "acomp" in found or ("prep" in found and "attr" not in found):
                return all(self._plain[k] in _HAVE for k in self._children[i] if self._labels[k] == "aux")
            # "is to accuse": to accuse
            plan = self._child(i, frozenset(["xcomp"]))
            return plan is not None and any(self._plain[k] == "to" for k in self._children[plan])
        if label in ("aux", "auxpass") and head in alone and not self._is_negated(head):
            # "have been smarter": not "been smarter"
            bare_be = self._plain[head] in _BE and not self._is_silent(head, alone)
            return (plain in _HAVE and not bare_be) or (plain in _BE and plain != "be")
        return False

    def _is_negated(self, verb: int) -> bool:
        return any(self._labels[k] == "neg" or self._plain[k] in NEGATIONS for k in self._children[verb])

    def _form(self, i: int, alone: set[int], subject: int | None) -> str:
        plain = self._plain[i]
        if self._labels[i] == "aux" and plain in _FUTURE:
            head = self._heads[i]
            return "to" if head in alone and not self._is_negated(head) and i + 1 == head else plain
        # What a helper that is written stands before: "has never heard"
        helped = any(
            self._plain[k] in _HAVE | _BE and not self._is_silent(k, alone) for k in range(max(0, i - 2), i)
        )
        if i not in alone or helped or not self._is_finite(i):
            return f"{plain}'" if self._labels[i] == "poss" and self._words[i].endswith("'") else plain
        return self._present(plain, self._is_plural(subject))

    def _present(self, past: str, plural: bool) -> str:
        """The present of a past form, where the corpora have it."""
        known = [
            (self._known(third_person) + self._known(base), third_person, base)
            for third_person, base in finite_forms(past)
        ]
        often, third_person, base = max(known, default=(0, "", ""))
        if often < _LEAST_FORM:
            return past
        return base if plural else third_person

    def _known(self, word: str) -> int:
        return self._counts.in_human_text(word) + self._counts.in_documents(word)

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
        joined = (k for k in self._children[subject] if self._labels[k] == "conj")
        if not all(self._is_name_of_two(k) for k in joined):
            return True
        if self._tags[subject].startswith("NNP") and self._plain[subject] in _FIRMS:
            return False
        counted = self._tags[subject] == "CD" and self._plain[subject] != "one"
        # Rare names are now and then taken for plurals.
        plural = self._tags[subject] in ("NNS", "NNPS") and self._plain[subject].endswith(_PLURAL_ENDINGS)
        return counted or plural or self._plain[subject] in _PLURALS

    def _has_comma(self, i: int) -> bool:
        """Whether a comma stands before a branch, for an "and"."""
        if self._labels[i] != "conj":
            return False
        others = (k for k in self._children[self._heads[i]] if self._labels[k] == "cc")
        between = self._is_between(self._heads[i]) or not self._ranges.isdisjoint((i - 1, i - 2))
        between = between or self._is_in_name(self._heads[i])
        return not between and all(self._plain[k] == "and" for k in others)
