from __future__ import annotations

import itertools
import random

import pytest
import torch

from textae.data import BatchSchedule, make_batch, pad
from textae.networks import IGNORE

LENGTHS = [random.Random(i).randint(1, 60) for i in range(103)]


def epoch(schedule, number, size=8):
    steps = len(LENGTHS) // size
    return [schedule.rows(step) for step in range(number * steps, (number + 1) * steps)]


@pytest.mark.parametrize("size", [1, 8, 103])
def test_each_row_comes_once_an_epoch_at_most(size):
    schedule = BatchSchedule(LENGTHS, size, seed=3)
    rows = list(itertools.chain(*epoch(schedule, 0, size)))
    assert len(rows) == len(LENGTHS) // size * size
    assert len(set(rows)) == len(rows)
    assert set(rows) <= set(range(len(LENGTHS)))


def test_every_row_comes_in_some_epoch():
    schedule = BatchSchedule(LENGTHS, 8, seed=3)
    seen = {row for number in range(5) for batch in epoch(schedule, number) for row in batch}
    assert seen == set(range(len(LENGTHS)))


def test_a_step_depends_on_the_seed_and_its_number_alone():
    steps = list(range(40))
    in_order = BatchSchedule(LENGTHS, 8, seed=3)
    expected = [in_order.rows(step) for step in steps]
    shuffled = BatchSchedule(LENGTHS, 8, seed=3)
    for step in random.Random(0).sample(steps, len(steps)):
        assert shuffled.rows(step) == expected[step]
    assert BatchSchedule(LENGTHS, 8, seed=4).rows(0) != expected[0]


def test_epochs_differ():
    schedule = BatchSchedule(LENGTHS, 8, seed=3)
    assert epoch(schedule, 0) != epoch(schedule, 1)


def test_rows_of_a_batch_have_similar_lengths():
    schedule = BatchSchedule(LENGTHS, 8, seed=3)
    spans = [
        max(LENGTHS[row] for row in batch) - min(LENGTHS[row] for row in batch)
        for batch in epoch(schedule, 0)
    ]
    assert sum(spans) / len(spans) < 10


def test_short_batches_do_not_all_come_first():
    schedule = BatchSchedule(LENGTHS, 8, seed=3)
    means = [sum(LENGTHS[row] for row in batch) / 8 for batch in epoch(schedule, 0)]
    assert means != sorted(means)


def test_a_batch_larger_than_the_corpus_is_the_corpus():
    schedule = BatchSchedule([5, 3, 4], 100, seed=0)
    assert [sorted(schedule.rows(step)) for step in range(3)] == [[0, 1, 2]] * 3


def test_rows_are_padded_on_the_right():
    assert pad([[1, 2], [], [3]], 9).tolist() == [[1, 2], [9, 9], [3, 9]]
    assert pad([[], []], 9).tolist() == [[9], [9]]
    assert pad([], 9).shape == (0, 1)


def test_a_batch_tells_tokens_from_padding_by_place():
    batch = make_batch([[4, 0], [5]], [[6], [7, 8]], pad_id=0)
    assert batch.input_ids.tolist() == [[4, 0], [5, 0]]
    # A padding id inside a document is a token of it.
    assert batch.attention_mask.tolist() == [[True, True], [True, False]]
    assert batch.labels.tolist() == [[6, IGNORE], [7, 8]]


def test_a_process_may_have_no_row_of_a_batch():
    batch = make_batch([], [], pad_id=0)
    assert batch.input_ids.shape == batch.attention_mask.shape == batch.labels.shape == (0, 1)
    assert batch.to(torch.device("cpu")).attention_mask.dtype == torch.bool
