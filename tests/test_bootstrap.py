from __future__ import annotations

import numpy as np
import pytest

from textae.bootstrap import RESAMPLES, interval, p_values, resampled_means


def test_fixed_seed_gives_fixed_figures() -> None:
    items = np.arange(10, dtype=float).reshape(-1, 1) / 10
    low, high = interval(resampled_means(items, seed=0))
    assert (low[0], high[0]) == pytest.approx((0.27, 0.63))
    assert not np.array_equal(resampled_means(items, seed=0), resampled_means(items, seed=1))


def test_interval_has_the_width_of_the_normal_one() -> None:
    items = np.random.default_rng(7).normal(size=(2000, 1))
    means = resampled_means(items, seed=0)
    low, high = interval(means)
    assert means.shape == (RESAMPLES, 1)
    assert (high - low)[0] == pytest.approx(2 * 1.96 * items.std() / 2000**0.5, rel=0.1)


def test_columns_share_their_draws() -> None:
    items = np.random.default_rng(1).random((50, 1))
    means = resampled_means(np.hstack([items, items + 1]), seed=0)
    assert means[:, 1] - means[:, 0] == pytest.approx(1)


def test_draws_do_not_depend_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    items = np.random.default_rng(1).random((50, 2))
    whole = resampled_means(items, seed=0)
    monkeypatch.setattr("textae.bootstrap._CHUNK", 350)
    assert resampled_means(items, seed=0) == pytest.approx(whole)


def test_p_values() -> None:
    generator = np.random.default_rng(2)
    differences = np.stack([np.zeros(200), generator.normal(1, 1, 200), generator.normal(-1, 1, 200)], axis=1)
    zero, above, below = p_values(resampled_means(differences, seed=0))
    assert zero == 1
    assert above == below == pytest.approx(2 / (RESAMPLES + 1))


def test_p_values_are_rarely_small_without_a_difference() -> None:
    noise = np.random.default_rng(3).normal(size=(100, 400))
    assert (p_values(resampled_means(noise, seed=0)) < 0.05).mean() == pytest.approx(0.05, abs=0.035)
