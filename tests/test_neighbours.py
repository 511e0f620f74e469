from __future__ import annotations

import numpy as np
import pytest

from textae.neighbours import Neighbours

FLOODS = ["flood", "kills", "seven", "in", "anland"], ["flood", "kills", "nine", "in", "borland"]
BANKS = ["bank", "cuts", "rates"], ["bank", "holds", "rates"]
HUMAN = [*FLOODS, *BANKS] * 20


def test_a_word_that_is_told_of_a_like_topic_has_higher_odds_than_elsewhere():
    neighbours = Neighbours(HUMAN)
    assert neighbours.log_odds(["the", "flood", "in", "anland", "kills"])[4] > 0.3
    assert neighbours.log_odds(["the", "bank", "holds", "kills"])[3] < -1.0


def test_the_sentences_that_a_word_itself_finds_do_not_speak_for_it():
    # No sentence has "anland" and "bank", and every one that has "anland" is of a flood.
    assert Neighbours(HUMAN).log_odds(["anland", "bank", "cuts", "rates"])[0] < 0


def test_what_says_nothing_has_even_odds():
    neighbours = Neighbours(HUMAN)
    assert neighbours.log_odds(["in", "unheard-of", ",", "flood"])[:3].tolist() == [0.0] * 3
    assert neighbours.log_odds(["nothing", "known"]).tolist() == [0.0, 0.0]
    assert neighbours.log_odds([]).tolist() == []


def test_a_word_has_the_same_odds_wherever_it_stands_and_whatever_marks_it_has():
    odds = Neighbours(HUMAN).log_odds(["flood", "kills", "flood,", "kills."])
    assert odds[0] == odds[2]
    assert odds[1] == odds[3]


@pytest.mark.parametrize("human_text", [[], [[]], [["once"]], [[","]] * 5])
def test_without_human_text_all_is_even(human_text):
    assert np.array_equal(Neighbours(human_text).log_odds(["flood", "kills"]), np.zeros(2))


def test_odds_are_those_counted_by_hand():
    human = [["storm", "hits", "harbour"]] * 6 + [["storm", "hits", "town"]] * 4 + [["mayor", "wins"]] * 10
    # Nearest without "harbour" are the ten of the storm: six of them have it, of all twenty six too.
    odds = Neighbours(human).log_odds(["storm", "hits", "harbour"])
    assert odds[2] == pytest.approx(np.log((6 + 1) / (10 + 10)) - np.log(6 / 20 + 1 / 20))
