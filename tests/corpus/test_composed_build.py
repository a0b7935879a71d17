"""The steps of a build together: what goes is kept with its reason, the card tells it, the order of steps holds."""

import json
from pathlib import Path

import pytest

from erya.cli import run
from erya.commands._building import plan
from erya.core.errors import UserError
from erya.corpus.build import BuildOptions, build_corpus
from erya.corpus.near.signature import NearOptions
from erya.corpus.quality import QualityOptions
from erya.corpus.runner import LocalRunner
from erya.corpus.summary import explained
from tests.corpus.dumps import packed, page
from tests.corpus.kill_and_continue import bytes_of

PROSE = [
    f"Chapter {number} is about {' and the '.join(f'thing {number}{part} of the world' for part in range(30))}."
    for number in range(12)
]
QUESTION = "Which thirteen words in a row does this question of the evaluation have in common with it"
BAD = [PROSE[3].upper(), PROSE[5] + " The end.", "Too short.", f"{PROSE[1]} {QUESTION} {PROSE[2]}", " \u200b "]
OPTIONS = BuildOptions(quality=QualityOptions(min_characters=50), near=NearOptions())


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in [*PROSE, *BAD]))
    (tmp_path / "evaluation.jsonl").write_text(json.dumps({"question": QUESTION}))
    return path


def options(folder: Path) -> BuildOptions:
    return OPTIONS.model_copy(update={"against": (str(folder / "evaluation.jsonl"),)})


def test_every_document_that_goes_is_kept_with_its_reason(tmp_path: Path, inputs: Path) -> None:
    manifest = build_corpus([inputs], tmp_path / "c", options(tmp_path))
    steps = {step: size["documents"] for step, size in manifest.counts["steps"].items()}
    assert steps == {
        "read": 17, "clean": 16, "quality": 15, "decontaminate": 14, "deduplicate": 13, "near-duplicates": 12,
    }  # fmt: skip
    fates = {number: explained(tmp_path / "c", f"a.jsonl:{number}")[0] for number in range(1, 18)}
    assert [fates[number].get("rule") for number in range(13, 18)] == [
        "exact_duplicate", "near_duplicate", "length", "contaminated", "empty",
    ]  # fmt: skip
    assert all("split" in fates[number] for number in range(1, 13))
    assert fates[13]["detail"] == "of a.jsonl:4"
    assert fates[14]["detail"] == "of a.jsonl:6"
    assert "evaluation.jsonl: 'which thirteen words in a row" in fates[16]["detail"]
    assert fates[16]["sample"].startswith("Chapter 1 is about")


def test_the_card_tells_what_the_manifest_tells(tmp_path: Path, inputs: Path) -> None:
    manifest = build_corpus([inputs], tmp_path / "c", options(tmp_path).model_copy(update={"title": "Things"}))
    card = json.loads((tmp_path / "c" / "card.json").read_text())
    assert card["name"] == "Things"
    assert {key: card[key] for key in manifest.counts} == manifest.counts
    assert {name: entry["sha256"] for name, entry in card["files"].items()} == {
        name: entry.sha256 for name, entry in manifest.files.items() if name.endswith(".parquet")
    }
    text = (tmp_path / "c" / "corpus.md").read_text()
    assert "# Things" in text
    assert "contaminated" in text


def test_processes_change_no_byte_of_it(tmp_path: Path, inputs: Path) -> None:
    more = tmp_path / "b.jsonl"
    more.write_text(json.dumps({"text": PROSE[7] + " Again."}) + "\n" + json.dumps({"text": PROSE[8]}))
    for count in (1, 2):
        build_corpus([inputs, more], tmp_path / f"c{count}", options(tmp_path), LocalRunner(count))
    assert bytes_of(tmp_path / "c1") == bytes_of(tmp_path / "c2")


def test_another_evaluation_file_makes_another_corpus(tmp_path: Path, inputs: Path) -> None:
    before = build_corpus([inputs], tmp_path / "c", options(tmp_path))
    other = {"question": "There is nothing at all in this corpus that has to do with what is asked here, we hope"}
    (tmp_path / "evaluation.jsonl").write_text(json.dumps(other))
    after = build_corpus([inputs], tmp_path / "c", options(tmp_path))
    assert after.counts["steps"]["decontaminate"]["documents"] > before.counts["steps"]["decontaminate"]["documents"]


