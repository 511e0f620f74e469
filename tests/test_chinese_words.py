from __future__ import annotations

import pytest

from textae.chinese_words import headline_form, kinds
from textae.phrases import bare


def test_names_of_tags_become_those_of_the_corpus():
    words = ["李明", "昨日", "在", "港口", "联合", "公布", "了", "方案。"]
    tags = ["B-PER", "B-TIME", "B-p", "B-LOC", "B-vd", "B-v", "B-u", "B-nw"]
    assert kinds(words, tags) == ["nr", "t", "p", "LOC", "d", "v", "u", "nw"]


def test_what_begins_with_a_digit_is_a_number_or_a_time():
    assert kinds(["5g", "6", "月", "工程。"], ["B-nz", "B-TIME", "I-TIME", "B-n"]) == ["m", "t", "t", "n"]


@pytest.mark.parametrize("duration", [["14", "天"], ["两", "小时"], ["3", "年"], ["六", "个月"]])
def test_how_long_it_takes_is_no_time(duration):
    assert kinds(duration, ["B-TIME", "I-TIME"]) == ["m", "m"]


@pytest.mark.parametrize("time", [["14", "日"], ["2013", "年"], ["6", "月"]])
def test_when_it_is_is_a_time(time):
    assert kinds(time, ["B-TIME", "I-TIME"]) == ["t", "t"]


def test_points_behind_a_verb_are_what_an_index_moved_by():
    tags = ["B-v", "B-TIME", "I-TIME"]
    assert kinds(["下跌", "31", "点。"], tags) == ["v", "m", "m"]
    assert kinds(["下午", "3", "点。"], ["B-TIME", "B-TIME", "I-TIME"])[1:] == ["t", "t"]


def test_a_total_is_no_verb_before_a_number():
    assert kinds(["累计", "12", "人。"], ["B-v", "B-m", "B-n"])[0] == "d"
    assert kinds(["累计", "亏损。"], ["B-v", "B-n"])[0] == "v"


def form(text, i, tags):
    words = text.split()
    return headline_form(i, words, [bare(word) for word in words], tags.split())


def test_a_headline_writes_some_words_shorter():
    assert form("公司 预计 亏损。", 1, "n v n") == "料"
    assert form("公司 预计 亏损。", 0, "n v n") == "公司"
    assert form("下 星期三 关闭。", 1, "t t v") == "周三"


def test_of_numbers_it_writes_more_shorter():
    assert form("盈利 上升 3%。", 1, "n v m") == "升"
    assert form("盈利 上升，", 1, "n v") == "升"
    assert form("盈利 上升 压力", 1, "n v n") == "上升"
    assert form("上升 的 压力", 0, "v uj n") == "上升"
    assert form("不 超过 3%", 1, "d v m") == "超过"
    assert form("按年 的 上升", 2, "d uj vn") == "上升"
