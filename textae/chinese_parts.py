"""What stands between two marks of Chinese text, and which of its words hangs on which.

What tells more of a noun stands before it; a verb's subject stands before it and its object behind. Times,
adverbs and what a preposition brings hang on the verb. Later verbs hang on the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from textae.chinese import MEASURES, is_numeral
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
    NAMED_BY_VERBS,
    NEAR,
    NEGATING,
    NOBODY,
    NOTES,
    OPENS_WHEN,
    PEOPLE,
    PERIOD,
    PIVOTS,
    QUALIFIERS,
    REACHING,
    REFERS,
    RELATIVE,
    RESULTS,
    SAYS,
    STATEMENTS,
    UNITS,
    UNTIL,
    WANTS,
)
from textae.clauses import Units
from textae.phrases import Words
from textae.segment import is_cjk

_LONGEST_DATELINE = 12
_NOMINAL = ("n", "s", "r", "a", "m", "q", "f", "x")
_ADVERBS = ("d", "ad")

Segment = list[int]
"""Places of words in their text, ascending."""


class Part:
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
        """What stands behind a 的 is a noun, whatever its tag."""
        self._names: set[int] = set()
        """Verbs that are parts of names, or only tell which."""
        self._counts = any(tags[i] == "m" for i in inside)
        self._compares = any(plain[i] in COMPARES for i in inside)
        self._names |= self._telling_which(inside)
        self._names |= self._of_speaker(inside)
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
        self._judge(inside, verbs, around)

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

    def is_of_somebody(self) -> bool:
        """Whether it has a subject that says whom it means."""
        if not self.subject or self.is_of_nobody():
            return False
        return not any(self._plain[i] in REFERS for i in self.segment if i <= self.subject[-1])

    def _judge(self, inside: Segment, verbs: Segment, around: Segment) -> None:
        """What it needs, and what it is good for."""
        plain, tags = self._plain, self._tags
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
        self.is_result = bool(inside) and plain[inside[0]] in RESULTS
        self.is_when = self.has_verb and last in AFTER and not around and not self.is_open
        changes = self.core >= 0 and plain[self.core] in CHANGES and not self.subject
        self.leans = self.is_when or changes or (bool(inside) and plain[inside[0]] in LEANING)

    def _telling_which(self, inside: Segment) -> set[int]:
        """The verbs before a noun that only tell which ("确诊个案"), or how many."""
        found: set[int] = set()
        for n, (i, k) in enumerate(pairwise(inside)):
            plain, following = self._plain[i], self._plain[k]
            others = any(self._is_verb(j) for j in inside if j != i)
            if plain in NEAR and self._tags[k] == "m":
                # "超过一半的企业"
                which = others or "的" in self._plain[k + 1 : k + 2]
            elif n > 0 and self._tags[inside[n - 1]] in ("m", "q") and plain == "怀疑":
                which = True
            else:
                of_people = n > 0 and len(following) > 1 and following[-1] in PEOPLE and self._tags[k] == "n"
                beside = self._words[i] == plain and plain not in AWAITING
                which = others and beside and (of_people or following in NAMED_BY_VERBS)
            if which and self._is_verb(i):
                found.add(i)
        return found

    def _of_speaker(self, inside: Segment) -> set[int]:
        """The verbs in a name or a title of who says something: "衞生防護中心表示"."""
        if (
            len(inside) < 3
            or self._plain[inside[-1]] not in SAYS
            or any(self._tags[i] == "p" for i in inside)
        ):
            return set()
        speaker = next((i for i in reversed(inside[:-1]) if not self._is_time(i)), inside[-2])
        if (
            not self._is_nominal(speaker)
            or self._plain[speaker] in AFTER
            or self._plain[speaker] in STATEMENTS
        ):
            return set()
        return {i for i in inside if i < speaker and self._is_verb(i)}

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
        if self._tags[i] == "a" and before_verb:
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
            before = self._plain[inside[n - 1]] if n else ""
            if (before in PIVOTS or before in MODALS) and self._is_verb(inside[n - 1]):
                return False
            outside = (k for k in inside if self._is_verb(k))
            return any(k < i or k > inside[particle] for k in outside)
        if self._is_verb(following):
            # The main verb's subject is no part of a relative clause; adverbs and what is brought to it are.
            return self._tags[i].startswith(("d", "f")) or self._is_brought(inside, n)
        return self._is_nominal(i) or self._is_time(i) or self._tags[i] in ("p", "c", "d", "uj", "ad", "u")

    def _is_brought(self, inside: Segment, n: int) -> bool:
        """Whether a preposition stands before the nouns of which ``n`` is the last: "从港口离开的市民"."""
        start = n
        while start > 0 and (self._is_nominal(inside[start]) or self._is_time(inside[start])):
            start -= 1
        preposition = inside[start]
        return self._tags[preposition] == "p" and self._plain[preposition] not in BRINGS_WHOLE

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
            elif self._plain[i] in CONDITIONS or self._plain[i] in LEANING:
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
