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
from erya.model.files import LoadedModel, load_model
from erya.model.lora.files import is_lora, load_lora, lora_base, lora_provenance
from erya.model.lora.parts import merge_lora
from erya.tasks.base.prediction import Prediction, Record
from erya.tasks.base.task import Task
from erya.tokenizer.tokenizer import Tokenizer

TASKS = "erya.tasks"
LANGUAGES = {"language", "source_language", "target_language"}
LEARNED = {"name", "labels", "markup", *LANGUAGES}
"""What a model is trained for, which no one can set afterwards."""


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


def load(
    path: str | Path, device: str = "auto", *, settings: Mapping[str, Any] | None = None, packed: bool = True
) -> TaskModel:
    """Open a fine-tuned model, or the LoRA of one; `packed` lays its weights out for writing, where that is faster.

    `settings` replace those of the task it was trained with, such as {"beams": {"num_beams": 5}}.
    Raises: UserError when it is no model, knows no task, or for a setting its task does not take.
    """
    place = choose_device(device)
    dtype = torch.float32 if place.type == "cpu" else choose_precision(place)
    opening = _load_adapted if is_lora(Path(path)) else load_model
    loaded = opening(Path(path), place, dtype)
    if loaded.tokenizer is None:
        raise UserError(f"{path}: has no tokenizer.json; copy the tokenizer's files into it")
    learned = loaded.provenance.get("task") or _published(loaded.tokenizer)
    if learned is None:
        raise UserError(f"{path}: was not trained for a task; train it for one: erya finetune {path} --task TASK …")
    task, chosen = open_task(learned, settings or {})
    if packed:
        loaded.model.pack()
    return TaskModel(Path(path), task, chosen, loaded.model, loaded.tokenizer, loaded.provenance)


def _load_adapted(path: Path, device: torch.device, dtype: torch.dtype) -> LoadedModel:
    """The base a LoRA names, with the head of the LoRA's task and the LoRA merged into it.

    Raises: UserError when the base is not there, or the LoRA is of another.
    """
    base = load_model(Path(lora_base(path)), device, dtype)
    learned = lora_provenance(path).get("task")
    model = base.model
    if learned is not None:
        task, settings = open_task(learned)
        model = task.adapt(model, settings, 0)
    provenance = load_lora(path, model)
    merge_lora(model)
    return LoadedModel(path, model.eval(), base.tokenizer, provenance)


def _published(tokenizer: Tokenizer) -> dict[str, str] | None:
    """The task of a published translation model, which its tokenizer's configuration tells."""
    if tokenizer.languages is None:
        return None
    source, target = tokenizer.languages
    return {"name": "translate", "source_language": source, "target_language": target}


def _check_languages(task: Task, fields: Mapping[str, Any]) -> None:
    wanted, given = (LANGUAGES & set(names) for names in (task.config.model_fields, fields))
    if wanted != given:
        example = "en-zh, from the one to the other" if len(wanted) == 2 else "en"
        got = ", ".join(f"{name} {fields[name]}" for name in sorted(given)) or "none"
        raise UserError(f"languages of the task {task.name}: got {got}; say --languages {example}")


def open_task(table: Mapping[str, Any], replaced: Mapping[str, Any] | None = None) -> tuple[Task, Any]:
    """A task and its settings from what a configuration or a model says of it, some of them `replaced`.

    Raises: UserError for a task there is not, settings it does not take, or one that only training can change.
    """
    fixed = sorted(LEARNED & set(replaced or {}))
    if fixed:
        raise UserError(f"task.{fixed[0]}: is what the model was trained for; train another model for another")
    if "name" not in table:
        raise UserError("task.name: missing; say --task translate, answer, summarize or classify")
    task: Task = registry.pick(TASKS, "TASK", str(table["name"]))
    fields = {key: value for key, value in table.items() if key != "name"}
    _check_languages(task, fields)
    settings: Section = resolve(task.config, [("task", fields), ("--set task", dict(replaced or {}))]).config
    return task, settings
