"""Documents and human sentences -> padded batches, in an order that a seed and a step number determine.

Nothing here keeps a position: the rows of step ``n`` follow from the seed alone, so a resumed run sees
exactly the batches that an uninterrupted one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from textae.networks import IGNORE

_POOL_BATCHES = 50
"""Batches that are sorted by length together: little padding, and still a shuffled epoch."""


@dataclass(frozen=True)
class Batch:
    """Inputs and what shall be written for them.

    Attributes:
        input_ids: ``(batch, source)``.
        attention_mask: bool, ``(batch, source)``.
        labels: ``(batch, length)``, ``-100`` where there is no token.
    """

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        return Batch(self.input_ids.to(device), self.attention_mask.to(device), self.labels.to(device))


def pad(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """Rows of ids -> ``(batch, longest)``, filled up with ``value`` on the right."""
    width = max((len(row) for row in rows), default=0)
    padded = np.full((len(rows), max(width, 1)), value, dtype=np.int64)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return torch.from_numpy(padded)


def pad_with_mask(rows: Sequence[Sequence[int]], value: int) -> tuple[Tensor, Tensor]:
    """As ``pad``, and a bool mask ``(batch, longest)`` that is true for a real token."""
    ids = pad(rows, value)
    lengths = torch.tensor([len(row) for row in rows]).unsqueeze(1)
    return ids, torch.arange(ids.shape[1]).unsqueeze(0) < lengths


def make_batch(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], pad_id: int) -> Batch:
    """Pairs of token rows -> one padded batch."""
    input_ids, mask = pad_with_mask(sources, pad_id)
    return Batch(input_ids, mask, pad(targets, IGNORE))


class BatchSchedule:
    """Which rows make up the batch of which step.

    Args:
        lengths: tokens of every row; rows of similar length share a batch.
        batch_size: rows a batch, over all processes.
        seed: of the order.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = np.asarray(lengths)
        self._batch_size = min(batch_size, len(self._lengths))
        self._seed = seed
        self._epoch = -1
        self._batches: list[np.ndarray] = []

    def rows(self, step: int) -> list[int]:
        """The row numbers of a step."""
        per_epoch = len(self._lengths) // self._batch_size
        epoch, index = divmod(step, per_epoch)
        if epoch != self._epoch:
            self._batches, self._epoch = self._shuffled(epoch), epoch
        return [int(row) for row in self._batches[index]]

    def _shuffled(self, epoch: int) -> list[np.ndarray]:
        random = np.random.default_rng([self._seed, epoch])
        size = self._batch_size
        order = random.permutation(len(self._lengths))
        order = order[: len(order) // size * size]
        pool = size * _POOL_BATCHES
        for start in range(0, len(order), pool):
            part = order[start : start + pool]
            order[start : start + pool] = part[np.argsort(self._lengths[part], kind="stable")]
        batches = order.reshape(-1, size)
        return list(batches[random.permutation(len(batches))])
