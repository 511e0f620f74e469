"""Choose the sentences of a document that tell most of it: what is kept, or what the generator reads.

It is the auto-encoder's question, how much of the rest could be rebuilt from them, asked of bags of words.
Four plain signals answer it, and a weight switches each off: what a sentence has in common with all others
(``centrality``), which of the document's words it says first (news), how early it comes, and whether it can
be read without its neighbours (``stands_alone``). Time and memory are linear in the document: no sentence is
ever compared with another one.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from textae.segment import content_words, count_units, is_cjk, sentences, unit_spans, units

NEWS = 15.0
EARLY = 60.0
LOST = 0.1
_STARTS = 8
"""Sentences tried as the first to be chosen: where two or three fit, it matters which ones fill the room."""

_REFERS = re.compile(
    r"[\"'“‘(]*(?:he|she|it|they|him|them|his|her|its|their|i|we|you|my|our|your|these|those|such|but|and|so"
    r"|then|thus|however|also|that|this(?! (?:week|month|year|morning|evening|spring|summer|autumn|winter)))"
    r"(?![\w-])|[“「『]*(?:[他她它這这該该但]|不過|不过|因此)",
    re.IGNORECASE,
)
_ARTICLE = 50
"""Sentences of a longish news article. Of a book the first sentence tells little."""
_FEW = 2.5
"""Sentences up to which none is taken that does not stand alone: what it hangs on would be missing."""
_REMARK = 6
"""Units below which a sentence says nothing by itself."""
_ENDS = ".!?…。！？；”」』\"')"
_SAYS_WHO = re.compile(
    r'[”"],? (?:he|she|they) (?:[a-z]+ )?(?:said|says|told|added|adds|explained|insisted)\b'
)
_LIST = 3
"""Words a comma from which a sentence is a list, as of players."""
_BARE_QUOTATION = re.compile(r'["“「『][^"”」』]*["”」』]\.?')
_QUOTES = {"“": "”", "「": "」", "『": "』"}


@dataclass(frozen=True)
class Bags:
    """The content words of sentences: a sparse matrix of counts, one entry a sentence and word."""

    sentences: int
    rows: NDArray[np.intp]
    """The sentence of each entry, ascending, ``(entries,)``."""
    terms: NDArray[np.intp]
    """Its word, numbered from 0, ``(entries,)``."""
    counts: NDArray[np.float64]
    """How often that sentence says that word, ``(entries,)``."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Bags:
        """The bags of sentences; Chinese ones hold pairs of neighbouring characters."""
        numbers: dict[str, int] = {}
        entries = [
            (row, numbers.setdefault(term, len(numbers)), count)
            for row, text in enumerate(texts)
            for term, count in Counter(_terms(text)).items()
        ]
        rows, terms, counts = np.array(entries, dtype=np.intp).reshape(-1, 3).T
        return cls(len(texts), rows, terms, counts.astype(np.float64))


def parts(text: str, limit: int) -> list[str]:
    """The sentences of a document; one of more than ``limit`` units is cut between them, into equal parts."""
    found: list[str] = []
    for sentence in sentences(text):
        starts = [start for start, _ in unit_spans(sentence)]
        step = math.ceil(len(starts) / math.ceil(len(starts) / limit)) if starts else 1
        cuts = [0, *starts[step::step], len(sentence)]
        found += [sentence[start:end].strip() for start, end in pairwise(cuts)]
    return found


def centrality(bags: Bags) -> NDArray[np.float64]:
    """The sum of each sentence's cosines with all the others, ``(sentences,)``.

    Which is the product of its vector with the sum of all vectors, all of length 1, less 1 for itself.
    """
    squares = _sums(bags.rows, bags.counts**2, bags.sentences)
    unit = bags.counts / np.sqrt(squares)[bags.rows]
    total = _sums(bags.terms, unit)
    return _sums(bags.rows, unit * total[bags.terms], bags.sentences) - (squares > 0)


def stands_alone(text: str) -> bool:
    """Whether a sentence can be read without its neighbours, and is one.

    It does not begin with a word that refers to what was said before, is neither part of a quotation nor one
    that leaves open who speaks, ends as sentences do, and is neither a list nor a mere remark ("Not everybody
    is pleased.").
    """
    size = count_units(text)
    if size < max(_REMARK, _LIST * text.count(", ")) or text[-1] not in _ENDS or text != close_quotes(text):
        return False
    return not (_REFERS.match(text) or _BARE_QUOTATION.fullmatch(text) or _SAYS_WHO.search(text))


def close_quotes(text: str) -> str:
    """A sentence with the quote that it lacks, at its end or at its beginning."""
    if text.count('"') % 2:
        opens = text[: text.index('"')][-1:] in {"", " ", "("}
        return f'{text}"' if opens else f'"{text}'
    for opener, closer in _QUOTES.items():
        missing = text.count(opener) - text.count(closer)
        text = opener * -missing + text + closer * missing
    return text


