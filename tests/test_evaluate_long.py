from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "evaluate_long.py"
_spec = importlib.util.spec_from_file_location("evaluate_long", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
evaluate_long = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(evaluate_long)

TEXTS = ["Rain floods bridge. Rain stops. Choirs sing songs.", "Rain floods fields. Choirs rest."]


def test_coverage_by_hand():
    # Rain, floods and choirs stand in both documents and weigh nothing, the other four words log 2 each.
    coverage = evaluate_long.Coverage(TEXTS)
    mass, near = coverage.score(TEXTS[0], "Rain on the bridge stops choirs.")
    assert mass == pytest.approx(2 / 4)
    assert near == pytest.approx(2 / 3)
    assert coverage.score("", "") == (0.0, 0.0)


def test_the_best_of_a_ranking_stand_in_order_and_are_cut_at_the_length():
    assert evaluate_long.best_of(TEXTS[0], [2, 0, 1], 4) == "Rain floods bridge. Choirs"
    assert evaluate_long.best_of(TEXTS[0], [1, 2, 0], 50) == TEXTS[0]


def test_sumy_ranks_every_sentence_once():
    pytest.importorskip("sumy")
    for orders in evaluate_long.sumy_rankings(TEXTS).values():
        assert [sorted(order) for order in orders] == [[0, 1, 2], [0, 1]]


def test_ablations_are_compared_with_the_lead(tmp_path, monkeypatch, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"text": "{text}", "summary": "Rain floods bridge."}}\n' for text in TEXTS))
    monkeypatch.setattr(sys, "argv", ["evaluate_long.py", str(rows), "--ablate", "--length", "3", "2"])
    evaluate_long.main()
    first, second = capsys.readouterr().out.split("2 documents, at most 2 words")
    assert "| lead | 83.3 (66.7-100.0) | 75.0 (50.0-100.0) |" in first
    assert "rouge1" not in second
    assert all(f"| {name} |" in first + second for name in evaluate_long.ABLATIONS)
