"""The mean of the last checkpoints of a run: often a better model than any one of them.

Source: Vaswani et al. 2017, arXiv:1706.03762, section 6.1, which averages the last 5 or 20.
"""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from erya.core.errors import UserError
from erya.core.manifest import verify
from erya.core.progress import say, warn
from erya.model.files import load_model
from erya.train import checkpoint
from erya.train.run import Run, publish


def average(run: Run, count: int) -> None:
    """Put the mean of the newest `count` checkpoints at `model/`, when it is better on the validation data."""
    steps = run.checkpoints.steps()[-count:]
    whole = [step for step in steps if _is_whole(run.checkpoints.path(step))]
    if len(whole) < 2:
        warn("checkpoint.average: fewer than two whole checkpoints are left; set checkpoint.every_steps lower")
        return
    trainer, state = run.trainer, run.trainer.state
    trainer.model.load_state_dict(mean_weights([run.checkpoints.path(step) for step in whole]))
    best, step = state.best_cost, state.step
    state.step, state.validated_step = step + 1, 0  # a model of its own, measured like any other
    trainer.ending, state.ended = "done", "done"
    run.validation(trainer)
    better = best is None or (state.best_cost is not None and state.best_cost < best)
    say(f"  the mean of {len(whole)} checkpoints is {'better and' if better else 'not better, it is not'} kept")
    if better:
        publish(run.checkpoints.save(trainer, run.config.model_dump(mode="json")), run.directory.path / "model")


def mean_weights(paths: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the weights of several model directories."""
    total: dict[str, Tensor] = {}
    for path in paths:
        for name, value in load_model(path).model.state_dict().items():
            total[name] = total[name] + value if name in total else value.clone()
    return {name: value / len(paths) for name, value in total.items()}


def _is_whole(path: Path) -> bool:
    try:
        verify(path, checkpoint.STAGE)
    except UserError as error:
        warn(f"left out of the mean: {error}")
        return False
    return True
