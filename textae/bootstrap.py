"""Intervals and significance by resampling rows: numpy, percentile intervals, fixed seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
CONFIDENCE = 0.95
# Row counts held in memory at once.
_CHUNK = 2**22

Array = NDArray[np.float64]


def resampled_means(items: Array, seed: int) -> Array:
    """Means over rows drawn with replacement, as many as there are.

    Every column sees the same draws, so that differences between columns are paired.

    Args:
        items: ``(rows, columns)``, one figure for each row and column.
        seed: of the draws.

    Returns:
        ``(RESAMPLES, columns)``.
    """
    rows = len(items)
    generator = np.random.default_rng(seed)
    chance = np.full(rows, 1 / rows)
    step = max(1, _CHUNK // rows)
    chunks = [
        generator.multinomial(rows, chance, size=min(step, RESAMPLES - start)) @ items
        for start in range(0, RESAMPLES, step)
    ]
    means: Array = np.concatenate(chunks) / rows
    return means


def interval(means: Array) -> tuple[Array, Array]:
    """The lower and upper end, ``(columns,)`` each, of the percentile interval of ``resampled_means``."""
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [outside, 1 - outside], axis=0)
    return low, high


def p_values(means: Array) -> Array:
    """Two-sided p, ``(columns,)``, that a difference is zero, from its ``resampled_means``.

    Twice the share of resamples on the rarer side of zero (paired bootstrap; Koehn, "Statistical
    Significance Tests for Machine Translation Evaluation", 2004), with the observed sample counted as
    one of them, so never 0.
    """
    rarer = np.minimum((means <= 0).sum(axis=0), (means >= 0).sum(axis=0))
    p: Array = np.minimum(1.0, 2 * (rarer + 1) / (len(means) + 1))
    return p
