"""Markup kept: of the sentences with reStructuredText markup, the share whose translation has all of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from erya import __version__
from erya.corpus.records import Pair
from erya.evaluate.scoring.translations import references_of
from erya.evaluate.task import Measured
from erya.tasks.base.markup import markup
from erya.tasks.base.prediction import Prediction, Record

LEAST_SHARE = 0.05  # of sentences with markup, from which on it is worth a column


class MarkupKept:
    """The metric."""

    name = "markup kept"
    unit = "%"
    higher_is_better = True

    def concerns(self, records: Sequence[Record]) -> bool:
        """Whether at least one source in twenty has markup."""
        marked = sum(bool(markup(record.source)) for record in records if isinstance(record, Pair))
        return marked > 0 and marked >= LEAST_SHARE * len(records)

    def measure(self, predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> Measured:  # noqa: ARG002
        """Compare the markup of translations with that of their sources; of a sentence without any nothing is said.

        Raises: UserError when the numbers differ, there are none, or a reference is empty.
        """
        references_of(predictions, records)
        rows = []
        for prediction, record in zip(predictions, records, strict=True):
            assert isinstance(record, Pair), "only pairs are compared as translations"
            wanted = markup(record.source)
            rows.append((bool(wanted) and not wanted - markup(prediction.text), bool(wanted)))
        statistics = np.asarray(rows, dtype=np.float64).reshape(-1, 2)
        marked = int(statistics[:, 1].sum())
        signature = f"metric:markup-kept|markup:rst|emphasis:words-free|items:{marked}|erya:{__version__}"
        return Measured(statistics, _percent, signature)


def _percent(sums: Any) -> Any:
    kept, marked = sums[..., 0], sums[..., 1]
    return np.where(marked > 0, 100.0 * kept / np.maximum(marked, 1), 100.0)


METRIC = MarkupKept()
