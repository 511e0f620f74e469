from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from textae.chinese_clauses import clauses
from textae.clauses import Clause
from textae.counts import Counts
from textae.parser import ROOT, Parse
from textae.phrases import bare

COUNTS = Counts.of([["大桥", "通车"]], [["大桥", "通车"]])


@dataclass
class Read:
    """A clause in words."""

    clause: Clause
    whole: str
    ways: set[str]
    tells: bool

    def label(self, form: str) -> str:
        """As what the unit of a form hangs in the tree."""
        return self.clause.labels[self.clause.units[self.clause.forms.index(form)]]

    def needed(self, form: str) -> float:
        """How likely it is that the unit of a form is needed."""
        return self.clause.needed[self.clause.units[self.clause.forms.index(form)]]

    def marks(self) -> list[tuple[str, str]]:
        return [(mark, self.clause.forms[min(words)]) for mark, words in self.clause.phrases]


def tree(text):
    """Words and their parse of ``word/tag/label/head``, the head as its word without marks.

    A tag may begin with "I-"; a word that stands twice is told apart by a "*" in the rows and before heads.
    """
    rows = [row.split("/") for row in text.split()]
    names = [bare(row[0]) for row in rows]
    heads = [ROOT if head == "ROOT" else names.index(head) for *_, head in rows]
    tags = [row[1] if row[1].startswith("I-") else f"B-{row[1]}" for row in rows]
    return [row[0].replace("*", "") for row in rows], Parse(heads, [row[2] for row in rows], tags)


def read(text, loose=False):
    words, parse = tree(text)
    found = []
    for clause in clauses(words, parse, COUNTS, loose):
        assert clause.places == sorted(set(clause.places))
        assert set(clause.places) <= set(range(len(words)))
        kept = clause.shortened(99, np.zeros(len(clause.forms)))[:, clause.units]
        ways = {"".join(np.array(clause.forms)[way]) for way in kept}
        found.append(Read(clause, "".join(clause.forms), ways, clause.tells))
    return found


def only(text, loose=False):
    (found,) = read(text, loose)
    return found


APPROVED = "市议会/ORG/SBV/批准 批准/v/HED/ROOT 大桥/n/ATT/工程 工程。/n/VOB/批准"


def test_an_empty_text_has_no_clause():
    assert clauses([], Parse([], [], []), COUNTS) == []


def test_a_text_of_marks_has_no_clause():
    assert clauses(["。"], Parse([ROOT], [""], ["B-w"]), COUNTS) == []


def test_a_verb_stands_with_its_subject_and_its_object_and_what_tells_more_may_go():
    found = only(APPROVED)
    assert found.ways == {"市议会批准工程", "市议会批准大桥工程"}
    assert found.label("大桥") == "describing"
    assert found.tells


def test_what_the_parser_calls_needed_may_go_all_the_same():
    words, parse = tree(APPROVED)
    (clause,) = clauses(words, replace(parse, needed=[0.9, 0.8, 0.7, 0.6]), COUNTS)
    found = Read(clause, "", set(), clause.tells)
    assert found.needed("大桥") == 0.7
    # What stands or falls with its head is in the first unit, which is never left out.
    assert clause.needed[0] == 0.0


def test_a_text_without_a_verb_tells_nothing():
    assert not only("新/a/ATT/大桥 大桥。/n/HED/ROOT").tells


def test_what_hangs_on_it_goes_with_it():
    found = only(
        "市议会/ORG/SBV/批准 批准/v/HED/ROOT 港口/n/ATT/学校 的/u/RAD/港口 学校/n/ATT/工程 *的/u/RAD/学校 "
        "工程。/n/VOB/批准"
    )
    assert found.ways == {"市议会批准工程", "市议会批准学校的工程", "市议会批准港口的学校的工程"}


@pytest.mark.parametrize("noun", ["公司", "医院", "大学", "委员会"])
def test_a_noun_that_says_nothing_alone_keeps_the_word_before_it(noun):
    assert only(f"渡轮/n/ATT/{noun} {noun}/n/SBV/关闭 关闭/v/HED/ROOT 大桥。/n/VOB/关闭").ways == {
        f"渡轮{noun}关闭大桥"
    }


