"""Inputs made from human or document text alone, by noise: what lets training start without any pair.

``skeleton`` shortens a document to a few of its words, as a headline would: the reconstructor learns to
write documents from such words. ``interleave`` hides a human sentence among the words of a document of a
similar topic: the generator learns to find it again (after Fevry and Phang 2018, moved to the domain of
headlines). Both work on lists of words; all randomness comes from the generator passed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np

Words = list[str]

_ENDINGS = ("s", "es", "ed", "d", "ing", "")
_PUNCTUATION = ".,;:?!'…。、，；：？！"
_ARTICLES = ("the", "a", "the", "an", "its")
_LEAD_SHARE = 0.6
_KEEP_LEAD = 0.8
_KEEP_STOP_WORD = 0.35
_MOVE_TAIL = 0.15
_OTHER_FORM = 0.35
_ARTICLE = 0.12
_DROP = 0.06
_SHUFFLE = 0.15
_HEADLINE_FIRST = 0.75


class Inflections:
    """Other forms of a word ("announces" for "announced") among the words a corpus has.

    Only the endings of regular English verbs and nouns are known; a word without a sister form stays as
    it is, as every Chinese word does.
    """

    def __init__(self, vocabulary: Collection[str]) -> None:
        sisters: dict[str, set[str]] = defaultdict(set)
        for word in vocabulary:
            for stem in _stems(word):
                sisters[stem].add(word)
        self._forms: dict[str, Words] = {}
        for word in vocabulary:
            # Sorted, because a set of strings has another order in every process.
            others = sorted({other for stem in _stems(word) for other in sisters[stem]} - {word})
            if others:
                self._forms[word] = others

    def vary(self, words: Sequence[str], random: np.random.Generator) -> Words:
        """Put some of the words in another form."""
        varied = list(words)
        for i, word in enumerate(varied):
            others = self._forms.get(word)
            if others and random.random() < _OTHER_FORM:
                varied[i] = others[random.integers(len(others))]
        return varied


def _stems(word: str) -> Words:
    if not (word.isalpha() and word.isascii()):
        return []
    return [
        stem
        for ending in _ENDINGS
        if word.endswith(ending) and len(stem := word[: len(word) - len(ending)]) > 3
    ]


def skeleton(
    words: Sequence[str], length: int, stop_words: Collection[str], random: np.random.Generator
) -> Words:
    """About ``length`` words of a document, in order, that carry what it says.

    Six in ten begin at the front, as headlines follow leads; the others come from anywhere. Stop words
    between kept words stay now and then, and the last words sometimes move to the front.
    """
    bare = [word.strip(_PUNCTUATION) for word in words]
    content = [i for i, word in enumerate(bare) if word and word not in stop_words]
    if not content:
        return list(words[:length])
    if random.random() < _LEAD_SHARE:
        kept = [i for i in content if random.random() < _KEEP_LEAD][:length]
    else:
        weights = np.linspace(1.0, 0.3, len(content))
        count = min(length, len(content))
        kept = sorted(random.choice(content, count, replace=False, p=weights / weights.sum()))
    chosen = set(kept)
    for i in range(len(words)):
        near = (i - 1 in chosen) and (i + 1 in chosen)
        if near and bare[i] and i not in chosen and random.random() < _KEEP_STOP_WORD:
            chosen.add(i)
    order = sorted(chosen)
    if len(order) > 4 and random.random() < _MOVE_TAIL:
        cut = len(order) - int(random.integers(1, 4))
        order = order[cut:] + order[:cut]
    return [words[i].rstrip(_PUNCTUATION) for i in order]


def interleave(sentence: Sequence[str], distractor: Sequence[str], random: np.random.Generator) -> Words:
    """Hide a sentence in a window of ``distractor``: chunks of both in turn, some words lost or added."""
    noisy: Words = []
    for word in sentence:
        if random.random() < _DROP:
            continue
        if random.random() < _ARTICLE and word.isascii():
            noisy.append(_ARTICLES[random.integers(len(_ARTICLES))])
        noisy.append(word)
    width = int(random.integers(10, 32))
    start = int(random.integers(0, max(1, len(distractor) - width + 1)))
    first, second = _chunks(noisy, random), _chunks(distractor[start : start + width], random)
    if random.random() < _SHUFFLE:
        first = [first[i] for i in random.permutation(len(first))]
    if random.random() >= _HEADLINE_FIRST:
        first, second = second, first
    mixed: Words = []
    for i in range(max(len(first), len(second))):
        mixed += first[i] if i < len(first) else []
        mixed += second[i] if i < len(second) else []
    return mixed


def _chunks(words: Sequence[str], random: np.random.Generator) -> list[Words]:
    chunks, start = [], 0
    while start < len(words):
        width = int(random.integers(2, 6))
        chunks.append(list(words[start : start + width]))
        start += width
    return chunks


class TopicIndex:
    """Finds a document that shares a rare word with a sentence: a distractor of a similar topic.

    Args:
        documents: words of every document.
        most: documents a word may stand in and still tell a topic.
    """

    def __init__(self, documents: Sequence[Sequence[str]], most: int = 400) -> None:
        places: dict[str, list[int]] = defaultdict(list)
        for row, words in enumerate(documents):
            for word in set(words):
                if len(places[word]) <= most:
                    places[word].append(row)
        self._places = {word: rows for word, rows in places.items() if 2 <= len(rows) <= most}
        self._size = len(documents)

    def similar(self, words: Sequence[str], random: np.random.Generator) -> int:
        """The row of a document that shares one of the sentence's telling words, or of any at all."""
        telling = [word for word in words if word in self._places]
        if not telling:
            return int(random.integers(self._size))
        rows = self._places[telling[random.integers(len(telling))]]
        return rows[random.integers(len(rows))]
