"""What a task is: how its files are read, what a model learns from a record, and how the model answers one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from erya.core.config import Section
from erya.dataset.examples import Example
from erya.model.architectures.base import Transformer
from erya.tasks.base.prediction import Prediction, Record, System
from erya.tokenizer.tokenizer import Tokenizer


class TaskConfig(Section):
    """What a model must know of its task; it is stored with the model.

    Each has a `language`, a field or a property: the ISO 639-1 code of what is answered.
    """

    def facts(self) -> dict[str, str]:
        """What a report should say of the settings."""
        return {}


class Task(Protocol):
    """An entry of the registry: `TASK` in a file of its name."""

    name: str
    config: type[Any]
    """The class of its settings, a TaskConfig."""
    metrics: Sequence[str]
    """Its entries in `evaluate/metrics/NAME/`, the deciding one first."""

    def read(self, paths: Sequence[Path], settings: Any) -> list[Record]:
        """The records of some files.

        Raises: UserError with the line of the first that has another shape.
        """

    def learned(self, records: Sequence[Record], settings: Any) -> Any:
        """The settings with what is learned from the training records, such as the labels there are."""

    def texts(self, records: Sequence[Record], settings: Any) -> Iterator[str]:
        """All texts of the records, for a tokenizer to learn from."""

    def adapt(self, model: Transformer, settings: Any, seed: int) -> Transformer:
        """The model with what the task needs, such as a head of its own.

        Raises: UserError for an architecture that cannot do the task.
        """

    def examples(
        self, model: Transformer, tokenizer: Tokenizer, records: Sequence[Record], settings: Any
    ) -> Iterator[Example]:
        """What the model learns from each record; one record may give none or several."""

    def blank(self, record: Record) -> Record:
        """The record without its reference, as it is shown to a system that is measured."""

    def system(self, model: Transformer, tokenizer: Tokenizer, settings: Any, *, quick: bool = False) -> System:
        """The model as something that answers records; `quick` for the figures of a validation in training."""


ItemFigures: TypeAlias = Callable[[Sequence[Prediction]], Sequence[float]]
"""The deciding metric of each of some records alone, by what is answered to them."""


@runtime_checkable
class Settling(Protocol):
    """A task with settings that are best chosen once the model is trained."""

    def settle(
        self, model: Transformer, tokenizer: Tokenizer, records: Sequence[Record], settings: Any, figures: ItemFigures
    ) -> Mapping[str, Any]:
        """Those settings, by name, as they are best on the validation records; none where nothing is to choose."""
