from __future__ import annotations

from dataclasses import fields, replace
from math import log

import numpy as np
import pytest

from textae.counts import Counts
from textae.scoring import NEVER, Options, Scorer, Weights

# Ten human sentences of twenty-four words, eight documents of thirty-six.
HUMAN = [["storm", "closes", "bridge"]] * 4 + [["ferry", "sinks"]] * 6
DOCUMENTS = [["the", "storm", "closed", "the", "bridge."]] * 4 + [["a", "ferry", "sank,", "mayor"]] * 4
COUNTS = Counts.of(HUMAN, DOCUMENTS)
NONE = Weights(**{field.name: 0.0 for field in fields(Weights)})
WIDE = {"least_link": -99.0, "most_link": 99.0}


def scorer(**weights):
    return Scorer(COUNTS, replace(NONE, **weights))


def options(words, forms=None, places=None):
    forms = forms or [word.strip(",.") for word in words]
    return Options(words, forms, range(len(words)) if places is None else places, COUNTS)


STORM = options(["the", "storm", "closed", "the", "bridge."])


def associated(pairs, before, after, steps):
    """How much likelier than by chance a pair is, of how often each was seen and all there was."""
    return log((pairs + 1) / (before * after / steps + 1))


# Every sentence begins and ends once.
FOLLOWS = associated(4, 4, 4, 24 + 2 * 10)


def test_words_that_human_text_likes_are_worth_more():
    worth = scorer(style=2.0).worth(options(["storm", "sinks"]))
    storm = log((4 + 2) / 24) - log((4 + 2) / 36)
    sinks = log((6 + 2) / 24) - log((0 + 2) / 36)  # 1.79
    assert worth == pytest.approx([2 * storm, 2 * sinks])


def test_no_word_is_liked_or_disliked_beyond_measure():
    counts = Counts.of([["sinks"]] * 99, [["the"]] * 99)
    worth = Scorer(counts, replace(NONE, style=2.0)).worth(
        Options(["sinks", "the"], ["sinks", "the"], [0, 1], counts)
    )
    assert worth == pytest.approx([4.0, -6.0])


def test_rare_content_words_are_worth_more():
    worth = scorer(rare=2.0).worth(options(["the", "storm", "quagga"]))
    # In four of eight documents, in none; and "the" is no content word.
    assert worth == pytest.approx([0.0, 2 * log(9 / 5) / 7, 2 * log(9) / 7])


def test_content_words_that_come_twice_are_worth_more():
    worth = scorer(repeated=2.0).worth(options(["the", "storm", "the", "storm,", "closed"]))
    assert worth == pytest.approx([0.0, 2 * log(2), 0.0, 2 * log(2), 0.0])


def test_salience_counts_for_content_words_at_their_places():
    salience = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    worth = scorer(salient=2.0).worth(options(STORM.words, ["the", "bridge"], [3, 4]), salience)
    assert worth == pytest.approx([0.0, 10.0])
    assert scorer(salient=2.0).worth(STORM) == pytest.approx([0.0] * 5)


def test_every_word_is_worth_its_place():
    assert scorer(full=0.5).worth(STORM) == pytest.approx([0.5] * 5)


def test_words_that_follow_one_another_in_human_text_are_linked():
    links = scorer(link=2.0, **WIDE).links(options(["storm", "closes", "bridge"]))
    assert links[0, 1] == pytest.approx(2 * FOLLOWS)
    assert links[1, 2] == pytest.approx(2 * FOLLOWS)
    assert links[0, 2] == pytest.approx(2 * associated(0, 4, 4, 44))


def test_an_association_is_cut_to_a_range():
    links = scorer(link=2.0, least_link=-0.1, most_link=0.5).links(options(["storm", "closes", "bridge"]))
    assert links[0, 1] == pytest.approx(1.0)
    assert links[0, 2] == pytest.approx(-0.2)


