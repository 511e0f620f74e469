from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from textae.pseudo_pairs import Inflections, TopicIndex, interleave, skeleton
from textae.segment import STOP_WORDS

DOCUMENT = [
    *("the", "port", "ansel", "council", "voted", "on", "tuesday", "to", "close", "the", "old", "bridge,"),
    *("after", "engineers", "warned", "it", "."),
]


def draws(count=200):
    return [np.random.default_rng([7, i]) for i in range(count)]


def test_words_are_put_in_other_forms_that_the_corpus_has():
    inflections = Inflections(["announce", "announced", "announces", "vote", "voting", "bridge", "said"])
    varied = {tuple(inflections.vary(["announced", "vote", "bridge", "said"], draw)) for draw in draws()}
    assert {row[0] for row in varied} == {"announced", "announces", "announce"}
    assert {row[1] for row in varied} <= {"vote", "voting"}
    assert {row[2:] for row in varied} == {("bridge", "said")}
    share = sum(inflections.vary(["announced"], draw) != ["announced"] for draw in draws()) / 200
    assert 0.25 < share < 0.45


def test_words_of_few_letters_or_other_scripts_keep_their_form():
    inflections = Inflections(["use", "used", "uses", "增長", "増长s", "3.5", "3.5s", "naïve", "naïves"])
    words = ["use", "used", "增長", "3.5", "naïve"]
    assert all(inflections.vary(words, draw) == words for draw in draws(50))


def test_forms_do_not_depend_on_the_order_of_the_vocabulary():
    words = [
        "closed",
        "close",
        "closes",
        "closing",
        "hoped",
        "hope",
        "hops",
        "hopes",
        "hoping",
        "planed",
        "planes",
    ]
    text = words * 3
    expected = [Inflections(words).vary(text, draw) for draw in draws(20)]
    for order in draws(10):
        shuffled = [words[i] for i in order.permutation(len(words))]
        assert [Inflections(shuffled).vary(text, draw) for draw in draws(20)] == expected


def test_forms_are_the_same_in_every_process():
    # A set of strings has another order in each: two processes, or a run and its continuation, must agree.
    program = (
        "import numpy as np; from textae.pseudo_pairs import Inflections;"
        "words = {'closed', 'close', 'closes', 'closing', 'hoped', 'hope', 'hopes', 'hoping', 'raise'};"
        "print(Inflections(words).vary(sorted(words) * 5, np.random.default_rng(0)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(outputs) == 1


def test_a_skeleton_has_words_of_the_document_in_order_but_for_a_moved_tail():
    moved = 0
    for draw in draws():
        words = skeleton(DOCUMENT, 6, STOP_WORDS, draw)
        plain = [word.rstrip(".,") for word in DOCUMENT]
        assert not Counter(words) - Counter(plain)
        places = [plain.index(word) for word in words if plain.count(word) == 1]
        drops = sum(one > other for one, other in itertools.pairwise(places))
        assert drops <= 1
        moved += drops
    assert 10 < moved < 60


def test_a_skeleton_is_about_as_long_as_asked_for():
    lengths = [len(skeleton(DOCUMENT, 5, STOP_WORDS, draw)) for draw in draws()]
    assert 3 < np.mean(lengths) < 8
    content = [word for word in DOCUMENT if word.strip(".,") not in STOP_WORDS]
    kept = [word for draw in draws() for word in skeleton(DOCUMENT, 5, STOP_WORDS, draw)]
    assert sum(word in STOP_WORDS for word in kept) < 0.25 * len(kept)
    assert len(set(kept) - STOP_WORDS) > 0.8 * len(set(content))


def test_a_skeleton_begins_at_the_front_most_of_the_time():
    first = sum(skeleton(DOCUMENT, 3, STOP_WORDS, draw)[:1] == ["port"] for draw in draws())
    assert 80 < first < 180


def test_bare_punctuation_is_never_kept_for_itself():
    words = ["王", "，", "說", "。", "'", "明", ".", "天", ",", "來"]
    kept = Counter(word for draw in draws() for word in skeleton(words, 4, {"說"}, draw))
    assert kept["王"] > 50
    assert not set(kept) & set("，。'.,")
    for draw in draws(20):
        assert skeleton([",", ".", "王"], 5, set(), draw) in (["王"], [])


@pytest.mark.parametrize("words", [[], ["the"], ["the", "of"], ["port"], ["..."]])
def test_a_skeleton_of_next_to_nothing(words):
    for draw in draws(20):
        assert set(skeleton(words, 3, STOP_WORDS, draw)) <= set(words)


def test_interleaved_words_are_those_of_both_texts():
    sentence = [f"s{i}" for i in range(8)]
    distractor = [f"d{i}" for i in range(60)]
    shuffled = 0
    for draw in draws():
        mixed = interleave(sentence, distractor, draw)
        own = [word for word in mixed if word in sentence]
        other = [word for word in mixed if word in distractor]
        assert set(mixed) <= {*sentence, *distractor, "the", "a", "an", "its"}
        assert len(own) >= 4
        assert 10 <= len(other) < 32
        start = distractor.index(other[0])
        assert other == distractor[start : start + len(other)]
        shuffled += own != sorted(own)
    assert 10 < shuffled < 60


def test_the_sentence_mostly_comes_first():
    sentence, distractor = ["s"] * 10, ["d"] * 40
    first = sum(interleave(sentence, distractor, draw)[0] != "d" for draw in draws())
    assert 120 < first < 180


def test_chinese_sentences_get_no_english_articles():
    for draw in draws():
        assert set(interleave(["政府", "宣布", "關閉", "舊橋"] * 3, ["天", "氣"] * 20, draw)) <= set(
            ["政府", "宣布", "關閉", "舊橋", "天", "氣"]
        )


@pytest.mark.parametrize(("sentence", "distractor"), [([], ["d"]), (["s"], []), ([], [])])
def test_interleaving_next_to_nothing(sentence, distractor):
    for draw in draws(20):
        assert set(interleave(sentence, distractor, draw)) <= {"s", "d", "the", "a", "an", "its"}


def test_a_similar_document_shares_a_telling_word():
    documents = [
        ["the", "port", "ansel"],
        ["the", "karelta"],
        ["the", "port"],
        ["the", "kim"],
        ["the", "karelta"],
    ]
    index = TopicIndex(documents, most=2)
    assert {index.similar(["port", "the"], draw) for draw in draws(50)} == {0, 2}
    assert {index.similar(["karelta"], draw) for draw in draws(50)} == {1, 4}
    # "kim" stands in one document only, "the" in too many: neither tells a topic.
    assert {index.similar(["kim", "the"], draw) for draw in draws()} == {0, 1, 2, 3, 4}


def test_the_same_randomness_gives_the_same_pairs():
    for make in (
        lambda draw: skeleton(DOCUMENT, 6, STOP_WORDS, draw),
        lambda draw: interleave(DOCUMENT[:6], DOCUMENT, draw),
    ):
        first, second = (make(np.random.default_rng(5)) for _ in range(2))
        assert first == second
