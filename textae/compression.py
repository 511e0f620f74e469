"""Shorten a document to some of its words, as a headline would: no pair, and about a millisecond.

Kept, in order, are words that follow one another well in human text, that human text likes, that the rest of
a story comes back to, and that come early; what stands together in documents is not torn apart. A past tense
may turn to the present. The best such sequence is found by dynamic programming. With noise it gives the
reconstructor short texts to write documents from; without, it is the generator's first teacher. It looks for
what hill climbing looks for (Schumann et al. 2020: an order-preserving extract under a language model), and
finds the best one, since only pairs of words tell what follows what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from textae.chinese import MEASURES, NUMERALS, SURNAMES
from textae.inflection import present_forms
from textae.segment import (
    COUNTS,
    DETERMINERS,
    MAGNITUDES,
    STOP_WORDS,
    WEEKDAYS,
    count_units,
    ends_open,
    is_cjk,
)

Words = list[str]


@dataclass(frozen=True)
class Weights:
    """Of the parts of a compression's score, in nats; chosen by ``scripts/tune_compression.py``."""

    link: float = 1.6
    """Of the association of two words that follow one another."""
    least_link: float = -0.83
    """An association is cut to a range: single counts say little."""
    most_link: float = 0.9
    first: float = 1.54
    """Of the association of a word with being the first, beside ``link``."""
    last: float = 0.18
    """The same with being the last."""
    adjacent: float = 0.53
    """For two words that follow one another in the document too."""
    gap: float = 0.89
    """Against leaving words out between two that are kept, times the logarithm of their distance."""
    torn: float = 0.11
    """Against leaving out what documents like to put next to a word that is kept, times that association."""
    cut: float = 0.23
    """The same against ending there."""
    clause: float = 2.28
    """Against every comma (two at most) between two words that are kept."""
    sentence: float = 1.35
    """Against going on in another sentence."""
    style: float = 1.52
    """Of the log-ratio of a word's frequency in human text and in documents."""
    rare: float = 2.03
    """Of a content word's inverse document frequency."""
    early: float = 2.12
    """Of coming first and not last."""
    salient: float = 1.12
    """Of the log-odds that a story comes back to a content word."""
    alike: float = 0.0
    """Of the log-odds that human text on a like topic tells a content word."""
    repeated: float = 0.75
    """Of the logarithm of how often a content word stands in the document."""
    present: float = -0.17
    """For turning the past to the present."""
    future: float = 0.99
    """For turning "will" to the "to" of headlines."""
    verb: float = 1.33
    """Of the first verb that tells what happens."""
    full: float = 0.22
    """Of every word, where a shorter result may be better."""


ENGLISH = Weights()
CHINESE = Weights(
    link=0.67,
    least_link=-1.25,
    most_link=0.92,
    first=2.14,
    last=0.4,
    adjacent=0.08,
    gap=0.68,
    torn=0.04,
    cut=0.28,
    clause=1.3,
    sentence=6.24,
    style=1.42,
    rare=0.62,
    early=2.19,
    salient=0.0,
    alike=0.6,
    repeated=0.42,
    present=0.0,
    future=0.0,
    verb=0.0,
    full=0.0,
)

_LEAST_COUNT = 3
"""A word that human text has less often tells nothing of what it follows."""
_LEAST_FORM = 20
_LEAST_FORM_SHARE = 0.5
"""A present form must be so often in human text, and against the past: "united" is none of "unite"."""
_LEAST_STYLE, _MOST_STYLE = -3.0, 2.0
_MOST_RARITY = 7.0
_LEAST_TORN, _MOST_TORN = -1.5, 4.0
_MOST_CLAUSES = 2
_PAUSES, _STOPS = ",;:，；：、", ".?!。？！"
_CLAUSE_MARKS = ",;:，；：" + _STOPS
_MARKS = f"{_PAUSES}?!。？！'…"
_AND = "and"
_FUTURE = frozenset(["will", "would"])
_AUXILIARIES = _FUTURE | {
    *("is", "are", "was", "were", "be", "been", "being", "has", "have", "had", "may", "might", "could"),
    *("can", "should", "must", "not", "to", "also", "still", "now", "already"),
}
_PLURALS = frozenset(["people", "police", "children", "they", "we", "you", "i"])
_DISAGREEMENT = 1.5
"""Against a verb that is not of its subject's number, in nats."""
_SAYS = frozenset(["said", "says", "told", "announced", "reported"])
_CHINESE_SAYS = frozenset(
    [
        "表示",
        "时表示",
        "称",
        "说",
        "他说",
        "她说",
        "介绍",
        "介绍说",
        "指",
        "指出",
        "透露",
        "强调",
        "认为",
        "公布",
        "宣布",
        "形容",
        "呼吁",
    ]
)
_BEFORE_NUMBER = frozenset("年月日时点第")
_ASIDE = frozenset(["who", "which", "that", "whose", "where", "when", "as", "while", "after", "before", "if"])
"""What they open tells something else, up to the next comma."""
_PARTICLES = frozenset(
    [
        "over",
        "after",
        "before",
        "under",
        "through",
        "around",
        "near",
        "about",
        "up",
        "out",
        "off",
        "down",
        "not",
    ]
)
"""Inside a clause they have not said what they stand for."""
_TOGETHER, _INSEPARABLE = 1.5, 5.5
"""Association in documents, in nats, that makes one word of two: of Chinese characters, of others."""
_START, _END, _OTHER = range(3)
_NEVER = -1e9


