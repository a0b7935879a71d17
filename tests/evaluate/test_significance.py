"""Intervals cover as often as they say, and the p-value behaves at its ends."""

import numpy as np
import pytest

from erya.evaluate import significance
from erya.evaluate.significance import (
    Array,
    bootstrap_ratio,
    bootstrap_value,
    paired_bootstrap,
    paired_bootstrap_value,
)


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        below = random.integers(20, 200, size=80).astype(float)
        above = below * random.normal(1.7, 0.4, size=80)
        interval = bootstrap_ratio(above, below, resamples=400, seed=trial)
        assert interval.low is not None
        assert interval.high is not None
        covered += interval.low <= 1.7 <= interval.high
    assert 0.89 <= covered / 200 <= 0.99  # 95 %, give or take three standard errors of 200 trials


def test_the_value_is_the_ratio_of_sums_and_lies_inside() -> None:
    above, below = np.array([1.0, 10.0, 3.0]), np.array([2.0, 4.0, 6.0])
    interval = bootstrap_ratio(above, below)
    assert interval.value == pytest.approx(14 / 12)
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low <= interval.value <= interval.high


def test_one_item_has_no_interval() -> None:
    assert bootstrap_ratio(np.array([3.0]), np.array([2.0])).low is None
    assert paired_bootstrap(np.array([3.0]), np.array([2.0])) is None


def test_the_same_seed_gives_the_same_interval() -> None:
    random = np.random.default_rng(1)
    above, below = random.random(50), random.random(50) + 1
    assert bootstrap_ratio(above, below) == bootstrap_ratio(above, below)


def test_p_value_small_when_one_is_better_everywhere_and_large_when_alike() -> None:
    random = np.random.default_rng(2)
    first = random.random(100) + 1
    assert paired_bootstrap(first, first + 0.1) == pytest.approx(1 / 1001)
    alike = paired_bootstrap(first, random.permutation(first) + 1e-9)
    assert alike is not None
    assert alike > 0.2
    assert paired_bootstrap(first, first) == 1.0


def ratio(sums: Array) -> Array:
    return np.asarray(sums[..., 0] / sums[..., 1])


def test_value_of_a_ratio_is_the_ratio_and_more_columns_change_nothing() -> None:
    random = np.random.default_rng(3)
    above, below, other = random.random(70), random.random(70) + 1, random.random(70)
    assert bootstrap_value(np.stack([above, below], axis=1), ratio) == bootstrap_ratio(above, below)
    wider = bootstrap_value(np.stack([above, below, other], axis=1), ratio)
    assert (wider.low, wider.high) == pytest.approx(
        (bootstrap_ratio(above, below).low, bootstrap_ratio(above, below).high)
    )


def test_resampled_sums_are_those_of_resampled_items(monkeypatch: pytest.MonkeyPatch) -> None:
    items = np.random.default_rng(4).random((20, 3))
    drawn = np.random.default_rng(7).integers(0, 20, size=(50, 20))
    assert significance._resampled(items, 50, seed=7) == pytest.approx(items[drawn].sum(axis=1))
    monkeypatch.setattr(significance, "CELLS", 45)  # a few resamples at a time
    assert significance._resampled(items, 50, seed=7) == pytest.approx(items[drawn].sum(axis=1))


def test_p_value_of_a_figure_is_small_only_for_the_better() -> None:
    random = np.random.default_rng(5)
    items = np.stack([random.random(100), np.ones(100)], axis=1)
    better = items + np.array([0.3, 0.0])
    wider = np.concatenate([items, items], axis=1)  # the two may be measured in other columns
    for higher, first, second in ((True, better, wider), (False, wider, better)):
        sure = paired_bootstrap_value(first, second, ratio, ratio, higher)
        assert sure == pytest.approx(1 / 1001)
        assert paired_bootstrap_value(second, first, ratio, ratio, higher) == 1.0
    assert paired_bootstrap_value(items, items, ratio, ratio, True) == 1.0
    assert paired_bootstrap_value(items[:1], items[:1], ratio, ratio, True) is None


def test_alike_figures_are_not_told_apart() -> None:
    random = np.random.default_rng(6)
    first, second = (np.stack([random.random(200), np.ones(200)], axis=1) for _ in range(2))
    second[:, 0] += first[:, 0].mean() - second[:, 0].mean()
    found = paired_bootstrap_value(first, second, ratio, ratio, True)
    assert found == pytest.approx(0.5, abs=0.1)


def test_false_alarms_come_as_often_as_the_level_says() -> None:
    random = np.random.default_rng(8)
    alarms = 0
    for trial in range(300):
        first, second = (np.stack([random.normal(size=60), np.ones(60)], axis=1) for _ in range(2))
        p_value = paired_bootstrap_value(first, second, ratio, ratio, True, resamples=200, seed=trial)
        assert p_value is not None
        alarms += p_value <= 0.1
    assert 0.05 <= alarms / 300 <= 0.16  # 10 %, give or take three standard errors of 300 trials