@pytest.mark.parametrize(("time", "written"), [("昨日", "昨日"), ("星期日", "周日")])
def test_a_time_may_go(time, written):
    found = only(f"市议会/ORG/SBV/批准 {time}/TIME/ADV/批准 批准/v/HED/ROOT 工程。/n/VOB/批准")
    assert found.ways == {"市议会批准工程", f"市议会{written}批准工程"}
    assert found.label(written) == "time"


def test_what_a_preposition_brings_goes_with_it():
    found = only(
        "消防员/n/SBV/关闭 在/p/ADV/关闭 旧/a/ATT/港口 港口/n/POB/在 关闭/v/HED/ROOT 学校。/n/VOB/关闭"
    )
    assert found.ways == {"消防员关闭学校", "消防员在港口关闭学校", "消防员在旧港口关闭学校"}
    assert found.label("在") == found.label("港口") == "preposition"


@pytest.mark.parametrize("preposition", ["把", "将", "被"])
def test_what_brings_an_object_stays(preposition):
    found = only(f"台风/n/SBV/吹倒 {preposition}/p/ADV/吹倒 大桥/n/POB/{preposition} 吹倒。/v/HED/ROOT")
    assert found.ways == {f"台风{preposition}大桥吹倒"}


def test_a_number_stays_with_its_measure_and_both_may_go():
    found = only("消防员/n/SBV/救出 救出/v/HED/ROOT 12/m/ATT/名 名/q/ATT/学生 学生。/n/VOB/救出")
    assert found.ways == {"消防员救出学生", "消防员救出12名学生"}


@pytest.mark.parametrize("word", ["不", "未", "会", "可能", "涉嫌"])
def test_what_would_turn_it_round_stays(word):
    assert only(f"市议会/ORG/SBV/批准 {word}/d/ADV/批准 批准/v/HED/ROOT 工程。/n/VOB/批准").ways == {
        f"市议会{word.replace('可能', '或')}批准工程"
    }


def test_another_adverb_may_go():
    found = only("市议会/ORG/SBV/批准 立即/d/ADV/批准 批准/v/HED/ROOT 工程。/n/VOB/批准")
    assert found.ways == {"市议会批准工程", "市议会立即批准工程"}
    assert found.label("立即") == "adverb"


def test_what_only_interrupts_goes():
    found = only(f"本报/r/ATT/讯 讯,/n/IS/批准 {APPROVED}")
    assert found.ways == only(APPROVED).ways


@pytest.mark.parametrize(
    "lead", ["此外/c/ADV/批准", "并/c/LAD/批准", "另外/c/ADV/批准", "据/p/ADV/批准 报道/n/POB/据"]
)
def test_what_joins_it_to_what_came_before_and_who_reports_goes(lead):
    first, *rest = lead.split()
    text = " ".join([first, *rest])
    assert only(f"{text} {APPROVED}").ways == only(APPROVED).ways


def test_what_headlines_never_say_goes():
    assert only("市议会/ORG/SBV/批准 已/d/ADV/批准 批准/v/HED/ROOT 了/u/RAD/批准 工程。/n/VOB/批准").ways == {
        "市议会批准工程"
    }


def test_a_word_that_brings_something_is_not_silent():
    found = only("市议会/ORG/SBV/开会 就/p/ADV/开会 工程/n/POB/就 开会。/v/HED/ROOT")
    assert found.ways == {"市议会开会", "市议会就工程开会"}


SAID = "新/a/ATT/局长 局长/n/ATT/李明 李明/PER/SBV/表示 表示,/v/HED/ROOT 学校/n/SBV/关闭 关闭。/v/VOB/表示"


def test_of_who_says_it_a_colon_is_left():
    found = only(SAID)
    assert found.ways == {"学校关闭", "李明:学校关闭", "局长李明:学校关闭", "新局长李明:学校关闭"}
    assert found.label("李明:") == "said"
    assert found.label("局长") == found.label("新") == "title"


