from __future__ import annotations

import json
import logging

import numpy as np
import pytest

from textae import tracking
from textae.tracking import Tracker, plot_curves, smoothed


def _lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _fill(run, steps):
    tracker = Tracker(run, True, 0)
    for step in range(1, steps + 1):
        stage = "generator_warm_start" if step <= steps // 2 else "adversarial"
        scalars = {"generator/loss": 8 / step, "generator/gradient_norm": 1.0}
        if stage == "adversarial":
            scalars |= {"discriminator/human": 0.7, "discriminator/generated": float("nan")}
        tracker.log(step, stage, scalars)
    tracker.close()


def test_rows_are_written_as_they_come(tmp_path):
    tracker = Tracker(tmp_path, True, 0)
    tracker.log(1, "language_model", {"language_model/loss": 1 / 3})
    tracker.sample(1, "adversarial", [("一份文件\u2028行", "文件"), ("a document", "document")])
    assert _lines(tmp_path / "metrics.jsonl") == [
        {"step": 1, "stage": "language_model", "language_model/loss": 0.33333}
    ]
    text = (tmp_path / "samples.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["output"] for line in text.split("\n")[:-1]] == ["文件", "document"]
    assert "一份文件" in text
    tracker.close()


def test_another_process_writes_nothing(tmp_path):
    tracker = Tracker(tmp_path, False, 0)
    tracker.log(1, "language_model", {"language_model/loss": 1.0})
    tracker.sample(1, "adversarial", [("a", "b")])
    tracker.close()
    assert not list(tmp_path.iterdir())


def test_resuming_drops_what_was_lost_and_what_was_half_written(tmp_path):
    tracker = Tracker(tmp_path, True, 0)
    for step in range(1, 6):
        tracker.log(step, "adversarial", {"reward/total": float(step)})
        tracker.sample(step, "adversarial", [("a line\u2028in two", str(step))])
    tracker.close()
    with (tmp_path / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "sta')
    tracker = Tracker(tmp_path, True, 3)
    tracker.log(4, "adversarial", {"reward/total": 40.0})
    tracker.close()
    assert [row["reward/total"] for row in _lines(tmp_path / "metrics.jsonl")] == [1.0, 2.0, 3.0, 40.0]
    samples = (tmp_path / "samples.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["output"] for line in samples] == ["1", "2", "3"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.jsonl", "samples.jsonl"]


def test_curves_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    _fill(tmp_path, 30)
    plot_curves(tmp_path)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_panels_join_what_is_compared_and_part_the_stages(tmp_path):
    _fill(tmp_path, 4)
    panels = tracking._panels(_lines(tmp_path / "metrics.jsonl"))
    assert list(panels) == ["generator: loss", "discriminator: verdict", "gradient norms"]
    assert panels["generator: loss"]["generator/loss"] == {
        "generator_warm_start": ([1, 2], [8.0, 4.0]),
        "adversarial": ([3, 4], [2.66667, 2.0]),
    }
    assert panels["discriminator: verdict"] == {"discriminator/human": {"adversarial": ([3, 4], [0.7, 0.7])}}


def test_without_matplotlib_training_goes_on(tmp_path, monkeypatch, caplog):
    _fill(tmp_path, 4)
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    with caplog.at_level(logging.INFO, logger="textae"):
        plot_curves(tmp_path)
    assert "textae[plot]" in caplog.text
    assert not (tmp_path / "curves.png").exists()


def test_a_run_without_a_step_has_no_curves(tmp_path):
    plot_curves(tmp_path)
    assert not list(tmp_path.iterdir())


def test_smoothing_keeps_a_line_and_its_length():
    assert smoothed([2.0] * 7).tolist() == [2.0] * 7
    # Windows of five that shrink at the ends.
    assert smoothed([0.0, 0.0, 5.0, 0.0, 0.0, 0.0]).tolist() == pytest.approx([5 / 3, 1.25, 1, 1, 1.25, 0])
    assert len(smoothed(list(np.arange(400.0)))) == 400
