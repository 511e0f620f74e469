from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from toy import CHINESE_TEXTS

from textae.chinese_clauses import clauses
from textae.counts import Counts
from textae.phrases import bare
from textae.tokenizer import join_words

COUNTS = Counts.of([["大桥", "通车"]], [["大桥", "通车"]])


@dataclass
class Read:
    """A clause in words."""

    whole: str
    ways: set[str]
    commas: list[str]
    tells: bool


@pytest.fixture(scope="module")
def read(split, dictionary_tags):
    def read_text(text, loose=False):
        found = []
        words = split(text)
        for clause in clauses(words, dictionary_tags(words), COUNTS, loose):
            kept = clause.shortened(99, np.zeros(len(clause.forms)))[:, clause.units]
            texts = {"".join(np.array(clause.forms)[way]) for way in kept}
            firsts = [clause.forms[min(phrase)] for phrase in clause.phrases]
            found.append(Read("".join(clause.forms), texts, firsts, clause.tells))
        return found

    return read_text


@pytest.fixture(scope="module")
def only(read):
    def read_one(text):
        (found,) = read(text)
        return found

    return read_one


@pytest.mark.parametrize("text", ["", "。", "，"])
def test_an_empty_text_has_no_clause(read, text):
    assert read(text) == []


def test_a_text_without_a_verb_has_no_clause(read):
    assert read("新的大桥。") == []


def test_a_verb_stands_with_its_subject_and_its_object(only):
    found = only("市议会批准工程。")
    assert found.ways == {"市议会批准工程"}
    assert found.tells
    assert found.commas == []


def test_what_stands_before_a_noun_may_go(only):
    assert only("市议会批准大桥工程。").ways == {"市议会批准工程", "市议会批准大桥工程"}


@pytest.mark.parametrize("noun", ["公司", "医院", "大学", "委员会"])
def test_a_noun_that_says_nothing_alone_keeps_the_word_before_it(only, noun):
    assert only(f"渡轮{noun}关闭大桥。").ways == {f"渡轮{noun}关闭大桥"}
    assert f"{noun}关闭大桥" in only(f"{noun}关闭大桥。").ways


def test_what_hangs_on_it_goes_with_it(only):
    # No "的" without what stands before it, and no port without its school.
    assert only("市议会批准港口的学校的工程。").ways == {
        *("市议会批准工程", "市议会批准学校的工程", "市议会批准港口的学校的工程")
    }
    assert only("市议会批准新的大桥工程。").ways == {
        *("市议会批准工程", "市议会批准大桥工程", "市议会批准新的大桥工程")
    }


@pytest.mark.parametrize(("time", "written"), [("昨日", "昨日"), ("星期日", "周日"), ("6月9日", "6月9日")])
def test_a_time_may_go_as_a_whole(only, time, written):
    assert only(f"市议会{time}批准工程。").ways == {"市议会批准工程", f"市议会{written}批准工程"}


def test_what_a_preposition_brings_goes_with_it(only):
    assert only("消防员在港口关闭学校。").ways == {"消防员关闭学校", "消防员在港口关闭学校"}


def test_a_number_stays_with_what_it_counts(only):
    assert only("消防员救出12人。").ways == {"消防员救出12人"}
    assert only("消防员救出12名学生。").ways == {"消防员救出12名学生"}


@pytest.mark.parametrize("negation", ["不", "没有", "未", "不会", "没", "从未", "尚未", "并未"])
def test_a_negation_stays(only, negation):
    assert only(f"市议会{negation}批准工程。").ways == {f"市议会{negation}批准工程"}


def test_another_adverb_may_go(only):
    assert only("市议会立即批准工程。").ways == {"市议会批准工程", "市议会立即批准工程"}


@pytest.mark.parametrize(
    "dateline", ["新华社北京6月1日电，", "新华社北京6月1日电 ", "（中央社台北5日电）", "据报道，"]
)
def test_a_dateline_goes(only, dateline):
    assert only(f"{dateline}市议会批准工程。").ways == {"市议会批准工程"}


def test_what_joins_a_sentence_to_the_one_before_goes(only):
    assert only("另外，市议会批准工程。").whole == "市议会批准工程"
    assert only("因此市议会批准工程。").whole == "市议会批准工程"


def test_when_it_was_goes(only):
    assert only("昨日，市议会批准工程。").whole == "市议会批准工程"


@pytest.mark.parametrize("says", ["表示", "说", "指出", "透露"])
def test_of_who_says_it_a_colon_is_left(only, says):
    found = only(f"发言人{says}，市议会批准工程。")
    assert found.ways == {"发言人:市议会批准工程", "市议会批准工程"}
    assert found.tells


