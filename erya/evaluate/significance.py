"""How sure a figure is: bootstrap intervals, and the paired bootstrap for two systems on the same items.

In: per-item numerators and denominators (nats and bytes of each document, right answers and ones). Out: intervals and
p-values of the ratio of their sums, which is what every metric here is.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
RESAMPLES = 1000
SEED = 12345
CELLS = 4_000_000


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval; `low` and `high` are None when one item gives no spread."""

    value: float
    low: float | None = None
    high: float | None = None


def _resampled(columns: list[Array], resamples: int, seed: int) -> Array:
    """Sums of each column over each resample of the items: one row a resample, one column a column."""
    random = np.random.default_rng(seed)
    items = len(columns[0])
    stacked = np.stack(columns, axis=1)
    chunk = max(1, CELLS // items)
    sums = [
        stacked[random.integers(0, items, size=(min(chunk, resamples - start), items))].sum(axis=1)
        for start in range(0, resamples, chunk)
    ]
    return np.concatenate(sums)


def bootstrap_ratio(above: Array, below: Array, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The ratio of two sums over items with its 95 % percentile interval over resampled items.

    Source: Efron & Tibshirani 1993, chapter 13.
    """
    value = float(above.sum() / below.sum())
    if len(above) < 2:
        return Interval(value)
    sums = _resampled([above, below], resamples, seed)
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    return Interval(value, float(low), float(high))


def paired_bootstrap(first: Array, second: Array, resamples: int = RESAMPLES, seed: int = SEED) -> float | None:
    """The p-value of the two sums' order coming only from the choice of items; None for one item.

    One-sided in the direction observed: the share of resamples in which the order is lost, counting the sample itself.
    Source: Koehn 2004, "Statistical significance tests for machine translation evaluation", section 4.
    """
    if len(first) < 2:
        return None
    observed = float(first.sum() - second.sum())
    sums = _resampled([first - second], resamples, seed)
    lost = np.count_nonzero(sums * np.sign(observed) <= 0)
    return (int(lost) + 1) / (resamples + 1)
