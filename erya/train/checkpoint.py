"""Checkpoints without pickle: a loadable model directory plus the training state, sealed by a checksummed manifest.

`step-00000020/` holds the model's own files, `training.safetensors` (moments, random numbers) and `training.json`
(everything else). It is written under a temporary name, fsynced, sealed and renamed by `core.manifest`; one that is
torn or altered is refused by name and the one before it is used.
"""

import errno
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from erya.core import manifest
from erya.core.config import Section
from erya.core.errors import RunFailed, UserError
from erya.core.progress import warn
from erya.core.storage import read_json, require_space, write_json
from erya.model.architectures.base import Transformer
from erya.tokenizer.tokenizer import Tokenizer
from erya.train.loop import Model, State, Trainer
from erya.train.weights import Weights, WholeModel

STAGE = "checkpoint"
FORMAT = 1
HEADROOM = 1.05  # file headers, tokenizer and JSON beside the tensors


class CheckpointConfig(Section):
    """When the state is saved and how much of it is kept. Changing it never changes the numbers of a run."""

    every_steps: int | None = Field(default=None, ge=1, description="Save each time this many steps are done.")
    every_seconds: float | None = Field(
        default=600.0, gt=0, description="Save when this many seconds have passed since the last save."
    )
    keep_last: int = Field(
        default=2,
        ge=2,
        description="How many of the newest checkpoints stay; at least 2, so that a torn one has one before it.",
    )
    average: int | None = Field(
        default=None,
        ge=2,
        description="At the end of fine-tuning try the mean of so many of the newest checkpoints.",
    )


class Checkpoints:
    """The checkpoints of one run, in one folder."""

    def __init__(
        self,
        folder: Path,
        keep_last: int,
        tokenizer: Tokenizer | None = None,
        inputs: dict[str, str] | None = None,
        provenance: dict[str, Any] | None = None,
        weights: Weights | None = None,
    ) -> None:
        self.folder, self.keep_last = folder, keep_last
        self.weights = weights or WholeModel()
        self.tokenizer, self.inputs, self.provenance = tokenizer, inputs or {}, provenance or {}

    def path(self, step: int) -> Path:
        """Where the checkpoint of a step lies."""
        return self.folder / f"step-{step:08d}"

    def steps(self) -> list[int]:
        """The steps that have a checkpoint directory, whole or not, oldest first."""
        found = (re.fullmatch(r"step-(\d{8})", path.name) for path in self.folder.glob("step-*"))
        return sorted(int(match[1]) for match in found if match)

    def save(self, trainer: Trainer, config: dict[str, Any]) -> Path:
        """Write the checkpoint of the current step, read it back, then delete what is no longer kept.

        Raises: RunFailed when the disk is full or a number is not finite; older checkpoints stay as they were.
        """
        tensors = training_tensors(trainer)
        out = self.path(trainer.state.step)
        weights = {id(tensor): tensor.nbytes for tensor in trainer.model.state_dict().values()}
        require_space(out, int(HEADROOM * (sum(weights.values()) + sum(tensor.nbytes for tensor in tensors.values()))))
        record = training_record(trainer, config)
        with manifest.writing(out, STAGE, self.inputs, {}) as stage, disk_full_as_os_error():
            self.weights.save(
                stage.path,
                cast(Transformer, trainer.model),
                self.tokenizer,
                {**self.provenance, **_standing(trainer.state)},
            )
            save_file(tensors, stage.path / "training.safetensors")
            write_json(stage.path / "training.json", record)
        manifest.verify(out, STAGE)
        self.prune(trainer.state.best_step)
        return out

    def prune(self, best_step: int | None) -> None:
        """Delete all but the newest and the best; a checkpoint loses its manifest first, so it never looks whole."""
        for step in self.steps()[: -self.keep_last]:
            if step != best_step:
                path = self.path(step)
                try:
                    (path / manifest.NAME).unlink(missing_ok=True)
                    shutil.rmtree(path)
                except OSError as error:
                    warn(f"{path}: could not be deleted ({error.strerror}); the run goes on")

    def newest(self) -> tuple[Path, dict[str, Any]] | None:
        """The newest whole checkpoint and its record; each broken one is named and set aside.

        Raises: RunFailed when there are checkpoints and none is whole.
        """
        steps = self.steps()
        for step in reversed(steps):
            path = self.path(step)
            try:
                manifest.verify(path, STAGE)
            except UserError as error:
                warn(f"checkpoint refused: {error}")
                self._set_aside(path)
                continue
            return path, read_json(path / "training.json")
        if steps:
            raise RunFailed(f"{self.folder}: none of {len(steps)} checkpoints is whole; start a new run")
        return None

    def _set_aside(self, path: Path) -> None:
        aside = path.with_name(f"broken-{path.name}")
        shutil.rmtree(aside, ignore_errors=True)
        path.rename(aside)

    def clear_unfinished(self) -> None:
        """Delete what a killed save left behind."""
        for path in self.folder.glob(".step-*"):
            shutil.rmtree(path, ignore_errors=True)


