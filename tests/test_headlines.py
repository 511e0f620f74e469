from __future__ import annotations

from dataclasses import fields, replace
from itertools import chain

import numpy as np
import pytest

from textae.clauses import Clause, Phrase
from textae.counts import Counts
from textae.headlines import ClauseWeights, Headlines
from textae.phrases import bare
from textae.segment import count_units, ends_open
from textae.tokenizer import join_words

COUNTS = Counts.of(
    [["council", "opens", "bridge"], ["storm", "closes", "school"]] * 10,
    [["the", "council", "opened", "a", "bridge", "in", "the", "harbour", "on", "monday."]] * 10,
)
NONE = ClauseWeights(**{field.name: 0.0 for field in fields(ClauseWeights)})
FULL = replace(NONE, full=1.0)
"""Only the number of words counts."""


def clause(words, units, parents, labels=None, phrases=(), tells=True, start=0):
    """Of all words of a text, or of those from a place on."""
    words = words[start:]
    labels = labels or ["", *["prep"] * (len(parents) - 1)]
    forms = [bare(word) for word in words]
    places = list(range(start, start + len(words)))
    return Clause(places, forms, units, list(phrases), parents, labels, tells)


def best(words, found, length, weights=FULL, salience=None):
    salience = None if salience is None else np.array(salience, dtype=float)
    return Headlines(COUNTS, weights).best(words, found, length, salience)


HARBOUR = ["council", "opens", "bridge", "in", "harbour", "on", "monday."]
OPENS = clause(HARBOUR, [0, 0, 0, 1, 1, 2, 2], [-1, 0, 0])
STORM = ["storm,", "it", "closes", "school,", "council", "opens", "bridge."]


def test_without_a_clause_there_is_no_headline():
    assert best(HARBOUR, [], 9) == []
    assert best([], [], 9) == []


def test_a_clause_that_is_too_long_gives_no_headline():
    assert best(HARBOUR, [OPENS], 2) == []
    short = clause(["storm", *HARBOUR], [0] + [1] * 7, [-1, 0])
    assert best(["storm", *HARBOUR], [OPENS, short], 2) == ["storm"]


@pytest.mark.parametrize("weights", [FULL, ClauseWeights()])
def test_a_headline_keeps_its_length(weights):
    for length in range(3, 9):
        found = best(HARBOUR, [OPENS], length, weights)
        assert 3 <= count_units(join_words(found)) <= length
    assert len(best(HARBOUR, [OPENS], 5)) == 5
    assert best(HARBOUR, [OPENS], 7) == [bare(word) for word in HARBOUR]


def test_chinese_counts_in_characters():
    words = ["市议会", "昨日", "批准", "工程。"]
    found = clause(words, [0, 1, 0, 0], [-1, 0])
    assert best(words, [found], 9) == ["市议会", "昨日", "批准", "工程"]
    assert best(words, [found], 8) == ["市议会", "批准", "工程"]
    assert best(words, [found], 6) == []


@pytest.mark.parametrize(
    ("salience", "expected"),
    [([0, 0, 0, 0, 5, 0, 0], ["in", "harbour"]), ([0, 0, 0, 0, 0, 0, 5], ["on", "monday"])],
)
def test_salient_words_are_kept(salience, expected):
    for weights in (ClauseWeights(), replace(NONE, salient=1.0)):
        assert best(HARBOUR, [OPENS], 5, weights, salience) == ["council", "opens", "bridge", *expected]


def test_the_clause_with_salient_words_is_chosen():
    words = ["storm", "closes", "school,", "council", "opens", "bridge."]
    both = [clause(words[:3], [0, 0, 0], [-1]), clause(words, [0, 0, 0], [-1], start=3)]
    weights = replace(NONE, salient=1.0)
    assert best(words, both, 9, weights, [0, 0, 0, 0, 0, 1]) == ["council", "opens", "bridge"]
    assert best(words, both, 9, weights, [0, 0, 1, 0, 0, 0]) == ["storm", "closes", "school"]


def test_a_clause_of_nobody_loses_against_one_of_a_name():
    nobody = clause(STORM[:4], [0, 0, 0, 0], [-1], tells=False)
    named = clause(STORM, [0, 0, 0], [-1], start=4)
    for clauses in ([nobody, named], [named, nobody]):
        assert best(STORM, clauses, 9, FULL) == ["storm", "it", "closes", "school"]
        assert best(STORM, clauses, 9, replace(FULL, vague=3.0)) == ["council", "opens", "bridge"]
    # It is better than nothing.
    assert best(STORM, [nobody], 9, replace(FULL, vague=3.0)) == ["storm", "it", "closes", "school"]


KINDS = {
    "aside": ["acl", "relcl", "appos", "time", "adverb"],
    "subordinate": ["advcl", "serial", "segment"],
    "joined": ["conj", "joined"],
    "preposition": ["prep", "agent", "preposition"],
    "describing": ["amod", "compound", "nmod", "poss", "describing"],
    "said": ["said"],
    "title": ["title"],
}