def test_who_says_what_he_does_himself_stays():
    found = only("李明/PER/SBV/表示 表示,/v/HED/ROOT 会/v/ADV/关闭 关闭/v/VOB/表示 学校。/n/VOB/关闭")
    assert found.ways == {"李明:会关闭学校"}


def test_a_pronoun_says_nothing():
    assert only(SAID.replace("李明", "他")).ways == {"学校关闭"}


def test_he_who_says_it_is_not_told_again():
    found = only("李明/PER/SBV/说 说,/v/HED/ROOT 他/r/SBV/关闭 关闭/v/VOB/说 学校。/n/VOB/关闭")
    assert all("他" not in way for way in found.ways)


def test_what_was_not_said_is_no_clause():
    found = only("李明/PER/SBV/表示 没有/d/ADV/表示 表示/v/HED/ROOT 学校/n/SBV/关闭 关闭。/v/VOB/表示")
    assert found.ways == {"李明没有表示学校关闭"}


ROW = "台风/n/SBV/袭击 袭击/v/HED/ROOT 港口,/n/VOB/袭击 学校/n/SBV/关闭 关闭。/v/COO/袭击"


def test_later_clauses_hang_on_the_first_and_are_clauses_too():
    first, second = read(ROW)
    assert first.ways == {"台风袭击港口", "台风袭击港口学校关闭"}
    assert first.label("关闭") == "segment"
    assert first.marks() == [(",", "学校")]
    assert second.ways == {"学校关闭"}


def test_a_clause_without_a_subject_has_the_one_of_the_first():
    _, second = read("台风/n/SBV/袭击 袭击/v/HED/ROOT 港口,/n/VOB/袭击 吹倒/v/COO/袭击 学校。/n/VOB/吹倒")
    assert second.ways == {"台风吹倒学校"}
    assert second.tells


def test_sentences_are_no_part_of_one_another():
    first, second = read(f"{APPROVED} 学校/n/SBV/关闭 关闭。/v/HED/ROOT")
    assert first.ways == only(APPROVED).ways
    assert second.ways == {"学校关闭"}


def test_a_second_verb_may_go():
    found = only("李明/PER/SBV/前往 前往/v/HED/ROOT 港口/n/VOB/前往 访问。/v/SER/前往")
    assert found.ways == {"李明前往港口", "李明前往港口访问"}
    assert found.label("访问") == "serial"


def test_what_somebody_is_asked_to_do_stays():
    found = only("政府/n/SBV/要求 要求/v/HED/ROOT 市民/n/DBL/要求 离开/v/VOB/要求 港口。/n/VOB/离开")
    assert found.ways == {"政府要求市民离开港口"}


def test_a_list_keeps_its_marks():
    found = only(
        "李明/PER/SBV/参观 参观/v/HED/ROOT 学校、/n/VOB/参观 大桥/n/COO/学校 和/c/LAD/港口 港口。/n/COO/学校"
    )
    assert found.marks() == [("、", "大桥")]
    assert found.ways == {
        *("李明参观学校", "李明参观学校大桥", "李明参观学校和港口", "李明参观学校大桥和港口"),
    }
    assert found.label("港口") == "joined"


@pytest.mark.parametrize("first", ["以便", "避免", "如果"])
def test_what_for_and_what_if_are_no_news_alone(first):
    text = f"市议会/ORG/SBV/开会, 开会,/v/HED/ROOT {first}/c/ADV/关闭 关闭/v/COO/开会 学校。/n/VOB/关闭"
    text = text.replace("SBV/开会,", "SBV/开会")
    assert len(read(text)) == 1
    assert len(read(text, loose=True)) == 2


def test_by_how_much_something_unnamed_changed_is_no_news_alone():
    text = "公司/n/ATT/盈利 盈利/n/SBV/报 报/v/HED/ROOT 5亿元,/m/VOB/报 上升/v/COO/报 3%。/m/VOB/上升"
    (found,) = read(text)
    assert found.whole == "公司盈利报5亿元升3%"


