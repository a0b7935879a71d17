"""The mean of models' weights: of the last checkpoints of a run, or of several runs from one model.

Often it is better than any one of them. Sources: of checkpoints Vaswani et al. 2017, arXiv:1706.03762,
section 6.1, who average the last 5 or 20; of runs Wortsman et al. 2022, arXiv:2203.05482 ("model soups").
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from math import prod, sqrt
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.core.manifest import verify
from erya.core.progress import say, warn
from erya.core.storage import sha256_file
from erya.model.files import WEIGHTS, LoadedModel, load_model, save_model
from erya.train import checkpoint
from erya.train.checkpoint import put_weights
from erya.train.run import Run
from erya.train.weights import appearing

ALIKE = 0.9
"""The cosine of two models' matrices below which their mean is hardly a model: two long runs from one model have 0.95,
two that began apart 0.1 (LOG.md)."""
OF_ONE_RUN = {"step", "tokens", "validation_loss"}
"""What provenance says of one run, and is not true of a mean."""


def average(run: Run, count: int) -> None:
    """Put the mean of the newest `count` checkpoints at `model/`, when it is better on the validation data."""
    steps = run.checkpoints.steps()[-count:]
    whole = [step for step in steps if _is_whole(run.checkpoints.path(step))]
    if len(whole) < 2:
        warn("checkpoint.average: fewer than two whole checkpoints are left; set checkpoint.every_steps lower")
        return
    trainer, state = run.trainer, run.trainer.state
    weights = run.checkpoints.weights
    put_weights(trainer.model, mean([weights.read(run.checkpoints.path(step)) for step in whole]))
    best, step = state.best_cost, state.step
    state.step, state.validated_step = step + 1, 0  # a model of its own, measured like any other
    trainer.ending, state.ended = "done", "done"
    run.validation(trainer)
    better = best is None or (state.best_cost is not None and state.best_cost < best)
    say(f"  the mean of {len(whole)} checkpoints is {'better and' if better else 'not better, it is not'} kept")
    if better:
        weights.publish(run.checkpoints.save(trainer, run.config.model_dump(mode="json")), run.directory.path / "model")


def mean(models: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of several models' weights."""
    return {name: torch.stack([model[name] for model in models]).mean(0) for name in models[0]}


def _is_whole(path: Path) -> bool:
    try:
        verify(path, checkpoint.STAGE)
    except UserError as error:
        warn(f"left out of the mean: {error}")
        return False
    return True


def average_models(paths: Sequence[Path], out: Path, task_names: Collection[str] = ()) -> None:
    """Write at `out` the mean of several models, which knows what the first of them knows of its task and data.

    `task_names` are the settings of their task in which they must agree.
    Raises: UserError when they are not of one shape, tokenizer and task, or something is at `out`.
    """
    if len(paths) < 2:
        raise UserError(f"average: got {len(paths)} model; name two or more")
    if out.exists():
        raise UserError(f"{out}: is there already; say another --out, or remove it")
    first, *others = models = [load_model(path) for path in paths]
    for other in others:
        _require_same_kind(first, other, task_names)
    _warn_of_strangers(models)
    provenance = {name: value for name, value in first.provenance.items() if name not in OF_ONE_RUN}
    provenance["seconds"] = sum(model.provenance.get("seconds", 0) for model in models)
    provenance["mean_of"] = {str(path): sha256_file(path / WEIGHTS) for path in paths}
    put_weights(first.model, mean([dict(model.model.state_dict()) for model in models]))
    with appearing(out) as temporary:
        save_model(temporary, first.model, first.tokenizer, provenance)


def _require_same_kind(first: LoadedModel, other: LoadedModel, task_names: Collection[str]) -> None:
    one, two = _kind(first, task_names), _kind(other, task_names)
    for name in one | two:
        if one.get(name) != two.get(name):
            raise UserError(
                f"{other.path}: {name} is {two.get(name)}, of {first.path} {one.get(name)}; a mean is of models of one "
                "shape, tokenizer and task"
            )


def _kind(loaded: LoadedModel, task_names: Collection[str]) -> dict[str, Any]:
    shape = {name: value for name, value in loaded.model.config if name != "dropout"}
    tokenizer = loaded.tokenizer.sha256 if loaded.tokenizer is not None else None
    task = loaded.provenance.get("task", {})
    return {**shape, "tokenizer": tokenizer, **{f"task.{name}": task.get(name) for name in sorted(task_names)}}


def _warn_of_strangers(models: Sequence[LoadedModel]) -> None:
    """Say which two models have matrices that point apart, as those do that did not begin as one."""
    for one, other in combinations(models, 2):
        cosine = _cosine(one.model.state_dict(), other.model.state_dict())
        if cosine < ALIKE:
            warn(
                f"{one.path} and {other.path} hardly began as one model (cosine {cosine:.2f} of their matrices, not "
                f"{ALIKE} or more): their mean is rarely any good, measure it"
            )


def _cosine(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> float:
    pairs = [(one[name].double(), other[name].double()) for name in one if one[name].dim() == 2]
    dot = sum(float((a * b).sum()) for a, b in pairs)
    lengths = [sum(float(matrix.square().sum()) for matrix in side) for side in zip(*pairs, strict=True)]
    return dot / sqrt(prod(lengths))
