"""Checkpoints: whole or refused, pruned but never below two, and safe from a full disk and from SIGKILL."""

import multiprocessing
import os
import random
import resource
import signal
import sys
from pathlib import Path

import pytest
import torch

from erya.core.errors import RunFailed, UserError
from erya.core.storage import sha256_file
from erya.train import checkpoint
from erya.train import run as run_module
from erya.train.checkpoint import CheckpointConfig, Checkpoints
from erya.train.loop import Trainer
from erya.train.pretrain import pretrain
from erya.train.weights import WholeModel
from tests.train.conftest import tiny

FLIPS = 24
KILLS = 10
ROOT = Path(__file__).resolve().parents[2]
SHORT = ("training.max_steps=8", "checkpoint.every_steps=2", "validation.every_steps=none", "log.every_steps=1")


@pytest.fixture(scope="module")
def finished(tokens: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished") / "run"
    pretrain(tiny(tokens, *SHORT), out)
    return out


def copy(source: Path, out: Path) -> Path:
    out.mkdir(parents=True)
    for path in source.rglob("*"):
        target = out / path.relative_to(source)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return out


def folder(run: Path) -> Checkpoints:
    return Checkpoints(run / "checkpoints", keep_last=2)


def test_the_newest_two_stay(finished):
    assert folder(finished).steps() == [6, 8]


@pytest.mark.parametrize("keep", [1, 0])
def test_fewer_than_two_are_refused(keep):
    with pytest.raises(ValueError, match="greater than or equal to 2"):
        CheckpointConfig(keep_last=keep)


def test_a_flipped_bit_anywhere_is_refused_by_name_and_the_one_before_is_used(finished, tmp_path, capsys):
    generator = random.Random(0)
    files = sorted(path.name for path in (finished / "checkpoints" / "step-00000008").iterdir())
    for trial in range(FLIPS):
        run = copy(finished, tmp_path / str(trial))
        name = files[trial % len(files)]
        path = run / "checkpoints" / "step-00000008" / name
        data = bytearray(path.read_bytes())
        if name == "manifest.json":  # a flip in a number's last digits is caught, one in `created` is no damage
            data = data[: generator.randrange(len(data))]
        else:
            data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        path.write_bytes(data)
        found = folder(run).newest()
        assert found is not None
        assert found[0].name == "step-00000006"
        assert "checkpoint refused" in capsys.readouterr().err
        assert (run / "checkpoints" / "broken-step-00000008").is_dir()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_torn_file_is_refused(finished, tmp_path, share, capsys):
    run = copy(finished, tmp_path / "run")
    path = run / "checkpoints" / "step-00000008" / "model.safetensors"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    found = folder(run).newest()
    assert found is not None
    assert found[0].name == "step-00000006"
    assert str(path) in capsys.readouterr().err


def test_when_none_is_whole_the_run_does_not_quietly_start_again(finished, tmp_path):
    run = copy(finished, tmp_path / "run")
    for step in (6, 8):
        (run / "checkpoints" / f"step-{step:08d}" / "manifest.json").unlink()
    with pytest.raises(RunFailed, match="none of 2 checkpoints is whole"):
        folder(run).newest()


def test_resume_from_the_one_before_a_torn_one_ends_the_same(finished, tokens, tmp_path):
    run = copy(finished, tmp_path / "run")
    (run / "checkpoints" / "step-00000008" / "training.json").write_text("{")
    pretrain(tiny(tokens, *SHORT), run, resume=True)
    assert weights(run) == weights(finished)


def test_a_checkpoint_is_a_model_directory_without_pickle(finished):
    from erya.model.files import load_model

    path = finished / "checkpoints" / "step-00000008"
    loaded = load_model(path)
    assert loaded.tokenizer is not None
    assert loaded.provenance["step"] == 8
    assert {file.suffix for file in path.iterdir()} == {".json", ".safetensors"}


def test_too_little_space_is_told_before_anything_is_written(tokens, tmp_path, monkeypatch):
    monkeypatch.setattr("erya.core.storage.free_bytes", lambda path: 1000)
    with pytest.raises(RunFailed, match=r"disk full: [\d,]+ bytes needed, 1,000 free"):
        pretrain(tiny(tokens, *SHORT), tmp_path / "run")
    assert not list((tmp_path / "run").glob("checkpoints/*"))


def test_an_old_checkpoint_survives_a_disk_that_fills_while_saving(tokens, tmp_path):
    """The limit on a file's size stands for the disk: writing fails in the middle of a file."""
    out = tmp_path / "run"

    def fill(trainer: Trainer) -> None:
        if trainer.state.step == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(RunFailed, match=r"disk full: .*free"):
            pretrain(tiny(tokens, *SHORT, "log.every_steps=100"), out, hooks=[fill])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    found = folder(out).newest()
    assert found is not None
    assert found[0].name == "step-00000002"
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["step-00000002"]


def test_the_best_checkpoint_is_never_pruned_and_becomes_the_model(tokens, tmp_path):
    """The rate rises until the loss gets worse and worse: an early step stays the best, and patience ends the run."""
    out = tmp_path / "run"
    config = tiny(
        tokens,
        "training.max_steps=100",
        "optimizer.learning_rate=30.0",
        "schedule.warmup_steps=3000",
        "schedule.decay_fraction=0.0",
        "validation.every_steps=2",
        "validation.patience=4",
        "checkpoint.every_steps=1",
    )
    result = pretrain(config, out)
    steps = folder(out).steps()
    best = min((record for record in metrics(out) if "validation_loss" in record), key=lambda r: r["validation_loss"])
    assert result.ending == "early"
    assert result.validation_loss == best["validation_loss"]
    assert best["step"] < steps[-2]
    assert steps == [best["step"], result.step - 1, result.step]
    assert weights(out) == sha256_file(out / "checkpoints" / f"step-{best['step']:08d}" / "model.safetensors")


def metrics(out: Path) -> list[dict]:
    from erya.core.runs import RunDirectory

    return RunDirectory(out).read_metrics()


def weights(run: Path) -> str:
    return sha256_file(run / "model" / "model.safetensors")


def train_and_die(tokens: Path, out: Path, kill_at: int | None, resume: bool) -> None:
    """Train, counting every operation on the checkpoints' files; at number `kill_at` end as if the power went."""
    torch.set_num_threads(1)
    run_module.matmul_peak_flops = lambda *_: 1e9  # measuring the machine would take longer than the run
    done = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal done
        if event in WRITES and "checkpoints" in str(arguments[0]):
            done += 1
            if done == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    plain = os.fsync
    os.fsync = lambda handle: (sys.audit("test.fsync", "checkpoints"), plain(handle))[1]
    pretrain(tiny(tokens, *SHORT), out, resume=resume)
    (out / "operations").write_text(str(done))


WRITES = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "test.fsync")


