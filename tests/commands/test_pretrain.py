"""`erya pretrain` as a user calls it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from erya.cli import run
from tests.train.conftest import TINY, build

# torch.compile fuses and reorders float32 operations; six steps of training amplify the last bits a little.
COMPILE_TOLERANCE = 1e-4
QUICK = [*TINY, "training.max_steps=6", "validation.every_steps=3", "training.num_threads=1"]


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("data") / "tokens")


def test_a_run_ends_with_a_model_and_what_to_try_next(tokens, tmp_path, capsys):
    out = tmp_path / "run"
    samples = ["log.samples_every_steps=3", "log.samples_max_tokens=4"]
    assert run(["pretrain", "--tokens", str(tokens), "--out", str(out), *QUICK, *samples]) == 0
    printed = capsys.readouterr()
    assert f"{out / 'model'}: 7,168 parameters, 6 steps, 768 tokens, validation loss" in printed.out
    assert f"erya evaluate {out / 'model'}" in printed.out
    assert "Muon (hidden matrices): 2,304 parameters" in printed.err
    assert printed.err.count("✓") == 5
    written = [json.loads(line) for line in (out / "samples.jsonl").read_text().splitlines()]
    assert [(record["step"], record["prompt"]) for record in written] == [
        (3, "The "),
        (3, "今天"),
        (6, "The "),
        (6, "今天"),
    ]
    assert run(["pretrain", "--resume", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["step"] == 6


def test_an_encoder_is_pretrained_and_goes_on_with_no_text(tokens, tmp_path, capsys):
    out = tmp_path / "run"
    encoder = [*QUICK, "model.family=bert", "model.num_kv_heads=none", "model.head_dim=none"]
    assert run(["pretrain", "--tokens", str(tokens), "--out", str(out), *encoder]) == 0
    printed = capsys.readouterr()
    assert f"next: erya finetune {out / 'model'}" in printed.out
    assert "erya generate" not in printed.out
    assert "begin with what stands beside what in the text" in printed.err
    assert run(["generate", str(out / "model"), "The "]) == 2
    assert capsys.readouterr().err.strip().endswith("is of the family bert, an encoder; expected a decoder")
    assert run(["pretrain", "--tokens", str(tokens), *encoder, "log.samples_every_steps=3"]) == 2
    assert "log.samples_every_steps: a bert model does not go on with a text" in capsys.readouterr().err


def test_a_dry_run_prints_every_value_with_its_origin_and_writes_nothing(tokens, tmp_path, capsys):
    out = tmp_path / "run"
    common = ["pretrain", "--tokens", str(tokens), "--out", str(out), "model.size=1m", "--dry-run"]
    assert run(common) == 0
    text = capsys.readouterr().out
    assert "hidden_size = 128" in text
    assert "# model.size 1m" in text
    assert not out.exists()
    file = tmp_path / "plan.toml"
    file.write_text(text)
    assert run([*common, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["training.max_tokens"]["origin"] == "model.size 1m"
    assert run(["pretrain", str(file), "--dry-run", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert {key: entry["value"] for key, entry in again.items()} == {key: entry["value"] for key, entry in plan.items()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nosuch"], "no such configuration file or preset"),
        (["tiny", "small"], "expected one preset or file"),
        (["tiny", "--tokens", "x", "optimiser.learning_rate=1"], "did you mean 'optimizer'"),
        (["tiny"], "data: missing"),
        (["tiny", "--tokens", "nowhere"], "nowhere: no such directory"),
        (["--resume", "--out", "nowhere"], "nowhere/config.toml: no such configuration file"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["pretrain", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_sigterm_from_outside_ends_with_75_and_a_checkpoint(tokens, tmp_path):
    out = tmp_path / "run"
    overrides = [*QUICK, "training.max_steps=100000", "validation.every_steps=none", "log.every_steps=1"]
    command = [sys.executable, "-m", "erya", "pretrain", "--tokens", str(tokens), "--out", str(out), *overrides]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 120
    while not (out / "metrics.jsonl").is_file() or not (out / "metrics.jsonl").stat().st_size:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 75
    assert "stopped by SIGTERM at step" in error
    assert len(list((out / "checkpoints").glob("step-*"))) == 1


@pytest.mark.slow
def test_compiled_is_eager(tokens, tmp_path):
    """In processes of their own: the shape checks of the test suite cannot be compiled."""
    losses = {}
    for compiled in ("true", "false"):
        overrides = [*QUICK, "model.dropout=0.0", f"training.compile={compiled}", "--out", str(tmp_path / compiled)]
        command = [sys.executable, "-m", "erya", "pretrain", "--tokens", str(tokens), "--json", *overrides]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        losses[compiled] = json.loads(done.stdout)["validation_loss"]
    assert losses["true"] == pytest.approx(losses["false"], rel=COMPILE_TOLERANCE)