@pytest.mark.parametrize("part", KINDS)
@pytest.mark.parametrize("label", [*chain(*KINDS.values()), "npadvmod"])
def test_a_weight_against_a_part_leaves_it_out(part, label):
    words = ["council", "opens", "bridge"]
    found = clause(words, [0, 0, 1], [-1, 0], ["", label])
    assert best(words, [found], 9, FULL) == words
    expected = words[:2] if label in KINDS[part] else words
    assert best(words, [found], 9, replace(FULL, **{part: 2.0})) == expected


def test_short_headlines_cost_what_lacks():
    dislike = replace(NONE, full=-1.0)
    assert len(best(HARBOUR, [OPENS], 9, dislike)) == 3
    assert len(best(HARBOUR, [OPENS], 9, replace(dislike, short=2.0, least=5.0))) == 5
    assert len(best(HARBOUR, [OPENS], 9, replace(dislike, short=2.0, least=7.0))) == 7
    assert len(best(HARBOUR, [OPENS], 9, replace(dislike, short=0.5, least=7.0))) == 3


def test_early_words_are_preferred():
    words = ["storm", "closes", "school,", "council", "opens", "bridge."]
    both = [clause(words, [0, 0, 0], [-1], start=3), clause(words[:3], [0, 0, 0], [-1])]
    assert best(words, both, 9, replace(FULL, early=1.0)) == ["storm", "closes", "school"]
    assert best(words, both, 9, replace(FULL, early=-1.0)) == ["council", "opens", "bridge"]


def test_words_that_follow_one_another_in_human_text_are_preferred():
    words = ["council", "opens", "monday", "bridge"]
    found = clause(words, [0, 0, 1, 2], [-1, 0, 0])
    linked = replace(FULL, link=2.0, least_link=-1.0, most_link=2.0)
    assert best(words, [found], 3, linked) == ["council", "opens", "bridge"]
    assert best(words, [found], 3, replace(linked, link=-2.0)) == ["council", "opens", "monday"]


def test_the_first_word_is_one_that_begins_human_text():
    words = ["bridge", "council"]
    both = [clause(words[:1], [0], [-1]), clause(words, [0], [-1], start=1)]
    begun = replace(FULL, link=1.0, first=3.0, least_link=-1.0, most_link=1.0)
    assert best(words, both, 2, begun) == ["council"]
    assert best(words, both, 2, replace(begun, link=-1.0)) == ["bridge"]


@pytest.mark.parametrize("mark", [",", "、"])
def test_a_mark_stands_before_the_first_kept_word_of_a_phrase(mark):
    words = ["council", "opens", "school", "and", "old", "bridge."]
    # The phrase is "old bridge", of which "old" may go.
    forms, places = ["council", "opens", "school", "old", "bridge"], [0, 1, 2, 4, 5]
    phrase = Phrase(mark, frozenset({3, 4}))
    found = Clause(*(places, forms, [0, 0, 0, 2, 1], [phrase], [-1, 0, 1], ["", "conj", "amod"]), tells=True)
    assert best(words, [found], 5) == ["council", "opens", f"school{mark}", "old", "bridge"]
    assert best(words, [found], 4) == ["council", "opens", f"school{mark}", "bridge"]
    assert best(words, [found], 3) == ["council", "opens", "school"]


def test_no_comma_stands_first():
    words = ["bridge", "built", "opens"]
    for phrases in ([Phrase(",", frozenset({0}))], [Phrase(",", frozenset({0, 1, 2}))]):
        assert best(words, [clause(words, [0, 0, 0], [-1], phrases=phrases)], 9) == words
    # "bridge" is left out, so that the phrase begins the headline.
    late = clause(words, [1, 0, 0], [-1, 0], phrases=[Phrase(",", frozenset({1, 2}))])
    assert best(words, [late], 3) == ["bridge,", "built", "opens"]
    assert best(words, [late], 2) == ["built", "opens"]


def test_no_comma_stands_behind_a_colon():
    words = ["council", "school", "closes"]
    found = clause(words, [0, 0, 0], [-1], phrases=[Phrase(",", frozenset({1, 2}))])
    found = replace(found, forms=["council:", "school", "closes"])
    assert best(words, [found], 9) == ["council:", "school", "closes"]


def test_leaving_out_what_is_needed_costs():
    words = ["former", "mayor", "of", "ansel", "dies."]
    # "former" hangs on "mayor", and both on what dies.
    found = clause(words, [1, 0, 2, 2, 0], [-1, 0, 0])
    found = replace(found, needed=[0.0, 1.0, 0.0])
    weights = replace(NONE, short=1.0, least=4.0, missed=0.5)
    assert best(words, [found], 4, weights) == ["mayor", "of", "ansel", "dies"]
    assert best(words, [found], 4, replace(weights, missed=3.0)) == ["former", "mayor", "dies"]
    # What is needed half costs half.
    half = replace(found, needed=[0.0, 0.5, 0.0])
    assert best(words, [half], 4, replace(weights, missed=1.5)) == ["mayor", "of", "ansel", "dies"]
    # Where what it hangs on goes too, nothing is missed.
    deeper = clause(words, [2, 1, 3, 3, 0], [-1, 0, 1, 1], labels=[""] * 4)
    deeper = replace(deeper, needed=[0.0, 0.0, 1.0, 0.0])
    assert best(words, [deeper], 1, weights) == ["dies"]