def test_a_comma_parts_a_clause_that_tells_when_from_what_comes_next():
    found = only(
        "台风/n/SBV/袭击 袭击/v/ATT/后 港口/n/VOB/袭击 后,/f/ADV/关闭 学校/n/SBV/关闭 关闭。/v/HED/ROOT"
    )
    assert found.ways == {"学校关闭", "台风袭击港口后学校关闭"}
    assert found.marks() == [(",", "学校")]
    assert found.label("后") == "advcl"


def test_a_name_of_several_words_stays_whole():
    found = only("劳/PER/NAM/埃德 埃德/I-PER/SBV/批准 批准/v/HED/ROOT 大桥/n/NAM/工程 工程。/n/VOB/批准")
    assert found.ways == {"劳埃德批准大桥工程"}


def test_a_name_with_a_dot_stays_whole():
    found = only("伊恩·/PER/ATT/斯图尔特 斯图尔特/PER/SBV/离开 离开。/v/HED/ROOT")
    assert found.ways == {"伊恩·斯图尔特离开"}


def test_a_title_is_not_tied_to_its_name():
    found = only("局长/n/ATT/李明 李明/I-PER/SBV/离开 离开。/v/HED/ROOT")
    assert found.ways == {"李明离开", "局长李明离开"}


def test_who_was_named_before_tells_nothing():
    assert not only("该/r/ATT/公司 公司/n/SBV/关闭 关闭/v/HED/ROOT 学校。/n/VOB/关闭").tells
    assert not only("他/r/SBV/关闭 关闭/v/HED/ROOT 学校。/n/VOB/关闭").tells


def test_who_wrote_it_goes():
    found = only(
        "记者|/n/HED/ROOT 李明/PER/ATT/记者| 编辑|/n/ATT/记者| 陈丽/PER/ATT/记者| "
        "学校/n/SBV/关闭 关闭。/v/HED/ROOT"
    )
    assert found.ways == {"学校关闭"}


def test_stretches_are_what_stands_between_two_marks():
    words, parse = tree(
        "台风/n/SBV/袭击 昨日/TIME/ADV/袭击 袭击/v/HED/ROOT 了/u/RAD/袭击 港口,/n/VOB/袭击 学校/n/SBV/关闭 "
        "关闭。/v/COO/袭击"
    )
    first, _ = clauses(words, parse, COUNTS)
    forms = [[first.forms[i] for i in stretch] for stretch in first.stretches]
    # When it was may always go, and what no headline says is not missed.
    assert forms == [["台风", "袭击", "港口"], ["学校", "关闭"]]


def test_what_hangs_in_a_circle_is_no_clause():
    words = ["学校", "关闭。"]
    assert clauses(words, Parse([1, 0], ["SBV", "HED"], ["B-n", "B-v"]), COUNTS) == []


def test_what_somebody_is_asked_to_do_behind_a_comma_is_not_done_by_who_asks():
    found = only(
        "政府/n/SBV/呼吁 呼吁/v/HED/ROOT 市民,/n/DBL/呼吁 切勿/d/ADV/使用 使用/v/COO/呼吁 药粉。/n/VOB/使用"
    )
    assert found.ways == {"政府吁市民切勿使用药粉"}


def test_that_something_is_announced_is_no_news_beside_what_it_says():
    text = "指挥部/ORG/SBV/发布 发布/v/HED/ROOT 通知,/n/VOB/发布 关闭/v/COO/发布 学校。/n/VOB/关闭"
    (found,) = read(text)
    assert found.ways == {"指挥部关闭学校"}
    assert only("指挥部/ORG/SBV/发布 发布/v/HED/ROOT 通知。/n/VOB/发布").ways == {"指挥部发布通知"}


def test_what_a_statement_says_is_the_news():
    found = only(
        "公司/n/SBV/发布 发布/v/HED/ROOT 声明/n/VOB/发布 称,/v/SER/发布 学校/n/SBV/关闭 关闭。/v/VOB/称"
    )
    assert found.ways == {"学校关闭", "公司:学校关闭"}


