"""English sentences without some of their branches, in their own words: more is told than by whole ones.

A sentence stays one: its subject, its verb and what these ask for are kept, and so is all that a "not" or an
"if" bears on. What may go are clauses beside the main one, and what only tells when, where or with whom. Of
the ways to do so the one is taken whose words say most of the document that is not said yet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from textae.clauses import Clause, Units
from textae.counts import Counts
from textae.extraction import stands_alone
from textae.parser import ROOT, DependencyParser, Parse
from textae.phrases import NEGATIONS, Words, bare
from textae.segment import content_words, count_units, ends_open, word_set

_BRANCHES = word_set("acl advcl agent appos conj npadvmod parataxis prep relcl")
"""Relations of what may go; all else stands or falls with its head."""
_SET_OFF = word_set("acl appos relcl")
"""Relations of what may stand within commas."""
_CONDITIONS = word_set("if unless until without whether except despite than as")
"""What they begin must not go: without it another thing would be said."""
_TIED = 2.5
"""Association in documents, in nats, with which a word waits for the one right behind it."""
_POINTS = word_set("he she it they his her its their there who")
"""Near its beginning they make a sentence hang on those before it."""
_BEGINNING = 4
_POINTS_ANYWHERE = word_set(
    "i you we me us my your our mine yours ours myself this these those another others such"
)
_OPENERS = word_set("but however meanwhile instead again also still then thus so and yet now currently by")
_MISTERS = word_set("mr mrs ms dr sir lord lady dame prof")
_TAKES_BACK = word_set("but however yet although")
"""What begins with them takes back what was said before, which would be half the truth."""
_LEAST = 5
"""Words of a sentence that says something."""
_LENGTHS = tuple(twentieths / 20 for twentieths in range(6, 19))
"""Shares of the room to which the first of two sentences is shortened."""
_TRIED = 24
"""Sentences among which the second one is looked for."""
_MARKS = ",;:–—-"
_QUOTES = frozenset('"“”‘’«»()[]')

Weights = Mapping[str, float]
"""How much each content word of a document tells, in lower case."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence as a tree of what may go, and its words as they are written."""

    tokens: list[str]
    subject: int
    """The place of its subject's head; -1 where it has none."""
    tree: Clause

    def shortened(self, room: int, weights: Weights) -> str:
        """The weightiest way to write it in at most ``room`` words; empty where there is none."""
        worth = np.array([weights.get(form, 0.0) for form in self.tree.forms])
        kept = self.tree.shortened(room, worth)[:, self.tree.units]
        # Of ways that say as much the longest is nearest to the sentence.
        for way in np.argsort(-(kept @ worth + 1e-3 * kept.sum(1)), kind="stable"):
            places = np.array(self.tree.places)[kept[way]].tolist()
            if len(places) >= _LEAST and not ends_open(bare(self.tokens[places[-1]].lower())):
                return _written(self.tokens, places)
        return ""


class Shortener:
    """Fills the room that whole sentences leave.

    Args:
        parser: of English.
        counts: of a corpus of documents: which words belong together, and which are rare.
        split: a text into words in normal form.
    """

    def __init__(self, parser: DependencyParser, counts: Counts, split: Callable[[str], Words]) -> None:
        self._parser, self._counts, self._split = parser, counts, split

    def fill(self, texts: Sequence[str], chosen: Sequence[int], room: int) -> dict[int, str]:
        """What is written of which sentences: the chosen ones, and a part of another where that tells more.

        One that was chosen alone may be shortened too, to make room for the other.

        Args:
            texts: the sentences of a document.
            chosen: those that fit whole.
            room: the most words in all.
        """
        weights = self._weigh(texts)
        others = [i for i in range(len(texts)) if i not in chosen and stands_alone(texts[i])][:_TRIED]
        trees = self._read({i: texts[i] for i in (*chosen, *others)})
        known = " ".join(texts[i] for i in chosen)
        others = [i for i in others if i in trees and self._follows(i, trees[i], texts, known)]
        ways = [{i: texts[i] for i in chosen}]
        if len(chosen) == 1 and chosen[0] in trees:
            (first,) = chosen
            shorter = (trees[first].shortened(int(room * share), weights) for share in _LENGTHS)
            ways += [{first: text} for text in shorter if text]
        for way in ways:
            said = _content(way.values())
            unsaid = {word: weight for word, weight in weights.items() if word not in said}
            left = room - sum(map(count_units, way.values()))
            parts = {i: trees[i].shortened(left, unsaid) for i in others}
            best = max(parts, key=lambda i: _weight([parts[i]], unsaid), default=None)
            if best is not None and parts[best]:
                way[best] = parts[best]
        return max(ways, key=lambda way: _weight(way.values(), weights))

    def _follows(self, i: int, sentence: _Sentence, texts: Sequence[str], known: str) -> bool:
        """Whether a sentence can be read right behind what is known."""
        words = [bare(token.lower()) for token in sentence.tokens]
        points = not _POINTS.isdisjoint(words[:_BEGINNING]) or not _POINTS_ANYWHERE.isdisjoint(words)
        taken_back = i + 1 < len(texts) and bare(texts[i + 1].split()[0].lower()) in _TAKES_BACK
        asks = texts[i].endswith("?")
        if points or words[0] in _OPENERS or taken_back or asks or sentence.subject < 0:
            return False
        name = bare(sentence.tokens[sentence.subject])
        if name in known or not name[:1].isupper():
            return True
        if sentence.subject:
            return words[sentence.subject - 1] not in _MISTERS
        # Of a person that was introduced before only the surname is left.
        return not any(re.search(rf"[A-Z]\w+ {re.escape(name)}\b", text) for text in texts[:i])

    def _weigh(self, texts: Sequence[str]) -> dict[str, float]:
        """How much words tell of a document: the oftener it has them, and others have not, the more."""
        told = Counter(word.lower() for text in texts for word in content_words(text))
        rarity = self._counts.rarity(self._counts.numbers([bare(word) for word in told]))
        return {word: told[word] * weight for word, weight in zip(told, rarity.tolist(), strict=True)}

    def _read(self, texts: Mapping[int, str]) -> dict[int, _Sentence]:
        """The trees of those sentences that can be shortened."""
        rows = {i: (text.split(), self._split(text)) for i, text in texts.items()}
        # One with quotes or brackets might lose one half of a pair.
        rows = {
            i: (tokens, words)
            for i, (tokens, words) in rows.items()
            if len(tokens) == len(words) and _QUOTES.isdisjoint(texts[i])
        }
        found = {}
        parses = self._parser.parse([words for _, words in rows.values()])
        for (i, (tokens, words)), parse in zip(rows.items(), parses, strict=True):
            roots = [k for k, head in enumerate(parse.heads) if head == ROOT and bare(words[k])]
            if len(roots) == 1 and parse.tags[roots[0]].startswith(("VB", "MD")):
                subjects = (
                    k for k, head in enumerate(parse.heads) if head == roots[0] and "subj" in parse.labels[k]
                )
                tree = _Tree(words, parse, self._counts).clause(roots[0])
                found[i] = _Sentence(tokens, next(subjects, -1), tree)
        return found


