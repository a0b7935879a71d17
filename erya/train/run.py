"""Any training run, driven: restored, checked, stepped with its hooks, stopped by a signal or brought to its model.

In: the parts of a run, put together by `pretrain` or `finetune`. Out: `model/` in the run's directory (the best model
on the validation data, else the last), beside the metrics and checkpoints; or, after a signal, a checkpoint to resume
from.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from erya.core import progress
from erya.core.config import Section, leaves, to_toml
from erya.core.device import matmul_peak_flops
from erya.core.errors import RunStopped, UserError
from erya.core.manifest import read_manifest, verify
from erya.core.progress import say, warn
from erya.core.runs import RunDirectory
from erya.train import checkpoint
from erya.train.checkpoint import CheckpointConfig, Checkpoints
from erya.train.hooks import LogConfig, Metrics, Running, Saving, Signals, TensorBoard
from erya.train.loop import Batch, Hook, Trainer
from erya.train.signals import Stop, catching

HARMLESS = ("checkpoint.", "log.", "data.", "training.num_threads", "training.device")
"""Settings that may change at a resume: none of them moves a number; of data, the digests decide."""


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
class Run:
    """The parts of a run, put together; `facts` go to run.json, `inputs` are the digests of its data by name."""

    command: str
    config: Section
    log: LogConfig
    checkpointing: CheckpointConfig
    directory: RunDirectory
    trainer: Trainer
    checkpoints: Checkpoints
    validation: Hook
    inputs: dict[str, str]
    parameters: int
    report: Callable[[bool], None]
    begin: Callable[[], None] | None = None
    """What gives the weights of a new run, once they are checked, a better start."""
    facts: dict[str, Any] = field(default_factory=dict)
    base_text: Callable[[], Iterator[Batch]] | None = None


def drive(
    assemble: Callable[[], Run], out: Path, *, resume: bool = False, hooks: Sequence[Hook] = ()
) -> tuple[Run, Result]:
    """Start, or go on with, a run in the directory `out`; after each step the given hooks come first.

    Raises: RunStopped after a signal, RunFailed when the run cannot go on, UserError for bad input.
    """
    if resume:
        RunDirectory.open(out)
    with catching() as stop:
        run = assemble()
        fresh = not (resume and _restore(run))
        run.report(fresh)
        if fresh and run.begin is not None:
            run.begin()
        if not resume:
            RunDirectory.create(out, to_toml(run.config))
        with _status(run):
            return run, _step(run, stop, hooks)


def _restore(run: Run) -> bool:
    """Put the run where its newest whole checkpoint left off; False when it was stopped before its first one."""
    run.checkpoints.clear_unfinished()
    found = run.checkpoints.newest()
    if found is not None:
        path, record = found
        _require_same_config(record["config"], run.config.model_dump(mode="json"))
        _require_same_data(read_manifest(path, checkpoint.STAGE).inputs, run.inputs)
        checkpoint.restore(run.trainer, path, record, run.checkpoints.weights)
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
            f"--resume: data: {', '.join(changed)} is not what the run was started with; "
            "give the same data again, or start a new run with another --out"
        )


@contextmanager
def _status(run: Run) -> Iterator[None]:
    """Record in run.json that the run goes on, and how it ended if it could not."""
    run.directory.set_status("running", parameters=run.parameters, **run.facts)
    try:
        yield
    except RunStopped as stopped:
        run.directory.set_status("stopped", message=str(stopped))
        raise
    except UserError as error:
        run.directory.set_status("failed", message=str(error))
        raise


def _step(run: Run, stop: Stop, hooks: Sequence[Hook]) -> Result:
    trainer, horizon = run.trainer, run.trainer.horizon
    by_clock = horizon.seconds is not None
    total, done = (horizon.seconds, trainer.state.seconds) if by_clock else (horizon.steps, trainer.state.step)
    with progress.bar(run.command, total, "seconds" if by_clock else "steps", done) as bar:
        trainer.run([*hooks, Signals(stop), *_hooks(run), Running(bar)])
    if trainer.ending == "signal":
        assert stop.signal is not None
        raise RunStopped(
            f"stopped by {stop.signal.name} at step {trainer.state.step:,}, saved; go on with: "
            f"erya {run.command} --resume --out {run.directory.path}",
            stop.exit_code,
        )
    return _finish(run)


def _hooks(run: Run) -> Iterator[Hook]:
    trainer = run.trainer
    peak_flops = matmul_peak_flops(trainer.device, trainer.precision)
    yield Metrics(run.directory, run.log.every_steps, peak_flops, trainer.optimizer.parts[0].peak)
    if find_spec("tensorboard") is not None:
        yield TensorBoard(run.directory)
    yield run.validation
    yield Saving(run.checkpoints, run.checkpointing, run.config.model_dump(mode="json"))


def _finish(run: Run) -> Result:
    """Put the best model on the validation data, else the last, at `model/` and record how the run ended."""
    state, checkpoints = run.trainer.state, run.checkpoints
    chosen = checkpoints.path(state.step if state.best_step is None else state.best_step)
    try:
        verify(chosen, checkpoint.STAGE)
    except UserError as error:
        warn(f"best checkpoint refused: {error}; the last model is used")
        chosen = checkpoints.path(state.step)
    model = run.directory.path / "model"
    checkpoints.weights.publish(chosen, model)
    assert state.ended is not None
    result = Result(
        model, state.ended, state.step, state.tokens, state.seconds, state.skipped, run.parameters, state.best_loss
    )
    run.directory.set_status("done", **{k: v for k, v in asdict(result).items() if k != "model"})
    return result
