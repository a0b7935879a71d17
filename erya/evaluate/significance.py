"""How sure a figure is: bootstrap intervals, and the paired bootstrap for two systems on the same items.

In: each item's share of a figure (nats and bytes of a document, right answers and ones, matching n-grams) and how the
figure follows from their sums. Out: intervals and p-values over resampled items.
"""

from collections.abc import Callable
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


def _resampled(statistics: Array, resamples: int, seed: int) -> Array:
    """Sums of the rows [N, K] in each resample of the items: [resamples, K]."""
    random = np.random.default_rng(seed)
    items = len(statistics)
    chunk = max(1, CELLS // items)
    sums = []
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = random.integers(0, items, size=(rows, items)) + items * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * items).reshape(rows, items)
        sums.append(counts.astype(np.float64) @ statistics)
    return np.concatenate(sums)


def bootstrap_value(
    statistics: Array, value: Callable[[Array], Array], resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """The figure that `value` makes of the sum of rows [N, K], with its 95 % percentile interval over resampled items.

    `value` takes sums [..., K] and gives figures [...]. Source: Efron & Tibshirani 1993, chapter 13.
    """
    figure = float(value(statistics.sum(axis=0)))
    if len(statistics) < 2:
        return Interval(figure)
    low, high = np.quantile(value(_resampled(statistics, resamples, seed)), [0.025, 0.975])
    return Interval(figure, float(low), float(high))


def bootstrap_ratio(above: Array, below: Array, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The ratio of two sums over items with its 95 % percentile interval over resampled items."""
    return bootstrap_value(np.stack([above, below], axis=1), _ratio, resamples, seed)


def _ratio(sums: Array) -> Array:
    return np.asarray(sums[..., 0] / sums[..., 1])


def paired_bootstrap_value(
    first: Array,
    second: Array,
    value_first: Callable[[Array], Array],
    value_second: Callable[[Array], Array],
    higher_is_better: bool,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> float | None:
    """The p-value of the first figure being better only by the choice of items; None for one item.

    One-sided: the share of resamples, the same for both, in which the first is not better, counting the sample
    itself; so it nears 1 where the second is surely better. `first` [N, K] and `second` [N, L] are as in
    `bootstrap_value`. Source: Koehn 2004, "Statistical significance tests for machine translation evaluation".
    """
    assert len(first) == len(second), "a paired test is of the same items"
    if len(first) < 2:
        return None
    sums = _resampled(np.concatenate([first, second], axis=1), resamples, seed)
    width = first.shape[1]
    ahead = value_first(sums[:, :width]) - value_second(sums[:, width:])
    lost = np.count_nonzero(~(ahead > 0 if higher_is_better else ahead < 0))
    return (int(lost) + 1) / (resamples + 1)


def paired_bootstrap(first: Array, second: Array, resamples: int = RESAMPLES, seed: int = SEED) -> float | None:
    """The p-value of the two sums' order, whichever it is, coming only from the choice of items; None for one item."""
    ahead = (first - second)[:, None]
    return paired_bootstrap_value(ahead, 0 * ahead, _total, _total, bool(ahead.sum() > 0), resamples, seed)


def _total(sums: Array) -> Array:
    return sums[..., 0]
