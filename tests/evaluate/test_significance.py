"""Intervals cover as often as they say, and the p-value behaves at its ends."""

import numpy as np
import pytest

from erya.evaluate.significance import bootstrap_ratio, paired_bootstrap


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
