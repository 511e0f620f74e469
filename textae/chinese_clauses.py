"""The clauses of Chinese text, and what in them may go.

Chinese has no parser here, but its headlines need less: clauses stand between marks (``chinese_parts``), and
a tagger knows the kinds of words (``tagger``). Later clauses of a sentence hang on the one before, or wait
for it; who said it all may be left with a colon. What only tells when, why or what for is no news alone, and
no clause takes its subject from over a verb that says, wants or forbids.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from textae.chinese import SURNAMES
from textae.chinese_parts import Part, Segment
from textae.chinese_words import (
    AWAITING,
    NAME_DOTS,
    NOT,
    REACHING,
    SILENT,
    TITLES,
    headline_form,
    kinds,
)
from textae.clauses import Clause, Units
from textae.counts import Counts
from textae.phrases import PAUSES, STOPS, Words, bare
from textae.phrases import bound as bound_words

_LONGEST_BYLINE = 16
"""Words."""


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
    for sentence in _split(range(_after_byline(words, tags), len(words)), words, STOPS):
        segments = _split(sentence, words, PAUSES.replace("、", "") + STOPS)
        parts = _parts([Part(segment, words, plain, tags) for segment in segments])
        for first, part in enumerate(parts):
            # What would follow from a condition is no news.
            conditions = [earlier.is_condition for earlier in parts[:first]]
            follows = any(conditions[-1:]) or (part.is_result and any(conditions)) or part.leans
            follows = follows or (first > 0 and not part.subject and parts[first - 1].reaches)
            if part.has_verb and (loose or not follows) and not (part.is_said and first + 1 < len(parts)):
                found.append(_clause(parts, first, words, plain, tags, whole))
    return found


def _after_byline(words: Words, tags: Sequence[str]) -> int:
    """Where a text begins behind the names of those who made it: "记者|李明 编辑|陈丽"."""
    bars = [i for i, word in enumerate(words[:_LONGEST_BYLINE]) if word[-1] in "|丨"]
    start = bars[-1] + 1 if bars else 0
    while bars and start < len(words) and tags[start] == "nr":
        start += 1
    return start


def _parts(parts: list[Part]) -> list[Part]:
    """Those of a sentence that tell something."""
    found: list[Part] = []
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
    parts: list[Part],
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
        tells=bool(speaker or doer) or root.is_of_somebody(),
        stretches=[stretch for stretch in stretches if stretch],
    )


def _is_name(i: int, words: Words, tags: Sequence[str]) -> bool:
    """Whether a word is one name with the word before it: a surname, or a part of a foreign one."""
    before = words[i - 1]
    if not before[-1].isalnum() or not tags[i - 1].startswith("nr"):
        return before in SURNAMES and tags[i].startswith("nr")
    if before in SURNAMES:
        return len(bare(words[i])) <= 2
    return tags[i].startswith("nr") or (len(bare(words[i])) == 1 and tags[i] == "nz")


def _is_ending(i: int, words: Words, tags: Sequence[str]) -> bool:
    """Whether a word is the last character of a name that the dictionary does not know."""
    beside = words[i - 1][-1].isalnum() and tags[i - 1].startswith("n")
    return beside and len(bare(words[i])) == 1 and tags[i] == "n"


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
