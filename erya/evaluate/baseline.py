"""What a classical baseline is: trained on the documents the model was trained on, scored as the model is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from erya.evaluate.scorer import Ids, Scorer


@dataclass(frozen=True)
class Corpus:
    """Documents as token ids without end_of_text, and the vocabulary they are written in."""

    documents: Iterable[Ids]
    vocab_size: int
    end_of_text_id: int


@dataclass(frozen=True)
class Baseline:
    """An entry of the registry: its name, and how to make a scorer of a corpus."""

    name: str
    train: Callable[[Corpus], Scorer]


def padded_stream(
    documents: Iterable[Ids], end_of_text_id: int, context: int, ends: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """All documents in one array, each after `context` end_of_text ids, and which positions are predicted.

    `ends` adds the end_of_text that a document's end is, and predicts it.
    """
    before = np.full(context, end_of_text_id, dtype=np.int64)
    after = np.full(int(ends), end_of_text_id, dtype=np.int64)
    parts: list[npt.NDArray[np.int64]] = []
    predicted: list[npt.NDArray[np.bool_]] = []
    for document in documents:
        ids = np.asarray(document, dtype=np.int64)
        parts += [before, ids, after]
        predicted += [np.zeros(context, bool), np.ones(len(ids) + len(after), bool)]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    return np.concatenate(parts), np.concatenate(predicted)