def test_when_and_where_it_was_said_goes(only):
    assert only("李明昨日在港口表示，市议会批准工程。").ways == {"李明:市议会批准工程", "市议会批准工程"}


def test_a_pronoun_says_nothing(only):
    assert only("他表示，市议会批准工程。").ways == {"市议会批准工程"}


def test_what_is_said_later_is_no_part_of_an_earlier_clause(read):
    first, second = read("市议会批准工程，李明表示，学校关闭。")
    assert first.ways == {"市议会批准工程"}
    assert second.ways == {"李明:学校关闭", "学校关闭"}


def test_later_clauses_hang_on_earlier_ones(read):
    first, second, third = read("台风袭击港口，学校关闭，渡轮停航。")
    assert first.ways == {"台风袭击港口", "台风袭击港口学校关闭", "台风袭击港口学校关闭渡轮停航"}
    assert first.commas == ["学校", "渡轮"]
    assert second.ways == {"学校关闭", "学校关闭渡轮停航"}
    assert third.ways == {"渡轮停航"}


def test_a_sentence_is_no_part_of_another(read):
    assert [found.ways for found in read("台风袭击港口。学校关闭！")] == [{"台风袭击港口"}, {"学校关闭"}]


def test_a_clause_without_a_subject_has_the_one_before(read):
    first, second = read("台风袭击港口，摧毁学校。")
    assert first.ways == {"台风袭击港口", "台风袭击港口摧毁学校"}
    assert second.ways == {"台风摧毁学校"}
    assert second.tells


def test_what_a_verb_waits_for_stays(only, read):
    assert only("市议会要求公司关闭大桥。").ways == {"市议会要求公司关闭大桥"}
    announced, closed = read("市政府宣布，学校关闭。")
    assert announced.ways == {"市政府宣布学校关闭"}
    assert closed.ways == {"学校关闭"}


def test_a_list_keeps_its_marks(only):
    assert only("桥梁、学校、港口关闭。").ways == {
        *("港口关闭", "学校、港口关闭", "桥梁、学校、港口关闭"),
    }


def test_what_a_headline_never_says_goes(only):
    assert only("市议会已经批准了工程。").whole == "市议会批准工程"


@pytest.mark.parametrize("text", CHINESE_TEXTS)
def test_no_word_is_invented_and_the_order_is_kept(split, dictionary_tags, text):
    words = split(text)
    found = clauses(words, dictionary_tags(words), COUNTS)
    assert found
    for clause in found:
        assert clause.places == sorted(set(clause.places))
        assert set(clause.places) <= set(range(len(words)))
        written = [form.rstrip("、:") for form in clause.forms]
        assert written == [bare(words[i]) for i in clause.places]
        assert len(clause.units) == len(clause.places)
        assert set(clause.units) == set(range(len(clause.parents)))


def test_splitting_gives_the_words_that_these_tests_mean(split):
    assert split("市议会批准工程。") == ["市议会", "批准", "工程。"]
    assert join_words(split(CHINESE_TEXTS[0])) == CHINESE_TEXTS[0]


def test_who_said_it_is_known_to_the_end_of_the_sentence(read):
    *_, last = read("李明表示，学校关闭，市议会批准工程。")
    assert last.ways == {"市议会批准工程", "李明:市议会批准工程"}


@pytest.mark.parametrize("title", ["局长", "发言人", "教授", "顾问"])
def test_a_title_may_go_and_the_name_stays(only, title):
    assert only(f"{title}李明表示，学校关闭。").ways == {
        *("学校关闭", "李明:学校关闭", f"{title}李明:学校关闭")
    }


def test_of_a_title_with_a_verb_in_it_the_name_is_left(only):
    assert "李明:学校关闭" in only("数学系教授李明表示，学校关闭。").ways


def test_a_condition_stays_with_its_if_and_what_would_follow_is_no_news(read):
    (found,) = read("如果台风袭击港口，学校关闭。")
    assert found.ways == {"如果台风袭击港口学校关闭"}


def test_nothing_of_must_not_goes(only):
    assert only("市议会毋须批准工程。").ways == {"市议会毋须批准工程"}


@pytest.mark.parametrize("note", ["以下简称新桥，", "下称新桥，", "编辑李明，"])
def test_what_stood_in_brackets_goes(read, note):
    texts = {way for found in read(f"市议会批准工程，{note}学校关闭。") for way in found.ways}
    assert texts == {"市议会批准工程", "市议会批准工程学校关闭", "学校关闭"}


