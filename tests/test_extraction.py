from __future__ import annotations

import random
import time

import numpy as np
import pytest

from textae.extraction import centrality, choose, parts


def words(texts):
    return [len(text.split()) for text in texts]


def characters(texts):
    return [len(text) for text in texts]


def cut(text, measure, limit):
    return [part for part, _ in parts(text, measure, limit)]


def test_parts_are_sentences_with_their_sizes():
    assert parts("One two three. Four five.", words, 5) == [("One two three.", 3), ("Four five.", 2)]


def test_a_long_sentence_is_cut_between_words():
    text = "Short one. " + " ".join(f"word{i}" for i in range(50)) + ". Last one."
    assert max(words(cut(text, words, 8))) <= 8
    assert " ".join(cut(text, words, 8)) == text


def test_chinese_is_cut_between_characters():
    text = "市政府宣布關閉舊橋。" * 3 + "股價上升" * 20 + "。"
    assert max(characters(cut(text, characters, 25))) <= 25
    assert "".join(cut(text, characters, 25)) == text


def test_an_endless_word_is_a_part_of_its_own():
    text = f"Some words. {'x' * 300} and more."
    assert [part for part in cut(text, characters, 40) if len(part) > 40] == ["x" * 300]
    assert " ".join(cut(text, characters, 40)) == text


@pytest.mark.parametrize("text", ["", "  ", "...", "?! " * 40])
def test_text_without_words(text):
    found = cut(text, characters, 20)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert choose(found, characters(found), 100) in ([], list(range(len(found))), [0])


def test_nothing_is_lost_whatever_the_sizes():
    draw = random.Random(0)
    for _ in range(30):
        text = " ".join("w" * draw.randint(1, 30) + draw.choice(["", ".", ",", ""]) for _ in range(120))
        found = cut(text, characters, draw.randint(5, 60))
        assert "".join(" ".join(found).split()) == "".join(text.split())


def test_centrality_is_the_sum_of_the_cosines_with_the_others():
    texts = ["Rain floods bridge", "bridge closed", "Rain rain again today"]
    # Of (rain, floods, bridge), (bridge, closed) and (2 rain, again, today), by hand.
    first_second = 1 / np.sqrt(3 * 2)
    first_third = 2 / np.sqrt(3 * 6)
    expected = [first_second + first_third, first_second, first_third]
    assert centrality(texts).tolist() == pytest.approx(expected)


def test_a_sentence_without_content_is_worth_nothing():
    assert centrality(["Rain floods bridge.", "It is what it was.", "..."]).tolist() == pytest.approx(
        [0, 0, 0]
    )


def test_chinese_is_compared_by_pairs_of_characters():
    worth = centrality(["暴雨淹沒舊橋。", "舊橋因暴雨關閉。", "股價上升。"])
    assert worth[0] > 0.2
    assert worth[2] == pytest.approx(0)


def test_the_sentence_that_tells_most_is_chosen_wherever_it_stands():
    texts = [
        "Choirs sing.",
        "Rain floods the bridge.",
        "Storm rain closes bridge road.",
        "Road crews fear storm.",
    ]
    assert choose(texts, words(texts), 5) == [2]


def test_the_chosen_stand_in_the_documents_order_and_within_the_room():
    draw = random.Random(1)
    vocabulary = [f"word{i}" for i in range(40)]
    for _ in range(20):
        texts = [" ".join(draw.choices(vocabulary, k=draw.randint(2, 12))) for _ in range(15)]
        room = draw.randint(1, 60)
        chosen = choose(texts, words(texts), room)
        assert chosen == sorted(set(chosen))
        left = room - sum(words([texts[i] for i in chosen]))
        assert left >= 0
        # Nothing that would still have fitted was left out, unless it says the same again.
        said = {texts[i] for i in chosen}
        assert all(size > left or text in said for text, size in zip(texts, words(texts), strict=True))


def test_no_sentence_comes_twice():
    texts = ["Rain floods bridge.", "Bridge closed by rain.", "Rain floods bridge."]
    assert choose(texts, words(texts), 100) == [0, 1]


def test_what_refers_to_a_sentence_before_it_is_worth_less():
    texts = ["Storm rain closed bridge.", "It closed bridge rain storm."]
    assert choose(texts, words(texts), 5) == [0]
    assert choose(texts[::-1], words(texts[::-1]), 5) == [1]


def test_being_early_counts_where_it_is_asked_for():
    texts = ["Choirs sing on.", "Rain floods bridge.", "Bridge rain floods."]
    assert choose(texts, words(texts), 3) == [1]
    assert choose(texts, words(texts), 3, early=2.0) == [0]


def test_time_is_linear_in_the_sentences():
    draw = random.Random(2)

    def seconds(count):
        texts = [" ".join(f"w{draw.randint(0, 5000)}" for _ in range(15)) for _ in range(count)]
        begun = time.perf_counter()
        centrality(texts)
        return time.perf_counter() - begun

    seconds(100)
    assert min(seconds(8000) for _ in range(2)) < 40 * max(seconds(1000) for _ in range(3))
