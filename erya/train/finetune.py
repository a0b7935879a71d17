"""Fine-tuning: a model that learns from supervised examples, from a trained model on or from scratch.

In: a configuration and, prepared by whoever knows the task, a model, its examples and a judge of its answers. Out: what
`train/run.py` makes of every run; with `checkpoint.average`, the mean of the last checkpoints where that is better.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from pydantic import Field, model_validator

from erya.core.config import Section
from erya.core.device import choose_device, choose_precision, set_threads
from erya.core.errors import UserError
from erya.core.progress import say
from erya.core.runs import RunDirectory
from erya.dataset.examples import Epochs, ExampleLoader, Examples, bucketed
from erya.model import cost
from erya.model.architectures.base import Transformer
from erya.model.files import load_model
from erya.model.lora.parts import LoRAConfig, add_lora
from erya.model.sizes import ModelConfig
from erya.tokenizer.tokenizer import Tokenizer
from erya.train import schedule
from erya.train.averaging import average
from erya.train.checkpoint import CheckpointConfig, Checkpoints
from erya.train.hooks import LogConfig
from erya.train.loop import Batch, Hook, Horizon, Trainer
from erya.train.optimizer import OptimizerConfig, build_optimizer
from erya.train.preflight import preflight
from erya.train.run import Result, Run, drive
from erya.train.schedule import ScheduleConfig
from erya.train.validation import Judge, Validation, ValidationConfig
from erya.train.weights import TrainedParts, Weights, WholeModel

VALIDATION_TOKENS = 8192  # places of a batch that is only measured


class ExampleConfig(Section):
    """The files of a task."""

    train: list[str] = Field(min_length=1, description="Files to learn from.")
    validation: list[str] = Field(min_length=1, description="Files to choose the best model on.")
    judged_records: int = Field(
        default=1000,
        ge=0,
        description="Validation records, evenly spread, whose answers the task's metric judges; 0: the loss decides.",
    )


class FinetuneTraining(Section):
    """How long, in which portions and where the run computes."""

    batch_tokens: int = Field(
        default=4096, ge=1, description="Places in one optimizer step: rows times the longest, padding included."
    )
    micro_batch_tokens: int | None = Field(
        default=None, ge=1, description="Places computed at once; none: all of a step, but at most 8192."
    )
    max_epochs: float | None = Field(default=None, gt=0, description="End after so many times through the examples.")
    max_steps: int | None = Field(default=None, ge=1, description="End after this many steps.")
    max_seconds: float | None = Field(
        default=None, gt=0, description="End after this much wall-clock time, validation and saving included."
    )
    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="Share of each target spread over the vocabulary."
    )
    dropout: float | None = Field(
        default=None, ge=0, lt=1, description="Share of activations dropped in training; none: as the model says."
    )
    bpe_dropout: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Chance that a merge of the tokenizer is left out, so that each epoch cuts words differently; "
        "0.1 is usual where data is small and epochs are many.",
    )
    packing: bool = Field(
        default=False, description="Put several examples in a row, none of which sees another; for decoders."
    )
    seed: int = Field(default=0, ge=0, description="Seed of new weights, the order of the data and dropout.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="Of matrix products; auto: bfloat16 where the hardware has units for it."
    )
    device: str = Field(default="auto", description="auto, cpu, cuda, cuda:1 or mps.")
    num_threads: int | None = Field(
        default=None, ge=1, description="CPU threads; none: torch's choice. Changing it changes rounding."
    )

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.max_steps is None and self.max_epochs is None and self.max_seconds is None:
            raise ValueError("set one of max_epochs, max_steps, max_seconds, so that the run has an end")
        return self

    @property
    def micro_tokens(self) -> int:
        """Places computed at once."""
        return min(self.micro_batch_tokens or 8192, self.batch_tokens)


class NewModelConfig(ModelConfig):
    """A model from scratch."""

    context_length: int = Field(default=256, ge=2, description="Longest text, in tokens, the model reads or writes.")
    embedding_init: Literal["cooccurrence", "random"] = Field(
        default="cooccurrence",
        description="How token vectors begin: from which tokens stand together in the examples, and with sinusoids as "
        "the positions of an encoder that marks answers; or all at random.",
    )


class VocabularyConfig(Section):
    """The tokenizer of a model from scratch."""

    vocab_size: int = Field(default=8000, ge=1, description="Ids of a tokenizer learned from the training texts.")
    path: str | None = Field(default=None, description="A tokenizer that is there already, instead.")


class FinetuneConfig(Section):
    """Everything that decides a fine-tuning run."""

    task: dict[str, Any] = Field(description="The task's name and its settings (see the reference).")
    data: ExampleConfig = Field(description="What the model learns from.")
    base: str | None = Field(default=None, description="The model to start from; none: from scratch.")
    model: NewModelConfig = Field(default=NewModelConfig(), description="Family and shape of a model from scratch.")
    lora: LoRAConfig | None = Field(
        default=None, description="Train small matrices beside the base's, which stay as they are; none: train all."
    )
    tokenizer: VocabularyConfig = Field(default=VocabularyConfig(), description="Its tokenizer.")
    training: FinetuneTraining = Field(description="How long and how the run computes.")
    optimizer: OptimizerConfig = Field(default=OptimizerConfig(), description="How gradients move the weights.")
    schedule: ScheduleConfig = Field(default=ScheduleConfig(), description="The learning rate's shape.")
    validation: ValidationConfig = Field(default=ValidationConfig(), description="The figures on unseen examples.")
    checkpoint: CheckpointConfig = Field(default=CheckpointConfig(), description="When the state is saved.")
    log: LogConfig = Field(default=LogConfig(), description="What the run tells.")


@dataclass(frozen=True)
class Prepared:
    """A model and what it learns; `inputs` are the digests of the files it comes from, by name."""

    model: Transformer
    tokenizer: Tokenizer
    train: Epochs
    validation: Examples
    judge: Judge | None
    inputs: dict[str, str]
    provenance: dict[str, Any] = field(default_factory=dict)
    new: frozenset[str] = frozenset()
    """Names of parameters the base does not have: a head of the task's own."""
    base_text: Callable[[], Iterator[Batch]] | None = None
    """What the base model learned from, where it is still there and the model can still be scored on it."""
    begin: Callable[[], None] | None = None
    """What gives a model from scratch, once it is checked, a better start."""


