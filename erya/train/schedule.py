"""The learning rate's shape: a factor of the peak rate as a pure function of how much of the run is done."""

import math
from typing import Literal

from pydantic import Field

from erya.core.config import Section


class ScheduleConfig(Section):
    """How the learning rate rises, holds and falls."""

    name: Literal["wsd", "cosine"] = Field(
        default="wsd",
        description="Shape after the warm-up: `wsd` holds, then falls in a straight line; `cosine` falls at once.",
    )
    warmup_fraction: float = Field(
        default=0.02,
        ge=0,
        lt=1,
        description="Share of the run over which the rate rises from zero, unless warmup_steps is set.",
    )
    warmup_steps: int | None = Field(
        default=None, ge=0, description="Steps over which the rate rises from zero; replaces warmup_fraction."
    )
    decay_fraction: float = Field(
        default=0.5, ge=0, le=1, description="Share of the run, at its end, over which `wsd` falls."
    )
    final_fraction: float = Field(
        default=0.0, ge=0, le=1, description="The rate at the end as a share of the peak rate."
    )


def factor(config: ScheduleConfig, fraction: float, step: int) -> float:
    """The learning rate, as a share of its peak, in step `step` (from 0) when `fraction` of the run is done."""
    fraction = min(max(fraction, 0.0), 1.0)
    if config.warmup_steps is None:
        rise = fraction / config.warmup_fraction if config.warmup_fraction else 1.0
    else:
        rise = (step + 1) / config.warmup_steps if config.warmup_steps else 1.0
    shape = cosine if config.name == "cosine" else wsd
    return min(rise, shape(config, fraction))


def wsd(config: ScheduleConfig, fraction: float) -> float:
    """Warm-up–stable–decay without its warm-up: 1, then a straight line to `final_fraction`.

    Source: Hu et al. 2024, MiniCPM, section 4.3; the straight line: Hägele et al. 2024, arXiv 2405.18392.
    """
    if 1 - fraction >= config.decay_fraction:
        return 1.0
    left = (1 - fraction) / config.decay_fraction
    return config.final_fraction + (1 - config.final_fraction) * left


def cosine(config: ScheduleConfig, fraction: float) -> float:
    """Half a cosine from 1 to `final_fraction`. Source: Loshchilov & Hutter 2017, SGDR, equation 5."""
    return config.final_fraction + (1 - config.final_fraction) * 0.5 * (1 + math.cos(math.pi * fraction))