@pytest.mark.parametrize("opinion", ["认为", "相信"])
def test_an_opinion_keeps_who_has_it(opinion):
    found = only(SAID.replace("表示", opinion))
    assert found.ways == {"李明:学校关闭", "局长李明:学校关闭", "新局长李明:学校关闭"}


def test_who_he_is_was_told_before():
    _, second = read(
        f"{ROW} 他/r/SBV/离开 离开。/v/COO/袭击".replace("学校/n/SBV/关闭 关闭。/v/COO/袭击 ", "")
    )
    assert second.ways == {"台风离开"}


def test_a_later_clause_has_the_subject_of_the_nearest_one():
    # The school, not the storm, calls the pupils in.
    first, second, third = read(f"{ROW.replace('关闭。', '关闭,')} 召回/v/COO/袭击 学生。/n/VOB/召回")
    assert third.ways == {"学校召回学生"}
    assert "台风袭击港口召回学生" not in first.ways
    assert "台风袭击港口学校关闭召回学生" in first.ways
    assert "学校关闭召回学生" in second.ways


def test_what_follows_a_purpose_is_part_of_it():
    text = (
        "市议会/ORG/SBV/开会 开会,/v/HED/ROOT 以便/c/ADV/关闭 关闭/v/COO/开会 学校,/n/VOB/关闭 "
        "召回/v/COO/开会 学生。/n/VOB/召回"
    )
    (found,) = read(text)
    assert "市议会开会召回学生" not in found.ways


def test_who_said_one_thing_says_the_next():
    text = f"{SAID.replace('关闭。', '关闭,')} 认为/v/COO/关闭 台风/n/SBV/离开 离开。/v/VOB/认为"
    closed, left = read(text)
    assert all("台风" not in way for way in closed.ways)
    assert left.ways == {"李明:台风离开", "局长李明:台风离开", "新局长李明:台风离开"}


@pytest.mark.parametrize("shows", ["显示", "公布"])
def test_what_is_shown_may_stand_alone(shows):
    whole, alone = read(f"报告/n/SBV/{shows} {shows}/v/HED/ROOT 学校/n/SBV/关闭 关闭。/v/VOB/{shows}")
    assert whole.ways == {f"报告{shows}学校关闭"}
    assert alone.ways == {"学校关闭"}


def test_what_is_suspected_of_somebody_in_a_later_clause_may_go():
    first, _ = read("李明/PER/SBV/离开 离开/v/HED/ROOT 港口,/n/VOB/离开 涉嫌/v/COO/离开 受贿。/v/VOB/涉嫌")
    assert first.ways == {"李明离开港口", "李明离开港口涉嫌受贿"}


def test_done_to_somebody_is_not_done_by_him():
    assert only("李明/PER/SBV/拘捕 被/p/ADV/拘捕 拘捕。/v/HED/ROOT").ways == {"李明被拘捕"}


def test_a_root_that_is_called_an_object_is_a_root():
    # Heads and labels are told apart from one another; "称" stands last, where a head of -1 would point.
    words = ["公司", "预料", "星期一", "从而", "称"]
    parse = Parse(
        [ROOT, 4, 3, 0, 0], ["VOB", "VOB", "SBV", "SER", "COO"], ["B-n", "B-u", "B-a", "B-nr", "B-c"]
    )
    assert isinstance(clauses(words, parse, COUNTS), list)


def test_a_verb_that_stands_as_a_noun_is_none():
    found = only("市长/n/SBV/批准 批准/v/HED/ROOT 贸易/vn/VOB/批准 与/c/LAD/合作 合作。/vn/COO/贸易")
    assert found.label("合作") == "joined"


def test_that_something_is_said_tells_nothing():
    assert not only("公司/n/SBV/表示 昨日/TIME/ADV/表示 表示。/v/HED/ROOT").tells
    assert only("公司/n/SBV/公布 公布/v/HED/ROOT 盈利。/n/VOB/公布").tells
