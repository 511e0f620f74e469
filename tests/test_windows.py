from __future__ import annotations

import random

import pytest

from textae.windows import windows


def words(texts):
    return [len(text.split()) for text in texts]


def characters(texts):
    return [len(text) for text in texts]


def test_windows_are_runs_of_whole_sentences():
    text = "One two three. Four five. Six seven eight nine. Ten."
    assert list(windows(text, words, 5)) == ["One two three. Four five.", "Six seven eight nine. Ten."]
    assert list(windows(text, words, 100)) == [text]


def test_a_long_sentence_is_cut_between_words():
    text = "Short one. " + " ".join(f"word{i}" for i in range(50)) + ". Last one."
    cut = list(windows(text, words, 8))
    assert max(words(cut)) <= 8
    assert " ".join(cut) == text


def test_chinese_is_cut_between_characters_and_joined_without_spaces():
    text = "市政府宣布關閉舊橋。" * 3 + "股價上升" * 20 + "。"
    cut = list(windows(text, characters, 25))
    assert max(characters(cut)) <= 25
    assert "".join(cut) == text
    assert cut[0] == "市政府宣布關閉舊橋。" * 2


def test_an_endless_word_is_a_window_of_its_own():
    text = f"Some words. {'x' * 300} and more."
    cut = list(windows(text, characters, 40))
    assert [part for part in cut if len(part) > 40] == ["x" * 300]
    assert " ".join(cut) == text


@pytest.mark.parametrize("text", ["", "  ", "...", "?! " * 40])
def test_text_without_words(text):
    assert "".join("".join(windows(text, characters, 20)).split()) == "".join(text.split())


def test_nothing_is_lost_whatever_the_sizes():
    draw = random.Random(0)
    for _ in range(30):
        text = " ".join("w" * draw.randint(1, 30) + draw.choice(["", ".", ",", ""]) for _ in range(120))
        cut = list(windows(text, characters, draw.randint(5, 60)))
        assert "".join(" ".join(cut).split()) == "".join(text.split())
