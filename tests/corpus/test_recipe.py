"""Recipes of corpora: every one that comes with Erya resolves, and the mixture is one that pretraining can read."""

import json
import shlex
from pathlib import Path

import pytest

from erya.cli import run
from erya.core.config import preset_names, read_toml, to_toml
from erya.core.errors import UserError
from erya.corpus.build import build_corpus
from erya.corpus.near.signature import NearOptions
from erya.corpus.recipe import commands, read_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_resolves_and_is_itself_a_valid_input(name: str, tmp_path: Path) -> None:
    recipe = read_recipe(name).config
    (tmp_path / "again.toml").write_text(to_toml(recipe))
    assert read_recipe(tmp_path / "again.toml").config == recipe
    if not recipe.mixture:
        assert recipe.options.licence
        assert recipe.options.near == NearOptions()


def test_recipes_are_no_presets_of_runs() -> None:
    assert recipe_names() == ["books", "chinese-wikipedia", "english-wikipedia", "mixed"]
    assert not set(recipe_names()) & set(preset_names())
    with pytest.raises(UserError, match="'corpus/english-wikipedia'"):
        read_recipe("english-wikipedi")
    with pytest.raises(UserError, match="no such configuration file or preset"):
        read_toml(f"{Path(__file__).parent}/books")


def test_the_mixture_is_of_recipes_and_its_shares_are_whole() -> None:
    recipe = read_recipe("mixed").config
    assert all(read_recipe(name).config.inputs for name in recipe.mixture)
    assert sum(recipe.mixture.values()) == pytest.approx(1)


def test_the_commands_of_a_mixture_lead_to_pretraining_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is run as it stands, the last as a plan."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"one": "The number {0} follows {1}.\n", "two": "数字{0}在{1}之后。\n"}.items():
        Path(f"{name}.jsonl").write_text(
            "\n".join(json.dumps({"text": text.format(at, at - 1) * 9}) for at in range(60))
        )
        Path(f"{name}.toml").write_text(f'title = "{name}"\ninputs = ["{name}.jsonl"]\n')
    Path("both.toml").write_text('title = "both"\n[mixture]\n"one.toml" = 0.75\n"two.toml" = 0.25\n')
    *steps, last = commands(read_recipe("both.toml").config, vocab_size=280)
    for step in steps:
        assert run(shlex.split(step)[1:]) == 0, step
    capsys.readouterr()
    assert run([*shlex.split(last)[1:], "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["data.tokens"]["value"] == ["data/one-tokens", "data/two-tokens"]
    assert plan["data.weights"]["value"] == [0.75, 0.25]
    assert run(["corpus", "build", "--recipe", "both.toml", "--out", "data/both"]) == 2
    assert "erya corpus build --recipe one.toml --out data/one &&" in capsys.readouterr().err


def test_a_recipe_is_overridden_by_key_and_builds_its_corpus(tmp_path: Path) -> None:
    (tmp_path / "data" / "raw" / "books").mkdir(parents=True)
    for name in ("b", "a"):
        (tmp_path / "data" / "raw" / "books" / f"{name}.txt").write_text(f"The book {name}.\n")
    recipe = read_recipe("books", ("options.validation_fraction=0.0", "options.test_fraction=0.0")).config
    assert read_recipe("english-wikipedia").config.options.quality.rules == "wiki"
    assert read_recipe("english-wikipedia", ("options.quality.rules=none",)).config.options.quality.rules is None
    files = recipe.files(tmp_path)
    assert [path.name for path in files] == ["a.txt", "b.txt"]
    assert build_corpus(files, tmp_path / "corpus", recipe.options).counts["splits"]["train"]["documents"] == 2


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "title: missing"),
        ('title = "x"', "either inputs, or a mixture"),
        ('title = "x"\ninputs = ["a"]\n[mixture]\nb = 1.0', "either inputs, or a mixture"),
        ('title = "x"\n[mixture]\nb = 0.0', "shares above 0"),
        ('title = "x"\ninputs = ["a"]\n[options.near]\nthreshhold = 0.9', "did you mean 'threshold'"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_line(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "mine.toml").write_text(table)
    with pytest.raises(UserError, match=said):
        read_recipe(tmp_path / "mine.toml")


def test_inputs_that_are_not_there_are_told_with_the_way_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="erya corpus get wikipedia --language zh"):
        read_recipe("chinese-wikipedia").config.files(tmp_path)
    with pytest.raises(UserError, match="expected either"):
        read_recipe("books", ("inputs=[]",))