def training_tensors(trainer: Trainer) -> dict[str, Tensor]:
    """Moments and random-number states by name; contiguous, on the CPU."""
    tensors = {f"optimizer.{name}": tensor.detach().cpu() for name, tensor in trainer.optimizer.state().items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if trainer.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(trainer.device)
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def training_record(trainer: Trainer, config: dict[str, Any]) -> dict[str, Any]:
    """Everything but tensors."""
    return {
        "format": FORMAT,
        "state": trainer.state.as_json(),
        "source": trainer.source.state(),
        "guard": trainer.guard.state(),
        "config": config,
        "num_threads": torch.get_num_threads(),
        "versions": manifest.versions(),
    }


def restore(trainer: Trainer, path: Path, record: dict[str, Any], weights: Weights) -> None:
    """Put a trainer where the checkpoint left off: weights, moments, random numbers, data position, guard, counts."""
    if record.get("format") != FORMAT:
        raise UserError(f"{path}: training state format {record.get('format')!r}, this Erya reads {FORMAT}")
    put_weights(trainer.model, weights.read(path))
    tensors = load_file(path / "training.safetensors")
    prefix = "optimizer."
    trainer.optimizer.load_state({n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)})
    trainer.source.load_state(record["source"])
    trainer.guard.load_state(record["guard"])
    known = {field.name for field in fields(State)}
    trainer.state = State(**{name: value for name, value in record["state"].items() if name in known})
    torch.set_rng_state(tensors["random.cpu"])
    if trainer.device.type == "cuda" and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], trainer.device)
    _compare_machine(record)


def put_weights(model: Model, weights: Mapping[str, Tensor]) -> None:
    """Give the parameters of those names their values; the others, of a base that is not trained, stay."""
    foreign = weights.keys() - model.state_dict().keys()
    assert not foreign, f"weights of no parameter: {sorted(foreign)}"
    model.load_state_dict(weights, strict=False)


def _compare_machine(record: dict[str, Any]) -> None:
    if record["num_threads"] != torch.get_num_threads():
        warn(
            f"saved with {record['num_threads']} threads, resumed with {torch.get_num_threads()}: sums are rounded in "
            "another order, so the run will not be bit-identical (set training.num_threads)"
        )
    now = manifest.versions()
    for name in ("erya", "torch"):
        if record["versions"].get(name) != now.get(name):
            warn(f"saved with {name} {record['versions'].get(name)}, resumed with {now.get(name)}: not bit-identical")


def _standing(state: State) -> dict[str, Any]:
    loss = {"validation_loss": state.best_loss} if state.best_step == state.step else {}
    return {"step": state.step, "tokens": state.tokens, "seconds": round(state.seconds, 3), **loss}


@contextmanager
def disk_full_as_os_error() -> Iterator[None]:
    """Safetensors tells a failed write in words; give it back as the OSError it was."""
    try:
        yield
    except SafetensorError as error:
        code = re.search(r"os error (\d+)", str(error))
        raise OSError(int(code[1]) if code else errno.EIO, str(error)) from error
