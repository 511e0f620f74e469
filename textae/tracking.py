"""What a run leaves to look at: ``metrics.jsonl``, one row a step, ``samples.jsonl`` and ``curves.png``.

``docs/metrics.md`` explains the scalars.
"""

from __future__ import annotations

import json
import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import numpy as np

METRICS, SAMPLES, CURVES = "metrics.jsonl", "samples.jsonl", "curves.png"

_log = logging.getLogger("textae")

_TOGETHER = {
    "discriminator/human": "discriminator: verdict",
    "discriminator/generated": "discriminator: verdict",
    "samples/distinct_1": "samples: shares",
    "samples/distinct_2": "samples: shares",
    "samples/copied": "samples: shares",
    "samples/repetition": "samples: shares",
}
"""Scalars that share a panel, for they are read against one another."""
_COLUMNS = 4
_PANEL_INCHES = (3.4, 2.3)
_SMOOTHED_SHARE, _LEAST_WINDOW = 40, 5
_COLOURS = ("#2563a8", "#c4572b", "#3a8a55", "#80509f")


class Tracker:
    """Appends scalars and samples to a run's files.

    Args:
        run: the run's folder.
        active: whether this process writes.
        done: steps the run has done; rows of later steps, lost to an interruption, are dropped.
    """

    def __init__(self, run: Path, active: bool, done: int) -> None:
        self._files: dict[str, TextIO] = {}
        if active:
            self._files = {name: _reopen(run / name, done) for name in (METRICS, SAMPLES)}

    def log(self, step: int, stage: str, scalars: Mapping[str, float]) -> None:
        """Write one row of scalars."""
        rounded = {name: round(value, 5) for name, value in scalars.items()}
        self._write(METRICS, {"step": step, "stage": stage, **rounded})

    def sample(self, step: int, stage: str, rows: Iterable[tuple[str, str]]) -> None:
        """Write pairs of a document and what the generator makes of it."""
        for document, output in rows:
            self._write(SAMPLES, {"step": step, "stage": stage, "document": document, "output": output})

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _write(self, name: str, row: Mapping[str, Any]) -> None:
        if name in self._files:
            self._files[name].write(json.dumps(row, ensure_ascii=False) + "\n")


def _reopen(path: Path, done: int) -> TextIO:
    kept = [row for row in _rows(path) if row["step"] <= done]
    temporary = path.with_suffix(".partial")
    temporary.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8"
    )
    temporary.replace(path)
    return path.open("a", encoding="utf-8", buffering=1)


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a run's file, up to one that a killed run left half written."""
    rows: list[dict[str, Any]] = []
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                rows.append(json.loads(line))
            except ValueError:
                break
    return rows


def plot_curves(run: Path) -> None:
    """Draw ``metrics.jsonl`` of a run as ``curves.png``; without matplotlib, only say that it is missing.

    Each panel has one scalar, or a few that belong together, over the steps in which it was logged: faint as
    it was, strong smoothed. A vertical line marks the beginning of a stage.
    """
    if find_spec("matplotlib") is None:
        _log.info("no %s: it needs matplotlib (pip install 'textae[plot]')", CURVES)
        return
    rows = _rows(run / METRICS)
    if not rows:
        return
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = _panels(rows)
    begins = [(row["step"], row["stage"]) for last, row in pairwise(rows) if last["stage"] != row["stage"]]
    lines = math.ceil(len(panels) / _COLUMNS)
    width, height = _PANEL_INCHES
    figure = Figure(figsize=(width * min(_COLUMNS, len(panels)), height * lines), layout="constrained")
    FigureCanvasAgg(figure)
    for place, (title, curves) in enumerate(panels.items(), 1):
        axes = figure.add_subplot(lines, min(_COLUMNS, len(panels)), place)
        _draw(axes, title, curves, begins)
    figure.savefig(run / CURVES, dpi=110)


Curve = dict[str, tuple[list[int], list[float]]]
"""Steps and values of one scalar in each stage that logged it."""


def _panels(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Curve]]:
    """Curves by panel and scalar; panels of a group follow one another, gradient norms come last."""
    panels: dict[str, dict[str, Curve]] = defaultdict(dict)
    for row in rows:
        for name, value in row.items():
            if name not in ("step", "stage") and math.isfinite(value):
                norm = name.endswith("/gradient_norm")
                title = "gradient norms" if norm else _TOGETHER.get(name, name.replace("/", ": "))
                steps, values = panels[title].setdefault(name, {}).setdefault(row["stage"], ([], []))
                steps.append(row["step"])
                values.append(value)
    groups = list(dict.fromkeys(title.split(":")[0] for title in panels))
    groups.sort(key=lambda group: group == "gradient norms")
    ordered = sorted(panels, key=lambda title: groups.index(title.split(":")[0]))
    return {title: panels[title] for title in ordered}


def _draw(axes: Any, title: str, curves: dict[str, Curve], begins: Sequence[tuple[int, str]]) -> None:
    lows, highs = [], []
    for colour, (name, stages) in zip(_COLOURS, curves.items(), strict=False):
        label: str | None = name.split("/")[0] if title == "gradient norms" else name.split("/")[1]
        for steps, values in stages.values():
            smooth = smoothed(values)
            axes.plot(steps, values, color=colour, alpha=0.22, linewidth=0.7)
            axes.plot(steps, smooth, color=colour, linewidth=1.6, label=label)
            label = None
            lows.append(float(np.quantile(values, 0.02)))
            highs.append(float(np.quantile(values, 0.98)))
    margin = 0.08 * (max(highs) - min(lows)) or 0.5
    axes.set_ylim(min(lows) - margin, max(highs) + margin)
    first, last = axes.get_xlim()
    for step, stage in begins:
        if first < step < last:
            axes.axvline(step, color="0.6", linewidth=0.8, linestyle=(0, (3, 3)))
            side = "left" if step - first < last - step else "right"
            spot = {"rotation": 90, "ha": side, "va": "top", "fontsize": 5.5, "color": "0.45"}
            axes.text(step, 0.98, stage.replace("_", " "), transform=axes.get_xaxis_transform(), **spot)
    axes.set_title(title, fontsize=9, loc="left")
    axes.tick_params(labelsize=7)
    axes.locator_params(nbins=5)
    axes.grid(alpha=0.2, linewidth=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if len(curves) > 1:
        # Above the axes, at the right of the title, where no curve can be.
        above = {"loc": "lower right", "bbox_to_anchor": (1.02, 0.97), "borderpad": 0, "columnspacing": 0.8}
        axes.legend(fontsize=6, frameon=False, ncols=2, handlelength=1, **above)


def smoothed(values: Sequence[float]) -> np.ndarray:
    """Mean of each value and its neighbours, a fortieth of the curve; fewer neighbours near its ends."""
    reach = max(_LEAST_WINDOW, len(values) // _SMOOTHED_SHARE) // 2
    sums = np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(len(values))
    ends = np.minimum(places + reach + 1, len(values))
    starts = np.maximum(places - reach, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)