def test_what_is_suspected_is_a_noun_behind_a_measure(only):
    assert only("警方检获43公斤怀疑冰毒。").ways == {"警方检获43公斤怀疑冰毒"}


def test_who_says_it_keeps_a_name_with_a_verb_in_it(read):
    found = read("港口防护中心表示，学校关闭。")
    assert all(way.endswith(("学校关闭", "中心:学校关闭")) for clause in found for way in clause.ways)
    assert "港口防护中心:学校关闭" in found[-1].ways


def test_a_figure_beside_another_year_keeps_its_period(only):
    assert all("上半年" in way for way in only("公司上半年盈利按年上升。").ways)
    assert any("上半年" not in way for way in only("公司上半年盈利上升。").ways)


@pytest.mark.parametrize("earlier", ["早前", "曾"])
def test_what_was_earlier_is_not_told_as_new(only, earlier):
    assert only(f"市议会{earlier}批准工程。").ways == {f"市议会{earlier}批准工程"}


def test_what_may_be_done_is_not_done(only):
    assert only("市民可以申领证件。").ways == {"市民可以申领证件"}


def test_not_stays_with_the_word_behind_it(only):
    assert all("不多于" in way for way in only("公司录得不多于5亿元亏损。").ways if "不" in way)


def test_a_comparison_goes_as_a_whole(only):
    assert all("较" in way or "昨日" not in way for way in only("病人较昨日增加。").ways)


def test_what_something_is_about_keeps_its_preposition(only):
    assert "市长就工程发表讲话" in only("市长就工程发表讲话。").ways
    assert not any("就" in way for way in only("市长昨日就发表讲话。").ways)


@pytest.mark.parametrize("note", ["人民币，下同，", "人民币，"])
def test_a_currency_alone_stood_in_brackets(read, note):
    assert all("人民币" not in way for found in read(f"公司投资，{note}学校关闭。") for way in found.ways)


def test_how_something_is_done_is_no_subject(read):
    *_, last = read("公司成立，成功进入市场。")
    assert last.ways == {"公司成功进入市场"}


def test_a_foreign_name_stays_whole(only):
    assert all("保罗·琼斯" in way for way in only("保罗·琼斯关闭学校。").ways)


def test_from_when_on_is_a_time(only):
    assert only("市议会本月中起关闭学校。").ways == {"市议会关闭学校", "市议会本月中起关闭学校"}


def test_a_number_goes_with_its_unit_and_what_was_counted(only):
    assert only("警方查扣假酒八千余瓶。").ways == {"警方查扣假酒八千余瓶"}
    assert not any(way.endswith("罢工小时") for way in only("司机罢工四十八小时。").ways)


def test_a_name_of_several_words_stays_whole():
    words = ["港口", "渡轮", "主席", "关闭", "学校。"]
    (found,) = clauses(words, ["B-ORG", "I-ORG", "B-n", "B-v", "B-n"], COUNTS)
    assert found.units[0] == found.units[1] != found.units[2]
    (apart,) = clauses(words, ["B-n", "B-n", "B-n", "B-v", "B-n"], COUNTS)
    assert apart.units[0] != apart.units[1]


@pytest.mark.parametrize("after", ["时", "后", "之际"])
def test_what_only_tells_when_is_no_news(read, after):
    found = read(f"台风袭击港口{after}，学校关闭。")
    assert [clause.ways for clause in found] == [{"学校关闭"}]
    loose = read(f"台风袭击港口{after}，学校关闭。", loose=True)
    assert [clause.whole for clause in loose][1:] == ["学校关闭"]


def test_who_did_something_then_does_what_comes_next(read):
    *_, last = read("李明在港口发表讲话后，关闭学校。")
    assert last.ways == {"李明关闭学校", "李明在港口发表讲话后关闭学校"}


def test_who_is_asked_does_what_comes_next(read):
    (found,) = read("政府呼吁市民在关闭学校时，离开港口。")
    assert found.ways == {"政府吁市民离开港口", "政府吁市民在关闭学校时离开港口"}


@pytest.mark.parametrize("purpose", ["以便", "从而", "以免"])
def test_what_for_is_no_news_alone(read, purpose):
    (found,) = read(f"市议会批准工程，{purpose}关闭学校。")
    assert found.ways == {"市议会批准工程", f"市议会批准工程{purpose}关闭学校"}


