"""Configuration: merged key by key before validation, strict, helped by name, and itself a valid input again."""

import tomllib
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator

from erya.core.config import (
    NONE,
    Section,
    leaves,
    load,
    parse_overrides,
    preset_names,
    read_toml,
    resolve,
    to_toml,
)
from erya.core.errors import UserError


class Optimizer(Section):
    name: Literal["adamw", "muon"] = "adamw"
    learning_rate: float = Field(3e-4, gt=0)
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.95)


class Run(Section):
    seed: int = 0
    out: str
    resume: bool = False
    limit: int | None = None
    optimizer: Optimizer = Optimizer()

    @field_validator("seed")
    @classmethod
    def not_negative(cls, value: int) -> int:
        if value < 0:
            raise ValueError("expected 0 or more")
        return value


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refusal(text: str, tmp_path: Path, *overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        load(Run, write(tmp_path / "run.toml", text), overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(tmp_path), "DIR")


def test_an_override_changes_that_key_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "run.toml", 'out = "x"\n[optimizer]\nname = "muon"\nlearning_rate = 0.02\n')
    config = load(Run, path, ["optimizer.learning_rate=1e-3"]).config
    assert config.optimizer == Optimizer(name="muon", learning_rate=1e-3)
    assert config.out == "x"


def test_later_layers_win_and_lists_are_replaced_whole() -> None:
    layers = [
        ("a", {"out": "x", "optimizer": {"weight_decay": 0.5, "betas": [0.8, 0.9]}}),
        ("b", {"optimizer": {"betas": [0.1, 0.2]}}),
    ]
    assert resolve(Run, layers).config.optimizer == Optimizer(weight_decay=0.5, betas=(0.1, 0.2))


def test_merging_never_changes_a_layer() -> None:
    first, second = {"out": "x", "optimizer": {"weight_decay": 0.5}}, {"optimizer": {"weight_decay": 0.1}}
    resolve(Run, [("a", first), ("b", second)])
    assert first == {"out": "x", "optimizer": {"weight_decay": 0.5}}


def test_extends_is_a_base_to_build_on(tmp_path: Path) -> None:
    write(tmp_path / "base.toml", 'out = "base"\nseed = 5\n[optimizer]\nweight_decay = 0.2\n')
    write(tmp_path / "middle.toml", 'extends = "base.toml"\nseed = 6\n')
    path = write(tmp_path / "run.toml", 'extends = "middle.toml"\n[optimizer]\nlearning_rate = 0.5\n')
    resolved = load(Run, path)
    assert resolved.config == Run(out="base", seed=6, optimizer=Optimizer(weight_decay=0.2, learning_rate=0.5))
    assert resolved.origin("out").endswith("base.toml")
    assert resolved.origin("seed").endswith("middle.toml")


def test_extends_in_a_circle(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", 'extends = "b.toml"\n')
    write(tmp_path / "b.toml", 'extends = "a.toml"\n')
    with pytest.raises(UserError, match="circle"):
        read_toml(tmp_path / "a.toml")
    with pytest.raises(UserError, match=r"extends: got 3, expected the name"):
        read_toml(write(tmp_path / "c.toml", "extends = 3\n"))


def test_every_value_says_where_it_came_from(tmp_path: Path) -> None:
    path = write(tmp_path / "run.toml", 'out = "x"\n[optimizer]\nname = "muon"\nlearning_rate = 0.02\n')
    resolved = load(Run, path, ["optimizer.learning_rate=1e-3"])
    assert resolved.origin("out") == resolved.origin("optimizer.name") == str(path)
    assert resolved.origin("optimizer.learning_rate") == "command line"
    assert resolved.origin("optimizer.weight_decay") == resolved.origin("seed") == "default"


def test_an_unknown_key_is_helped_with_its_section(tmp_path: Path) -> None:
    told = refusal('out = "x"\n[optimizer]\nlerning_rate = 1.0\n', tmp_path)
    assert told == "DIR/run.toml: optimizer.lerning_rate: unknown key; did you mean 'learning_rate'?"
    told = refusal('out = "x"\n', tmp_path, "optimiser.learning_rate=1.0")
    assert told == "command line: optimiser: unknown key; did you mean 'optimizer'?"
    told = refusal('out = "x"\nzzz = 1\n', tmp_path)
    assert told == "DIR/run.toml: zzz: unknown key; allowed: limit, optimizer, out, resume, seed"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed = 1.5", "seed: got 1.5"),
        ('seed = "1"', "seed: got '1'"),
        ("seed = true", "seed: got True"),
        ("resume = 1", "resume: got 1"),
        ("resume = 'yes'", "resume: got 'yes'"),
        ("limit = 'many'", "limit: got 'many'"),
        ("seed = -1", "seed: got -1; expected 0 or more"),
        ("optimizer = 3", "optimizer: got 3"),
        ("optimizer.name = 'sgd'", "optimizer.name: got 'sgd'; Input should be 'adamw' or 'muon'"),
        ("optimizer.learning_rate = 0.0", "optimizer.learning_rate: got 0.0; Input should be greater than 0"),
        ("optimizer.betas = [0.9]", "optimizer.betas.1: missing; the list is too short"),
        ("optimizer.betas = [0.9, 'x']", "optimizer.betas.1: got 'x'; Input should be a valid number"),
    ],
)
def test_types_are_strict(text: str, told: str, tmp_path: Path) -> None:
    message = refusal(f'out = "x"\n{text}\n', tmp_path)
    assert message.startswith(f"DIR/run.toml: {told}")


