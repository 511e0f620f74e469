from __future__ import annotations

import pytest
from rouge_score.rouge_scorer import RougeScorer

from textae.rouge import METRICS, Rouge, tokenizer_for

ROWS = [
    ("The mayors closed bridges", ["Mayor closes the old bridge", "A bridge is closing"]),
    ("U.S. team's 3-2 win", ["US team wins 3-2"]),
    ("", ["An empty summary"]),
    ("the the the", ["the cat and the dog"]),
    ("naïve café", ["a naive cafe"]),
]


def test_english_figures_are_those_of_rouge_score_to_the_last_digit() -> None:
    theirs = RougeScorer(METRICS, use_stemmer=True)
    for summary, references in ROWS:
        expected = theirs.score_multi(references, summary)
        assert Rouge().score(summary, references) == tuple(expected[m].fmeasure for m in METRICS)
        assert Rouge(limit_bytes=1000).score(summary, references) == tuple(
            expected[m].recall for m in METRICS
        )


@pytest.mark.parametrize(
    ("summary", "reference", "expected"),
    [
        # 4 of 5 and 6 characters shared; the pairs 香港 and 台風 of 4 and 5; in order either 香港 or 台風.
        ("香港有台風", "台風吹襲香港", (8 / 11, 4 / 9, 4 / 11)),
        ("香港有台风！", "香港，有台风。", (1.0, 1.0, 1.0)),
        # iphone15 售 500 元 of iphone15 售 價 3 500 元: two of three and five pairs.
        ("iPhone15售500元", "iphone15售價3,500元", (8 / 10, 4 / 8, 8 / 10)),
        ("短訊", "天氣", (0.0, 0.0, 0.0)),
        ("новый мост", "Мост новый", (1.0, 0.0, 2 / 4)),
        # Latin script goes by rouge_score's tokens: stems, and no accented letters.
        ("cats sat", "the cat sat", (4 / 5, 2 / 3, 4 / 5)),
    ],
)
def test_hand_checked_table(summary: str, reference: str, expected: tuple[float, ...]) -> None:
    assert Rouge().score(summary, [reference]) == pytest.approx(expected, abs=1e-12)


def test_each_metric_takes_its_best_reference() -> None:
    # The first shares more words, the second a pair of neighbours.
    references = ["bridge mayor closes", "the mayor bridge"]
    rouge1, rouge2, _ = Rouge().score("mayor bridge closes", references)
    assert (rouge1, rouge2) == (1.0, 0.5)


def test_byte_limit_cuts_the_summary_and_reports_recall() -> None:
    rouge = Rouge(limit_bytes=8)
    assert rouge.score("old bridge closes", ["old br"])[0] == 0.5
    assert rouge.score("香港有台風", ["香港有"]) == pytest.approx((2 / 3, 1 / 2, 2 / 3))
    assert rouge.statistic == "recall"


def test_signature_names_package_tokenizer_and_limits() -> None:
    signature = Rouge(limit_bytes=75).signature([tokenizer_for(["雨"]).name], [1, 4])
    assert signature == (
        "rouge_score:0.1.2|statistic:recall|tokenizer:cjk-character|limit:75B|references:1-4|best:F1"
    )
    assert tokenizer_for(["rain"]).name == "rouge_score-default,porter"
