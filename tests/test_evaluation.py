from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest
from rouge_score.rouge_scorer import RougeScorer

from textae.errors import TextaeError
from textae.evaluation import Evaluation, evaluate


@dataclass(frozen=True)
class Row:
    text: str
    references: list[str]


PAIRS = [
    Row("The mayor of Leeds said the old bridge will close for 3 months .", ["Leeds bridge to close"]),
    Row("Heavy rain fell on the hills of Wales on Monday , the office said .", ["Rain hits Wales"]),
    Row("A young baker from Oslo won the bread prize with a rye loaf .", ["Oslo baker wins", "Rye wins"]),
    Row("The harbour strike ended after crews and owners agreed on pay .", ["Harbour strike ends"]),
]
GOOD = ["Leeds bridge will close", "Rain fell on Wales", "Oslo baker won prize", "Harbour strike ended"]
POOR = ["The mayor of", "the office", "A young", "crews and owners"]
CHINESE = [
    Row("市長昨日宣布，建於1890年的舊橋將關閉三個月，進行維修。", ["舊橋關閉三個月維修"]),
    Row("昨夜大雨，山區多處道路中斷，居民暫時不能回家。", ["大雨致山區道路中斷"]),
]


def by_name(evaluation: Evaluation) -> dict[str, float]:
    return {system.name: system.rouge["rouge1"].value for system in evaluation.systems if system.rouge}


def test_scores_are_the_means_of_rouge_score() -> None:
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    theirs = [scorer.score_multi(row.references, text) for row, text in zip(PAIRS, GOOD, strict=True)]
    found = evaluate(PAIRS, GOOD).systems[0].rouge
    for metric, score in found.items():
        assert score.value == pytest.approx(sum(row[metric].fmeasure for row in theirs) / 4, abs=1e-15)
        assert score.low <= score.value <= score.high
        assert score.signature.startswith(f"{metric}|rouge_score:0.1.2|statistic:F1|")


def test_english_baselines_and_bound() -> None:
    scores = by_name(evaluate(PAIRS, GOOD))
    assert list(scores) == ["model", "lead-8", "lead-10", "content-lead-10", "oracle-10"]
    assert scores["oracle-10"] > max(scores["lead-8"], scores["lead-10"], scores["content-lead-10"])
    assert list(by_name(evaluate(PAIRS, GOOD, baselines=False))) == ["model"]


def test_chinese_counts_characters() -> None:
    evaluation = evaluate(CHINESE, ["舊橋關閉維修", "大雨道路中斷"])
    assert list(by_name(evaluation)) == ["model", "lead-20", "lead-25", "oracle-25"]
    # 6 of 6 and 9, 6 of 6 and 9.
    assert by_name(evaluation)["model"] == pytest.approx(12 / 15)
    assert "tokenizer:cjk-character|" in evaluation.signature
    assert evaluation.systems[0].diagnostics.length == 6


def test_rows_of_both_languages_go_by_their_own_tokens() -> None:
    evaluation = evaluate([*PAIRS, *CHINESE], [row.references[0] for row in [*PAIRS, *CHINESE]])
    assert by_name(evaluation)["model"] == 1
    assert "tokenizer:cjk-character+rouge_score-default,porter|" in evaluation.signature


def test_significance_is_paired_and_signed() -> None:
    rows, good, poor = PAIRS * 5, GOOD * 5, POOR * 5
    better = evaluate(rows, good, compare=poor, compare_name="poor", baselines=False).significance
    worse = evaluate(rows, poor, compare=good, baselines=False).significance
    assert [entry.metric for entry in better] == ["rouge1", "rouge2", "rougeL"]
    assert {entry.other for entry in better} == {"poor"}
    for up, down in zip(better, worse, strict=True):
        assert up.difference == -down.difference > 0
        assert 0 < up.low <= up.difference <= up.high
        assert up.p_value == pytest.approx(2 / 1001)
    same = evaluate(rows, good, compare=list(good), baselines=False).significance
    assert {(entry.difference, entry.p_value) for entry in same} == {(0, 1)}


