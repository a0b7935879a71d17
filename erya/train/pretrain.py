"""One pretraining run from a configuration: data, model, optimizer, hooks and checkpoints put together and driven.

In: a configuration and the run's directory. Out: `model/` in that directory (the best model by validation loss, else
the last), beside the metrics and checkpoints; or, after a signal, a checkpoint to resume from.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from erya.core import progress
from erya.core.config import leaves, to_toml
from erya.core.device import choose_device, choose_precision, matmul_peak_flops, set_threads
from erya.core.errors import RunStopped, UserError
from erya.core.manifest import NAME, read_manifest, verify
from erya.core.progress import say, warn
from erya.core.runs import RunDirectory
from erya.core.storage import disk_errors, fsync_path
from erya.model import cost
from erya.model.family import Vocabulary
from erya.model.sizes import build_model
from erya.train import checkpoint, schedule
from erya.train.checkpoint import Checkpoints
from erya.train.config import RunConfig
from erya.train.data import Data, open_data
from erya.train.hooks import Metrics, Running, Saving, Signals, TensorBoard
from erya.train.loop import Hook, Horizon, Trainer
from erya.train.optimizer import build_optimizer
from erya.train.preflight import preflight
from erya.train.signals import Stop, catching
from erya.train.validation import Validation

MICRO_BATCH_TOKENS = {"cpu": 8192, "cuda": 32768}  # what is computed at once, when nothing is said
HARMLESS = ("checkpoint.", "log.", "data.tokens", "training.num_threads", "training.device")


@dataclass(frozen=True)
class Result:
    """How a run ended (`done` or `early`) and what it made."""

    model: Path
    ending: str
    step: int
    tokens: int
    seconds: float
    skipped: int
    parameters: int
    validation_loss: float | None


@dataclass(frozen=True)
class _Run:
    """The parts of a run, put together."""

    config: RunConfig
    directory: RunDirectory
    data: Data
    trainer: Trainer
    checkpoints: Checkpoints
    parameters: int


def pretrain(config: RunConfig, out: Path, *, resume: bool = False, hooks: Sequence[Hook] = ()) -> Result:
    """Run, or go on with, one pretraining run in the directory `out`; after each step the given hooks come first.

    Raises: RunStopped after a signal, RunFailed when the run cannot go on, UserError for bad input.
    """
    if resume:
        RunDirectory.open(out)
    with catching() as stop:
        run = _assemble(config, out)
        fresh = not (resume and _restore(run))
        _report(run, fresh)
        if not resume:
            RunDirectory.create(out, to_toml(run.config))
        with _status(run):
            return _drive(run, stop, hooks)


def _assemble(config: RunConfig, out: Path) -> _Run:
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
    checkpoints = Checkpoints(out / "checkpoints", config.checkpoint.keep_last, data.tokenizer, data.inputs, provenance)
    return _Run(config, RunDirectory(out), data, trainer, checkpoints, parameters)


def _restore(run: _Run) -> bool:
    """Put the run where its newest whole checkpoint left off; False when it was stopped before its first one."""
    run.checkpoints.clear_unfinished()
    found = run.checkpoints.newest()
    if found is not None:
        path, record = found
        _require_same_config(record["config"], run.config.model_dump(mode="json"))
        _require_same_data(read_manifest(path, checkpoint.STAGE).inputs, run.data.inputs)
        checkpoint.restore(run.trainer, path, record)
        say(f"resumed from {path}, step {run.trainer.state.step:,}")
    run.directory.truncate_metrics(run.trainer.state.step)
    return found is not None


def _require_same_config(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, now = leaves(old), leaves(new)
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key) and not key.startswith(HARMLESS):
            raise UserError(
                f"--resume: {key} is {now.get(key)!r}, but the run was started with {before.get(key)!r}; "
                "put it back, or start a new run with another --out (checkpoint.*, log.*, training.device and "
                "training.num_threads may change)"
            )


def _require_same_data(old: dict[str, str], new: dict[str, str]) -> None:
    if old != new:
        changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        raise UserError(
            f"--resume: data.tokens: {', '.join(changed)} is not what the run was started with; "
            "build the same tokens again, or start a new run with another --out"
        )


def _report(run: _Run, fresh: bool) -> None:
    """Say what will be trained and make the preflight checks; neither moves the data nor the random numbers."""
    config, trainer, loader = run.config, run.trainer, run.data.loader
    precision = str(trainer.precision).removeprefix("torch.")
    say(f"model: {config.model.family}, {run.parameters:,} parameters, on {trainer.device} in {precision}")
    say(f"optimizer: {trainer.optimizer.summary()}")
    steps = config.training.steps
    if steps is not None:
        epochs = steps * config.training.batch_tokens / loader.tokens_per_epoch
        say(f"data: {loader.tokens_per_epoch:,} tokens an epoch; {steps:,} steps are {epochs:.2f} epochs")
    if config.validation.every_steps is not None:
        next(run.data.validation(1))
    place = loader.state()
    batch = loader.next()
    loader.load_state(place)
    model = trainer.model
    for line in preflight(model, batch, run.data.tokenizer.vocab_size, run.data.tokenizer, fresh=fresh):
        say(f"  ✓ {line}")


@contextmanager
def _status(run: _Run) -> Iterator[None]:
    """Record in run.json that the run goes on, and how it ended if it could not."""
    size = {"parameters": run.parameters, "family": run.config.model.family, "size": run.config.model.size}
    run.directory.set_status("running", **size)
    try:
        yield
    except RunStopped as stopped:
        run.directory.set_status("stopped", message=str(stopped))
        raise
    except UserError as error:
        run.directory.set_status("failed", message=str(error))
        raise


def _drive(run: _Run, stop: Stop, hooks: Sequence[Hook]) -> Result:
    trainer, horizon = run.trainer, run.trainer.horizon
    by_clock = horizon.seconds is not None
    total, done = (horizon.seconds, trainer.state.seconds) if by_clock else (horizon.steps, trainer.state.step)
    with progress.bar("pretrain", total, "seconds" if by_clock else "steps", done) as bar:
        trainer.run([*hooks, Signals(stop), *_hooks(run), Running(bar)])
    if trainer.ending == "signal":
        assert stop.signal is not None
        raise RunStopped(
            f"stopped by {stop.signal.name} at step {trainer.state.step:,}, saved; go on with: "
            f"erya pretrain --resume --out {run.directory.path}",
            stop.exit_code,
        )
    return _finish(run)


def _hooks(run: _Run) -> Iterator[Hook]:
    config, data, trainer = run.config, run.data, run.trainer
    yield Metrics(
        run.directory,
        config.log.every_steps,
        matmul_peak_flops(trainer.device, trainer.precision),
        trainer.optimizer.parts[0].peak,
    )
    if find_spec("tensorboard") is not None:
        yield TensorBoard(run.directory)
    batches = partial(data.validation, config.validation.max_tokens)
    yield Validation(run.directory, config.validation, batches, data.token_bytes())
    yield Saving(run.checkpoints, config.checkpoint, config.model_dump(mode="json"))


def _finish(run: _Run) -> Result:
    """Put the best model (by validation loss, else the last) at `model/` and record how the run ended."""
    state, checkpoints = run.trainer.state, run.checkpoints
    chosen = checkpoints.path(state.step if state.best_step is None else state.best_step)
    try:
        verify(chosen, checkpoint.STAGE)
    except UserError as error:
        warn(f"best checkpoint refused: {error}; the last model is used")
        chosen = checkpoints.path(state.step)
    model = run.directory.path / "model"
    publish(chosen, model)
    assert state.ended is not None
    result = Result(
        model, state.ended, state.step, state.tokens, state.seconds, state.skipped, run.parameters, state.best_loss
    )
    run.directory.set_status("done", **{k: v for k, v in asdict(result).items() if k != "model"})
    return result


def publish(source: Path, model: Path) -> None:
    """Copy the model of a checkpoint, without its training state, to a directory that appears as a whole."""
    temporary = model.with_name(f".{model.name}.tmp")
    with disk_errors(model):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for path in source.iterdir():
            if path.name != NAME and not path.name.startswith("training."):
                fsync_path(Path(shutil.copy2(path, temporary)))
        shutil.rmtree(model, ignore_errors=True)
        temporary.rename(model)
        fsync_path(model.parent)
