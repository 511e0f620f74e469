from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "tune_weights.py"
_spec = importlib.util.spec_from_file_location("tune_weights", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
tune_weights = importlib.util.module_from_spec(_spec)
# Dataclasses look their module up by name.
sys.modules["tune_weights"] = tune_weights
_spec.loader.exec_module(tune_weights)

WEIGHTS = {"link": 1.6, "least_link": -0.83, "first": 0.5, "short": 0.0, "early": 2.0, "aside": 0.0}


def changed(weights, seed):
    return tune_weights.changed(weights, np.random.default_rng(seed))


def moved(seed):
    return [name for name, value in changed(WEIGHTS, seed).items() if value != WEIGHTS[name]]


def test_the_seed_decides_which_weights_change():
    before = dict(WEIGHTS)
    for seed in range(20):
        assert changed(WEIGHTS, seed) == changed(WEIGHTS, seed)
        assert list(changed(WEIGHTS, seed)) == list(WEIGHTS)
    assert len({str(changed(WEIGHTS, seed)) for seed in range(20)}) == 20
    assert before == WEIGHTS


def test_one_weight_at_least_changes_and_seldom_all():
    counts = [len(moved(seed)) for seed in range(300)]
    assert min(counts) == 1
    # A third of six, and one for certain: 1/6 + 5/6 * 1/3 of them.
    assert np.mean(counts) == pytest.approx(6 * (1 / 6 + 5 / 18), abs=0.3)
    assert {name for seed in range(300) for name in moved(seed)} == set(WEIGHTS)
    assert all(changed({"link": 1.6}, seed) != {"link": 1.6} for seed in range(20))


def test_no_weight_changes_its_sign():
    for seed in range(100):
        for name, value in changed(WEIGHTS, seed).items():
            assert np.sign(value) == np.sign(WEIGHTS[name]) or not WEIGHTS[name]


def test_a_weight_of_0_may_rise_and_fall():
    found = [changed(WEIGHTS, seed)["short"] for seed in range(100)]
    assert min(found) < 0 < max(found)
    assert found.count(0.0) > 30


def test_a_score_is_the_sum_of_the_files_means_under_the_weights_given():
    search = SimpleNamespace(headlines=SimpleNamespace(weights=None))
    asked = []

    def best(*row):
        assert (search.headlines.weights.link, search.headlines.weights.short) == (7.5, 0.25)
        asked.append(row)
        return row[0][: row[1]]

    search.best = best
    words, odds, parse = ["storm", "closes", "school"], np.zeros(3), object()
    right, wrong, half = (
        tune_weights.Row(words, odds, parse, references)
        for references in (["storm closes"], ["ferry"], ["ferry", "storm"])
    )
    weights = {"link": 7.5, "short": 0.25}
    # Of the references that "storm closes" has, only the better one counts.
    assert tune_weights.score(search, [[right], [wrong, right]], 2, weights) == pytest.approx(300 + 150)
    assert asked == [(words, 2, odds, parse)] * 3
    assert tune_weights.score(search, [[half]], 2, weights) == pytest.approx(200 * 2 / 3)