def choose(
    texts: Sequence[str],
    sizes: Sequence[int],
    room: int,
    news: float = NEWS,
    early: float = EARLY,
    lost: float = LOST,
) -> list[int]:
    """The sentences that tell most of a document in the room there is, in its order, none of them twice.

    A sentence counts by what it has in common with the others. Where five fit, all else counts a 25th of what
    it does where one fits, and coming early a 625th: a longer summary has to come back to what the document
    is about, and its beginning and what its pronouns stand for are likely to be in it. Where hardly two fit,
    the first one is nearly always taken, since it tells the news, and no other that does not stand alone.

    Args:
        texts: the sentences.
        sizes: of each, in the measure of ``room``.
        room: for all that are chosen.
        news: what words count that were not said before; 0 switches it off.
        early: what being the first sentence counts; the second counts half as much, the third a third, and
            all of them less in a text that is longer than news are.
        lost: what is left of a sentence that does not stand alone; 1 switches it off.
    """
    first = {text: i for i, text in reversed(list(enumerate(texts)))}
    fitting = _without_fragments(texts, sizes, [i for i in sorted(first.values()) if 0 < sizes[i] <= room])
    if not fitting:
        return []
    count = max(1.0, room * len(fitting) / sum(sizes[i] for i in fitting))
    beside = 1 / count**2
    standing = [stands_alone(text) for text in texts]
    if count < _FEW and lost < 1:
        fitting = [i for i in fitting if i == 0 or standing[i]] or fitting
    bags = Bags.of(texts)
    alone = np.where(standing, 1.0, lost**beside)
    early *= beside**2 * min(1.0, _ARTICLE / len(texts))
    worth = alone * _scaled(centrality(bags)) + early / (1 + np.arange(len(texts)))
    # A word counts as often as the document says it, and counts once.
    mass = _sums(bags.terms, bags.counts)
    density = _sums(bags.rows, mass[bags.terms], bags.sentences) / np.maximum(sizes, 1)
    weights = (mass * news * beside / max(density[fitting].max(), 1e-9)).tolist()
    words = np.split(bags.terms, np.searchsorted(bags.rows, np.arange(1, len(texts))))
    share = alone / np.maximum(sizes, 1)
    candidates = [
        _Candidate(i, sizes[i], float(worth[i]), float(share[i]), words[i].tolist()) for i in fitting
    ]
    starts = heapq.nlargest(_STARTS, candidates, key=lambda candidate: candidate.worth)
    choices = [_fill(start, candidates, weights, room) for start in starts]
    return max(choices, key=lambda choice: choice[0])[1]


def _without_fragments(texts: Sequence[str], sizes: Sequence[int], rows: Sequence[int]) -> Sequence[int]:
    """The rows that end as sentences do, where these are most of the text: headings and cells do not."""
    whole = [i for i in rows if texts[i][-1] in _ENDS]
    return whole if 2 * sum(sizes[i] for i in whole) >= sum(sizes[i] for i in rows) else rows


class _Candidate(NamedTuple):
    row: int
    size: int
    worth: float
    """What it adds for its size, whatever else is chosen."""
    share: float
    """What the weights of its new words are multiplied by: they, too, count for its size."""
    words: list[int]


def _fill(
    start: _Candidate, candidates: Sequence[_Candidate], weights: Sequence[float], room: int
) -> tuple[float, list[int]]:
    """The choice that begins with a sentence and always adds the one that brings most for its size.

    Args:
        start: one of the candidates.
        candidates: sentences that fit into the room.
        weights: of each word, where it is said for the first time.
        room: for all.

    Returns:
        What it is worth, and the sentences in the document's order.
    """
    said: set[int] = set()
    chosen: list[int] = []
    value = 0.0

    def gain(sentence: _Candidate) -> float:
        return sentence.worth + sentence.share * sum(weights[i] for i in sentence.words if i not in said)

    # What a sentence brings can only fall while others are chosen: an old figure is an upper bound, and only
    # the highest ones need another look.
    queue = [(-math.inf if sentence is start else -gain(sentence), sentence) for sentence in candidates]
    heapq.heapify(queue)
    while queue:
        bound, sentence = heapq.heappop(queue)
        if sentence.size > room:
            continue
        brings = gain(sentence)
        if queue and -math.inf < bound and queue[0][0] < -brings:
            heapq.heappush(queue, (-brings, sentence))
            continue
        chosen.append(sentence.row)
        said.update(sentence.words)
        value += brings * sentence.size
        room -= sentence.size
    return value, sorted(chosen)


def _sums(groups: NDArray[np.intp], values: NDArray[np.float64], count: int = 0) -> NDArray[np.float64]:
    """The sum of the values in each group, ``(groups,)`` or at least ``(count,)``."""
    return np.bincount(groups, values, count).astype(np.float64)


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values / max(float(values.max(initial=0.0)), 1e-9)


def _terms(text: str) -> list[str]:
    """What two sentences are compared by: content words, and pairs of neighbouring Chinese characters."""
    if not is_cjk(text):
        return [word.lower() for word in content_words(text)]
    return ["".join(pair) for pair in pairwise(units(text))]
