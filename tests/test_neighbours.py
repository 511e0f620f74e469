from __future__ import annotations

import pytest

from textae.neighbours import Neighbours

HUMAN = [
    ["flood", "kills", "seven", "in", "anland"],
    ["flood", "kills", "nine", "in", "borland"],
    ["bank", "cuts", "rates"],
]


def test_what_the_sentences_nearest_a_document_have_is_told():
    told = Neighbours(HUMAN).told(["the", "flood", "in", "anland", "kills", "seven", "farmers"])
    # Of the other flood it says a third by rarity; function words are never told.
    assert told.tolist() == [0, 1, 0, 1, 1, 1, 0]


def test_each_sentence_that_tells_most_of_the_same_has_its_share():
    human = [["storm", "hits", "town", "hall"], ["storm", "hits", "town", "square"], *HUMAN]
    told = Neighbours(human).told(["storm", "hits", "town", "hall", "roof"])
    assert told.tolist() == [1, 1, 1, 0.5, 0]


def test_no_more_than_three_are_asked_and_those_first_that_share_most():
    human = [["storm", "hits", "town"]] * 3 + [["storm", "hits", "mayor"]] + HUMAN * 9
    # "mayor" is the rarest, so its sentence is the nearest; two of the other three are asked beside it.
    told = Neighbours(human).told(["storm", "hits", "town", "mayor"])
    assert told.tolist() == pytest.approx([1, 1, 2 / 3, 1 / 3])


def test_a_sentence_must_share_half_of_what_it_says_by_rarity():
    human = [["storm", "wrecks", "harbour"], *[["storm", "passes", str(i)] for i in range(20)]]
    # "storm" is in all of them and weighs nothing much.
    assert Neighbours(human).told(["storm", "in", "town"]) is None
    assert Neighbours(human).told(["storm", "wrecks", "town"]) is not None


def test_a_word_is_told_wherever_it_stands_and_whatever_marks_it_has():
    told = Neighbours(HUMAN).told(["bank", "cuts", "rates,", "the", "bank", "says."])
    assert told.tolist() == [1, 1, 1, 0, 1, 0]


@pytest.mark.parametrize("words", [[], ["in", "the"], ["nothing", "known"], [","]])
def test_where_nothing_tells_the_same_nothing_is_told(words):
    assert Neighbours(HUMAN).told(words) is None


@pytest.mark.parametrize("human_text", [[], [[]], [["once"]], [[","]] * 5, [["bank", "cuts"]]])
def test_short_sentences_and_empty_ones_tell_nothing(human_text):
    assert Neighbours(human_text).told(["bank", "cuts", "once"]) is None