def test_a_missing_value_says_how_to_give_it(tmp_path: Path) -> None:
    assert refusal("seed = 1\n", tmp_path) == "out: missing; set it in the file or as out=VALUE"


def test_an_integer_serves_as_a_float(tmp_path: Path) -> None:
    assert load(Run, None, ["out=x", "optimizer.learning_rate=1"]).config.optimizer.learning_rate == 1.0


def test_overrides_are_read_as_toml_or_plain_text() -> None:
    told = ["a=1", "b.c=true", "b.d=[1, 2]", "e=runs/x-1", 'f="1"', "g=none", "h= spaced ", "i=a=b", "j=1e-3"]
    assert parse_overrides(told) == {
        "a": 1,
        "b": {"c": True, "d": [1, 2]},
        "e": "runs/x-1",
        "f": "1",
        "g": None,
        "h": "spaced",
        "i": "a=b",
        "j": 1e-3,
    }
    for bad in ("seed", "=3", " =3"):
        with pytest.raises(UserError, match="expected KEY=VALUE"):
            parse_overrides([bad])


def test_none_unsets(tmp_path: Path) -> None:
    path = write(tmp_path / "run.toml", 'out = "x"\nlimit = 3\n')
    assert load(Run, path).config.limit == 3
    assert load(Run, path, ["limit=none"]).config.limit is None


def test_none_in_a_file_is_absent_too(tmp_path: Path) -> None:
    write(tmp_path / "base.toml", 'out = "x"\nlimit = 3\n')
    path = write(tmp_path / "run.toml", 'extends = "base.toml"\nlimit = "none"\n')
    assert load(Run, path).config.limit is None


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.toml: no such configuration file"):
        load(Run, tmp_path / "none.toml")
    with pytest.raises(UserError, match=r"not valid TOML: .*line 1"):
        load(Run, write(tmp_path / "bad.toml", "a = = 1\n"))
    (tmp_path / "latin.toml").write_bytes(b'out = "caf\xe9"\n')
    with pytest.raises(UserError, match="cannot be read as UTF-8"):
        load(Run, tmp_path / "latin.toml")


def test_a_misspelt_preset_is_helped() -> None:
    assert preset_names() == sorted(preset_names())
    for name in preset_names():
        with pytest.raises(UserError, match=f"no such configuration file or preset; did you mean '{name}'"):
            read_toml(f"{name}x")


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Run(out="x").seed = 3  # type: ignore[misc]


def test_leaves_are_dotted() -> None:
    assert leaves({"a": 1, "b": {"c": {"d": 2}, "e": {}}}) == {"a": 1, "b.c.d": 2, "b.e": {}}


@given(
    st.builds(
        Run,
        seed=st.integers(0, 2**62),
        out=st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(lambda text: text != NONE),
        resume=st.booleans(),
        limit=st.none() | st.integers(0, 2**62),
        optimizer=st.builds(
            Optimizer,
            name=st.sampled_from(["adamw", "muon"]),
            learning_rate=st.floats(1e-300, 1e300),
            weight_decay=st.floats(allow_nan=False, allow_infinity=False),
            betas=st.tuples(st.floats(0, 1), st.floats(0, 1)),
        ),
    )
)
def test_the_resolved_configuration_is_a_valid_input(config: Run) -> None:
    again = resolve(Run, [("file", tomllib.loads(to_toml(config)))])
    assert again.config == config
    assert to_toml(again.config) == to_toml(config)