def finetune(
    config: FinetuneConfig,
    prepare: Callable[[torch.device], Prepared],
    out: Path,
    *,
    resume: bool = False,
    hooks: Sequence[Hook] = (),
) -> Result:
    """Run, or go on with, one fine-tuning run in the directory `out`.

    Raises: RunStopped after a signal, RunFailed when the run cannot go on, UserError for bad input.
    """
    run, result = drive(partial(_assemble, config, prepare, out), out, resume=resume, hooks=hooks)
    if config.checkpoint.average is not None:
        average(run, config.checkpoint.average)
    if run.base_text is not None and config.base is not None:
        _report_forgetting(run, run.base_text, Path(config.base), result.model)
    return result


def _report_forgetting(run: Run, text: Callable[[], Iterator[Batch]], base: Path, tuned: Path) -> None:
    """Say and record the loss on the base's own text, in nats a token, before and after."""
    losses = [_text_loss(path, text) for path in (base, tuned)]
    say(f"  loss on the text the base learned from: {losses[0]:.4f} before, {losses[1]:.4f} after")
    run.directory.set_status("done", base_text_loss_before=losses[0], base_text_loss_after=losses[1])


@torch.no_grad()
def _text_loss(path: Path, text: Callable[[], Iterator[Batch]]) -> float:
    model = load_model(path).model
    found = [model.loss(batch) for batch in text()]
    return float(sum(it.nats for it in found)) / float(sum(it.tokens for it in found))


