from __future__ import annotations

from math import log

import numpy as np
import pytest

from textae.associations import END, OTHER, START
from textae.counts import LEAST_COUNT, Counts


def split(*texts):
    return [text.split() for text in texts]


HUMAN = split("storm closes ferry", "storm closes bridge", "storm closes")
DOCUMENTS = split("the storm hit the ferry.", "a ferry, the ferry", "the quay")
# Only these come three times in one of the two.
WORDS = ["closes", "ferry", "storm", "the"]
ARRAYS = ["words", "spread", "rows"] + [
    f"{corpus}.{part}" for corpus in ("human", "documents") for part in ("frequency", "pairs", "seen")
]


@pytest.fixture
def counts():
    return Counts.of(HUMAN, DOCUMENTS)


def test_frequent_words_have_a_number_and_the_rest_share_one(counts):
    assert counts.words == WORDS
    assert counts.numbers([*WORDS, "bridge", "quay", "unheard-of"]).tolist() == [3, 4, 5, 6] + 3 * [OTHER]
    assert counts.numbers([]).tolist() == []


def test_a_word_must_be_frequent_in_one_corpus_not_in_both_together():
    twice, thrice = ["quay"] * (LEAST_COUNT - 1), ["quay"] * LEAST_COUNT
    assert Counts.of([twice], [twice]).words == []
    assert Counts.of([thrice], []).words == Counts.of([], [thrice]).words == ["quay"]


def test_how_often_each_corpus_has_a_word(counts):
    assert [counts.in_human_text(word) for word in WORDS] == [3, 1, 3, 0]
    assert [counts.in_documents(word) for word in WORDS] == [0, 3, 1, 4]
    # Those of the words without a number are not added up.
    assert counts.in_human_text("bridge") == counts.in_human_text("unheard-of") == 0
    assert counts.in_documents("quay") == counts.in_documents("unheard-of") == 0
    assert (counts.human_total, counts.documents_total) == (7, 8)


def test_a_word_counts_once_for_each_document_that_has_it(counts):
    assert counts.rows == 3
    assert counts.spread[counts.numbers(WORDS)].tolist() == [0, 2, 1, 3]
    assert counts.spread[[START, END, OTHER]].tolist() == [0, 0, 0]


def test_style_and_rarity_by_hand(counts):
    numbers = counts.numbers(["storm", "the", "quay"])
    human, told = np.array([5, 2, 2]) / 7, np.array([3, 6, 2]) / 8
    assert counts.style(numbers) == pytest.approx(np.log(human / told))
    numbers = counts.numbers([*WORDS, "quay"])
    assert counts.rarity(numbers) == pytest.approx([log(4), log(4 / 3), log(2), 0, log(4)])


def test_marks_around_a_word_are_no_part_of_it_and_marks_alone_no_word():
    counts = Counts.of([["quay,", "-", "quay.", "..."], ["u.s.,", "u.s.", "u.s"]], split("'quay'") * 3)
    assert counts.words == ["quay"]
    counts = Counts.of([["...", "quay"]] * 3, [["u.s.,"], ["u.s."], ["u.s.:"]])
    assert counts.words == ["quay", "u.s."]
    assert counts.human.between(START, counts.numbers(["quay"])) == pytest.approx(log(4 / (3 * 3 / 9 + 1)))


def test_each_corpus_has_its_own_company_of_words(counts):
    storm, closes, the = (counts.numbers([word])[0] for word in ("storm", "closes", "the"))
    # Human text: 3 beginnings, 3 ends, 8 words; "closes" follows "storm" three times.
    assert counts.human.between(storm, closes) == pytest.approx(log(4 / (3 * 3 / 14 + 1)))
    assert counts.human.between(START, the) == 0
    assert counts.documents.between(storm, closes) == 0
    # Documents, twice: 6 beginnings, 6 ends, 22 words; "the" is first four times.
    documents = Counts.of(HUMAN, DOCUMENTS * 2).documents
    assert documents.between(START, the) == pytest.approx(log(5 / (6 * 8 / 34 + 1)))


def test_a_pair_must_be_seen_oftener_in_documents_than_in_human_text():
    twice = split("storm closes") * 2
    counts = Counts.of([*twice, ["storm"], ["closes"]], [*twice, ["storm"], ["closes"]])
    storm, closes = counts.numbers(["storm", "closes"])
    assert counts.human.between(storm, closes) > counts.documents.between(storm, closes)


def test_arrays_bring_back_the_same_counts():
    human = [*HUMAN, *split("pläne für die brücke") * 3, *split("新 橋") * 4]
    documents = [*DOCUMENTS, *split("the brücke the quay", "the brücke") * 2]
    counts = Counts.of(human, documents)
    arrays = counts.to_arrays()
    assert sorted(arrays) == sorted(ARRAYS)
    again = Counts.from_arrays(arrays)
    assert again.words == counts.words
    assert "brücke" in again.words
    assert "新" in again.words
    numbers = counts.numbers([*counts.words, "quay", "unheard-of"])
    assert np.array_equal(again.numbers([*counts.words, "quay", "unheard-of"]), numbers)
    assert np.array_equal(again.style(numbers), counts.style(numbers))
    assert np.array_equal(again.rarity(numbers), counts.rarity(numbers))
    every = np.arange(OTHER + 1 + len(counts.words))
    for one, other in ((again.human, counts.human), (again.documents, counts.documents)):
        assert np.array_equal(one.between(every[:, None], every), other.between(every[:, None], every))
        assert other.between(every[:, None], every).max() > 0.5
    for word in [*counts.words, "quay"]:
        assert again.in_human_text(word) == counts.in_human_text(word)
        assert again.in_documents(word) == counts.in_documents(word)
    assert all(np.array_equal(array, arrays[name]) for name, array in again.to_arrays().items())


def test_arrays_are_of_small_whole_numbers(counts):
    arrays = counts.to_arrays()
    assert arrays["words"].dtype == np.uint8
    small = [arrays[name].dtype for name in ARRAYS if name not in ("words", "rows")]
    assert small == [np.uint32] * len(small)


@pytest.mark.parametrize("name", ARRAYS)
def test_a_missing_array_is_an_error(counts, name):
    arrays = counts.to_arrays()
    del arrays[name]
    with pytest.raises(KeyError, match=name):
        Counts.from_arrays(arrays)


@pytest.mark.parametrize("name", ["words", "spread", *ARRAYS[3:]])
def test_an_array_that_does_not_fit_the_others_is_an_error(name):
    arrays = Counts.of(HUMAN, DOCUMENTS * 2).to_arrays()
    # Of words that is the last one: one letter fewer would still be as many.
    arrays[name] = arrays[name][: -len("\nthe") if name == "words" else -1]
    with pytest.raises(ValueError, match="fit together"):
        Counts.from_arrays(arrays)


@pytest.mark.parametrize("human", [[], [[]], [["storm"]]])
@pytest.mark.parametrize("documents", [[], [[]], [["quay", "..."]]])
def test_corpora_without_a_frequent_word_have_counts(human, documents):
    counts = Counts.of(human, documents)
    assert counts.words == []
    numbers = counts.numbers(["storm"])
    assert numbers.tolist() == [OTHER]
    assert counts.in_human_text("storm") == counts.in_documents("storm") == 0
    assert counts.style(numbers).tolist() == [0]
    assert counts.rarity(numbers) == pytest.approx([log(len(documents) + 1)])


def test_counts_without_a_word_come_back_too():
    again = Counts.from_arrays(Counts.of([["storm"]], [["quay"]]).to_arrays())
    assert again.words == []
    assert again.rows == 1
