from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from textae.compression import Compressor
from textae.counts import Counts
from textae.expansion import Expander

HEADLINES = [
    text.split()
    for text in [
        "council opens bridge",
        "council opens road",
        "mayor opens bridge in storm",
        "storm hits council",
    ]
]
STORIES = [
    text.split()
    for text in [
        "the council of port ansel opened its new bridge, officials said on tuesday.",
        "the council on monday opened a costly road, after years of delay.",
        "the mayor opened a narrow bridge in a storm, it was said on friday.",
        "a winter storm hit the council on monday, and roads were closed.",
    ]
]


TOPIC = np.ones(1)


def topics(documents):
    """All documents are about the same."""
    return np.ones((len(documents), 1))


@pytest.fixture(scope="module")
def expander():
    human, documents = HEADLINES * 30, STORIES * 10
    return Expander(documents, topics(documents), Compressor(Counts.of(human, documents)), [3, 4], seed=0)


def draws(count=40):
    return [np.random.default_rng(seed) for seed in range(count)]


def stands_in(words, expanded):
    """Whether words come in this order, as they are or followed by marks."""
    rest = iter(expanded)
    return all(any(other.rstrip(".,") == word for other in rest) for word in words)


def test_a_sentence_stands_in_its_expansion_in_order(expander):
    for words in HEADLINES[:3]:
        for draw in draws():
            expanded = expander.expand(words, TOPIC, draw)
            past = ["opened" if word == "opens" else word for word in words]
            assert stands_in(words, expanded) or stands_in(past, expanded), expanded


def test_this_would_see_a_lost_word_or_another_order():
    assert not stands_in(["council", "bridge"], ["council", "opened"])
    assert not stands_in(["council", "bridge"], ["bridge", "council"])
    assert stands_in(["council", "bridge"], ["the", "council,", "bridge."])


def test_what_is_added_stood_in_a_gap_of_a_document(expander):
    neighbours = {pair for words in STORIES for pair in pairwise(["<", *words, ">"])}
    added = set()
    for draw in draws():
        expanded = ["<", *expander.expand(HEADLINES[0], TOPIC, draw), ">"]
        kept = {"council", "opens", "opened", "bridge"}
        added |= {pair for pair in pairwise(expanded) if not {word.rstrip(".,") for word in pair} & kept}
    assert added
    assert added <= neighbours


def test_a_headlines_present_mostly_turns_to_the_past_of_stories(expander):
    past = sum(
        "opened" in " ".join(expander.expand(["council", "opens", "bridge"], TOPIC, draw))
        for draw in draws(200)
    )
    assert 100 < past < 180


def test_it_depends_on_the_draw_alone(expander):
    once = [expander.expand(HEADLINES[0], TOPIC, draw) for draw in draws()]
    assert once == [expander.expand(HEADLINES[0], TOPIC, draw) for draw in draws()]
    assert len({tuple(words) for words in once}) > 3


def test_words_that_no_document_has_are_kept(expander):
    for draw in draws(10):
        assert stands_in(["zebra", "quagga"], expander.expand(["zebra", "quagga"], TOPIC, draw))


@pytest.mark.parametrize("words", [[], ["."], ["storm"]])
def test_next_to_nothing(expander, words):
    for draw in draws(10):
        assert stands_in([word for word in words if word != "."], expander.expand(words, TOPIC, draw))


def test_without_documents_nothing_is_added():
    compressor = Compressor(Counts.of(HEADLINES, []))
    expander = Expander([], topics([]), compressor, [3], 0)
    assert expander.expand(["storm", "hits"], TOPIC, np.random.default_rng(0)) == [
        "storm",
        "hits",
    ]


def test_chinese_pieces_are_words_like_others():
    human = [["议会", "开放", "大桥"]] * 40
    documents = [["安港", "议会", "周二", "开放", "新", "大桥,", "官员", "说。"]] * 10
    expander = Expander(documents, topics(documents), Compressor(Counts.of(human, documents)), [6], 0)
    expanded = expander.expand(["议会", "开放", "大桥"], TOPIC, np.random.default_rng(0))
    assert expanded == ["安港", "议会", "周二", "开放", "新", "大桥,", "官员", "说。"]