class Associations:
    """How much likelier one word follows another in texts than by chance, in nats.

    Pointwise mutual information with one count added to what was seen and to what chance would give.

    Args:
        texts: words of every text.
    """

    def __init__(self, texts: Sequence[Words]) -> None:
        counts = Counter(chain.from_iterable(texts))
        known = sorted(word for word, count in counts.items() if count >= _LEAST_COUNT)
        self._index = {word: i for i, word in enumerate(known, start=_OTHER + 1)}
        self._size = size = _OTHER + 1 + len(known)
        rows = ([_START, *(self._index.get(word, _OTHER) for word in words), _END] for words in texts)
        flat = np.array(list(chain.from_iterable(rows)), dtype=np.int64)
        self._frequency = np.bincount(flat, minlength=size).astype(float)
        self._share = self._frequency / max(1.0, self._frequency.sum())
        inside = flat[:-1] != _END
        pairs, seen = np.unique(flat[:-1][inside] * size + flat[1:][inside], return_counts=True)
        # One pair more than there are: a search past the last one finds it, even where there are none.
        self._pairs, self._seen = np.append(pairs, size * size), np.append(seen, 0)

    def ids(self, words: Sequence[str]) -> np.ndarray:
        """The number of every word; unknown words share one."""
        return np.array([self._index.get(word, _OTHER) for word in words], dtype=np.int64)

    def between(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """The association of each pair; ``before`` and ``after`` are broadcast against each other."""
        wanted = before * self._size + after
        found = np.searchsorted(self._pairs, wanted)
        seen = np.where(self._pairs[found] == wanted, self._seen[found], 0)
        return np.log((seen + 1) / (self._frequency[before] * self._share[after] + 1))


class Compressor:
    """Knows what words human text uses, and in what company.

    Args:
        human_text: words of every human sentence, in normal form.
        documents: words of every document.
        writable: the words that may stand in a compression though the document has another form of them;
            all, if not given.
        weights: of the parts of the score.
    """

    def __init__(
        self,
        human_text: Sequence[Words],
        documents: Sequence[Words],
        writable: Collection[str] | None = None,
        weights: Weights = ENGLISH,
    ) -> None:
        self.weights = weights
        self._writable = writable
        human = [[plain for word in words if (plain := bare(word))] for words in human_text]
        plain_documents = [[plain for word in words if (plain := bare(word))] for words in documents]
        self._human = Counter(chain.from_iterable(human))
        self._documents = Counter(chain.from_iterable(plain_documents))
        self._spread = Counter(chain.from_iterable(map(set, plain_documents)))
        self._rows = len(documents)
        self._human_total = max(1, self._human.total())
        self._documents_total = max(1, self._documents.total())
        self._human_pairs, self.document_pairs = Associations(human), Associations(plain_documents)

    def compress(
        self,
        words: Sequence[str],
        length: int,
        random: np.random.Generator | None = None,
        *,
        salience: np.ndarray | None = None,
        likeness: np.ndarray | None = None,
        early: float | None = None,
        noise: float = 0.0,
        slack: int = 0,
    ) -> Words:
        """The best words of a document, in order; see ``keep``."""
        kept = self.keep(
            words,
            length,
            random,
            salience=salience,
            likeness=likeness,
            early=early,
            noise=noise,
            slack=slack,
        )
        return [word for word, _ in kept]

    def keep(
        self,
        words: Sequence[str],
        length: int,
        random: np.random.Generator | None = None,
        *,
        salience: np.ndarray | None = None,
        likeness: np.ndarray | None = None,
        early: float | None = None,
        noise: float = 0.0,
        slack: int = 0,
    ) -> list[tuple[str, int]]:
        """The best words of a document, each with its place there, in order.

        Args:
            words: of the document, in normal form.
            length: how long the result is, in words (characters for Chinese); shorter where the document is.
            random: draws the noise.
            salience: log-odds of every word that a story comes back to it, ``(words,)``; even if not given.
            likeness: log-odds of every word that human text on a like topic tells it, ``(words,)``; even if
                not given.
            early: instead of ``Weights.early``.
            noise: standard deviation of what is added to the worth of every word.
            slack: how much shorter than ``length`` the result may be, where it reads better then.
        """
        options, places = self._options(words)
        if not options:
            return []
        weights = self.weights
        position = np.array(places)
        plain = [bare(word) for word in words]
        worth = self._worth(options, Counter(plain))
        content = np.array([word not in STOP_WORDS for word in options])
        for signal, weight in ((salience, weights.salient), (likeness, weights.alike)):
            if signal is not None:
                worth += weight * signal[position] * content
        turned = np.array([bare(o) != plain[place] for o, place in zip(options, places, strict=True)])
        future = np.array([plain[place] in _FUTURE for place in places])
        worth += turned * np.where(future, weights.future, weights.present)
        worth += weights.verb * (position == _main_verb(words, plain, set(position[turned & ~future])))
        worth -= (weights.early if early is None else early) * position / len(words)
        if random is not None:
            worth += random.normal(0.0, noise, len(words))[position]
        units = np.array([max(1, count_units(word)) for word in options])
        link, start, end = self._transitions(words, plain, options, position)
        path = _best_path(worth + weights.full, link.T, start, end, units, length, slack)
        kept = [(options[i], places[i]) for i in path]
        return _with_marks(kept, words, plain) if any(map(is_cjk, options)) else kept

    def _transitions(
        self, words: Sequence[str], plain: Words, options: Words, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What it is worth that an option follows another ``(before, after)``, comes first, comes last."""
        weights = self.weights
        ids = self._human_pairs.ids([bare(option) for option in options])
        gap = position - position[:, None]
        # What stands beside every word in the document, and how much documents like it there.
        pauses = np.array([word[-1] in _PAUSES for word in words])
        stops = np.array([word[-1] in _STOPS for word in words]) & ~np.array(["." in word for word in plain])
        beside = self.document_pairs.ids(plain)
        together = self.document_pairs.between(beside[:-1], beside[1:])
        torn = np.where((pauses | stops)[:-1], _LEAST_TORN, together.clip(_LEAST_TORN, _MOST_TORN))
        after = weights.torn * np.append(torn, _LEAST_TORN)[position]
        before = weights.torn * np.insert(torn, 0, _LEAST_TORN)[position]
        link = self._link(ids[:, None], ids) - weights.gap * np.log(gap.clip(min=1))
        link += np.where(gap == 1, weights.adjacent, -after[:, None] - before)
        for marks, most, weight in (
            (pauses, _MOST_CLAUSES, weights.clause),
            (stops, 1, weights.sentence),
        ):
            crossed = np.cumsum(marks)[position] - marks[position]
            between = crossed - crossed[:, None]
            link -= weight * between.clip(0, most)
        # A comma stands for "and", as in headlines.
        listed = np.array([option.endswith(",") for option in options])
        skipped = np.array([2 + (plain[p + 2] in DETERMINERS if p + 2 < len(plain) else 0) for p in position])
        joined = listed[:, None] & (gap == skipped[:, None])
        link = np.where(joined, self._link(ids[:, None], ids), link)
        link[listed[:, None] & ~joined] = _NEVER
        # Nor does a word follow itself: "said it said" would be "says says".
        link[(gap <= 0) | (np.array(options)[:, None] == np.array(options))] = _NEVER
        start = weights.first * self._link(np.array(_START), ids)
        start -= weights.gap / 2 * np.log1p(position) + before * (position > 0)
        end = weights.last * self._link(ids, np.array(_END)) - weights.cut / weights.torn * after
        going_on = np.array([*(word == other for word, other in zip(words[:-1], plain, strict=False)), False])
        particles = np.array([option in _PARTICLES for option in options])
        end[particles & going_on[position]] = _NEVER
        end[[ends_open(word) or word.endswith("'s") for word in options]] = _NEVER
        # "killer whales sells": a verb that hardly ever ends human text waits for its object.
        turned = np.array([bare(o) != plain[p] for o, p in zip(options, position, strict=True)])
        verbs = np.isin(position, position[turned])
        end[verbs & (self._human_pairs.between(ids, np.array(_END)) <= 0)] = _NEVER
        # "the firms open", "the firm opens", and never "is opens".
        plural = np.array([self._plural(bare(option)) for option in options])
        third = np.array([option.endswith("s") for option in options])
        link[(plural[:, None] == third) & turned] -= _DISAGREEMENT
        link[np.array([option in _AUXILIARIES for option in options])[:, None] & turned] = _NEVER
        # What means something only as a whole is taken whole or not at all.
        bound = self._bound(words, plain, together)
        held, holds = bound[position], np.append(bound[1:], False)[position]
        link[(gap != 1) & (held | holds[:, None])] = _NEVER
        start[held] = _NEVER
        end[holds] = _NEVER
        # A preposition belongs to what comes next: "on a bridge" is not what "on tuesday a bridge" tells.
        between = np.array([_parts(word, other) for word, other in zip(words, plain, strict=True)])
        passed = np.cumsum(between)[position]
        opens = np.array([ends_open(option) and not is_cjk(option) for option in options]) & ~listed
        link[opens[:, None] & (passed - between[position] > passed[:, None])] = _NEVER
        return link, start, end

    def _plural(self, word: str) -> bool:
        """Whether a word is a plural, as far as its ending tells."""
        singulars = [
            word[:-1],
            word[:-2] if word.endswith("es") else "",
            f"{word[:-3]}y" if word.endswith("ies") else "",
        ]
        if word.endswith("s") and not word.endswith(("ss", "us", "is", "'s")):
            return any(self._documents[singular] >= _LEAST_FORM for singular in singulars if singular)
        return word in _PLURALS or word.endswith("men")

    def _bound(self, words: Sequence[str], plain: Words, together: np.ndarray) -> np.ndarray:
        """Which words stand or fall with the word before them, ``(words,)``."""
        bound = np.zeros(len(words), dtype=bool)
        in_name = 0
        for i in range(1, len(words)):
            before, word = plain[i - 1], plain[i]
            in_name = max(0, in_name - 1)
            if not before or not word or words[i - 1] != before:
                in_name = 0
            elif is_cjk(word):
                single = len(before) == len(word) == 1
                if _is_number(before):
                    bound[i] = word[0] in MEASURES
                elif single and before in SURNAMES and not in_name:
                    in_name = 2
                bound[i] |= in_name > 0 or before.endswith("·") or (single and together[i - 1] > _TOGETHER)
            elif is_cjk(before):
                bound[i] = before in _BEFORE_NUMBER and _is_number(word)
            else:
                bound[i] = (word in MAGNITUDES and _is_number(before)) or (
                    together[i - 1] > _INSEPARABLE and not STOP_WORDS & {before, word}
                )
        return bound

    def _link(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        weights = self.weights
        association = self._human_pairs.between(before, after)
        return weights.link * association.clip(weights.least_link, weights.most_link)

    def _options(self, words: Sequence[str]) -> tuple[Words, list[int]]:
        """What may be kept: every word, and the present of a past; and the place of each in the document."""
        plain = [bare(word) for word in words]
        options, places = [], []
        for i, word in enumerate(plain):
            if not word:
                continue
            before = plain[i - 1] if i else ""
            after = plain[i + 1] if i + 1 < len(plain) else ""
            forms = ["to"] if word in _FUTURE else self._present(word, before, after)
            if after == _AND and words[i] == word and i + 2 < len(words):
                forms = [*forms, f"{word},"]
            options += [word, *forms]
            places += [i] * (1 + len(forms))
        return options, places

    def _present(self, word: str, before: str, after: str) -> Words:
        """The present of a past form, where human text prefers it."""
        least = max(_LEAST_FORM, _LEAST_FORM_SHARE * self._human[word])
        verbs = present_forms(word, before, after)
        for third_person, _ in verbs:
            if self._human[third_person] >= _LEAST_COUNT:
                # "launches" is of "launch", though it could be of "launche".
                base = max(
                    (base for other, base in verbs if other == third_person), key=self._human.__getitem__
                )
                forms = [form for form in (third_person, base) if self._human[form] >= least]
                return [form for form in forms if self._writable is None or form in self._writable]
        return []

    def _worth(self, options: Words, counts: Counter[str]) -> np.ndarray:
        """What words are worth apart from their places and company, in nats."""
        weights = self.weights
        options = [bare(option) for option in options]
        human = np.array([self._human[word] for word in options])
        documents = np.array([self._documents[word] for word in options])
        style = np.log((human + 2) / self._human_total) - np.log((documents + 2) / self._documents_total)
        spread = np.array([self._spread[word] for word in options])
        rarity = np.minimum(np.log((self._rows + 1) / (spread + 1)) / _MOST_RARITY, 1.0)
        repeated = np.log(np.maximum([counts[word] for word in options], 1))
        content = np.array([word not in STOP_WORDS for word in options])
        worth = weights.style * style.clip(_LEAST_STYLE, _MOST_STYLE)
        return worth + content * (weights.rare * rarity + weights.repeated * repeated)


def _with_marks(kept: list[tuple[str, int]], words: Sequence[str], plain: Words) -> list[tuple[str, int]]:
    """Chinese words with a mark where a comma was passed: a colon after who said it.

    Without spaces, nothing else would show that another clause begins.
    """
    marked = kept[:1]
    for word, place in kept[1:]:
        before, earlier = marked[-1]
        if any(words[i][-1] in _CLAUSE_MARKS for i in range(earlier, place)):
            said = any(plain[i] in _CHINESE_SAYS for i in range(earlier + 1, place))
            marked[-1] = before + (":" if said else ","), earlier
        marked.append((word, place))
    return marked


def _is_number(word: str) -> bool:
    return word[-1].isdigit() or word[-1] == "#" or word[-1] in NUMERALS or word in COUNTS


def _main_verb(words: Sequence[str], plain: Words, pasts: Collection[int]) -> int:
    """Where the first verb stands that tells what happens; -1 where none is found."""
    aside = False
    for i, word in enumerate(plain):
        if word in _SAYS:
            aside = False
        elif i and word in _ASIDE and plain[i - 1] not in _SAYS:
            aside = True
        if aside or not word:
            aside = aside and words[i][-1] not in _PAUSES
        elif i in pasts and word not in _SAYS and i:
            return i
        elif word in _AUXILIARIES and word != "to":
            later = range(i + 1, min(i + 4, len(plain)))
            return next((j for j in later if plain[j] not in _AUXILIARIES), -1)
    return -1


def _parts(word: str, plain: str) -> bool:
    """Whether a word parts a preposition from what comes after the word."""
    return word != plain or (plain in STOP_WORDS and plain not in DETERMINERS) or plain in WEEKDAYS | {"said"}


def _best_path(
    worth: np.ndarray,
    link: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    units: np.ndarray,
    length: int,
    slack: int = 0,
) -> list[int]:
    """The best sequence among those at most ``slack`` shorter than the longest there are.

    ``link`` is ``(option, option before it)``.
    """
    size = len(worth)
    best = np.full((length + 1, size), _NEVER)
    parent = np.full((length + 1, size), -1)
    rows = np.arange(size)
    for used in range(1, length + 1):
        first = units == used
        best[used, first] = (start + worth)[first]
        before = used - units
        can = before >= 1
        scores = link + best[before.clip(min=0)]
        arg = scores.argmax(1)
        reached = scores[rows, arg] + worth
        better = can & (reached > best[used])
        best[used, better], parent[used, better] = reached[better], arg[better]
    ended = (best + end).max(1)
    reachable = np.flatnonzero(ended > _NEVER / 2)
    if not len(reachable):
        return []
    longest = int(reachable[-1])
    used = max(reachable[reachable >= longest - slack].tolist(), key=ended.__getitem__)
    last = int((best[used] + end).argmax())
    path = [last]
    while (earlier := int(parent[used, last])) >= 0:
        used, last = used - int(units[last]), earlier
        path.append(last)
    return path[::-1]


def bare(word: str) -> str:
    """A word without the marks around it; an abbreviation keeps its last point."""
    plain = word.strip(_MARKS + ".")
    return (
        f"{plain}." if "." in plain and word.rstrip(_MARKS).endswith(".") and plain[-1].isalpha() else plain
    )
