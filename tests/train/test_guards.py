"""The guard: what is not finite or spikes is caught, clean noise is not."""

import math
import random

import pytest

from erya.train.guards import WARM_STEPS, Guard


def warm(seed: int = 0, steps: int = 200) -> Guard:
    generator = random.Random(seed)
    guard = Guard()
    for _ in range(steps):
        assert guard.fault(3 + generator.gauss(0, 0.1), generator.lognormvariate(0, 0.3)) is None
    return guard


@pytest.mark.parametrize(
    ("loss", "norm"),
    [(math.nan, 1.0), (math.inf, 1.0), (3.0, math.nan), (3.0, math.inf), (150.0, 1.0), (3.0, 50.0), (3.0, 0.0)],
)
def test_a_faulty_step_is_named_and_leaves_no_trace(loss, norm):
    guard = warm()
    before = guard.state()
    assert guard.fault(loss, norm)
    assert guard.state() == before
    assert guard.fault(3.0, 1.0) is None


def test_without_enough_history_only_what_is_not_finite_is_caught():
    guard = Guard()
    for _ in range(WARM_STEPS - 1):
        guard.fault(3.0, 1.0)
    assert guard.fault(150.0, 50.0) is None
    assert guard.fault(math.nan, 1.0)


def test_fewer_than_one_clean_step_in_a_thousand_is_skipped():
    """Losses that fall with noise, and gradient norms with heavy tails, from ten seeds."""
    skipped = total = 0
    for seed in range(10):
        generator = random.Random(seed)
        guard = Guard()
        for step in range(2000):
            loss = 3 + 5 * math.exp(-step / 300) + generator.gauss(0, 0.05)
            skipped += guard.fault(loss, generator.lognormvariate(0, 0.5)) is not None
            total += 1
    assert skipped / total < 0.001


def test_batches_of_short_texts_are_learned():
    """One batch in fifty is of headings, whose gradient is ten times that of the others: none is skipped."""
    generator = random.Random(0)
    guard = Guard()
    for step in range(2000):
        norm = generator.lognormvariate(2.3 if step % 50 == 49 else 0, 0.15)
        assert guard.fault(3 + generator.gauss(0, 0.05), norm) is None


def test_the_window_survives_saving():
    guard, other = warm(), Guard()
    other.load_state(guard.state())
    for loss, norm in ((3.5, 1.0), (3.0, 9.0), (4.0, 1.0)):
        assert guard.fault(loss, norm) == other.fault(loss, norm)
    assert guard.state() == other.state()