class _Tree:
    """What hangs on what in a sentence, and what of it may go."""

    def __init__(self, words: Words, parse: Parse, counts: Counts) -> None:
        self._words, self._plain, self._parse = words, [bare(word) for word in words], parse
        numbers = counts.numbers(self._plain)
        self._together = counts.documents.between(numbers[:-1], numbers[1:])
        self._children: dict[int, list[int]] = {}
        for i, head in enumerate(parse.heads):
            self._children.setdefault(head, []).append(i)

    def clause(self, root: int) -> Clause:
        """All that hangs on a root."""
        units = Units(root)
        for i in self._below(root)[1:]:
            if self._stands_with_head(i):
                units.join(i, self._parse.heads[i])
            else:
                units.hang(i, self._parse.heads[i], self._parse.labels[i])
        for i, label in enumerate(self._parse.labels):
            if label in ("cc", "preconj") and i in units.owner:
                # An "and" goes with what it joins.
                beside = self._children[self._parse.heads[i]]
                later = [k for k in beside if k > i and self._parse.labels[k] == "conj"]
                if later:
                    units.join(i, later[0])
        places = sorted(units.owner)
        owner, parents, labels, _ = units.numbered()
        return Clause(
            places=places,
            forms=[self._plain[i] for i in places],
            units=[owner[i] for i in places],
            phrases=[],
            parents=parents,
            labels=labels,
            tells=True,
        )

    def _below(self, i: int) -> list[int]:
        """A word and all that hangs on it, every head before what hangs on it."""
        found = [i]
        for k in found:
            found += self._children.get(k, [])
        return found

    def _stands_with_head(self, i: int) -> bool:
        """Whether a branch stands or falls with its head."""
        label, tag, head = self._parse.labels[i], self._parse.tags[i], self._parse.heads[i]
        if label not in _BRANCHES or self._plain[i] == "of":
            return True
        if any(self._parse.labels[k] == "neg" or self._plain[k] in NEGATIONS for k in self._children[head]):
            return True
        if any(self._plain[k] in _CONDITIONS for k in (i, *self._children.get(i, []))):
            return True
        own_subject = any(self._parse.labels[k] == "nsubj" for k in self._children.get(i, []))
        if label == "conj" and not (tag.startswith("VB") and own_subject):
            return True
        first = min(self._below(i))
        after_comma = first > 0 and self._words[first - 1].endswith(",")
        if label == "advcl" and tag == "VB" and not after_comma:
            return True
        named = tag.startswith("NNP") and self._parse.tags[head].startswith("NNP")
        if label == "npadvmod" and named and not after_comma:
            return True
        if first == head + 1 and self._words[head] == self._plain[head]:
            of_verb = label == "prep" and self._parse.tags[head].startswith("VB")
            if of_verb or self._together[head] > _TIED:
                return True
        # Of what stands within commas all stays or goes.
        opening = min(self._below(head))
        return self._parse.labels[head] in _SET_OFF and opening > 0 and self._words[opening - 1].endswith(",")


def _content(texts: Iterable[str]) -> set[str]:
    return {word.lower() for text in texts for word in content_words(text)}


def _weight(texts: Iterable[str], weights: Weights) -> float:
    """What the words of texts tell, each once."""
    return sum(weights.get(word, 0.0) for word in _content(texts))


def _written(tokens: Sequence[str], places: Sequence[int]) -> str:
    """The words that are kept as a sentence.

    Where words between two are gone, a comma stands if it stood on one side of them: on both sides, they
    were what stood within commas.
    """
    written = []
    for i, following in pairwise(places):
        token = tokens[i]
        if following > i + 1:
            commas = [tokens[k].endswith(",") for k in (i, following - 1)]
            token = token.rstrip(_MARKS) + ("," if sum(commas) == 1 else "")
        written.append(token)
    written.append(tokens[places[-1]].rstrip(_MARKS + ".!?") + ".")
    written = [token for token in written if token.strip(_MARKS)]
    return written[0][:1].upper() + " ".join(written)[1:]
