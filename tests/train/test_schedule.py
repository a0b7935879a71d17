"""The schedule: its corners, its bounds and its continuity."""

import math

from hypothesis import given
from hypothesis import strategies as st

from erya.train.schedule import ScheduleConfig, factor

WSD = ScheduleConfig(name="wsd", warmup_fraction=0.1, decay_fraction=0.5, final_fraction=0.2)
COSINE = ScheduleConfig(name="cosine", warmup_fraction=0.0, final_fraction=0.1)


def test_wsd_rises_holds_and_falls_to_the_final_fraction():
    assert factor(WSD, 0.0, 0) == 0.0
    assert factor(WSD, 0.05, 0) == 0.5
    assert factor(WSD, 0.1, 0) == factor(WSD, 0.3, 0) == factor(WSD, 0.5, 0) == 1.0
    assert math.isclose(factor(WSD, 0.75, 0), 0.6)
    assert math.isclose(factor(WSD, 1.0, 0), 0.2)


def test_cosine_is_halfway_at_half_the_run():
    assert factor(COSINE, 0.0, 0) == 1.0
    assert math.isclose(factor(COSINE, 0.5, 0), 0.55)
    assert math.isclose(factor(COSINE, 1.0, 0), 0.1)


def test_warmup_steps_replace_the_fraction():
    config = ScheduleConfig(warmup_steps=10, warmup_fraction=0.5, decay_fraction=0.0)
    assert [factor(config, 0.3, step) for step in (0, 4, 9, 50)] == [0.1, 0.5, 1.0, 1.0]


@given(st.sampled_from(["wsd", "cosine"]), st.floats(0, 0.9), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_factor_stays_between_zero_and_one_and_ends_at_the_final_fraction(name, warmup, decay, final, fraction):
    config = ScheduleConfig(name=name, warmup_fraction=warmup, decay_fraction=decay, final_fraction=final)
    assert 0.0 <= factor(config, fraction, 5) <= 1.0
    end = 1.0 if name == "wsd" and decay == 0 else final
    assert math.isclose(factor(config, 1.0, 5), end, abs_tol=1e-12)
