"""Cut a document into windows that a network can read: runs of whole sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from textae.segment import join_units, sentences, unit_spans

Measure = Callable[[Sequence[str]], list[int]]


def windows(text: str, measure: Measure, limit: int) -> Iterator[str]:
    """Runs of whole sentences that fit into a window; a sentence too long for one is cut between words.

    Args:
        text: the document.
        measure: the sizes of texts, in tokens.
        limit: the most tokens of a window; only a single word may have more.
    """
    run: list[str] = []
    filled = 0
    for part, size in _parts(sentences(text), measure, limit):
        if run and filled + size > limit:
            yield join_units(run)
            run, filled = [], 0
        run.append(part)
        filled += size
    if run:
        yield join_units(run)


def _parts(texts: Sequence[str], measure: Measure, limit: int) -> Iterator[tuple[str, int]]:
    """Texts and their sizes, those beyond the limit in parts."""
    for text, size in zip(texts, measure(texts), strict=True):
        starts = [start for start, _ in unit_spans(text)]
        if size <= limit or len(starts) < 2:
            yield text, size
            continue
        count = min(len(starts), 2 * math.ceil(size / limit))
        cuts = [0, *starts[:: math.ceil(len(starts) / count)][1:], len(text)]
        yield from _parts([text[start:end].strip() for start, end in pairwise(cuts)], measure, limit)
