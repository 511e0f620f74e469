"""What in a sentence belongs together: what is kept whole, what waits for more, what tells the news.

Plain rules of the two languages on the words of one document; frequencies come from whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from textae.chinese import MEASURES, SURNAMES, is_numeral
from textae.segment import COUNTS, DETERMINERS, MAGNITUDES, STOP_WORDS, WEEKDAYS, is_cjk, word_set

Words = list[str]

PAUSES, STOPS = ",;:，；：、", ".?!。？！"
CLAUSE_ENDS = PAUSES.replace("、", "") + STOPS
"""Marks behind a word where a clause pauses, a sentence stops, and either; no clause ends in a list."""
_MARKS = f"{PAUSES}?!。？！'…"

FUTURE = word_set("will would")
AUXILIARIES = FUTURE | word_set("""
is are was were be been being has have had may might could can should must not to also still now already
""")
"""Words before a participle or a base form, and what may stand between."""
NEGATIONS = word_set("""
not no never nor neither cannot without n't isn't aren't wasn't weren't don't doesn't didn't won't
wouldn't can't couldn't hasn't haven't hadn't
不 没 沒 没有 沒有 未 无 無 不会 不會 不能 未有 并无 並無 并非 並非 非
""")
"""Words that turn round what they stand in."""
PARTICLES = word_set("over after before under through around near about up out off down not")
"""Inside a clause they have not said yet what they stand for."""
_AFTER_NO_PREPOSITION = (STOP_WORDS - DETERMINERS) | WEEKDAYS | {"said"}
_PLURALS = word_set("people police children they we you i")
_SAYS = word_set("said says told announced reported")
_ASIDE = word_set("who which that whose where when as while after before if")
"""What they open tells something else, up to the next comma."""
_CHINESE_SAYS = word_set("""
表示 时表示 称 说 他说 她说 介绍 介绍说 指 指出 透露 强调 认为 公布 宣布 形容 呼吁
""")
_BEFORE_NUMBER = frozenset("年月日时点第")
_TOGETHER, _INSEPARABLE = 1.5, 5.5
"""Association in documents, in nats, that makes one word of two: of Chinese characters, of others."""


def bare(word: str) -> str:
    """A word without the marks around it; an abbreviation keeps its last point."""
    plain = word.strip(_MARKS + ".")
    return (
        f"{plain}." if "." in plain and word.rstrip(_MARKS).endswith(".") and plain[-1].isalpha() else plain
    )


def bound(words: Sequence[str], plain: Words, together: np.ndarray) -> np.ndarray:
    """Which words stand or fall with the word before them.

    A magnitude with its number ("18 million"), a measure word with its ("15日"), given names with a Chinese
    surname, the characters of a rare Chinese word, two words that documents hardly ever part ("White House").

    Args:
        words: of a document.
        plain: the same without marks.
        together: the association of each word with the next one in documents, ``(words - 1,)``.

    Returns:
        ``(words,)``.
    """
    is_bound = np.zeros(len(words), dtype=bool)
    in_name = 0
    for i in range(1, len(words)):
        before, word = plain[i - 1], plain[i]
        in_name = max(0, in_name - 1)
        if not before or not word or words[i - 1] != before:
            in_name = 0
        elif is_cjk(word):
            characters = len(before) == len(word) == 1
            if characters and before in SURNAMES and not in_name:
                in_name = 2
            is_bound[i] = (
                (_is_number(before) and word[0] in MEASURES)
                or in_name > 0
                or before.endswith("·")
                or together[i - 1] > (_TOGETHER if characters else _INSEPARABLE)
            )
        elif is_cjk(before):
            is_bound[i] = before in _BEFORE_NUMBER and _is_number(word)
        else:
            is_bound[i] = (word in MAGNITUDES and _is_number(before)) or (
                together[i - 1] > _INSEPARABLE and STOP_WORDS.isdisjoint((before, word))
            )
    return is_bound


def main_verb(words: Sequence[str], plain: Words, pasts: Collection[int]) -> int:
    """Where the first verb stands that tells what happens; -1 where none is found.

    Args:
        words: of a document.
        plain: the same without marks.
        pasts: places of past forms.
    """
    aside = False
    for i, word in enumerate(plain):
        if word in _SAYS:
            aside = False
        elif i and word in _ASIDE and plain[i - 1] not in _SAYS:
            aside = True
        if aside or not word:
            aside = aside and words[i][-1] not in PAUSES
        elif i and i in pasts and word not in _SAYS:
            return i
        elif word in AUXILIARIES and word != "to":
            later = range(i + 1, min(i + 4, len(plain)))
            return next((j for j in later if plain[j] not in AUXILIARIES), -1)
    return -1


def is_plural(word: str, is_noun: Callable[[str], bool]) -> bool:
    """Whether a word is a plural, as far as its ending tells and ``is_noun`` knows its singular."""
    if not word.endswith("s") or word.endswith(("ss", "us", "is", "'s")):
        return word in _PLURALS or word.endswith("men")
    endings = (("s", ""), ("es", ""), ("ies", "y"))
    return any(is_noun(word.removesuffix(old) + new) for old, new in endings if word.endswith(old))


def parts_preposition(word: str, plain: str) -> bool:
    """Whether what follows a word cannot belong to a preposition before it."""
    return word != plain or plain in _AFTER_NO_PREPOSITION


def mark_clauses(
    kept: Sequence[tuple[str, int]], words: Sequence[str], plain: Words
) -> list[tuple[str, int]]:
    """Chinese words with a mark where a comma was passed: a colon after who said it.

    Without spaces, nothing else would show that another clause begins.

    Args:
        kept: some words of a document, in order, each with its place.
        words: of the document.
        plain: the same without marks.
    """
    marked = list(kept[:1])
    for word, place in kept[1:]:
        before, earlier = marked[-1]
        if any(words[i][-1] in CLAUSE_ENDS for i in range(earlier, place)):
            said = any(plain[i] in _CHINESE_SAYS for i in range(earlier + 1, place))
            marked[-1] = before + (":" if said else ","), earlier
        marked.append((word, place))
    return marked


def _is_number(word: str) -> bool:
    return is_numeral(word[-1]) or word in COUNTS
