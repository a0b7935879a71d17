"""`erya average`: the mean of models that began as one; and the mean of a run's own last checkpoints."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

import erya
from erya.cli import run
from tests.commands.translating import train_translator, write_pairs

ROUNDING = 1e-6  # a sum of a few float32 in another order


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("average")
    write_pairs(folder)
    base = train_translator(folder, "base", 0, 20)
    for name, seed in (("one", 1), ("two", 2), ("three", 3)):
        train_translator(folder, name, seed, 4, str(base))
    return folder


@pytest.fixture(autouse=True)
def _there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def weights(model: str | Path) -> dict[str, Tensor]:
    return load_file(Path(model) / "model.safetensors")


def by_hand(models: list[Path]) -> dict[str, Tensor]:
    many = [weights(model) for model in models]
    return {name: sum(one[name].double() for one in many).float() / len(many) for name in many[0]}


def assert_same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, atol=ROUNDING, rtol=0)


def test_every_weight_is_the_mean_and_the_model_answers(capsys: pytest.CaptureFixture[str]) -> None:
    models = [Path(f"{name}/model") for name in ("one", "two", "three")]
    assert run(["average", *map(str, models), "--out", "mean/model"]) == 0
    assert "warning" not in capsys.readouterr().err
    assert_same(weights("mean/model"), by_hand(models))
    assert not torch.equal(weights("mean/model")["final_logits_bias"], weights("one/model")["final_logits_bias"])
    assert len(erya.load("mean/model").translate(["the dog runs here ."])) == 1
    described = json.loads(Path("mean/model/erya.json").read_text(encoding="utf-8"))["provenance"]
    assert list(described["mean_of"]) == [str(model) for model in models]
    assert "validation_loss" not in described


def test_the_report_says_whose_mean_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["average", "one/model", "two/model", "--out", "measured"]) == 0
    arguments = ["evaluate", "measured", "--on", "test.en", "--on", "test.de", "--no-baselines", "--json"]
    capsys.readouterr()
    assert run(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["mean of"] == "one/model, two/model"
    assert "base" not in told


def test_the_mean_of_one_model_twice_is_that_model() -> None:
    assert run(["average", "one/model", "one/model", "--out", "twice"]) == 0
    assert Path("twice/model.safetensors").read_bytes() == Path("one/model/model.safetensors").read_bytes()


def test_a_mean_is_a_base_to_train_on(place: Path) -> None:
    assert run(["average", "one/model", "two/model", "--out", "begin"]) == 0
    assert train_translator(place, "further", 4, 2, "begin").is_dir()


def test_models_that_began_apart_are_warned_of(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train_translator(place, "stranger", 9, 2)
    assert run(["average", "one/model", "stranger/model", "--out", "strangers"]) == 0
    assert "one/model and stranger/model hardly began as one model (cosine 0." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("model.intermediate_size=24",), "/model: intermediate_size is 24, of one/model 16"),
        (("--languages", "de-en"), "/model: task.source_language is de, of one/model en"),
    ],
)
def test_models_of_another_kind_are_refused(
    change: tuple[str, ...], said: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = train_translator(place, f"other{len(change)}", 0, 1, *change)
    assert run(["average", "one/model", str(other), "--out", "none"]) == 2
    assert said in capsys.readouterr().err
    assert not Path("none").exists()


def test_a_model_with_another_tokenizer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree("one/model", "renamed")
    file = Path("renamed/tokenizer.json")
    described = json.loads(file.read_text(encoding="utf-8"))
    vocabulary = described["model"]["vocab"]
    first, second = list(vocabulary)[:2]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    file.write_text(json.dumps(described), encoding="utf-8")
    assert run(["average", "one/model", "renamed", "--out", "none"]) == 2
    assert "renamed: tokenizer is " in capsys.readouterr().err


def test_what_is_there_stays(capsys: pytest.CaptureFixture[str]) -> None:
    before = weights("two/model")
    assert run(["average", "one/model", "two/model", "--out", "two/model"]) == 2
    assert "two/model: is there already" in capsys.readouterr().err
    assert_same(weights("two/model"), before)


def test_one_model_has_no_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["average", "one/model", "--out", "alone"]) == 2
    assert "average: got 1 model; name two or more" in capsys.readouterr().err


@pytest.mark.parametrize(("steps", "rate", "better"), [(24, 0.02, False), (48, 0.3, True)])
def test_the_mean_of_the_last_checkpoints_is_kept_where_it_is_better(
    steps: int, rate: float, better: bool, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While a run still gets better its last checkpoint is the best; where it only wanders, the mean of them."""
    settings = [
        "checkpoint.average=3",
        f"checkpoint.every_steps={steps // 8}",
        "checkpoint.keep_last=4",
        "data.judged_records=0",
    ]
    settings += ["schedule.decay_fraction=0", f"optimizer.matrix_learning_rate={rate}"]
    model = train_translator(place, f"wandering-{better}", 0, steps, *settings)
    kept = sorted((model.parent / "checkpoints").iterdir())
    last = [path for path in kept if int(path.name.removeprefix("step-")) <= steps]
    assert ("better and kept" in capsys.readouterr().err) is better
    assert_same(weights(model), by_hand(last[-3:]) if better else weights(last[-1]))
