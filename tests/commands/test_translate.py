"""`erya translate`: the texts the beams find, and the one nearest to what is wanted."""

import gzip
import json
from pathlib import Path

import pytest
from sacrebleu import sentence_bleu

from erya.cli import run
from erya.commands import _answering
from tests.commands.translating import pairs, train_translator, write_pairs


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translate")
    write_pairs(folder)
    train_translator(folder, "a", seed=0, steps=20)
    return folder


@pytest.fixture(autouse=True)
def _there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def found(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    assert run(["translate", "a/model", "test.en", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(row["translate"] == row["candidates"][0] and len(row["candidates"]) == 4 for row in rows)
    return [row["candidates"] for row in rows]


def test_the_nearest_of_the_texts_found_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    candidates = found(capsys)
    wanted = [texts[-1] for texts in candidates]
    nearest = [
        max(texts, key=lambda text: sentence_bleu(text, [reference], use_effective_order=True).score)
        for texts, reference in zip(candidates, wanted, strict=True)
    ]
    assert nearest != [texts[0] for texts in candidates]
    with gzip.open("wanted.de.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(wanted))
    assert run(["translate", "a/model", "test.en", "--nearest-to", "wanted.de.gz"]) == 0
    assert capsys.readouterr().out.splitlines() == nearest


def test_a_long_file_is_told_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["translate", "a/model", "test.en"]) == 0
    at_once = capsys.readouterr()
    assert " lines (" not in at_once.err
    monkeypatch.setattr(_answering, "LINES_AT_ONCE", 8)
    assert run(["translate", "a/model", "test.en"]) == 0
    told = capsys.readouterr()
    assert told.out == at_once.out
    assert [line.rpartition(",")[0] for line in told.err.splitlines()] == [
        "translate: 8 of 20 lines (40%)",
        "translate: 16 of 20 lines (80%)",
        "translate: 20 of 20 lines (100%)",
    ]


def test_one_beam_leaves_nothing_to_choose(capsys: pytest.CaptureFixture[str]) -> None:
    one = ["--set", "task.beams.num_beams=1"]
    assert run(["translate", "a/model", "test.en", "--nearest-to", "test.de", *one]) == 2
    assert "--nearest-to: one beam finds one text" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:-1], "one-off.de: has no line 20; give one for each text that is translated"),
        (lambda lines: [*lines, "zu viel"], "one-off.de: line 21 has no text to translate; the lines are not aligned"),
        (lambda lines: ["", *lines[1:]], "1 reference translations are empty (the first: 1); leave those out"),
    ],
)
def test_lines_that_are_not_aligned_are_refused(change, said, capsys: pytest.CaptureFixture[str]) -> None:
    lines = change([pair[1] for pair in pairs()[::4]])
    Path("one-off.de").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    assert run(["translate", "a/model", "test.en", "--nearest-to", "one-off.de"]) == 2
    assert said in capsys.readouterr().err
