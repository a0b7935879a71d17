"""What a metric is, and what it gives: figures with intervals, a signature, and tables and curves for the report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from erya import __version__
from erya.core.storage import sha256_json
from erya.evaluate.scorer import Advance, Ids, Scorer
from erya.evaluate.significance import RESAMPLES, SEED, Array, Interval

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """One number with its 95 % interval."""

    value: float
    low: float | None
    high: float | None
    unit: str

    @classmethod
    def of(cls, interval: Interval, unit: str) -> "Figure":
        """An interval with its unit."""
        return cls(interval.value, interval.low, interval.high, unit)

    @classmethod
    def exp(cls, interval: Interval, unit: str) -> "Figure":
        """The perplexity of a loss in nats; the exponential keeps an interval an interval."""
        low, high = (None if end is None else _exp(end) for end in (interval.low, interval.high))
        return cls(_exp(interval.value), low, high, unit)


def _exp(nats: float) -> float:
    return float(np.exp(min(nats, 700.0)))  # e^700 is the last that float64 holds


@dataclass(frozen=True)
class Table:
    """A table of the report."""

    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Curve:
    """A line of the report: its axes' names and points."""

    x_name: str
    y_name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Result:
    """What one scorer got on one set; `costs` are the headline's per-item numerators, lower better, for pairing."""

    figures: dict[str, Figure]
    signature: str
    costs: Array
    tables: dict[str, Table] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)


class TokenEncoder(Protocol):
    """What a metric asks of a tokenizer."""

    sha256: str

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of several texts."""


@dataclass(frozen=True)
class Prepared:
    """A set ready to be scored: token ids, what they came from, and what the signature says of the set."""

    texts: Sequence[Ids]
    items: Sequence[Any]
    signature: str

    @property
    def tokens(self) -> int:
        """How many tokens there are to score."""
        return sum(len(text) for text in self.texts)


class Metric(Protocol):
    """An entry of the registry."""

    name: str
    headline: str

    def recognises(self, path: Path, record: Record) -> bool:
        """Whether a file that begins with this record is surely meant for this metric."""

    def items(self, records: Iterable[Record], where: str) -> list[Any]:
        """The records as this metric's items.

        Raises: UserError for a record it cannot use.
        """

    def prepare(self, items: Sequence[Any], tokenizer: TokenEncoder) -> Prepared:
        """Encode the items."""

    def measure(self, scorer: Scorer, prepared: Prepared, advance: Advance) -> Result:
        """Score them."""


def set_signature(metric: str, items: Sequence[str], tokenizer: TokenEncoder, **facts: object) -> str:
    """What identifies a figure beside its scorer: the metric, its choices, the very items and the tokenizer."""
    parts = {
        "metric": metric,
        **facts,
        "items": len(items),
        "items-sha256": sha256_json(list(items))[:12],
        "tokenizer": tokenizer.sha256[:12],
        "bootstrap": f"{RESAMPLES},seed{SEED}",
        "erya": __version__,
    }
    return "|".join(f"{key}:{value}" for key, value in parts.items())