def test_baselines_are_tested_too_but_not_the_oracle() -> None:
    others = {entry.other for entry in evaluate(PAIRS, GOOD, compare=POOR).significance}
    assert others == {"compared", "lead-8", "lead-10", "content-lead-10"}


def test_same_seed_same_outcome() -> None:
    first, again = (evaluate(PAIRS, GOOD, seed=4).to_dict() for _ in range(2))
    assert first == again
    assert first["systems"][0] != evaluate(PAIRS, GOOD, seed=5).to_dict()["systems"][0]


def test_byte_limit_reports_recall() -> None:
    evaluation = evaluate(PAIRS[:1], ["Leeds bridge to close and much more text"], limit_bytes=12)
    assert evaluation.statistic == "recall"
    assert by_name(evaluation)["model"] == 0.5
    assert "|statistic:recall|" in evaluation.signature
    assert "|limit:12B|" in evaluation.signature


def test_references_are_diagnosed_as_a_measure() -> None:
    calls: list[int] = []

    def perplexity(texts: Sequence[str]) -> float:
        calls.append(len(texts))
        return 12.0

    evaluation = evaluate(PAIRS, ["", *GOOD[1:]], perplexity=perplexity, baselines=False)
    model, reference = evaluation.systems
    assert (reference.name, reference.rouge) == ("reference", {})
    assert reference.diagnostics.length == (4 + 3 + 3 + 3) / 4
    assert (model.diagnostics.empty, model.diagnostics.perplexity) == (0.25, 12.0)
    assert calls == [3, 4]


def test_counts_must_agree() -> None:
    with pytest.raises(TextaeError, match="model: 3 summaries for 4 documents"):
        evaluate(PAIRS, GOOD[:3])
    with pytest.raises(TextaeError, match="compared: 1 summaries for 4 documents"):
        evaluate(PAIRS, GOOD, compare=["one"])
    with pytest.raises(TextaeError, match="nothing to evaluate"):
        evaluate([], [])


def test_json_is_plain() -> None:
    found = json.loads(json.dumps(evaluate(PAIRS, GOOD, compare=POOR).to_dict()))
    assert found["count"] == 4
    assert found["systems"][0]["diagnostics"]["copied"] == pytest.approx(1.0)
    assert set(found) == {"signature", "count", "statistic", "systems", "significance"}


def test_table_is_aligned_and_complete() -> None:
    evaluation = evaluate(PAIRS, GOOD, compare=POOR, name="mine")
    blocks = evaluation.table().split("\n\n")
    for block in (blocks[1], blocks[3], blocks[5]):
        assert len({len(line) for line in block.splitlines()}) == 1
    assert blocks[1].splitlines()[1].startswith("mine ")
    assert "n/a" in blocks[5]
    assert blocks[-1] == f"Signature: {evaluation.signature}"


class Tags(HTMLParser):
    """Collects elements, attributes and text, and fails on an element that is not closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_escapes_every_text_and_loads_nothing() -> None:
    hostile = '<script>alert("x")</script> & <img src=http://x.test/a.png>'
    rows = [Row(f"{hostile} $body", [hostile, "second <b>"])]
    page = evaluate(
        rows, [f"{hostile} $title"], compare=[hostile], name=hostile, compare_name="<i>"
    ).to_html()
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not tags.seen & {"script", "img", "link", "iframe", "b", "i"}
    assert not tags.attributes & {"src", "href", "onclick"}
    assert "url(" not in page
    assert "@import" not in page
    assert hostile in tags.text
    assert "$body" in tags.text
    assert "$title" in tags.text


def test_page_shows_scores_examples_and_new_words() -> None:
    page = evaluate(PAIRS * 10, ["Leeds tunnel to close", *GOOD[1:]] * 10).to_html()
    assert page.count("<svg") == 3
    assert "<mark>tunnel</mark>" in page
    assert "<mark>Leeds</mark>" not in page
    kinds = re.findall(r"Row \d+, ([a-z ]+),", page)
    assert kinds.count("at random") == 16
    assert {"best", "worst"} <= set(kinds)
