"""A path is read as what it is, and what cannot be scored is refused in one line."""

import gzip
import json
from pathlib import Path

import pytest

from erya.core.errors import UserError
from erya.evaluate.sets import open_set


def write_lines(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_a_text_file_is_scored_as_text(tmp_path: Path) -> None:
    (tmp_path / "novel.txt").write_text("It was a dark night.\n", encoding="utf-8")
    chosen = open_set(tmp_path / "novel.txt", None, "test", None)
    assert (chosen.metric.name, len(chosen.items)) == ("language_model", 1)


def test_json_lines_of_text_are_documents_unless_named_lambada(tmp_path: Path) -> None:
    records = [{"text": "a b c"}, {"text": "d e f"}]
    texts = write_lines(tmp_path / "texts.jsonl", *records)
    assert open_set(texts, None, "test", None).metric.name == "language_model"
    assert open_set(texts, "lambada", "test", None).metric.name == "lambada"
    assert open_set(write_lines(tmp_path / "LAMBADA_test.jsonl", *records), None, "test", None).metric.name == "lambada"


def test_blimp_is_recognised_by_its_fields_and_compressed(tmp_path: Path) -> None:
    record = {"sentence_good": "it is", "sentence_bad": "it are", "UID": "x"}
    path = tmp_path / "pairs.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(record) + "\n").encode()))
    assert open_set(path, None, "test", None).metric.name == "blimp"


def test_most_items_are_spread_evenly(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "texts.jsonl", *({"text": f"text {number}"} for number in range(11)))
    assert [item.text for item in open_set(path, None, "test", 3).items] == ["text 0", "text 5", "text 10"]


@pytest.mark.parametrize(
    ("content", "metric", "message"),
    [
        ("", None, "is empty"),
        ("not json\n", "blimp", "line 1: not valid JSON"),
        ("[1]\n", "lambada", "line 1: expected a JSON object"),
        ("x y\n", "blmp", "did you mean 'blimp'"),
    ],
)
def test_bad_input_is_said_in_one_line(tmp_path: Path, content: str, metric: str | None, message: str) -> None:
    path = tmp_path / "input.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        open_set(path, metric, "test", None)


def test_a_missing_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        open_set(tmp_path / "nothing.txt", None, "test", None)
