"""What a system, a model or a baseline, answers to one record of any task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from erya.corpus.records import Labelled, Pair, Question, Summary

Record: TypeAlias = Pair | Question | Summary | Labelled


@dataclass(frozen=True, slots=True)
class Prediction:
    """The text of the answer: a translation, a span ("" where there is none), a summary or a label.

    `probabilities` gives those of all labels, `score` how sure the system is, `passage` the id of the text an answer
    was found in, `candidates` the texts that were found, best first, where several were.
    """

    text: str
    score: float | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    passage: str | None = None
    candidates: Sequence[str] = ()


System: TypeAlias = Callable[[Sequence[Record]], list[Prediction]]
"""One prediction for each record, in their order; what the record's reference says must not be looked at."""


def surest(answers: Sequence[Prediction]) -> Prediction:
    """The answer of the highest score, the first of equals; an empty one only where there is no other."""
    return max(answers, key=lambda it: (it.text != "", it.score or 0.0), default=Prediction(""))
