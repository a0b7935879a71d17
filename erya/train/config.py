"""The configuration of a pretraining run: a TOML file or preset, the dial, and single values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from erya.core.config import Resolved, Section, Table, leaves, parse_overrides, read_toml, resolve
from erya.dataset.objective import ObjectiveConfig
from erya.model.sizes import ModelConfig, dial
from erya.train.checkpoint import CheckpointConfig
from erya.train.hooks import LogConfig
from erya.train.optimizer import OptimizerConfig
from erya.train.schedule import ScheduleConfig
from erya.train.validation import ValidationConfig

HORIZON = ("max_steps", "max_tokens", "max_seconds")


class DataConfig(Section):
    """What the model learns from."""

    tokens: list[str] = Field(min_length=1, description="One or more tokens directories (see `erya tokenizer encode`).")
    weights: list[float] | None = Field(
        default=None, description="Share of each tokens directory in the mixture; none: by their size."
    )

    @model_validator(mode="after")
    def _one_weight_each(self) -> Self:
        if self.weights is not None and (len(self.weights) != len(self.tokens) or min(self.weights) <= 0):
            raise ValueError(f"weights: expected {len(self.tokens)} positive numbers, one for each tokens directory")
        return self


class TrainingConfig(Section):
    """How long, in which portions and where the run computes."""

    context_length: int = Field(default=256, ge=2, description="Tokens in a row, and the longest text the model reads.")
    batch_tokens: int = Field(
        default=8192, ge=2, description="Tokens in one optimizer step: rows times context_length."
    )
    micro_batch_rows: int | None = Field(
        default=None,
        ge=1,
        description="Rows computed at once; fewer take less memory and change nothing else; none: chosen.",
    )
    max_steps: int | None = Field(default=None, ge=1, description="End after this many steps.")
    max_tokens: int | None = Field(default=None, ge=1, description="End after this many tokens.")
    max_seconds: float | None = Field(
        default=None,
        gt=0,
        description="End after this much wall-clock time, validation and saving included. The schedule then follows "
        "the clock, so two such runs are not bit-identical.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of the weights, the order of the data and dropout.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="Of matrix products; auto: bfloat16 where the hardware has units for it."
    )
    compile: bool = Field(default=False, description="Compile the model with torch.compile.")
    document_mask: bool = Field(default=False, description="Let no position see another document in its row.")
    device: str = Field(default="auto", description="auto, cpu, cuda, cuda:1 or mps.")
    num_threads: int | None = Field(
        default=None, ge=1, description="CPU threads; none: torch's choice. Changing it changes rounding."
    )

    @model_validator(mode="after")
    def _whole_batches(self) -> Self:
        if self.max_steps is None and self.max_tokens is None and self.max_seconds is None:
            raise ValueError("set one of max_steps, max_tokens, max_seconds, or model.size, so that the run has an end")
        rows, rest = divmod(self.batch_tokens, self.context_length)
        if rest or not rows:
            near = max(1, round(self.batch_tokens / self.context_length)) * self.context_length
            raise ValueError(
                f"batch_tokens {self.batch_tokens} is not a multiple of context_length {self.context_length}; "
                f"try {near}"
            )
        if self.micro_batch_rows is not None and rows % self.micro_batch_rows:
            raise ValueError(f"micro_batch_rows {self.micro_batch_rows} does not divide the {rows} rows of a step")
        return self

    @property
    def rows(self) -> int:
        """Rows in one optimizer step."""
        return self.batch_tokens // self.context_length

    @property
    def steps(self) -> int | None:
        """The horizon in steps, or None when only the clock ends the run."""
        by_tokens = -(-self.max_tokens // self.batch_tokens) if self.max_tokens else None
        known = [steps for steps in (self.max_steps, by_tokens) if steps is not None]
        return min(known) if known else None

    def micro_rows(self, most_tokens: int) -> int:
        """Rows computed at once: as set, else as many as divide a step and hold at most `most_tokens`."""
        if self.micro_batch_rows is not None:
            return self.micro_batch_rows
        fitting = [n for n in range(1, self.rows + 1) if not self.rows % n and n * self.context_length <= most_tokens]
        return max(fitting, default=1)


class RunConfig(Section):
    """Everything that decides a pretraining run."""

    data: DataConfig = Field(description="What the model learns from.")
    model: ModelConfig = Field(description="The model's family and shape.")
    objective: ObjectiveConfig = Field(default=ObjectiveConfig(), description="What is hidden of the text.")
    training: TrainingConfig = Field(description="How long and how the run computes.")
    optimizer: OptimizerConfig = Field(default=OptimizerConfig(), description="How gradients move the weights.")
    schedule: ScheduleConfig = Field(default=ScheduleConfig(), description="The learning rate's shape.")
    validation: ValidationConfig = Field(default=ValidationConfig(), description="The loss on unseen text.")
    checkpoint: CheckpointConfig = Field(default=CheckpointConfig(), description="When the state is saved.")
    log: LogConfig = Field(default=LogConfig(), description="What the run tells.")


def resolve_run(source: str | Path | None, overrides: Sequence[str], tokens: Sequence[str] = ()) -> Resolved[RunConfig]:
    """The configuration of a run: the dial lowest, then the preset or file, then the command line.

    A horizon set by the user replaces the dial's.
    """
    layers = read_toml(source) if source is not None else []
    layers.append(("command line", parse_overrides(overrides)))
    if tokens:
        layers.append(("--tokens", {"data": {"tokens": list(tokens)}}))
    flat: Table = {}
    for _, table in layers:
        flat.update(leaves(table))
    size = flat.get("model.size")
    if size is not None:
        lowest = dial(str(size), str(flat.get("model.family", "qwen3")), str(flat.get("optimizer.name", "muon")))
        if any(flat.get(f"training.{key}") is not None for key in HORIZON):
            del lowest["training"]["max_tokens"]
        layers.insert(0, (f"model.size {size}", lowest))
    return resolve(RunConfig, layers)
