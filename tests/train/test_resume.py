"""Resume = never stopped, bit for bit. Run with `-s` to see the table."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch

from erya.core.errors import RunStopped
from erya.core.storage import sha256_file
from erya.train.data import open_data
from erya.train.loop import Trainer
from erya.train.pretrain import pretrain
from tests.train.conftest import tiny

STEPS = 60
ENCODER = (
    "model.family=bert",
    "model.num_kv_heads=none",
    "model.head_dim=none",
    "objective.whole_words=true",
    "training.document_mask=true",
)
STOPS = [(1,), (19,), (20,), (21,), (40,), (59,), (20, 21), (24, 50), (1, 21, 59)]
TIMES = ("seconds", "step_seconds")  # the only things in a checkpoint that may differ


def stop_at(step: int):
    """Send this process a SIGTERM after a step, as a cluster would."""

    def hook(trainer: Trainer) -> None:
        if trainer.state.step == step:
            os.kill(os.getpid(), signal.SIGTERM)

    return hook


def run(tokens: Path, out: Path, stops: tuple[int, ...], overrides: tuple[str, ...] = ()) -> None:
    config = tiny(tokens, *overrides)
    for number, step in enumerate(stops):
        with pytest.raises(RunStopped) as stopped:
            pretrain(config, out, resume=number > 0, hooks=[stop_at(step)])
        assert stopped.value.exit_code == 75
        torch.manual_seed(12345)  # another process would not have this one's random numbers
    pretrain(config, out, resume=bool(stops))


def final(tokens: Path, out: Path, overrides: tuple[str, ...] = ()) -> dict[str, object]:
    """Everything a run ends with: digests of weights and moments, the loss of every step, the next 64 sample ids."""
    last = out / "checkpoints" / f"step-{STEPS:08d}"
    record = json.loads((last / "training.json").read_text())
    loader = open_data(tiny(tokens, *overrides), 2).loader
    loader.load_state(record["source"])
    losses = [
        {key: value for key, value in json.loads(line).items() if key in ("step", "loss", "validation_loss", "tokens")}
        for line in (out / "metrics.jsonl").read_text().splitlines()
    ]
    return {
        "parameters": sha256_file(last / "model.safetensors"),
        "moments and random numbers": sha256_file(last / "training.safetensors"),
        "state": {key: value for key, value in record["state"].items() if key not in TIMES},
        "guard": record["guard"],
        "losses": losses,
        "next 64 samples": [int(id_) for _ in range(32) for id_ in loader.next()["ids"]],
    }


@pytest.fixture(scope="module")
def reference(tokens: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    out = tmp_path_factory.mktemp("reference") / "run"
    run(tokens, out, ())
    found = final(tokens, out)
    assert len(set(found["next 64 samples"])) == 64
    return found


@pytest.mark.parametrize("stops", STOPS, ids=str)
def test_resume_is_bit_identical(tokens, tmp_path, reference, stops):
    """With dropout, accumulation of four, a schedule, the guard's window, and two epochs' ends within the run."""
    out = tmp_path / "run"
    run(tokens, out, stops)
    found = final(tokens, out)
    line = " · ".join(f"{name} {'=' if found[name] == reference[name] else '≠'}" for name in reference)
    print(f"\nstopped at {', '.join(map(str, stops)):<10} | {line}", end="")  # noqa: T201
    assert found == reference


def test_resume_is_bit_identical_where_text_is_hidden(tokens, tmp_path):
    """What is hidden from an encoder follows from the row, so that there is nothing more to remember."""
    run(tokens, tmp_path / "whole", (), ENCODER)
    run(tokens, tmp_path / "stopped", (21, 40), ENCODER)
    assert final(tokens, tmp_path / "stopped", ENCODER) == final(tokens, tmp_path / "whole", ENCODER)


def test_two_epochs_end_within_the_run_and_not_at_a_step_s_edge(tokens):
    rows = open_data(tiny(tokens), 2).loader.rows_per_epoch
    assert rows > 20 * 8
    assert 2 * rows < 59 * 8
    assert rows % 8
