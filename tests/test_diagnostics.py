from __future__ import annotations

import numpy as np
import pytest

from textae.diagnostics import Diagnostics, DocumentFacts, repeats, summarize_diagnostics

DOCUMENT = (
    'The mayor of Leeds, Ann Low, said the "old bridge" would close for 1,200 days after the U.S.-led study.'
)
FIELDS = ("length", "copied", "prefix", "repeated", "new_number", "new_name", "open_end", "empty")


def diagnose(document: str, summary: str) -> dict[str, float]:
    return dict(zip(FIELDS, DocumentFacts(document).diagnose(summary), strict=True))


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Old bridge in Leeds to close", {"length": 6, "copied": 4 / 6, "prefix": 0, "open_end": 0}),
        ("the mayor of leeds", {"copied": 1, "prefix": 1}),
        ("The mayor of Leeds, Ann", {"prefix": 1, "new_name": 0}),
        ("Bridge closes for 1200 days", {"new_number": 0}),
        ("Bridge closes for 12 days", {"new_number": 1}),
        ("Bridge closes after US study", {"new_name": 0}),
        ("Bridge closes in Paris", {"new_name": 1}),
        ("Leeds: Ann Low's bridge", {"new_name": 0}),
        ("old bridge, bridge", {"repeated": 1}),
        ("the bridge of the mayor", {"repeated": 0}),
        ("mayor closes the", {"open_end": 1}),
    ],
)
def test_english(summary: str, expected: dict[str, float]) -> None:
    found = diagnose(DOCUMENT, summary)
    assert {field: found[field] for field in expected} == pytest.approx(expected)


def test_chinese() -> None:
    document = "市長昨日宣布，建於1890年的舊橋將關閉３個月。"
    found = diagnose(document, "舊橋關閉3個月")
    assert (found["length"], found["copied"], found["new_number"]) == (7, 6 / 7, 0)
    assert diagnose(document, "市長昨日")["prefix"] == 1
    assert diagnose(document, "舊橋關閉5個月")["new_number"] == 1
    assert diagnose(document, "市長將")["open_end"] == 1
    assert np.isnan(diagnose(document, "Leeds 舊橋")["new_name"])


def test_repetition_in_chinese_takes_two_characters() -> None:
    assert repeats("舊橋關閉舊橋")
    assert not repeats("大橋大雨")
    assert not repeats("rain 3 , snow 3")


def test_names_need_natural_case_on_both_sides() -> None:
    assert np.isnan(diagnose("the mayor of leeds closed it", "Bridge in Paris closes")["new_name"])
    assert np.isnan(diagnose(DOCUMENT, "bridge in paris closes")["new_name"])


def test_means_leave_out_what_a_row_cannot_tell() -> None:
    document = DocumentFacts(DOCUMENT)
    summaries = ["", "bridge in paris", "A bridge in Paris", "..."]
    items = np.array([document.diagnose(summary) for summary in summaries])
    seen: list[str] = []

    def perplexity(texts: object) -> float:
        seen.extend(texts)  # type: ignore[call-overload]
        return 7.5

    found = summarize_diagnostics(items, summaries, perplexity)
    assert found.length == 7 / 4
    assert found.empty == 0.5
    assert found.copied == pytest.approx((1 / 3 + 1 / 4) / 2)
    assert found.new_name == 1
    assert found.perplexity == 7.5
    assert seen == summaries[1:]


def test_nothing_known_is_none() -> None:
    items = np.array([DocumentFacts("rain").diagnose("")])
    unknown = dict.fromkeys(FIELDS[1:-1])
    assert summarize_diagnostics(items, [""], None) == Diagnostics(
        length=0, empty=1, perplexity=None, **unknown
    )


def test_new_words() -> None:
    assert DocumentFacts(DOCUMENT).new_words("Mayor shuts OLD bridge!") == {"shuts"}