def in_a_child(*arguments: object) -> int | None:
    """Run `train_and_die` in a process forked from a server that has already imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "erya.model.families.qwen3", "torch._dynamo", "torch.utils.tensorboard"])
    process = context.Process(target=train_and_die, args=arguments)
    process.start()
    process.join(timeout=120)
    return process.exitcode


def check_kills(finished: Path, tokens: Path, tmp_path: Path, kills: int | None) -> None:
    assert in_a_child(tokens, tmp_path / "count", None, False) == 0
    operations = int((tmp_path / "count" / "operations").read_text())
    assert operations > 100
    points = range(1, operations + 1)
    chosen = points if kills is None else random.Random(0).sample(points, kills)
    for number in chosen:
        out = tmp_path / f"kill-{number}"
        assert in_a_child(tokens, out, number, False) == -signal.SIGKILL
        begun = (out / "run.json").is_file()  # a kill before that leaves nothing to resume, and nothing in the way
        assert in_a_child(tokens, out, None, begun) == 0
        assert weights(out) == weights(finished), f"killed at write {number} of {operations}"
        assert len(metrics(out)) == 8
        assert not list((out / "checkpoints").glob(".*"))


def test_killed_at_a_write_the_run_goes_on_as_if_never_killed(finished, tokens, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the server must find this module
    check_kills(finished, tokens, tmp_path, KILLS)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_every_write_the_run_goes_on_as_if_never_killed(finished, tokens, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    check_kills(finished, tokens, tmp_path, None)


def test_a_training_state_of_another_format_is_refused(finished):
    with pytest.raises(UserError, match="format 99"):
        checkpoint.restore(None, finished, {"format": 99}, WholeModel())