def _assemble(config: FinetuneConfig, prepare: Callable[[torch.device], Prepared], out: Path) -> Run:
    training = config.training
    set_threads(training.num_threads)
    device = choose_device(training.device)
    torch.manual_seed(training.seed)
    prepared = prepare(device)
    model = prepared.model
    model.label_smoothing = training.label_smoothing
    weights = _weights(config, prepared)
    row_tokens = model.config.context_length if training.packing else None
    loader = ExampleLoader(prepared.train, training.micro_tokens, training.seed, row_tokens)
    accumulation = max(1, training.batch_tokens // training.micro_tokens)
    trainer = Trainer(
        model,
        build_optimizer(model, model.matrix_parts(), config.optimizer),
        loader,
        Horizon(_steps(training, loader.batches_per_epoch / accumulation), training.max_seconds),
        partial(schedule.factor, config.schedule),
        gradient_accumulation=accumulation,
        gradient_clip=config.optimizer.gradient_clip,
        precision=choose_precision(device, training.precision),
        dump=out / "failure.json",
        flops=partial(cost.training_flops, model.config),
    )
    parameters = cost.parameters(model.config).total
    provenance = {
        "stage": "finetune",
        "task": config.task,
        "config": config.model_dump(mode="json"),
        "data": prepared.inputs,
        "tokenizer_sha256": prepared.tokenizer.sha256,
        "parameters": parameters,
        **prepared.provenance,
    }
    directory = RunDirectory(out)
    kept = max(config.checkpoint.keep_last, config.checkpoint.average or 0)
    checkpoints = Checkpoints(out / "checkpoints", kept, prepared.tokenizer, prepared.inputs, provenance, weights)
    batches = partial(measured_batches, prepared.validation)
    return Run(
        command="finetune",
        config=config,
        log=config.log,
        checkpointing=config.checkpoint,
        directory=directory,
        trainer=trainer,
        checkpoints=checkpoints,
        validation=Validation(directory, config.validation, batches, judge=prepared.judge),
        inputs=prepared.inputs,
        parameters=parameters,
        report=partial(_report, config, prepared, trainer, parameters),
        begin=prepared.begin,
        facts={"family": model.config.family, "task": config.task["name"]},
        base_text=prepared.base_text,
    )


def _weights(config: FinetuneConfig, prepared: Prepared) -> Weights:
    """Whether the whole model is trained, or a LoRA beside it; a head that is new is trained in both cases."""
    if config.lora is None:
        return WholeModel()
    if config.base is None:
        raise UserError("lora: a model from scratch has no base to stand beside; name a trained model, or leave it out")
    add_lora(prepared.model, config.lora, config.training.seed)
    for name, parameter in prepared.model.named_parameters():
        if name in prepared.new:
            parameter.requires_grad_()
    return TrainedParts(prepared.model, prepared.tokenizer, Path(config.base))


def _steps(training: FinetuneTraining, steps_per_epoch: float) -> int | None:
    by_epochs = None if training.max_epochs is None else max(1, round(training.max_epochs * steps_per_epoch))
    known = [steps for steps in (training.max_steps, by_epochs) if steps is not None]
    return min(known) if known else None


def measured_batches(examples: Examples) -> Iterator[Batch]:
    """Every example once, those of like length together."""
    order = np.argsort(examples.lengths, kind="stable")
    return (examples.batch(rows) for rows in bucketed(order, examples.lengths, VALIDATION_TOKENS))


def _report(config: FinetuneConfig, prepared: Prepared, trainer: Trainer, parameters: int, fresh: bool) -> None:
    """Say what will be trained and make the preflight checks; neither moves the data nor the random numbers."""
    model, loader = prepared.model, trainer.source
    assert isinstance(loader, ExampleLoader)
    train = loader.examples
    precision = str(trainer.precision).removeprefix("torch.")
    say(f"model: {model.config.family}, {parameters:,} parameters, on {trainer.device} in {precision}")
    say(f"optimizer: {trainer.optimizer.summary()}")
    say(
        f"data: {len(train):,} examples, {train.supervised:,} of {train.targets:,} targets supervised "
        f"({train.supervised / max(train.targets, 1):.1%}); {len(prepared.validation):,} for validation; "
        f"{loader.batches_per_epoch / trainer.gradient_accumulation:,.0f} steps an epoch"
    )
    place = loader.state()
    batch = loader.next()
    loader.load_state(place)
    scratch = fresh and config.base is None
    for line in preflight(model, batch, prepared.tokenizer.vocab_size, prepared.tokenizer, fresh=scratch):
        say(f"  ✓ {line}")
