"""The clauses of Chinese text as headlines would have them, and what in them may go.

What stands or falls together, a dependency tree tells (``parser``). Its relations are those of the LTP
treebank (Che, Li and Liu 2010, "LTP: A Chinese Language Technology Platform") with some more, told in
``docs/annotations.md``: SBV subject, VOB, IOB, FOB and DBL objects, ATT what tells more of a noun, ADV of a
verb, POB what a preposition brings, CMP complement, COO the later ones of a row, SER a second verb of one
doer, LAD and RAD what leans on a word to the right and to the left, NAM part of a name, IS what only
interrupts.

Every verb of a row is a clause, and so is what somebody says: who says it may be left with a colon.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from textae.chinese import MEASURES, SURNAMES, is_numeral
from textae.chinese_words import (
    AFTER,
    ASKS,
    BRINGS_OBJECT,
    CHANGES,
    CONDITIONS,
    GENERIC,
    GIVES_OUT,
    LEADS,
    LEANING,
    MODALS,
    NAME_DOTS,
    NEAR,
    NEGATING,
    NOBODY,
    NOT,
    OPINES,
    QUALIFIERS,
    REFERS,
    SAYS,
    SHOWS,
    SILENT,
    SOURCES,
    STATEMENTS,
    TITLES,
    UNITS,
    headline_form,
    kinds,
)
from textae.clauses import Clause, Phrase, Units
from textae.counts import Counts
from textae.parser import ROOT, Parse
from textae.phrases import CLAUSE_ENDS, PAUSES, STOPS, Words, bare
from textae.phrases import bound as bound_words
from textae.segment import word_set

_BOUND = word_set("SBV VOB FOB IOB DBL POB CMP LAD RAD NAM")
"""Relations to a head that lacks something without it."""
_STAYS = QUALIFIERS | MODALS | NEAR | BRINGS_OBJECT
"""What no verb may lose."""
_WAITS = SAYS | SHOWS | ASKS
"""Verbs that tell nothing without what comes next."""
_JOINS = LEADS | SOURCES
_IS_NO_NEWS = LEANING | CONDITIONS
_MARKS = PAUSES + STOPS
_LONGEST_BYLINE = 16
"""Words."""


def clauses(words: Words, parse: Parse, counts: Counts, loose: bool = False) -> list[Clause]:
    """Those that may stand alone, each with what follows it in its sentence.

    Args:
        words: of a text, in the tokenizer's normal form, with their marks.
        parse: its tree.
        counts: of the corpora.
        loose: whether also those that are no news, and whether more may go: where nothing else is short
            enough.
    """
    return _Sentences(words, parse, counts, loose).clauses()


class _Sentences:
    """The trees of a text."""

    def __init__(self, words: Words, parse: Parse, counts: Counts, loose: bool) -> None:
        self._words, self._plain, self._loose = words, [bare(word) for word in words], loose
        self._heads = list(parse.heads)
        # Heads and labels are told apart from one another: a root may be called a subject.
        pairs = zip(parse.heads, parse.labels, strict=True)
        self._labels = ["HED" if head == ROOT else label for head, label in pairs]
        self._needed = parse.needed or [0.0] * len(words)
        self._tags = kinds(words, parse.tags)
        numbers = counts.numbers(self._plain)
        self._tied = bound_words(words, self._plain, counts.documents.between(numbers[:-1], numbers[1:]))
        self._tied |= np.array([tag.startswith("I") for tag in parse.tags], dtype=bool)
        self._start = self._after_byline()
        self._children: list[list[int]] = [[] for _ in words]
        for i, head in enumerate(self._heads):
            if head != ROOT and self._plain[i] and i >= self._start:
                self._children[head].append(i)
        for verb in range(len(words)):
            self._chain(verb)
        self._branches: dict[int, frozenset[int]] = {}
        ends = np.array([word[-1] in CLAUSE_ENDS for word in words], dtype=int)
        self._stretch = (np.cumsum(ends) - ends).tolist()
        """Between which marks each word stands."""
        self._told: list[list[int]] = [[] for _ in range(1 + max(self._stretch, default=0))]
        """The words between each two marks."""
        for i, stretch in enumerate(self._stretch):
            if not self._is_silent(i):
                self._told[stretch].append(i)

    def clauses(self) -> list[Clause]:
        found = []
        for root, head in enumerate(self._heads):
            if head != ROOT or not self._plain[root]:
                continue
            for verb, doer, speaker in self._tellers(root):
                if verb >= self._start:
                    found.append(self._clause(verb, doer, speaker))
        return found

    def _chain(self, first: int) -> None:
        """Let later verbs without a subject hang on the one whose subject, or purpose, they share."""
        holder = first
        said_by = (
            self._heads[first] if self._labels[first] == "VOB" and self._says(self._heads[first]) else None
        )
        for verb in [k for k in self._children[first] if self._is_later_verb(k)]:
            if self._child(verb, "SBV") is not None:
                holder = verb
            elif holder == first and self._asks(first):
                # "呼吁市民，切勿..."
                self._labels[verb] = "VOB"
            elif said_by is not None and self._says(verb):
                # "李明指出，学校关闭，认为..."
                self._move(verb, said_by)
            elif holder != first:
                self._move(verb, holder)
            elif self._begins(verb) in LEANING:
                holder = verb

    def _move(self, i: int, head: int) -> None:
        self._children[self._heads[i]].remove(i)
        self._children[head].append(i)
        self._heads[i] = head

    def _tellers(self, root: int) -> Iterator[tuple[int, int | None, int | None]]:
        """The verbs of a sentence that tell something, each with who does it and who says it."""
        open_verbs: list[tuple[int, int | None, int | None]] = [(root, None, None)]
        while open_verbs:
            verb, doer, speaker = open_verbs.pop(0)
            if not self._loose and not self._is_news(verb):
                continue
            own = self._child(verb, "SBV")
            if own is not None and (doer is None or self._plain[own] not in NOBODY):
                doer = own
            said = [k for k in self._children[verb] if self._is_said(verb, k)]
            open_verbs += [(k, None, doer) for k in said]
            # "公司发表声明称": what it says is the news.
            states = [k for k in self._children[verb] if self._labels[k] == "SER" and self._says(k)]
            open_verbs += [(k, doer, speaker) for k in states]
            open_verbs += [(k, None, None) for k in self._children[verb] if self._is_shown(verb, k)]
            open_verbs += [
                (k, doer, speaker)
                for k in self._children[verb]
                if self._is_later_verb(k) and (not said or self._says(k))
            ]
            later = any(map(self._is_later_verb, self._children[verb]))
            occasion = later and self._is_occasion(verb) and not self._loose
            if not said and not states and not occasion:
                yield verb, doer, speaker

    def _clause(self, root: int, doer: int | None, speaker: int | None) -> Clause:
        """The clause of a verb, or of a noun; a doer from elsewhere stands before it."""
        inside = self._below(root) - self._leads(root)
        own = self._child(root, "SBV")
        if own is not None and doer is not None and own != doer:
            # Who "he" is was told before.
            inside -= self._below(own)
            own = None
        units = Units(root)
        self._hang(units, root, inside)
        if own is None and doer is not None:
            units.join(doer, root)
            self._hang(units, doer, self._below(doer))
        colon = None
        if speaker is not None and self._plain[speaker] not in NOBODY:
            colon = speaker
            if (own is None and doer is None) or self._plain[self._above(root)] in OPINES:
                units.join(speaker, root)
            else:
                units.hang(speaker, root, "said")
            self._hang(units, speaker, self._below(speaker), "title")
        for i in sorted(units.owner):
            if i - 1 in units.owner and self._is_tied(i):
                units.merge(units.owner[i - 1], units.owner[i])
        nobody = own is not None and colon is not None and self._plain[own] in NOBODY
        written = [i for i in sorted(units.owner) if not self._is_silent(i) and not (nobody and i == own)]
        owner, parents, labels, needed = units.numbered()
        number = {i: n for n, i in enumerate(written)}
        forms = [
            f"{self._plain[i]}:" if i == colon else headline_form(i, self._words, self._plain, self._tags)
            for i in written
        ]
        times = {i for i in owner if labels[owner[i]] == "time"}
        stretches = [
            [number.get(i, -1) for i in stretch if i not in times]
            for stretch in (self._told[s] for s in sorted({self._stretch[i] for i in self._below(root)}))
        ]
        return Clause(
            places=written,
            forms=forms,
            units=[owner[i] for i in written],
            phrases=[
                Phrase(mark, frozenset(number[i] for i in phrase if i in number))
                for mark, phrase in self._phrases(root, inside)
            ],
            parents=parents,
            labels=labels,
            tells=self._tells(root) and (colon is not None or self._is_somebody(doer)),
            stretches=[stretch for stretch in stretches if stretch],
            needed=needed,
        )

    def _hang(self, units: Units, top: int, inside: frozenset[int], label: str = "") -> None:
        """Put the branches of a word that is in the tree into it."""
        found = [top]
        for head in found:
            for i in self._children[head]:
                if i not in inside:
                    continue
                found.append(i)
                how = self._how(i)
                if how:
                    units.hang(i, head, label or how, self._needed[i])
                else:
                    units.join(i, head)

    def _how(self, i: int) -> str:
        """As what a word hangs on its head; "" where it stands or falls with it."""
        label, plain, head = self._labels[i], self._plain[i], self._heads[i]
        if label in _BOUND:
            return ""
        if label == "ADV":
            return self._how_of_verb(i)
        if label == "ATT":
            if plain in QUALIFIERS:
                return ""
            # "台风袭击后", "大桥上"
            place = self._tags[head] == "f" or self._plain[head] in AFTER
            bound = place or self._is_number_of(i, head) or self._is_generic(i, head)
            return "" if bound else "describing"
        if label == "COO" and not self._is_verb(i):
            return "joined"
        first = min(self._below(i))
        return "segment" if first and self._words[first - 1][-1] in CLAUSE_ENDS else "serial"

    def _how_of_verb(self, i: int) -> str:
        """As what an adverb, a time, a preposition or a clause hangs on its verb."""
        plain = self._plain[i]
        if plain in _STAYS or not NEGATING.isdisjoint(plain):
            return ""
        if self._tags[i] == "t":
            return "time"
        if self._child(i, "POB") is not None:
            return "preposition"
        return "advcl" if self._is_clause(i) else "adverb"

    def _is_number_of(self, i: int, head: int) -> bool:
        """Whether a word is the number of a measure, which is nothing without it."""
        plain, counted = self._plain[i], self._plain[head]
        if self._tags[i] == "m" and self._tags[head] in ("m", "q"):
            return True
        if i + 1 != head or not (is_numeral(plain[-1]) or self._tags[i] == "m"):
            return False
        return counted[0] in MEASURES or counted in UNITS or len(counted) == 1

    def _is_generic(self, i: int, head: int) -> bool:
        """Whether a noun says nothing without the word right before it: "公司"."""
        return i + 1 == head and self._plain[head] in GENERIC and self._words[i] == self._plain[i]

    def _is_tied(self, i: int) -> bool:
        """Whether a word stands or falls with the one before it: in names, in numbers, behind "not"."""
        before, plain = self._words[i - 1], self._plain[i - 1]
        if (self._tied[i] and plain not in TITLES) or plain in NOT:
            return True
        if before[-1] in NAME_DOTS or self._words[i][0] in NAME_DOTS:
            return True
        if self._labels[i - 1] == "NAM" and self._heads[i - 1] in (i, self._heads[i]):
            return True
        if plain in SURNAMES and self._tags[i].startswith("nr"):
            return True
        return before == plain and (
            plain[-1:].isdigit() or (plain == "比" and i > 1 and self._plain[i - 2][-1:].isdigit())
        )

    def _phrases(self, root: int, inside: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
        """What begins behind a mark, and the mark, which it keeps."""
        for i in sorted(inside - {root}):
            branch = self._below(i)
            before = self._words[min(branch) - 1][-1] if min(branch) else ""
            if self._labels[i] == "COO" and before in _MARKS:
                yield "、" if before == "、" else ",", branch
            elif self._labels[i] == "ADV" and self._is_clause(i) and i < self._heads[i]:
                rest = frozenset(k for k in inside if k > max(branch))
                if self._words[max(branch)][-1] in PAUSES and rest:
                    yield ",", rest

    def _leads(self, root: int) -> frozenset[int]:
        """What only joins a clause to those before it, or tells who reports it: "此外", "据...报道"."""
        first = min(self._below(root))
        leads = {k for k in self._children[root] if self._labels[k] == "LAD"}
        leads |= {k for k in self._children[root] if k == first and self._plain[k] in _JOINS}
        return frozenset(i for k in leads for i in self._below(k))

    def _below(self, root: int) -> frozenset[int]:
        """A word and all that hangs on it, without what only interrupts it."""
        if root not in self._branches:
            found: set[int] = set()
            todo = [root]
            while todo:
                i = todo.pop()
                if i not in found:
                    found.add(i)
                    todo += [k for k in self._children[i] if self._labels[k] != "IS"]
            self._branches[root] = frozenset(found)
        return self._branches[root]

    def _child(self, i: int, *labels: str) -> int | None:
        return next((k for k in self._children[i] if self._labels[k] in labels), None)

    def _above(self, verb: int) -> int:
        """What the first verb of a row hangs on."""
        while self._labels[verb] == "COO":
            verb = self._heads[verb]
        return self._heads[verb]

    def _is_verb(self, i: int) -> bool:
        return self._tags[i] in ("v", "a") or self._child(i, "SBV", "VOB", "DBL") is not None

    def _is_clause(self, i: int) -> bool:
        """Whether a word that tells when or why has a clause in it."""
        return (self._is_verb(i) and bool(self._children[i])) or self._plain[i] in AFTER

    def _is_said(self, verb: int, i: int) -> bool:
        """Whether a clause may stand alone without who said it."""
        if self._labels[i] != "VOB" or i < verb or not self._says(verb) or not self._is_verb(i):
            return False
        adverbs = (k for k in self._children[verb] if self._labels[k] == "ADV")
        return all(NEGATING.isdisjoint(self._plain[k]) for k in adverbs)

    def _is_shown(self, verb: int, i: int) -> bool:
        """Whether a clause may stand alone without what shows it: "数据显示..."."""
        return self._labels[i] == "VOB" and self._plain[verb] in SHOWS and self._child(i, "SBV") is not None

    def _asks(self, verb: int) -> bool:
        """Whether a verb waits for what somebody is asked to do."""
        objects = [k for k in self._children[verb] if self._labels[k] in ("VOB", "DBL")]
        return self._plain[verb] in ASKS and bool(objects) and not any(map(self._is_verb, objects))

    def _says(self, verb: int) -> bool:
        return self._plain[verb] in SAYS

    def _is_occasion(self, verb: int) -> bool:
        """Whether it is only told that something is announced: "发布通知，..."."""
        given = self._child(verb, "VOB")
        return given is not None and self._plain[given] in STATEMENTS and self._plain[verb] in GIVES_OUT

    def _is_later_verb(self, i: int) -> bool:
        return self._labels[i] == "COO" and i > self._heads[i] and self._is_verb(i)

    def _begins(self, verb: int) -> str:
        return self._plain[min([verb, *self._children[verb]])]

    def _is_news(self, verb: int) -> bool:
        """Whether a clause does not only tell what for, or by how much something unnamed changed."""
        first = self._begins(verb)
        if self._labels[verb] != "COO":
            return first not in CONDITIONS
        unnamed = self._child(verb, "SBV") is None
        return first not in _IS_NO_NEWS and not (unnamed and self._plain[verb] in CHANGES)

    def _tells(self, root: int) -> bool:
        """Whether a clause says what happens, and not only that something is said."""
        waits = self._plain[root] in _WAITS
        return self._is_verb(root) and not (waits and self._child(root, "VOB", "DBL") is None)

    def _is_somebody(self, doer: int | None) -> bool:
        """Whether a subject says whom it means."""
        if doer is None or self._plain[doer] in NOBODY:
            return False
        return all(self._plain[k] not in REFERS for k in self._below(doer))

    def _is_silent(self, i: int) -> bool:
        """Whether a headline leaves a word out though it means what hangs on it."""
        return not self._plain[i] or (self._plain[i] in SILENT and self._child(i, "POB") is None)

    def _after_byline(self) -> int:
        """Where a text begins behind the names of those who made it: "记者|李明 编辑|陈丽"."""
        bars = [i for i, word in enumerate(self._words[:_LONGEST_BYLINE]) if word[-1] in "|丨"]
        start = bars[-1] + 1 if bars else 0
        while bars and start < len(self._words) and self._tags[start] == "nr":
            start += 1
        return start