def test_rules_that_leave_nothing_say_so(tmp_path: Path, inputs: Path) -> None:
    with pytest.raises(UserError, match=r"no document is left \(read: 17, clean: 16, quality: 0\)"):
        build_corpus([inputs], tmp_path / "c", BuildOptions(quality=QualityOptions(min_characters=10**6)))
    assert not (tmp_path / "c").exists()


def test_the_own_templates_of_a_dump_become_text_when_asked(tmp_path: Path) -> None:
    template = page(50, "Vorlage:Gruß", "Guten Tag, {{{1}}}", extra="<ns>10</ns>")
    body = [page(number, f"T{number}", f"{{{{Gruß|Welt {number}}}}} sagt man.") for number in range(30)]
    (tmp_path / "d.xml.bz2").write_bytes(packed("single", [*body, template]))
    for choice, expected in (("rules", "T3\n\nsagt man."), ("dump", "T3\n\nGuten Tag, Welt 3 sagt man.")):
        chosen = BuildOptions(templates=choice, part_bytes=200, validation_fraction=0, test_fraction=0)  # type: ignore[arg-type]
        build_corpus([tmp_path / "d.xml.bz2"], tmp_path / choice, chosen)
        assert run(["corpus", "show", str(tmp_path / choice), "--samples", "30"]) == 0
        assert expected in "\n".join(texts(tmp_path / choice))


def texts(corpus: Path) -> list[str]:
    from erya.corpus.store import read_documents

    return [document.text for document in read_documents(corpus, "train")]


# The command line


def test_options_recipes_and_overrides_meet(
    tmp_path: Path, inputs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = 'title = "Mine"\ninputs = ["a.jsonl"]\n[options]\nlicence = "CC0"\n[options.near]\nthreshold = 0.9\n'
    Path("mine.toml").write_text(recipe)
    command = ["corpus", "build", "mine.toml", "--out", "c", "--json", "--test-fraction", "0"]
    assert run([*command, "--against", "evaluation.jsonl", "near.comparisons=5", "quality.min_characters=50"]) == 0
    config = json.loads(capsys.readouterr().out)["config"]
    assert (config["title"], config["licence"], config["test_fraction"]) == ("Mine", "CC0", 0)
    assert config["near"] == {"threshold": 0.9, "comparisons": 5}
    assert config["quality"]["min_characters"] == 50
    assert config["against"] == ["evaluation.jsonl"]


def test_options_of_the_command_line_become_sections() -> None:
    given = {"rules": "wiki", "script": "hans", "near_duplicates": True, "licence": None, "against": (), "seed": 3}
    inputs, chosen = plan(["a.txt", "quality.languages=['zh', 'en']"], None, given)
    assert inputs == ["a.txt"]
    assert (chosen.quality.rules, chosen.quality.languages) == ("wiki", ("zh", "en"))
    assert (chosen.rendering.script, chosen.rendering.math, chosen.near, chosen.seed) == (
        "hans",
        "keep",
        NearOptions(),
        3,
    )


def test_show_explains_a_document(tmp_path: Path, inputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "build", str(inputs), "--out", str(tmp_path / "c"), "--near-duplicates"]) == 0
    assert run(["corpus", "show", str(tmp_path / "c"), "--explain", "a.jsonl:14"]) == 0
    assert "a.jsonl:14: left out by near_duplicate: of a.jsonl:6" in capsys.readouterr().out
    assert run(["corpus", "show", str(tmp_path / "c"), "--explain", "a.jsonl:99"]) == 2
    assert "knows no document 'a.jsonl:99'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--recipe", "mixed"],
            "mixed: is a mixture of corpora; make it by: erya corpus build --recipe english-wikipedia",
        ),
        (["--recipe", "bookz"], "did you mean 'corpus/books'"),
        (["a.jsonl", "neer.threshold=0.9"], "neer: unknown key; did you mean 'near'"),
        (["a.jsonl", "--processes", "2", "--cluster", "auto"], "--processes and --cluster: choose one"),
        (["a.jsonl", "--against", "b.jsonl"], "b.jsonl: cannot be read (No such file or directory)"),
        (["a.jsonl", "--against", "."], ".: cannot be read (Is a directory); expected a file"),
        (["-", "--cluster", "auto"], "--cluster: other nodes cannot read the standard input"),
        ([], "no input; name files or folders"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    inputs: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(inputs.parent)
    assert run(["corpus", "build", *arguments, "--out", "c"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
