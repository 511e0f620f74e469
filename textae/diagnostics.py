"""What ROUGE does not see in a summary: copying, repetition, invented names and numbers, broken ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from textae.segment import (
    content_words,
    ends_open,
    is_cjk,
    name_parts,
    names,
    numbers,
    script_of,
    strip_word,
    units,
)


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Means over a system's summaries; None where no summary has the property to tell.

    All but ``length`` and ``perplexity`` are shares from 0 to 1. Empty summaries count in ``length``
    and ``empty`` alone.
    """

    length: float | None
    """Units in a summary."""
    copied: float | None
    """Share of a summary's units that stand in the document, whatever their case."""
    prefix: float | None
    """Summaries that are the document's first words."""
    repeated: float | None
    """Summaries with a content word twice; in Chinese, a pair of neighbouring content characters."""
    new_number: float | None
    """Summaries with a number, in digits, that the document does not have."""
    new_name: float | None
    """Summaries with a name the document does not have, where both are in natural-case Latin script."""
    open_end: float | None
    """Summaries that end in a function word or a comma."""
    empty: float | None
    """Summaries without a unit."""
    perplexity: float | None = None
    """Of a language model of headlines; None where none was given."""


_NAMES = [field.name for field in fields(Diagnostics)][:-1]
_UNKNOWN = float("nan")


class DocumentFacts:
    """What the diagnostics of all summaries of one document ask about it, worked out once."""

    def __init__(self, text: str) -> None:
        self.words = _compared_words(text)
        self.vocabulary = frozenset(self.words)
        self.numbers = frozenset(numbers(text))
        self.natural_case = text != text.lower() and script_of(text) == "latin"
        self.name_parts = frozenset(part.lower() for word in text.split() for part in name_parts(word))

    def diagnose(self, summary: str) -> tuple[float, ...]:
        """The diagnostics of one summary, in the order of ``Diagnostics`` less perplexity; NaN if unknown."""
        words = _compared_words(summary)
        if not words:
            return 0.0, *[_UNKNOWN] * (len(_NAMES) - 2), 1.0
        new_name = _UNKNOWN
        if self.natural_case and summary != summary.lower():
            new_name = float(any(name.lower() not in self.name_parts for name in names(summary)))
        return (
            float(len(words)),
            sum(word in self.vocabulary for word in words) / len(words),
            float(words == self.words[: len(words)]),
            float(repeats(summary)),
            float(not self.numbers.issuperset(numbers(summary))),
            new_name,
            float(ends_open(summary)),
            0.0,
        )

    def new_words(self, summary: str) -> set[str]:
        """The units of a summary, as written, that do not stand in the document."""
        return {unit for unit in units(summary) if _compared(unit) not in self.vocabulary}


def repeats(summary: str) -> bool:
    """Whether a summary says a content word twice.

    Chinese characters recur in different words, so there it takes the same two neighbouring content
    characters. Numbers may recur.
    """
    words = [word.lower() for word in content_words(summary) if any(map(str.isalpha, word))]
    single = [word for word in words if not is_cjk(word)]
    pairs = [pair for pair in pairwise(words) if all(map(is_cjk, pair))]
    return len(set(single)) < len(single) or len(set(pairs)) < len(pairs)


def summarize_diagnostics(
    items: NDArray[np.float64], summaries: Sequence[str], perplexity: Callable[[Sequence[str]], float] | None
) -> Diagnostics:
    """The means of a system.

    Args:
        items: ``(summaries, diagnostics)``, the rows of ``DocumentFacts.diagnose``.
        summaries: the summaries themselves, for the language model.
        perplexity: from texts, none of them empty, to their perplexity.
    """
    known = ~np.isnan(items)
    counts = known.sum(axis=0)
    sums = np.where(known, items, 0.0).sum(axis=0)
    means = [float(total / count) if count else None for total, count in zip(sums, counts, strict=True)]
    written = [summary for summary in summaries if summary.strip()]
    return Diagnostics(
        **dict(zip(_NAMES, means, strict=True)),
        perplexity=perplexity(written) if perplexity and written else None,
    )


def _compared(unit: str) -> str:
    return strip_word(unit).lower() or unit


def _compared_words(text: str) -> list[str]:
    return [_compared(unit) for unit in units(text)]
