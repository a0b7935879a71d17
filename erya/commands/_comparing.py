"""What `erya compare` puts together: the trials of several models of a task, or the scores of language models."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from erya.commands._evaluating_language import open_scorer
from erya.commands._evaluating_task import open_exam, require_same_task, take
from erya.evaluate.assess import Scored, assess_set
from erya.evaluate.comparison import Comparison, compare, comparison_json
from erya.evaluate.metric import Result
from erya.evaluate.reports.board import Board, Entry
from erya.evaluate.reports.task_report import trial_json
from erya.evaluate.sets import EvaluationSet, open_set
from erya.evaluate.significance import Array
from erya.evaluate.task import Measured
from erya.evaluate.trial import Difference, paired
from erya.tasks.base.loaded import load

Compared: TypeAlias = tuple[list[Comparison], list[dict[str, Any]]]
"""The comparison on each set, for a person and for a program."""


def compare_tasks(
    models: Sequence[Path], paths: Sequence[Path], metric: str | None, most: int | None, device: str
) -> Compared:
    """Models of one task on the records of some files."""
    first = load(models[0], device)
    exam = open_exam(first, paths, metric, most)
    trials = {str(models[0]): take(exam, first, str(models[0]))}
    for model in models[1:]:
        other = load(model, device)
        require_same_task(first, other)
        trials[str(model)] = take(exam, other, str(model))
    entries = [Entry(trial.name, trial.figures) for trial in exam.ranked(list(trials.values()))]
    board = Board(", ".join(path.name for path in paths), exam.task.name, exam.deciding.name, entries)
    signatures = [f"{name}: {it.signature}" for name, it in trials[str(models[0])].measured.items()]
    found = compare(board, lambda one, other: exam.difference(trials[one], trials[other]), signatures)
    return [found], [comparison_json(found, {name: trial_json(trial) for name, trial in trials.items()})]


def compare_languages(
    models: Sequence[Path], paths: Sequence[Path], metric: str | None, most: int | None, device: str
) -> Compared:
    """Language models on each path; their tokenizers may differ, for an item's nats are compared whole."""
    sets = [open_set(path, metric, "test", most) for path in paths]
    scored: list[dict[str, Scored]] = [{} for _ in sets]
    for model in models:
        loaded, scorer = open_scorer(model, device)
        assert loaded.tokenizer is not None
        for chosen, found in zip(sets, scored, strict=True):
            found[str(model)] = assess_set(chosen, loaded.tokenizer, [scorer]).scored[0]
    comparisons = [_compared(*both) for both in zip(sets, scored, strict=True)]
    return comparisons, [_language_json(*both) for both in zip(comparisons, scored, strict=True)]


def _compared(chosen: EvaluationSet, scored: dict[str, Scored]) -> Comparison:
    headline = chosen.metric.headline

    def difference(one: str, other: str) -> Difference:
        results = scored[one].result, scored[other].result
        p_value, p_reverse = paired(_costs(results[0]), _costs(results[1]), higher_is_better=False)
        figures = results[0].figures[headline], results[1].figures[headline]
        return Difference((one, other), headline, figures, None, p_value, p_reverse, len(results[0].costs))

    best_first = sorted(scored.items(), key=lambda item: float(item[1].result.costs.sum()))
    entries = [Entry(name, it.result.figures) for name, it in best_first]
    board = Board(chosen.name, chosen.metric.name, headline, entries)
    signatures = [f"{name}: {it.result.signature}" for name, it in scored.items()]
    return compare(board, difference, signatures)


def _costs(result: Result) -> Measured:
    return Measured(result.costs[:, None], _total, result.signature)


def _total(sums: Array) -> Array:
    return np.asarray(sums[..., 0])


def _language_json(comparison: Comparison, scored: dict[str, Scored]) -> dict[str, Any]:
    more = {
        name: {"signature": it.result.signature, "tokens": it.tokens, "seconds": round(it.seconds, 3)}
        for name, it in scored.items()
    }
    return comparison_json(comparison, more)
