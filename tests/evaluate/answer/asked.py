"""Questions for the tests of answers, and what a metric says of predictions."""

import re
from collections.abc import Sequence

from erya.corpus.records import Question
from erya.evaluate.task import TaskMetric
from erya.tasks.base.prediction import Prediction


def asked(*accepted: Sequence[str]) -> list[Question]:
    """One question for each choice of accepted answers."""
    return [Question("context", "question", tuple(answers), str(place)) for place, answers in enumerate(accepted)]


def figure(metric: TaskMetric, predictions: Sequence[str], questions: Sequence[Question], language: str) -> float:
    """The metric's figure of predictions."""
    measured = metric.measure([Prediction(text) for text in predictions], questions, language)
    assert re.fullmatch(r"metric:\S+?\|definition:\S+?\|language:\w\w\|items:\d+\|erya:[\d.]+", measured.signature)
    return float(measured.value(measured.statistics.sum(axis=0)))
