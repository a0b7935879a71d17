"""The mean of the last checkpoints of a run: often a better model than any one of them.

Source: Vaswani et al. 2017, arXiv:1706.03762, section 6.1, which averages the last 5 or 20.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.core.manifest import verify
from erya.core.progress import say, warn
from erya.train import checkpoint
from erya.train.checkpoint import put_weights
from erya.train.run import Run


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
