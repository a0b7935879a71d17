"""A model with its task, ready to answer: what `erya.load` gives and the commands use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from erya.core import registry
from erya.core.config import Section, resolve
from erya.core.device import choose_device, choose_precision
from erya.core.errors import UserError
from erya.corpus.records import Labelled, Pair, Question, Summary
from erya.model.architectures.base import Transformer
from erya.model.files import load_model
from erya.tasks.base.prediction import Prediction, Record
from erya.tasks.base.task import Task
from erya.tokenizer.tokenizer import Tokenizer

TASKS = "erya.tasks"


@dataclass(frozen=True)
class TaskModel:
    """A model, its tokenizer and the task it was trained for."""

    path: Path
    task: Task
    settings: Any
    model: Transformer
    tokenizer: Tokenizer
    provenance: Mapping[str, Any]

    def predict(self, records: Sequence[Record]) -> list[Prediction]:
        """An answer to each record, whose reference is not looked at."""
        return self.task.system(self.model, self.tokenizer, self.settings)([self.task.blank(it) for it in records])

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The translation of each text."""
        return self._texts("translate", [Pair(text, "", str(at)) for at, text in enumerate(texts)])

    def summarize(self, texts: Sequence[str]) -> list[str]:
        """The summary of each text."""
        return self._texts("summarize", [Summary(text, "", str(at)) for at, text in enumerate(texts)])

    def classify(self, texts: Sequence[str]) -> list[str]:
        """The label of each text; `predict` gives the probabilities too."""
        return self._texts("classify", [Labelled(text, "", str(at)) for at, text in enumerate(texts)])

    def answer(self, questions: Sequence[tuple[str, str]]) -> list[str]:
        """The answer to each (question, context), empty where the context holds none."""
        records = [Question(context, question, (), str(at)) for at, (question, context) in enumerate(questions)]
        return self._texts("answer", records)

    def _texts(self, task: str, records: Sequence[Record]) -> list[str]:
        if self.task.name != task:
            raise UserError(f"{self.path}: was trained to {self.task.name}, not to {task}")
        return [prediction.text for prediction in self.predict(records)]


def load(path: str | Path, device: str = "auto", *, packed: bool = True) -> TaskModel:
    """Open a fine-tuned model; `packed` lays its weights out for writing, where that is faster.

    Raises: UserError when it is no model, or knows no task.
    """
    place = choose_device(device)
    dtype = torch.float32 if place.type == "cpu" else choose_precision(place)
    loaded = load_model(Path(path), place, dtype)
    if loaded.tokenizer is None:
        raise UserError(f"{path}: has no tokenizer.json; copy the tokenizer's files into it")
    learned = loaded.provenance.get("task") or _published(loaded.tokenizer)
    if learned is None:
        raise UserError(
            f"{path}: was not trained for a task; train it for one: erya finetune {path} --task translate …"
        )
    task, settings = open_task(learned)
    if packed:
        loaded.model.pack()
    return TaskModel(Path(path), task, settings, loaded.model, loaded.tokenizer, loaded.provenance)


def _published(tokenizer: Tokenizer) -> dict[str, str] | None:
    """The task of a published translation model, which its tokenizer's configuration tells."""
    if tokenizer.languages is None:
        return None
    source, target = tokenizer.languages
    return {"name": "translate", "source_language": source, "target_language": target}


def open_task(table: Mapping[str, Any]) -> tuple[Task, Any]:
    """A task and its settings from what a configuration or a model says of it.

    Raises: UserError for a task there is not, or settings it does not take.
    """
    if "name" not in table:
        raise UserError("task.name: missing; say --task translate, answer, summarize or classify")
    task: Task = registry.pick(TASKS, "TASK", str(table["name"]))
    fields = {key: value for key, value in table.items() if key != "name"}
    settings: Section = resolve(task.config, [("task", fields)]).config
    return task, settings