def test_neighbours_are_linked_and_a_gap_costs_its_logarithm():
    links = scorer(adjacent=0.5, gap=2.0).links(STORM)
    assert links[0, 1] == pytest.approx(0.5)
    assert links[0, 2] == pytest.approx(-2 * log(2))
    assert links[0, 4] == pytest.approx(-2 * log(4))


def test_commas_and_sentences_between_two_words_cost():
    words = ["storm,", "ferry,", "mayor,", "bridge.", "council"]
    found = scorer(clause=1.0, sentence=10.0).links(options(words))
    assert found[0, 1:] == pytest.approx([-1.0, -2.0, -2.0, -12.0])
    assert found[3, 4] == pytest.approx(-10.0)


def test_the_point_of_an_abbreviation_ends_no_sentence():
    links = scorer(sentence=10.0).links(options(["the", "u.s.", "mayor"], ["the", "u.s.", "mayor"]))
    assert links[1, 2] == pytest.approx(0.0)


def test_leaving_out_what_documents_like_beside_a_word_costs():
    # "storm closed" and "the storm" each four times among 52 words, beginnings and ends.
    the_storm, storm_closed = associated(4, 8, 4, 52), associated(4, 4, 4, 52)
    closed_the = associated(4, 4, 8, 52)
    links = scorer(torn=2.0).links(options(STORM.words, ["storm", "the"], [1, 3]))
    assert links[0, 1] == pytest.approx(-2 * (storm_closed + closed_the))
    assert scorer(torn=2.0).links(STORM)[1, 2] == pytest.approx(0.0)
    assert scorer(torn=2.0).starts(STORM)[:2] == pytest.approx([0.0, -2 * the_storm])
    # At the end of a document nothing is torn.
    assert scorer(cut=2.0).ends(STORM)[[1, 4]] == pytest.approx([-2 * storm_closed, 3.0])


def test_after_a_comma_nothing_is_torn():
    ferry = options(["a", "ferry", "sank,", "mayor"])
    assert scorer(cut=2.0).ends(ferry)[2] == pytest.approx(3.0)


def test_words_that_begin_and_end_human_text_are_preferred_there():
    words = options(["bridge", "storm"])
    begins, ends = associated(4, 10, 4, 44), associated(0, 10, 4, 44)
    assert scorer(link=3.0, first=2.0, **WIDE).starts(words) == pytest.approx([6 * ends, 6 * begins])
    assert scorer(link=3.0, last=2.0, **WIDE).ends(words) == pytest.approx([6 * begins, 6 * ends])


def test_a_late_beginning_costs_half_its_logarithm():
    assert scorer(gap=2.0).starts(STORM)[[0, 1, 4]] == pytest.approx([0.0, -log(2), -log(5)])


def test_a_listed_form_is_followed_by_nothing_but_what_followed_its_and():
    words = ["storm", "and", "the", "ferry", "closed", "bridge"]
    listed = options(words, ["storm", "storm,", "ferry", "closed", "bridge"], [0, 0, 3, 4, 5])
    links = scorer(link=2.0, gap=1.0, **WIDE).links(listed)
    # "and the ferry" is its end, and no gap.
    assert links[1, 2] == pytest.approx(2 * associated(0, 4, 6, 44))
    assert (links[1, [0, 1, 3, 4]] == NEVER).all()
    assert (links[[0, 2, 3, 4]] > NEVER).all()


def test_a_listed_form_needs_no_article_after_its_and():
    listed = options(["storm", "and", "ferry", "closed"], ["storm,", "ferry", "closed"], [0, 2, 3])
    links = scorer(link=2.0, **WIDE).links(listed)
    assert links[0, 1] == pytest.approx(2 * associated(0, 4, 6, 44))
    assert links[0, 2] == NEVER


def test_options_know_their_words():
    found = options(STORM.words, ["the", "storm,", "closes"], [0, 1, 2])
    assert found.bare == ["the", "storm", "closes"]
    assert found.turned.tolist() == [False, False, True]
    assert found.listed.tolist() == [False, True, False]
    assert found.content.tolist() == [False, True, True]
