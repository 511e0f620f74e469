from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from textae import clauses
from textae.clauses import Clause, Units

# The council opens, a bridge, over the river, a new one: units 0, 1, 2 and 3, the last two on the bridge.
FORMS = ["council", "opens", "new", "bridge", "over", "river", "monday"]
UNITS = [0, 0, 3, 1, 2, 2, 4]
PARENTS = [-1, 0, 1, 1, 0]


def clause(forms, units, parents):
    labels = ["", *["prep"] * (len(parents) - 1)]
    return Clause(list(range(len(forms))), forms, units, [], parents, labels, tells=True)


def star(branches):
    """A word on which others hang, each of which may be left out by itself."""
    parents = [-1, *[0] * branches]
    return clause(["storm"] * len(parents), list(range(len(parents))), parents)


def found(ways):
    return {tuple(np.flatnonzero(way).tolist()) for way in ways}


def by_brute_force(forms, units, parents, length):
    kept = set()
    for way in product([False, True], repeat=len(parents)):
        whole = way[0] and all(way[parents[unit]] for unit in range(1, len(parents)) if way[unit])
        if whole and sum(way[unit] for unit in units) <= length:
            kept.add(tuple(np.flatnonzero(way).tolist()))
    return kept


def test_a_tree_is_shortened_to_what_a_person_would_find():
    ways = clause(["storm", "cuts", "power"], [0, 1, 2], [-1, 0, 1]).shortened(3, np.zeros(3))
    assert found(ways) == {(0,), (0, 1), (0, 1, 2)}
    assert ways.dtype == bool
    assert ways.shape == (3, 3)


@pytest.mark.parametrize("length", range(2, 9))
def test_all_ways_to_shorten_a_small_tree_are_found_once(length):
    ways = clause(FORMS, UNITS, PARENTS).shortened(length, np.linspace(-1, 1, len(FORMS)))
    expected = by_brute_force(FORMS, UNITS, PARENTS, length)
    assert found(ways) == expected
    assert len(ways) == len(expected)


def test_a_unit_may_have_a_lower_number_than_what_it_hangs_on():
    parents = [-1, 2, 3, 0]
    ways = clause(["w"] * 4, [0, 1, 2, 3], parents).shortened(4, np.zeros(4))
    assert found(ways) == {(0,), (0, 3), (0, 2, 3), (0, 1, 2, 3)}


def test_where_the_first_unit_is_too_long_there_is_no_way():
    ways = clause(FORMS, UNITS, PARENTS).shortened(1, np.zeros(len(FORMS)))
    assert ways.shape == (0, len(PARENTS))


def test_where_the_first_unit_has_no_words_there_is_no_way():
    ways = clause(["storm"], [1], [-1, 0]).shortened(4, np.zeros(1))
    assert ways.shape == (0, 2)


def test_of_many_ways_the_best_are_found():
    worth = np.array([0.0, *(n if n % 3 else -n for n in range(1, 17))])
    ways = star(16).shortened(17, worth)  # 2 ** 16 ways.
    assert 1 < len(ways) <= clauses._MOST_CANDIDATES
    assert len(found(ways)) == len(ways)
    assert ways[:, 0].all()
    assert tuple(np.flatnonzero(worth >= 0).tolist()) in found(ways)


def test_of_many_ways_none_is_too_long():
    ways = star(16).shortened(9, np.arange(17.0))
    assert ways.sum(1).max() == 9


@pytest.mark.parametrize("branches", [60, 61, 62, 63, 64, 90])
def test_a_long_clause_has_as_many_units_as_it_likes(branches):
    worth = np.full(1 + branches, -1.0)
    worth[[-1, -2]] = 1.0
    ways = star(branches).shortened(3, worth)
    assert ways.shape[1] == 1 + branches
    assert ways.dtype == bool
    assert ways[:, 0].all()
    assert ways.sum(1).max() == 3
    assert (0, branches - 1, branches) in found(ways)


def test_chinese_counts_in_characters():
    chinese = clause(["市议会", "批准", "新", "大桥"], [0, 0, 2, 1], [-1, 0, 1])
    assert found(chinese.shortened(8, np.zeros(4))) == {(0,), (0, 1), (0, 1, 2)}
    assert found(chinese.shortened(7, np.zeros(4))) == {(0,), (0, 1)}
    assert found(chinese.shortened(6, np.zeros(4))) == {(0,)}
    assert found(chinese.shortened(4, np.zeros(4))) == set()


def test_a_word_joins_the_unit_of_another():
    units = Units(5)
    units.join(3, 5)
    units.hang(7, 5, "prep")
    units.join(8, 7)
    assert units.owner == {5: 0, 3: 0, 7: 1, 8: 1}


def test_a_word_hangs_on_the_unit_of_its_head():
    units = Units(1)
    units.join(2, 1)
    units.hang(4, 2, "prep")
    units.hang(3, 4, "amod")
    assert units.owner == {1: 0, 2: 0, 4: 1, 3: 2}
    assert units.parents == [-1, 0, 1]
    assert units.labels == ["", "prep", "amod"]


def family():
    """A root 0 with two children, 1 and 2, each of which has one, 11 and 21, and that one too, 111."""
    units = Units(0)
    for i, head in ((1, 0), (2, 0), (11, 1), (21, 2), (111, 11)):
        units.hang(i, head, "prep")
    return units


def groups(units):
    """The words of each unit, and those of the unit that it hangs on."""
    words = {unit: tuple(sorted(i for i, owner in units.owner.items() if owner == unit)) for unit in range(6)}
    return {words[unit]: words.get(units.parents[unit], ()) for unit in set(units.owner.values())}


FAMILY = {(0,): (), (1,): (0,), (2,): (0,), (11,): (1,), (21,): (2,), (111,): (11,)}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 2, {(0,): (), (1, 2): (0,), (11,): (1, 2), (21,): (1, 2), (111,): (11,)}),
        (1, 11, {(0,): (), (1, 11): (0,), (2,): (0,), (21,): (2,), (111,): (1, 11)}),
        (0, 1, {(0, 1): (), (2,): (0, 1), (11,): (0, 1), (21,): (2,), (111,): (11,)}),
        (11, 21, {(0,): (), (1, 2, 11, 21): (0,), (111,): (1, 2, 11, 21)}),
        (2, 111, {(0,): (), (1, 2, 11, 111): (0,), (21,): (1, 2, 11, 111)}),
        (1, 111, {(0,): (), (1, 11, 111): (0,), (2,): (0,), (21,): (2,)}),
        (21, 21, FAMILY),
    ],
)
def test_merged_units_stand_or_fall_together_with_what_is_between_them(one, other, expected):
    for first, second in ((one, other), (other, one)):
        units = family()
        assert groups(units) == FAMILY
        units.merge(units.owner[first], units.owner[second])
        assert groups(units) == expected


def test_two_units_that_become_one_are_needed_as_the_one_that_is_more():
    for order in ((1, 2), (2, 1)):
        units = Units(0)
        units.hang(1, 0, "amod", 0.9)
        units.hang(2, 0, "prep", 0.1)
        units.merge(*order)
        assert max(units.numbered()[3]) == 0.9
