"""The clauses of Chinese text, and what in them may go.

Chinese has no parser here, but its headlines need less: clauses stand between marks, what tells more of a
word stands before it, and a dictionary knows the kinds of words. The core of a clause is its verbs with the
nouns before and behind them; what stands before a noun hangs on it, and times, adverbs and what a preposition
brings hang on the verb. Later clauses of a sentence hang on the one before; who said it all may be left with
a colon.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from textae.chinese import MEASURES, SURNAMES, is_numeral
from textae.chinese_words import (
    AFTER,
    ASKS,
    AWAITING,
    BRINGS_OBJECT,
    BRINGS_WHOLE,
    CHANGES,
    COMPARES,
    CONDITIONS,
    COPULAS,
    CURRENCIES,
    DATELINE,
    DOINGS,
    FORBIDS,
    FROM_THEN_ON,
    GENERIC,
    GROUNDS,
    HAVING,
    JOINS,
    LEADS,
    LEANING,
    MODALS,
    NAME_DOTS,
    NAMED_BY_VERBS,
    NEAR,
    NEGATING,
    NOBODY,
    NOT,
    NOTES,
    OPENS_WHEN,
    PEOPLE,
    PERIOD,
    PIVOTS,
    QUALIFIERS,
    REACHING,
    RELATIVE,
    RESULTS,
    SAYS,
    SILENT,
    STATEMENTS,
    TITLES,
    UNITS,
    UNTIL,
    WANTS,
    headline_form,
    kinds,
)
from textae.clauses import Clause, Units
from textae.counts import Counts
from textae.phrases import PAUSES, STOPS, Words, bare
from textae.phrases import bound as bound_words
from textae.segment import is_cjk

_LONGEST_DATELINE = 12
_NOMINAL = ("n", "s", "j", "l", "i", "r", "e", "b", "a", "z", "k", "x", "m", "q", "f", "g", "h", "o")
_ADVERBS = ("d", "ad", "vd", "df", "dg")

Segment = list[int]


def clauses(words: Words, tags: Sequence[str], counts: Counts, loose: bool = False) -> list[Clause]:
    """The clauses of a text that may stand alone, each with those that follow it in its sentence.

    Args:
        words: in the tokenizer's normal form, with their marks.
        tags: the kind of each word, "B-" where a piece begins, "I-" inside of one (``tagger``).
        counts: of the corpora.
        loose: whether also those that only tell when, or what would follow from a condition.
    """
    inside = [tag.startswith("I") for tag in tags]
    tags = kinds(words, tags)
    plain = [bare(word) for word in words]
    numbers = counts.numbers(plain)
    whole = bound_words(words, plain, counts.documents.between(numbers[:-1], numbers[1:]))
    whole |= np.array(inside, dtype=bool)
    found = []
    for sentence in _split(range(len(words)), words, STOPS):
        segments = _split(sentence, words, PAUSES.replace("、", "") + STOPS)
        parts = _parts([_Part(segment, words, plain, tags) for segment in segments])
        for first, part in enumerate(parts):
            # What would follow from a condition is no news.
            conditions = [earlier.is_condition for earlier in parts[:first]]
            follows = any(conditions[-1:]) or (part.is_result and any(conditions)) or part.leans
            follows = follows or (first > 0 and not part.subject and parts[first - 1].reaches)
            if part.has_verb and (loose or not follows) and not (part.is_said and first + 1 < len(parts)):
                found.append(_clause(parts, first, words, plain, tags, whole))
    return found


def _parts(parts: list[_Part]) -> list[_Part]:
    """Those of a sentence that tell something."""
    found: list[_Part] = []
    for part in parts:
        if part.core < 0:
            continue
        # "承认，为公司收集情报": behind a verb that waits it is no reason.
        told = bool(found) and found[-1].is_open and part.has_verb and not part.is_when
        if not part.is_aside() or told:
            found.append(part)
    for part, following in pairwise(found):
        if part.may_be_subject and following.has_verb and not following.subject:
            part.become_noun()
    return found


def _clause(
    parts: list[_Part],
    first: int,
    words: Words,
    plain: Words,
    tags: Sequence[str],
    bound: NDArray[np.bool_],
) -> Clause:
    root = parts[first]
    units = Units(root.core)
    root.hang(units)
    phrases: list[set[int]] = []
    before = root
    told = [root]
    for part in parts[first + 1 :]:
        if part.is_said:
            break
        if part.is_when and not before.is_open:
            continue
        waits = root.is_condition and any(later.is_result for later in parts[parts.index(part) :])
        if before.is_open or waits:
            units.join(part.core, before.waiting)
        else:
            units.hang(part.core, before.core, "segment")
        part.hang(units)
        if not before.is_open or before.is_condition:
            phrases.append(set(part.segment))
        told.append(part)
        before = part
    speaker = next((part for part in reversed(parts[:first]) if part.is_said), None)
    doers = [part for part in reversed(parts[:first]) if part.subject]
    if plain[root.core] in REACHING:
        # Who asks for something is who said something before, not who it was said of.
        doers = [part for part in doers if plain[part.core] in AWAITING] or doers
    doer = next(iter(doers), None)
    speaker, doer = (part if part and not part.is_of_nobody() else None for part in (speaker, doer))
    colon = None
    if doer is not None and not doer.is_said and not root.subject:
        units.join(doer.subject[-1], root.core)
        doer.hang_subject(units, "describing")
    if speaker is not None:
        colon = speaker.subject[-1]
        units.hang(colon, root.core, "said")
        speaker.hang_subject(units, "title")
    for i in sorted(units.owner):
        tied = (bound[i] and plain[i - 1] not in TITLES) or _waits(i - 1, words, plain)
        tied = tied or _is_ending(i, words, tags) or plain[i - 1] in NOT
        tied = tied or words[i - 1][-1] in NAME_DOTS or words[i][0] in NAME_DOTS
        if i - 1 in units.owner and (tied or _is_name(i, words, tags)):
            units.merge(units.owner[i - 1], units.owner[i])
    written = [i for i in sorted(units.owner) if plain[i] not in SILENT or tags[i] == "p"]
    owner, parents, labels = units.numbered()
    numbers = {i: number for number, i in enumerate(written)}
    stretches = [
        [
            numbers.get(i, -1)
            for i in part.segment
            if plain[i] and plain[i] not in SILENT and not (i in owner and labels[owner[i]] == "time")
        ]
        for part in told
    ]
    forms = [plain[i] if i == colon else headline_form(i, words, plain, tags) for i in written]
    marks = [":" if i == colon else "、" if words[i].endswith("、") else "" for i in written]
    return Clause(
        places=written,
        forms=[form + mark for form, mark in zip(forms, marks, strict=True)],
        units=[owner[i] for i in written],
        phrases=[frozenset(j for j, i in enumerate(written) if i in phrase) for phrase in phrases],
        parents=parents,
        labels=labels,
        tells=bool(speaker or doer) or any(plain[i] not in NOBODY for i in root.subject[-1:]),
        stretches=[stretch for stretch in stretches if stretch],
    )


def _is_name(i: int, words: Words, tags: Sequence[str]) -> bool:
    """Whether a word is one name with the word before it: a surname, or a part of a foreign one."""
    before = words[i - 1]
    if not before[-1].isalnum() or not tags[i - 1].startswith("nr"):
        return before in SURNAMES and tags[i].startswith("nr")
    if before in SURNAMES:
        return len(bare(words[i])) <= 2
    return tags[i].startswith("nr") or (len(bare(words[i])) == 1 and tags[i] in ("zg", "ng", "g", "nz"))


def _is_ending(i: int, words: Words, tags: Sequence[str]) -> bool:
    """Whether a word is the last character of a name that the dictionary does not know."""
    beside = words[i - 1][-1].isalnum() and tags[i - 1].startswith("n")
    return beside and len(bare(words[i])) == 1 and tags[i] in ("n", "k", "ng", "zg", "g")


def _waits(i: int, words: Words, plain: Words) -> bool:
    """Whether a word is a bare number, or the "比" of a result, and says nothing without the next one."""
    return words[i] == plain[i] and (
        plain[i][-1].isdigit() or (plain[i] == "比" and plain[i - 1][-1].isdigit())
    )


def _split(places: Sequence[int], words: Words, marks: str) -> list[Segment]:
    """Stretches of words, each up to a mark."""
    stretches: list[Segment] = [[]]
    for i in places:
        stretches[-1].append(i)
        if words[i][-1] in marks:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


class _Part:
    """What stands between two marks.

    Attributes:
        segment: its words, by their place in the text.
        core: its verb, or its last noun where it has none; -1 of an empty one.
        has_verb: whether it is a verb.
        subject: the nouns before the verb that nothing brings.
        is_said: whether it only tells who says something.
        is_condition: whether it begins with "if".
        is_open: whether it waits for what follows: for what is said, or for what will then be.
        waiting: its verb that does.
        is_when: whether it only tells when something else was.
        leans: whether it tells no news alone: when, what for, or how much without of what.
        reaches: whether a clause behind it without a subject may be what somebody says, wants or forbids.
        is_result: whether it begins with "then".
    """

    def __init__(self, segment: Segment, words: Words, plain: Words, tags: Sequence[str]) -> None:
        self._words, self._plain, self._tags = words, plain, tags
        self.segment = segment
        while self.segment and (not plain[self.segment[0]] or plain[self.segment[0]] in LEADS):
            self.segment = self.segment[1:]
        if len(segment) > 2 and plain[segment[0]] in NOTES and tags[segment[1]] == "nr":
            self.segment = [i for i in segment[1:] if tags[i] != "nr" or tags[i - 1] != "nr"][1:]
        inside = [i for i in self.segment if plain[i]]
        self._heads: dict[int, tuple[int, str]] = {}
        """Of each word but the core: what it hangs on and as what, "" where it stands or falls with it."""
        self._nouns = {k for i, k in pairwise(inside) if plain[i] == "的"}
        """What stands behind a 的 is a noun, whatever the dictionary says."""
        self._names: set[int] = set()
        self._counts = any(tags[i] == "m" for i in inside)
        self._compares = any(plain[i] in COMPARES for i in inside)
        for n, (i, k) in enumerate(pairwise(inside)):
            of_people = len(plain[k]) > 1 and plain[k][-1] in PEOPLE and tags[k] == "n" and n > 0
            told_by_noun = (plain[k] in NAMED_BY_VERBS or of_people) and words[i] == plain[i]
            told_by_noun = told_by_noun and plain[i] not in AWAITING
            counted = n > 0 and tags[inside[n - 1]] in ("m", "q") and plain[i] == "怀疑"
            of_number = plain[i] in NEAR and tags[k] == "m"
            counted = counted or (of_number and "的" in plain[k + 1 : k + 2])
            others = any(self._is_verb(j) for j in inside if j != i)
            if counted or ((told_by_noun or of_number) and self._is_verb(i) and others):
                self._names.add(i)
        if len(inside) > 2 and plain[inside[-1]] in SAYS and not any(tags[i] == "p" for i in inside):
            # What stands before who says it is part of a name or a title: "衞生防護中心表示".
            speaker = next((i for i in reversed(inside[:-1]) if not self._is_time(i)), inside[-2])
            if self._is_nominal(speaker) and plain[speaker] not in AFTER | STATEMENTS:
                self._names |= {i for i in inside if i < speaker and self._is_verb(i)}
        around = self._around(inside)
        modifiers = self._modifiers([i for i in inside if i not in around])
        rest = [i for i in inside if i not in modifiers and i not in around]
        verbs = self._verbs(rest)
        self.has_verb = bool(verbs)
        nouns = [i for i in rest if not self._is_time(i)] or rest
        self.core = verbs[0] if verbs else nouns[-1] if nouns else -1
        self.subject: Segment = []
        if self.core >= 0:
            self._read(rest, set(verbs))
            for i in around:
                self._heads[i] = (around[-1], "") if i != around[-1] else (self.core, "preposition")
            if not verbs and not self._is_time(self.core) and tags[self.core] != "m":
                self.subject = [self.core]
            elif plain[self.core] == "是" and not self.subject:
                # "今年6月是宣传月"
                self.subject = [i for i in rest[: rest.index(self.core)] if self._is_time(i)]
                self._heads |= dict.fromkeys(self.subject, (self.core, ""))
        last = plain[inside[-1]] if inside else ""
        somebody = [i for i in inside if tags[i] in ("nr", "ns", "nt") or plain[i][-1:] in PEOPLE]
        asks = bool(verbs) and (
            plain[verbs[-1]] in ASKS or (plain[verbs[-1]] in WANTS and any(i > verbs[-1] for i in somebody))
        )
        self.is_said = self.has_verb and last in SAYS and bool(self.subject)
        self.is_condition = bool(inside) and plain[inside[0]] in CONDITIONS
        self.is_open = self.has_verb and (last in AWAITING or self.is_condition or asks)
        self.waiting = verbs[-1] if self.is_open and not self.is_condition else self.core
        self.reaches = any(plain[i] in REACHING for i in verbs) and not self.is_said
        self.is_result = bool(segment) and plain[segment[0]] in RESULTS
        self.is_when = self.has_verb and last in AFTER and not around and not self.is_open
        changes = self.core >= 0 and plain[self.core] in CHANGES and not self.subject
        self.leans = self.is_when or changes or (bool(inside) and plain[inside[0]] in LEANING)

    @property
    def may_be_subject(self) -> bool:
        """Whether it reads as a noun with what tells more of it: "多名参加选举的人士", "要求关馆的举动"."""
        inside = [i for i in self.segment if self._plain[i]]
        last = max((n for n, i in enumerate(inside) if self._plain[i] == "的"), default=-1)
        nouns = (self._is_nominal(i) or i in self._nouns for i in inside[last + 1 :])
        if not self.has_verb or last < 1 or not all(nouns):
            return False
        counted = self._tags[inside[0]] in ("m", "q") and self._tags[inside[1]] in ("v", "d", "p")
        return counted or self._plain[inside[-1]] in DOINGS

    def become_noun(self) -> None:
        """Read it anew as a noun: all up to its last 的 tells more of it."""
        inside = [i for i in self.segment if self._plain[i]]
        particle = next(i for i in reversed(inside) if self._plain[i] == "的")
        self.core = inside[-1]
        self._heads = {i: (particle, "") for i in inside if i < particle}
        self._heads[particle] = self.core, "" if self._plain[self.core] in DOINGS else "describing"
        self._heads |= {i: (i + 1, "describing") for i in inside if particle < i < self.core}
        self.subject, self.has_verb = [self.core], False
        self.is_open = self.reaches = self.leans = False

    def is_aside(self) -> bool:
        """Whether it only tells who reports, or when and where."""
        first, last = self.segment[0], self.segment[-1]
        if self._plain[last] in DATELINE and len(self.segment) <= _LONGEST_DATELINE:
            return True
        if self._plain[first] in GROUNDS | NOTES or all(self._plain[i] in CURRENCIES for i in self.segment):
            return True
        brought = self._tags[first] == "p"
        around = self._tags[last] == "f" or self._plain[last] in AFTER or not self.has_verb
        return (brought and around) or all(self._is_time(i) or self._plain[i] in UNTIL for i in self.segment)

    def hang(self, units: Units) -> None:
        """Put its words into the tree, below its core, which is there already."""
        self._hang(units, self._heads)

    def hang_subject(self, units: Units, label: str) -> None:
        """Put what tells more of its subject into the tree, below the subject's last word."""
        below = {self.subject[-1]}
        for i in reversed(self.segment):
            if i in self._heads and self._heads[i][0] in below:
                below.add(i)
        heads = {i: self._heads[i] for i in below if i != self.subject[-1]}
        self._hang(units, {i: (head, label if how else "") for i, (head, how) in heads.items()})

    def is_of_nobody(self) -> bool:
        """Whether its subject is a pronoun."""
        return self._plain[self.subject[-1]] in NOBODY

    def _hang(self, units: Units, heads: dict[int, tuple[int, str]]) -> None:
        open_words = dict(heads)
        while open_words:
            ready = [i for i, (head, _) in open_words.items() if head in units.owner]
            if not ready:
                return
            for i in ready:
                head, label = open_words.pop(i)
                if label:
                    units.hang(i, head, label)
                else:
                    units.join(i, head)

    def _verbs(self, rest: Segment) -> Segment:
        """What tells: its verbs, or else one that may be a noun."""
        verbs = [i for i in rest if self._is_verb(i)]
        nouns = [i for i in rest[1:-1] if self._tags[i] == "vn" and self._plain[i] not in NAMED_BY_VERBS]
        return verbs or nouns[-1:]

    def _is_verb(self, i: int) -> bool:
        is_verb = self._tags[i] == "v" or (self._plain[i] in SAYS and self._tags[i] != "t")
        is_verb = is_verb and i not in self._nouns and i not in self._names
        return is_verb and not (self._plain[i] in FROM_THEN_ON and self._is_time(i))

    def _is_time(self, i: int) -> bool:
        before = self._tags[i - 1] if i and self._words[i - 1] == self._plain[i - 1] else ""
        following = self._tags[i + 1] if i + 1 < len(self._tags) else ""
        if self._plain[i] in ("至", "到"):
            # "14日至27日"
            return before == following == "t"
        return self._tags[i] == "t" or (self._plain[i] in FROM_THEN_ON and before == "t")

    def _time_before(self, rest: Segment, n: int) -> str:
        """The whole time of which the word ``n`` is the last."""
        start = n
        while start > 0 and self._is_time(rest[start - 1]):
            start -= 1
        return "".join(self._plain[i] for i in rest[start : n + 1])

    def _is_joining(self, i: int) -> bool:
        return (self._tags[i] == "c" and self._plain[i] not in MODALS) or self._plain[i] in JOINS

    def _is_nominal(self, i: int) -> bool:
        nominal = self._tags[i].startswith(_NOMINAL) and self._tags[i] not in _ADVERBS
        before_verb = self._words[i] == self._plain[i] and i + 1 < len(self._plain) and self._is_verb(i + 1)
        if self._tags[i] in ("a", "z") and before_verb:
            # "成功进入"
            return False
        return nominal or self._tags[i] == "vn" or i in self._names

    def _around(self, inside: Segment) -> Segment:
        """What stands between a preposition and the "when" or "after" that ends everything."""
        if len(inside) < 2 or self._plain[inside[-1]] not in AFTER:
            return []
        opens = [n for n, i in enumerate(inside) if self._plain[i] in OPENS_WHEN and self._tags[i] == "p"]
        return inside[opens[0] :] if opens and opens[0] else []

    def _modifiers(self, inside: Segment) -> set[int]:
        """What stands before a 的, hung on the noun behind it."""
        found: set[int] = set()
        last = {i: n for n, i in enumerate(inside)}
        for particle in inside:
            n = last[particle]
            if self._plain[particle] != "的" or n == 0 or n + 1 >= len(inside):
                continue
            span = [i for i in inside[self._start(inside, n) : n + 1] if i not in found]
            head = inside[n + 1]
            self._heads[particle] = head, "describing"
            for i in span[:-1]:
                self._heads[i] = particle, ""
            found |= set(span)
        return found

    def _start(self, inside: Segment, particle: int) -> int:
        """Where what stands before a 的 begins."""
        start = particle - 1
        if self._tags[inside[start]] in ("t", "a"):
            # Of "举行今年的比赛" and "推出新的政策" the verb is none of it.
            while start > 0 and (
                self._tags[inside[start - 1]] in ("t", "a", "d") or self._plain[inside[start - 1]] in RELATIVE
            ):
                start -= 1
        else:
            while start > 0 and self._goes_before(inside, start - 1, particle):
                start -= 1
        return start

    def _goes_before(self, inside: Segment, n: int, particle: int) -> bool:
        """Whether the word ``n`` belongs to what stands before a 的."""
        i, following = inside[n], inside[n + 1]
        if self._words[i] != self._plain[i] and not self._words[i].endswith("、"):
            return False
        if (
            self._tags[following] == "p"
            and n
            and self._is_verb(i)
            and self._tags[inside[n - 1]] in ("m", "q")
        ):
            # "一种生长在盐田的藻类"
            return True
        if self._tags[following] == "p" or (self._tags[i] == "p" and self._plain[i] in BRINGS_WHOLE):
            return False
        if self._plain[i] in FORBIDS:
            return False
        if self._plain[i] in HAVING:
            # "没有明显的迹象": what there is not must not become what there is.
            return False
        if self._plain[i] in RELATIVE:
            return True
        if self._is_verb(i):
            if n and self._plain[inside[n - 1]] in PIVOTS | MODALS and self._is_verb(inside[n - 1]):
                return False
            outside = (k for k in inside if self._is_verb(k))
            return any(k < i or k > inside[particle] for k in outside)
        if self._is_verb(following):
            # The subject of the main verb is none of a relative clause's adverbs.
            return self._tags[i].startswith(("d", "f"))
        return self._is_nominal(i) or self._is_time(i) or self._tags[i] in ("p", "c", "d", "uj", "ad", "u")

    def _read(self, rest: Segment, verbs: set[int]) -> None:
        """Hang every word on the core, on the noun behind it, or on a later verb."""
        core = verb = self.core
        preposition: int | None = None
        object_seen = False
        for n, i in enumerate(rest):
            following = rest[n + 1] if n + 1 < len(rest) else None
            if i in verbs:
                if preposition is not None:
                    self._heads[preposition] = i, ""
                if i != core:
                    pivot = self._plain[verb] in PIVOTS or not object_seen
                    self._heads[i] = verb, "" if pivot else "serial"
                verb, object_seen, preposition = i, False, None
            elif i == core:
                continue
            elif self._is_time(i):
                if preposition is not None:
                    self._heads[preposition] = i, ""
                    preposition = None
                if following is not None and self._is_time(following):
                    self._heads[i] = following, ""
                else:
                    period = self._counts and PERIOD.fullmatch(self._time_before(rest, n)) is not None
                    needed = self._compares or period or self._plain[i] in QUALIFIERS
                    self._heads[i] = self._verb(i, rest, verbs), "" if needed else "time"
            elif self._tags[i] == "p" and following is not None:
                preposition = i
            elif self._plain[i] in CONDITIONS | LEANING:
                self._heads[i] = self._verb(i, rest, verbs), ""
            elif self._plain[i] in NEAR and following is not None and self._tags[following] == "m":
                self._heads[i] = following, ""
            elif self._is_joining(i):
                self._heads[i] = (rest[n - 1], "") if n else (self._verb(i, rest, verbs), "joined")
            elif self._is_nominal(i):
                self._noun(i, following, rest, verbs, verb, preposition)
                if not self._goes_on(i, following, verbs):
                    object_seen = object_seen or (i > core and preposition is None)
                    if preposition is not None:
                        self._heads[preposition] = i, ""
                    elif i < core:
                        self.subject.append(i)
                    preposition = None
            else:
                plain = self._plain[i]
                modal = plain in MODALS and plain != "将"
                bound = self._tags[i] not in _ADVERBS or plain in QUALIFIERS or modal
                bound = bound or not NEGATING.isdisjoint(plain)
                self._heads[i] = self._verb(i, rest, verbs), "" if bound else "adverb"
        if preposition is not None:
            self._heads[preposition] = verb, ""

    def _goes_on(self, i: int, following: int | None, verbs: set[int]) -> bool:
        """Whether a noun only tells more of the word behind it."""
        if following is None or following in verbs or self._is_time(following):
            return False
        return self._is_joining(following) or self._is_nominal(following)

    def _noun(
        self,
        i: int,
        following: int | None,
        rest: Segment,
        verbs: set[int],
        verb: int,
        preposition: int | None,
    ) -> None:
        if self._goes_on(i, following, verbs):
            assert following is not None
            if self._is_joining(following):
                later = [k for k in rest if k > following]
                self._heads[i] = (later[0], "joined") if later else (verb, "")
                self._heads[following] = i, ""
            elif self._tags[following] == "f":
                self._heads[i] = following, ""
            else:
                counts = is_numeral(self._plain[i].rstrip("余多")[-1:] or " ") or self._tags[i] == "q"
                unit = self._plain[following]
                measured = unit[0] in MEASURES or unit in UNITS or len(unit) == 1
                whole = (counts and (measured or self._tags[following] == "q")) or (
                    # "出土青瓷三百件"
                    not counts and is_numeral(self._plain[following][0]) and self._words[i] == self._plain[i]
                )
                label = "joined" if self._words[i].endswith("、") else "describing"
                # "一名" may go, "63宗" may not.
                counted = self._tags[i] == "q" and i > 0 and self._plain[i - 1][-1].isdigit()
                counted = counted or (self._plain[i][0].isdigit() and is_cjk(self._plain[i][-1]))
                generic = self._plain[following] in GENERIC and self._words[i] == self._plain[i]
                told = i > verb and self._plain[verb] in COPULAS
                bound = whole or counted or generic or told or self._plain[i] in QUALIFIERS
                self._heads[i] = following, "" if bound else label
        elif preposition is not None:
            needed = self._plain[preposition] in BRINGS_OBJECT
            self._heads[i] = self._verb(i, rest, verbs), "" if needed else "preposition"
        else:
            self._heads[i] = self._verb(i, rest, verbs) if i < verb else verb, ""

    def _verb(self, i: int, rest: Segment, verbs: set[int]) -> int:
        """The verb behind a word, or else the last one before it."""
        later = [k for k in rest if k > i and k in verbs]
        earlier = [k for k in rest if k < i and k in verbs]
        return later[0] if later else earlier[-1] if earlier else self.core
