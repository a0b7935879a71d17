"""A whole run: what it writes, what it refuses, and how it ends."""

import json
import os
import signal
import tomllib
from pathlib import Path

import pytest
import torch

from erya.core.config import preset_names, read_toml, resolve, to_toml
from erya.core.device import matmul_peak_flops
from erya.core.errors import RunStopped, UserError
from erya.core.runs import RunDirectory
from erya.model.family import Vocabulary
from erya.model.files import load_model
from erya.model.sizes import model_config
from erya.train.config import RunConfig, resolve_run
from erya.train.finetune import FinetuneConfig
from erya.train.loop import Trainer
from erya.train.pretrain import pretrain
from erya.train.run import Result
from tests.train.conftest import build, tiny

QUICK = ("training.max_steps=12", "validation.every_steps=6", "log.every_steps=4")
# A tenth of the budget for the last step and the bookkeeping of a run of a second, on a machine that does other things.
CLOCK_SECONDS, CLOCK_TOLERANCE = 1.0, 3.0


@pytest.fixture(scope="module")
def finished(tokens: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result, RunConfig]:
    out = tmp_path_factory.mktemp("finished") / "run"
    config = tiny(tokens, *QUICK)
    return out, pretrain(config, out), config


def test_the_model_directory_says_where_it_comes_from(finished):
    out, result, config = finished
    loaded = load_model(out / "model")
    assert result.model == out / "model"
    assert loaded.tokenizer is not None
    assert loaded.provenance["parameters"] == result.parameters == sum(p.numel() for p in loaded.model.parameters())
    assert loaded.provenance["tokens"] == result.tokens == 12 * 128
    assert loaded.provenance["validation_loss"] == result.validation_loss
    assert loaded.provenance["config"]["optimizer"] == config.optimizer.model_dump()
    assert set(loaded.provenance["data"]) == {"tokens"}


def test_transformers_loads_the_model(finished):
    transformers = pytest.importorskip("transformers")
    out, _, _ = finished
    model = transformers.AutoModelForCausalLM.from_pretrained(out / "model")
    ours = load_model(out / "model").model
    ids = torch.arange(10)[None]
    # two implementations of the same float32 arithmetic
    assert torch.allclose(model(ids).logits, ours(ids), atol=1e-4)


def test_every_logged_step_has_every_figure(finished):
    out, _, _ = finished
    records = RunDirectory.open(out).read_metrics()
    steps = [record for record in records if "loss" in record]
    assert [record["step"] for record in steps] == [4, 8, 12]
    assert set(steps[0]) == {
        "step",
        "tokens",
        "loss",
        "learning_rate",
        "gradient_norm",
        "tokens_per_second",
        "mfu",
        "memory_bytes",
        "data_wait_seconds",
        "skipped",
        "seconds",
    }
    assert steps[-1]["loss"] < steps[0]["loss"]
    assert 0 < steps[0]["mfu"] < 1
    validations = [record for record in records if "validation_loss" in record]
    assert [record["step"] for record in validations] == [6, 12]
    assert validations[1]["validation_loss"] < validations[0]["validation_loss"]
    assert all(0 < record["validation_bits_per_byte"] < 8 for record in validations)


def test_tensorboard_gets_the_figures(finished):
    pytest.importorskip("tensorboard")
    assert list((finished[0] / "tensorboard").glob("events*"))


def test_the_written_configuration_is_a_valid_input(finished):
    out, _, config = finished
    again = resolve_run(out / "config.toml", []).config
    assert again.model_dump() == config.model_dump()
    assert tomllib.loads(to_toml(again)) == tomllib.loads((out / "config.toml").read_text())


def test_the_same_configuration_gives_the_same_weights(finished, tokens, tmp_path):
    out, _, config = finished
    pretrain(config, tmp_path / "run")
    mine, theirs = ((path / "model" / "model.safetensors").read_bytes() for path in (out, tmp_path / "run"))
    assert mine == theirs


def test_measuring_the_machine_leaves_the_random_numbers_alone():
    before = torch.get_rng_state()
    matmul_peak_flops.__wrapped__(torch.device("cpu"), torch.float32)
    assert torch.equal(before, torch.get_rng_state())


def test_a_finished_run_resumed_changes_nothing(finished):
    out, result, config = finished
    before = (out / "metrics.jsonl").read_bytes()
    assert pretrain(config, out, resume=True) == result
    assert (out / "metrics.jsonl").read_bytes() == before


def test_an_existing_run_is_not_overwritten(finished, tokens):
    out, _, config = finished
    with pytest.raises(UserError, match="already there; continue it with --resume"):
        pretrain(config, out)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("optimizer.learning_rate=0.5", "optimizer.learning_rate is 0.5, but the run was started with 0.01"),
        ("training.max_steps=99", "training.max_steps is 99, but"),
        ("validation.patience=3", "validation.patience is 3, but the run was started with None"),
    ],
)
def test_resume_with_a_changed_configuration_names_the_key(finished, tokens, change, key):
    with pytest.raises(UserError, match=f"--resume: {key}"):
        pretrain(tiny(tokens, *QUICK, change), finished[0], resume=True)


def test_resume_may_change_what_cannot_change_the_result(finished, tokens):
    config = tiny(tokens, *QUICK, "checkpoint.keep_last=5", "log.every_steps=1")
    assert pretrain(config, finished[0], resume=True) == finished[1]


def test_resume_with_other_text_is_refused(finished, tmp_path):
    other = build(tmp_path / "tokens", seed=9)
    with pytest.raises(UserError, match=r"data: tokens is not what the run was started with"):
        pretrain(tiny(other, *QUICK), finished[0], resume=True)


