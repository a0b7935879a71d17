"""Pretraining: a model that learns from plain text, put together from its configuration.

In: a configuration and the run's directory. Out: what `train/run.py` makes of every run.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from erya.core.device import choose_device, choose_precision, set_threads
from erya.core.progress import say
from erya.core.runs import RunDirectory
from erya.model import cost
from erya.model.family import Vocabulary
from erya.model.sizes import build_model
from erya.train import schedule
from erya.train.checkpoint import Checkpoints
from erya.train.config import RunConfig
from erya.train.data import Data, open_data
from erya.train.embedding import begin_counted
from erya.train.loop import Hook, Horizon, Trainer
from erya.train.optimizer import build_optimizer
from erya.train.preflight import preflight
from erya.train.run import Result, Run, drive
from erya.train.validation import Validation

COUNTED_TOKENS = 2_000_000
MICRO_BATCH_TOKENS = {"cpu": 8192, "cuda": 32768}  # what is computed at once, when nothing is said


def pretrain(config: RunConfig, out: Path, *, resume: bool = False, hooks: Sequence[Hook] = ()) -> Result:
    """Run, or go on with, one pretraining run in the directory `out`; after each step the given hooks come first.

    Raises: RunStopped after a signal, RunFailed when the run cannot go on, UserError for bad input.
    """
    return drive(partial(_assemble, config, out), out, resume=resume, hooks=hooks)[1]


def _assemble(config: RunConfig, out: Path) -> Run:
    training = config.training
    set_threads(training.num_threads)
    device = choose_device(training.device)
    rows = training.micro_rows(MICRO_BATCH_TOKENS.get(device.type, MICRO_BATCH_TOKENS["cpu"]))
    training = training.model_copy(update={"micro_batch_rows": rows})
    config = config.model_copy(update={"training": training})
    data = open_data(config, rows)
    torch.manual_seed(training.seed)
    vocabulary = Vocabulary(data.tokenizer.vocab_size, data.tokenizer.pad_id, data.tokenizer.end_of_text_id)
    model = build_model(config.model, vocabulary, training.context_length, training.seed).to(device)
    trainer = Trainer(
        model,
        build_optimizer(model, model.matrix_parts(), config.optimizer),
        data.loader,
        Horizon(training.steps, training.max_seconds),
        partial(schedule.factor, config.schedule),
        gradient_accumulation=training.rows // rows,
        gradient_clip=config.optimizer.gradient_clip,
        precision=choose_precision(device, training.precision),
        compiled=training.compile,
        dump=out / "failure.json",
        flops=partial(cost.training_flops, model.config),
    )
    parameters = cost.parameters(model.config).total
    provenance = {
        "stage": "pretrain",
        "config": config.model_dump(mode="json"),
        "data": data.inputs,
        "tokenizer_sha256": data.tokenizer.sha256,
        "parameters": parameters,
    }
    directory = RunDirectory(out)
    batches = partial(data.validation, config.validation.max_tokens)
    return Run(
        command="pretrain",
        config=config,
        log=config.log,
        checkpointing=config.checkpoint,
        directory=directory,
        trainer=trainer,
        checkpoints=Checkpoints(
            out / "checkpoints", config.checkpoint.keep_last, data.tokenizer, data.inputs, provenance
        ),
        validation=Validation(directory, config.validation, batches, data.token_bytes()),
        inputs=data.inputs,
        parameters=parameters,
        report=partial(_report, config, trainer, data, parameters),
        begin=(lambda: begin_counted(model, [data.first_tokens(COUNTED_TOKENS)], "the text"))
        if model.begins_counted
        else None,
        facts={"family": config.model.family, "size": config.model.size},
    )


def _report(config: RunConfig, trainer: Trainer, data: Data, parameters: int, fresh: bool) -> None:
    """Say what will be trained and make the preflight checks; neither moves the data nor the random numbers."""
    loader = data.loader
    precision = str(trainer.precision).removeprefix("torch.")
    say(f"model: {config.model.family}, {parameters:,} parameters, on {trainer.device} in {precision}")
    say(f"optimizer: {trainer.optimizer.summary()}")
    steps = config.training.steps
    if steps is not None:
        epochs = steps * config.training.batch_tokens / loader.tokens_per_epoch
        say(f"data: {loader.tokens_per_epoch:,} tokens an epoch; {steps:,} steps are {epochs:.2f} epochs")
    if config.validation.every_steps is not None:
        next(data.validation(1))
    place = loader.state()
    batch = loader.next()
    loader.load_state(place)
    for line in preflight(trainer.model, batch, data.tokenizer.vocab_size, data.tokenizer, fresh=fresh):
        say(f"  ✓ {line}")
