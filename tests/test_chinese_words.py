from __future__ import annotations

import pytest
from toy import CHINESE_TEXTS

from textae.chinese_words import word_tags
from textae.phrases import bare


@pytest.mark.parametrize("text", ["", "。", *CHINESE_TEXTS])
def test_every_word_has_a_tag(split, text):
    words = split(text)
    assert len(word_tags(words)) == len(words)


def test_tags_tell_the_kinds_of_words(split):
    words = split("市议会昨日批准12个工程，李明在港口没有签署。")
    kinds = dict(zip([bare(word) for word in words], word_tags(words), strict=True))
    expected = {"市议会": "n", "昨日": "t", "批准": "v", "12": "m", "工程": "n", "李明": "nr", "在": "p"}
    assert {word: kinds[word] for word in expected} == expected


def test_what_begins_with_a_digit_is_a_number():
    assert word_tags(["5g", "工程。"]) == ["m", "n"]


def test_a_word_of_several_parts_has_the_tag_of_the_last_with_letters():
    # "12.5" is cut, and its mark is no word.
    assert word_tags(["12.5", "亿元，", "计划。"])[0] == "m"
    assert word_tags(["批准，", "计划。"]) == ["v", "n"]


def test_what_something_is_about_has_a_preposition_before_it():
    assert word_tags(["就", "工程", "发表", "讲话。"])[0] == "p"
    assert word_tags(["昨日", "就", "发表", "讲话。"])[1] != "p"