def test_another_number_of_threads_is_told(finished, capsys):
    torch.set_num_threads(2)
    try:
        pretrain(finished[2], finished[0], resume=True)
    finally:
        torch.set_num_threads(1)
    assert "saved with 1 threads, resumed with 2" in capsys.readouterr().err


def test_tokens_of_another_tokenizer_do_not_mix(tokens, tmp_path):
    other = build(tmp_path / "other", vocab_size=290)
    config = resolve_run(None, ["model.size=1m", "training.max_steps=1"], [str(tokens), str(other)]).config
    with pytest.raises(UserError, match="made with tokenizer"):
        pretrain(config, tmp_path / "run")


def test_a_mixture_trains(tokens, tmp_path):
    other = build(tmp_path / "other", seed=3)
    config = tiny(tokens, *QUICK).model_dump()
    config["data"] = {"tokens": [str(tokens), str(other)], "weights": [3.0, 1.0]}
    result = pretrain(RunConfig.model_validate(config), tmp_path / "run")
    assert set(load_model(result.model).provenance["data"]) == {"tokens", "other"}


def test_a_context_longer_than_the_corpus_is_refused_and_leaves_no_run(tokens, tmp_path):
    config = tiny(tokens, "training.context_length=65536", "training.batch_tokens=131072")
    with pytest.raises(UserError, match=r"context_length: got 65,536, but .* has only"):
        pretrain(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_wall_clock_budget_ends_the_run_with_the_rate_run_down(tokens, tmp_path):
    config = tiny(
        tokens, "training.max_steps=none", f"training.max_seconds={CLOCK_SECONDS}", "validation.every_steps=none"
    )
    factors: list[float] = []
    result = pretrain(config, tmp_path / "run", hooks=[lambda run: factors.append(run.record.rate_factor)])
    assert CLOCK_SECONDS <= result.seconds < CLOCK_SECONDS + CLOCK_TOLERANCE
    assert max(factors) == 1.0
    assert factors[-1] < factors[len(factors) // 2]


def signalled(number: signal.Signals):
    def hook(trainer: Trainer) -> None:
        if trainer.state.step == 3:
            os.kill(os.getpid(), number)

    return hook


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_saves_at_the_current_step_and_tells_how_to_go_on(tokens, tmp_path, number, code):
    out = tmp_path / "run"
    with pytest.raises(RunStopped, match="at step 3, saved; go on with: erya pretrain --resume --out") as stopped:
        pretrain(tiny(tokens, *QUICK), out, hooks=[signalled(number)])
    assert stopped.value.exit_code == code
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["step-00000003"]
    assert RunDirectory.open(out).info["status"] == "stopped"
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def is_of_a_task(name):
    return any("task" in table for _, table in read_toml(name))


@pytest.mark.parametrize("name", [name for name in preset_names() if is_of_a_task(name)])
def test_every_preset_of_a_task_resolves_to_a_model(name):
    files = {"data": {"train": ["a"], "validation": ["b"]}}
    config = resolve(FinetuneConfig, [*read_toml(name), ("test", files)]).config
    if config.model.hidden_size is None:  # for a base that is trained already
        return
    assert model_config(config.model, Vocabulary(8000, 1, 0), config.model.context_length).hidden_size > 0


@pytest.mark.parametrize("name", [name for name in preset_names() if not is_of_a_task(name)])
def test_every_preset_resolves_to_a_model(name, tokens):
    config = resolve_run(name, [], [str(tokens)]).config
    assert model_config(config.model, Vocabulary(50257, 1, 0), config.training.context_length).hidden_size > 0
    assert config.training.steps or config.training.max_seconds


def test_the_dial_lies_below_the_file_and_the_command_line(tokens, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[model]\nsize = "3m"\nnum_layers = 4\n')
    resolved = resolve_run(file, ["optimizer.learning_rate=0.001"], [str(tokens)])
    assert resolved.config.model.num_layers == 4
    assert resolved.config.model.hidden_size == 192
    assert resolved.origin("model.hidden_size") == "model.size 3m"
    assert resolved.origin("model.num_layers") == str(file)
    assert resolved.origin("optimizer.learning_rate") == "command line"
    assert resolved.origin("optimizer.beta1") == "default"
    assert resolved.config.training.max_tokens is not None
    shorter = resolve_run(file, ["training.max_steps=5"], [str(tokens)]).config.training
    assert (shorter.max_tokens, shorter.steps) == (None, 5)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.batch_tokens=1000", "not a multiple of context_length 16; try 992"),
        ("training.micro_batch_rows=3", "micro_batch_rows 3 does not divide the 8 rows"),
        ("training.max_steps=none", "set one of max_steps"),
        ("optimizer.name=adam", "optimizer.name: got 'adam'"),
        ("optimizer.lr=1", "unknown key"),
        ("training.max_steps=many", "training.max_steps: got 'many'"),
        ("checkpoint.keep_last=1", "checkpoint.keep_last: got 1"),
    ],
)
def test_a_bad_value_is_named_in_one_line(tokens, override, message):
    with pytest.raises(UserError, match=message) as error:
        tiny(tokens, override)
    assert "\n" not in str(error.value)


def test_the_state_of_a_run_is_json(finished):
    record = json.loads((finished[0] / "checkpoints" / "step-00000012" / "training.json").read_text())
    assert record["state"]["step"] == 12
    assert record["source"]["tokens.taken"] == 96