def test_what_changed_without_its_subject_is_no_news_alone(read):
    (found,) = read("公司公布盈利5亿元，上升3%。")
    assert found.whole == "公司公布盈利5亿元升3%"


def test_a_result_of_a_condition_is_no_news_wherever_it_stands(read):
    found = read("如果台风袭击港口，学校关闭，就要疏散学生。")
    assert len(found) == 1


@pytest.mark.parametrize(
    ("word", "short", "behind"),
    [
        *(("估计", "料", "学校关闭"), ("呼吁", "吁", "公司关闭学校")),
        *(("超过", "逾", "12人"), ("上升", "升", "3%")),
    ],
)
def test_words_that_headlines_shorten_are_shortened(only, word, short, behind):
    assert only(f"公司{word}{behind}。").whole == f"公司{short}{behind}"


def test_what_is_no_verb_there_is_not_shortened(only):
    assert only("公司不超过12人。").whole == "公司不超过12人"
    assert only("市议会批准上升的工程。").whole == "市议会批准上升的工程"


def test_no_comma_parts_a_verb_from_what_it_waits_for(read):
    announced, _ = read("市政府宣布，学校关闭。")
    assert announced.commas == []


def test_what_was_not_done_until_the_noun_is_no_relative_clause(only):
    # "市民切勿到已关闭的港口游泳": whoever loses "切勿" says the contrary.
    assert all("切勿" in way for way in only("市民切勿到关闭的港口游泳。").ways)


def test_this_month_is_what_it_is_told_of(only):
    assert only("今年6月是宣传月。").whole.startswith("今年6月是")


def test_stretches_are_what_stands_between_two_marks(split, dictionary_tags):
    words = split("台风昨日袭击了港口，学校关闭。")
    first, _ = clauses(words, dictionary_tags(words), COUNTS)
    forms = [[first.forms[i] for i in stretch] for stretch in first.stretches]
    # When it was may always go, and what no headline says is not missed.
    assert forms == [["台风", "袭击", "港口"], ["学校", "关闭"]]


@pytest.mark.parametrize("verb", ["禁止", "要求", "批准"])
def test_what_was_wanted_is_not_told_as_done(read, verb):
    (found,) = read(f"市议会{verb}市民在港口，关闭学校。")
    assert all(verb in way and way.endswith("关闭学校") for way in found.ways)


def test_whoever_announces_is_not_who_does_it(read):
    assert not any(
        "发言人关闭学校" in way for found in read("发言人宣布工程，关闭学校。") for way in found.ways
    )


def test_about_and_its_number_go_together(only):
    assert only("公司雇用约12人。").ways == {"公司雇用约12人"}


def test_a_figure_keeps_its_period(only):
    assert all("今日" in way for way in only("公司今日雇用12人。").ways)
    assert any("今日" not in way for way in only("公司今日关闭学校。").ways)


def test_what_something_is_stays(only):
    assert only("工程属市议会工程。").ways == {"工程属市议会工程"}


def test_a_noun_with_what_tells_more_of_it_is_a_subject(read):
    found = read("多名参加工程的市民，离开港口。")
    assert [clause.ways for clause in found] == [{"市民离开港口", "多名参加工程的市民离开港口"}]
    found = read("公司关闭学校的举动，违反条例。")
    assert [clause.ways for clause in found] == [{"公司关闭学校的举动违反条例"}]


def test_what_somebody_admits_may_begin_with_a_preposition(read):
    found = read("李明承认，为公司关闭学校。")
    assert found[0].ways == {"李明承认为公司关闭学校", "李明承认关闭学校"}


def test_whoever_warns_expects_what_comes_next(read):
    found = read("李明表示，公司关闭学校，估计市民离开港口。")
    assert all("公司料" not in way for clause in found for way in clause.ways)
    assert any(way == "李明:料市民离开港口" for clause in found for way in clause.ways)


def test_what_a_preposition_brings_to_a_relative_clause_goes_with_it(only):
    assert only("市议会要求从港口离开的市民关闭学校。").ways == {
        *("市议会要求市民关闭学校", "市议会要求从港口离开的市民关闭学校")
    }


def test_who_wrote_it_goes():
    words = ["记者|", "李明", "编辑|", "陈丽", "学校", "关闭。"]
    (found,) = clauses(words, ["B-n", "B-PER", "B-n", "B-PER", "B-n", "B-v"], COUNTS)
    assert found.forms == ["学校", "关闭"]


def test_who_was_named_before_tells_nothing(only):
    assert not only("该公司关闭学校。").tells
    assert only("渡轮公司关闭学校。").tells