def test_two_phrases_that_begin_together_have_one_comma():
    words = ["council", "opens", "bridge"]
    found = clause(
        words, [0, 0, 0], [-1], phrases=[Phrase(",", frozenset({1, 2})), Phrase(",", frozenset({1}))]
    )
    assert best(words, [found], 9) == ["council,", "opens", "bridge"]


@pytest.mark.parametrize("last", ["of", "the", "mayor's", "in"])
@pytest.mark.parametrize("weights", [replace(NONE, full=3.0), replace(ClauseWeights(), full=9.0)])
def test_a_headline_ends_in_no_function_word(last, weights):
    words = ["council", "opens", "bridge", last]
    found = clause(words, [0, 0, 0, 1], [-1, 0])
    assert best(words, [found], 9, weights) == ["council", "opens", "bridge"]
    # Of anything else, more is better.
    words = ["council", "opens", "bridge", "monday"]
    assert best(words, [clause(words, [0, 0, 0, 1], [-1, 0])], 9, weights) == words


def test_a_clause_that_ends_in_a_function_word_is_none():
    words = ["storm", "closes", "school", "of", "council", "opens."]
    both = [clause(words[:4], [0, 0, 0, 0], [-1]), clause(words, [0, 0], [-1], start=4)]
    assert best(words, both[:1], 9) == []
    found = best(words, both, 9)
    assert found == ["council", "opens"]
    assert not ends_open(join_words(found))


def test_a_word_of_content_is_not_said_twice():
    words = ["storm", "closes", "bridge", "and", "old", "bridge"]
    again = clause(words, [0, 0, 0, 1, 1, 1], [-1, 0])
    assert best(words, [again], 9) == ["storm", "closes", "bridge"]
    words = ["storm", "closes", "bridge", "and", "old", "school"]
    assert best(words, [clause(words, [0, 0, 0, 1, 1, 1], [-1, 0])], 9) == words


def test_nor_are_two_chinese_characters():
    words = ["新桥", "通车", "大桥", "新桥梁"]
    found = best(words, [clause(words, [0, 0, 1, 2], [-1, 0, 0])], 20)
    assert found == ["新桥", "通车", "大桥"]


def test_the_beginning_of_the_document_costs_what_its_weight_says():
    words = ["council", "opens", "new", "bridge", "today"]
    whole = clause(words[:4], [0, 0, 1, 0], [-1, 0])
    assert best(words, [whole], 9) == ["council", "opens", "new", "bridge"]
    assert best(words, [whole], 9, replace(FULL, verbatim=2.0)) == ["council", "opens", "bridge"]


def torn(words, stretches, **weights):
    """The best headline of a clause each word of which may go alone, with a dislike of words."""
    size = len(words)
    found = replace(
        clause(words, list(range(size)), [-1, *[0] * (size - 1)], ["", *["x"] * (size - 1)]),
        stretches=stretches,
    )
    return best(words, [found], 9, replace(NONE, full=-1.0, **weights))


def test_words_left_out_of_a_stretch_cost_each():
    words = ["council", "opens", "bridge", "today"]
    assert torn(words, [[0, 1, 2]]) == ["council"]
    assert torn(words, [[0, 1, 2]], omitted=2.0) == ["council", "opens", "bridge"]
    assert torn(words, [], omitted=2.0) == ["council"]


def test_the_last_and_the_first_word_of_a_stretch_are_missed():
    words = ["council", "opens", "bridge", "today"]
    assert torn(words, [[0, 1, 2]], unfinished=2.0) == ["council", "bridge"]
    assert torn(words, [[1, 0]], begun=2.0) == ["council", "opens"]


def test_gaps_within_a_stretch_cost_each():
    words = ["council", "opens", "bridge", "today"]
    assert torn(words, [[0, 1, 2]], unfinished=5.0, broken=2.0) == ["council", "opens", "bridge"]


def test_what_the_clause_does_not_have_is_missed_as_well():
    words = ["council", "opens", "bridge"]
    weights = replace(FULL, omitted=9.0)
    first = replace(clause(words[:1], [0], [-1]), stretches=[[0, -1]])
    second = replace(clause(words[:2], [0], [-1], start=1), stretches=[[0]])
    assert best(words, [first, second], 9) == ["council"]
    assert best(words, [first, second], 9, weights) == ["opens"]


def test_a_stretch_of_which_nothing_is_kept_costs_nothing():
    words = ["council", "opens", "bridge"]
    assert torn(words, [[0], [1, 2]], omitted=2.0, begun=2.0, unfinished=2.0) == ["council"]
