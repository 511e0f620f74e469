from __future__ import annotations

from math import log

import numpy as np
import pytest

from textae.associations import END, OTHER, START, Associations

A, B, C, D = range(3, 7)
SIZE = 7


def count(*texts, size=SIZE):
    return Associations.count(
        np.array([n for text in texts for n in (START, *text, END)], dtype=int), size, 2
    )


@pytest.fixture
def associations():
    return count([A, B], [A, B], [A, C])


def test_associations_by_hand(associations):
    # Of 12 numbers, 3 are beginnings, 3 ends, 3 A, 2 B and 1 C.
    assert associations.frequency.tolist() == [3, 3, 0, 3, 2, 1, 0]
    between = associations.between
    assert between(A, B) == pytest.approx(log((2 + 1) / (3 * 2 / 12 + 1)))
    assert between(START, A) == pytest.approx(log((3 + 1) / (3 * 3 / 12 + 1)))
    assert between(B, END) == pytest.approx(log((2 + 1) / (2 * 3 / 12 + 1)))
    assert between(B, A) == pytest.approx(log(1 / (2 * 3 / 12 + 1)))


def test_a_pair_seen_once_is_like_one_unseen(associations):
    assert associations.between(A, C) == pytest.approx(log(1 / (3 * 1 / 12 + 1)))
    # The same words, each pair of them seen once.
    one, other = count([A, B], [C, D]), count([A, D], [C, B])
    words = np.arange(A, SIZE)
    assert np.array_equal(one.between(words[:, None], words), other.between(words[:, None], words))
    twice = count(*[[A, B], [C, D]] * 2).between(words[:, None], words)
    assert not np.array_equal(twice, count(*[[A, D], [C, B]] * 2).between(words[:, None], words))


def test_one_text_does_not_follow_another(associations):
    assert associations.between(END, START) == pytest.approx(log(1 / (3 * 3 / 12 + 1)))
    assert associations.pairs.tolist() == sorted(associations.pairs)
    assert END not in associations.pairs // SIZE


def test_unknown_words_are_not_associated(associations):
    everyone = np.arange(SIZE)
    assert associations.between(OTHER, everyone).tolist() == [0] * SIZE
    assert associations.between(everyone, OTHER).tolist() == [0] * SIZE
    assert associations.between(D, D) == 0


def test_words_without_a_number_share_their_company():
    associations = count([A, OTHER], [A, OTHER])
    assert associations.between(A, OTHER) == pytest.approx(log((2 + 1) / (2 * 2 / 8 + 1)))


def test_the_last_of_all_pairs_is_found():
    associations = count([D, D, D])
    assert associations.between(D, D) == pytest.approx(log((2 + 1) / (3 * 3 / 5 + 1)))


def test_before_and_after_are_broadcast(associations):
    before, after = np.array([START, A, B]), np.array([A, B, C, END])
    table = associations.between(before[:, None], after)
    assert table.shape == (3, 4)
    for i, one in enumerate(before):
        assert np.array_equal(associations.between(int(one), after), table[i])
        for j, other in enumerate(after):
            assert associations.between(int(one), int(other)) == table[i, j]
    assert np.array_equal(associations.between(before[:2], after[:2]), [table[0, 0], table[1, 1]])
    assert np.array_equal(associations.between(before, END), table[:, 3])
    assert associations.between(before[:0], after[:0]).shape == (0,)


def test_the_oftener_a_pair_is_seen_among_the_same_words_the_higher():
    texts = [[A, B]] * 6
    rising = [
        # The words stay as frequent; only their order changes.
        float(count(*texts[:n], *[[B, A]] * (6 - n)).between(A, B))
        for n in range(7)
    ]
    assert rising[0] == rising[1]
    assert rising[1:] == sorted(set(rising[1:]))


def test_no_texts_have_no_associations():
    associations = count()
    every = np.arange(SIZE)
    assert associations.between(every[:, None], every).tolist() == [[0] * SIZE] * SIZE
