"""The evaluation of a model on its task, beside the classical baselines and runs with other seeds.

In: an exam, the trained model as a system, the training records. Out: a `TaskAssessment`, all the report needs.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from erya.core import registry
from erya.core.errors import UserError
from erya.core.progress import bar, warn
from erya.evaluate.task import Measured, TaskBaseline
from erya.evaluate.trial import Difference, Exam, Trial, beats, figure
from erya.tasks.base.prediction import Record

BASELINES = "erya.evaluate.baselines"
INCIDENTAL = ("training.seed", "training.device", "training.num_threads", "log", "checkpoint")
"""What may differ between runs of the same recipe."""


@dataclass(frozen=True)
class TaskAssessment:
    """A whole evaluation of one model.

    `doubled` are the test records that were training records too, None where the training records are not known.
    """

    path: str
    on: str
    facts: Mapping[str, Any]
    exam: Exam
    model: Trial
    baselines: Sequence[Trial] = ()
    left_out: Sequence[str] = ()
    seeds: Sequence[Trial] = ()
    doubled: Sequence[Record] | None = None
    learning_curve: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def trials(self) -> list[Trial]:
        """The model's trial, then the baselines'."""
        return [self.model, *self.baselines]

    @property
    def best_baseline(self) -> Trial | None:
        """The baseline with the best deciding figure."""
        return self.exam.ranked(self.baselines)[0] if self.baselines else None

    @cached_property
    def differences(self) -> dict[str, Difference]:
        """The model's difference from each baseline, by the baseline's name."""
        return {it.name: self.exam.difference(self.model, it) for it in self.baselines}

    @property
    def verdict(self) -> str:
        """One sentence: whether the model beats the best baseline, and on what evidence."""
        best = self.best_baseline
        if best is None:
            return "No baseline was measured, so it is open whether the model was worth training."
        return beats(self.differences[best.name], "The model", f"the best baseline, {best.name}")

    @property
    def without_doubled(self) -> str:
        """One sentence on the items that were training items too, with the figure on the others."""
        if self.doubled is None:
            return "Whether test items were training items is not known: the training files are not there."
        if not self.doubled:
            return "No test item is a training item."
        names = ", ".join(record.id for record in self.doubled[:3]) + ", …" * (len(self.doubled) > 3)
        total = len(self.exam.records)
        text = f"{len(self.doubled):,} of {total:,} test items are training items too ({names})"
        taken = set(self.doubled)
        rest = [at for at, record in enumerate(self.exam.records) if record not in taken]
        if not rest:
            return f"{text}: no figure here says anything of unseen ones."
        metric = self.exam.deciding
        whole = self.model.measured[metric.name]
        other = figure(Measured(whole.statistics[rest], whole.value, whole.signature), metric.unit)
        return f"{text}; on the {len(rest):,} others the model's {metric.name} is {other.value:.2f}."


def take_baselines(exam: Exam, train: Sequence[Record]) -> tuple[list[Trial], list[str]]:
    """A trial of every baseline of the task, trained on the training records; and why one is left out, if one is."""
    entries: dict[str, TaskBaseline] = registry.discover(f"{BASELINES}.{exam.task.name}", "BASELINE")
    trials: list[Trial] = []
    left_out: list[str] = []
    with bar("baselines", len(entries), "baselines") as running:
        for entry in entries.values():
            start = time.monotonic()
            try:
                system = entry.train(train, exam.language)
                trained = time.monotonic() - start
                trials.append(exam.take(entry.name, system, training_seconds=trained))
            except UserError as error:  # what one cannot learn from, another can
                left_out.append(f"{entry.name} is left out: {error}")
                warn(left_out[-1])
            running.advance(text=entry.name)
    return trials, left_out


def require_same_recipe(first: Mapping[str, Any], other: Mapping[str, Any], name: str) -> None:
    """Refuse a run that differs in more than its seed, or not even in that.

    Raises: UserError naming what differs.
    """
    one, two = (_flat(provenance.get("config", {})) for provenance in (first, other))
    differing = [key for key in sorted({*one, *two}) if one.get(key) != two.get(key)]
    real = [key for key in differing if not key.startswith(INCIDENTAL)]
    if real:
        raise UserError(
            f"{name}: is of another recipe ({real[0]} is {two.get(real[0])}, not {one.get(real[0])});"
            " --seeds takes runs that differ in training.seed alone; compare others with erya compare"
        )
    if "training.seed" not in differing:
        raise UserError(f"{name}: has the same training.seed as another run; a spread is of runs with different seeds")


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def spread(trials: Sequence[Trial]) -> dict[str, tuple[float, float]]:
    """The mean and the standard deviation (n - 1) over runs, by metric."""
    found = {}
    for name in trials[0].figures:
        values = [trial.figures[name].value for trial in trials]
        found[name] = (float(np.mean(values)), float(np.std(values, ddof=1)))
    return found
