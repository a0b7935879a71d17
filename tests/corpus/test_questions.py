"""Questions are read as their file says, wrong offsets are named, and no article is in two splits."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.core.errors import UserError
from erya.corpus.questions import read_questions, split_by_group
from erya.corpus.records import Question

CONTEXT = "Ada wrote it in 1843. Ada died in 1852."


def _squad(*items: dict[str, Any], title: str | None = "Ada") -> dict[str, Any]:
    article: dict[str, Any] = {"paragraphs": [{"context": CONTEXT, "qas": list(items)}]}
    return {"version": "1.1", "data": [article if title is None else article | {"title": title}]}


def _item(identity: str, *answers: tuple[str, int], **more: object) -> dict[str, Any]:
    given_answers = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": identity, "question": "When?", "answers": given_answers, **more}


def _write(folder: Path, value: object, name: str = "questions.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def test_squad_v1(tmp_path: Path) -> None:
    read = read_questions(_write(tmp_path, _squad(_item("a", ("1843", 16), ("in 1843", 13)))))
    assert read.records == [Question(CONTEXT, "When?", ("1843", "in 1843"), "a", (16, 13), "Ada")]
    assert (read.misplaced, read.missing) == ((), ())


@pytest.mark.parametrize(
    "item",
    [
        _item("a", is_impossible=True, plausible_answers=[{"text": "1852", "answer_start": 34}]),
        _item("a"),
        {"id": "a", "question": "When?", "is_impossible": True},
    ],
)
def test_squad_v2_has_questions_without_an_answer(tmp_path: Path, item: dict[str, Any]) -> None:
    assert read_questions(_write(tmp_path, _squad(item))).records == [Question(CONTEXT, "When?", (), "a", (), "Ada")]


def test_an_article_without_a_title_is_still_one_group(tmp_path: Path) -> None:
    value = _squad(_item("a"), _item("b"), title=None)
    value["data"] += _squad(_item("c"), title="")["data"]
    groups = [record.group for record in read_questions(_write(tmp_path, value)).records]
    assert groups[0] == groups[1] != groups[2]
    assert "" not in groups


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"answers": ["1843", "1852"], "answer_start": [16, 34]}, (("1843", "1852"), (16, 34))),
        ({"answers": "1843", "answer_start": 16}, (("1843",), (16,))),
        ({"answers": ["1843"]}, (("1843",), ())),
        ({"answers": {"text": ["1843"], "answer_start": [16]}}, (("1843",), (16,))),
        ({"answers": []}, ((), ())),
        ({"answers": None}, ((), ())),
    ],
)
def test_json_lines(tmp_path: Path, fields: dict[str, Any], expected: tuple[Any, Any]) -> None:
    path = _write(tmp_path, {"context": CONTEXT, "question": "When?", **fields}, "q.jsonl")
    (record,) = read_questions(path).records
    assert (record.answers, record.starts) == expected
    assert (record.id, record.group) == ("q.jsonl:1", "")


def test_compressed_files_with_a_byte_order_mark_and_any_name_are_read_alike(tmp_path: Path) -> None:
    lines = [{"context": CONTEXT, "question": "When?", "answers": [], "id": name, "title": "T"} for name in "ab"]
    text = "\ufeff" + "\n\n".join(map(json.dumps, lines)) + "\n"
    for name in ("q.jsonl.gz", "q.data"):
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
        assert [(it.id, it.group) for it in read_questions(tmp_path / name).records] == [("a", "T"), ("b", "T")]


WRONG = _squad(
    _item("right", ("1843", 16)),
    _item("moved", ("Ada", 20)),
    _item("gone", ("1842", 16), ("1843", 15)),
)


def test_wrong_offsets_are_refused_with_their_number_and_ids(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"2 questions have .* \(moved, gone\), 1 of them nowhere .*skip.*repair"):
        read_questions(_write(tmp_path, WRONG))


def test_wrong_offsets_are_skipped(tmp_path: Path) -> None:
    read = read_questions(_write(tmp_path, WRONG), "skip")
    assert [record.id for record in read.records] == ["right"]
    assert (read.misplaced, read.missing) == (("moved",), ("gone",))


def test_wrong_offsets_are_repaired_by_the_nearest_occurrence(tmp_path: Path) -> None:
    read = read_questions(_write(tmp_path, WRONG), "repair")
    assert [(it.answers, it.starts) for it in read.records] == [
        (("1843",), (16,)),
        (("Ada",), (22,)),
        (("1843", "1842"), (16,)),
    ]
    assert (read.misplaced, read.missing) == (("moved",), ("gone",))


@given(context=st.text(alphabet="ab", min_size=1, max_size=12), data=st.data())
def test_repair_takes_no_occurrence_farther_than_another(
    tmp_path_factory: pytest.TempPathFactory, context: str, data: st.DataObject
) -> None:
    answer = data.draw(st.text(alphabet="ab", min_size=1, max_size=3))
    offset = data.draw(st.integers(-3, 15))
    line = {"context": context, "question": "?", "answers": [answer], "answer_start": [offset]}
    path = _write(tmp_path_factory.mktemp("repair"), line, "q.jsonl")
    (record,) = read_questions(path, "repair").records
    anchor = min(max(offset, 0), len(context))
    starts = [place for place in range(len(context)) if context.startswith(answer, place)]
    assert record.starts == tuple(sorted(starts, key=lambda start: (abs(start - anchor), start))[:1])
    assert record.answers == (answer,)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], r'the file is a JSON list, expected an object with "data"'),
        ({"data": {}}, r"data is a JSON object, expected a list"),
        ({"data": [{"title": "x"}]}, r"data\[0\]: paragraphs is missing, expected a list"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, r"holds no question"),
        (_squad({"id": "a", "question": "q"}), r"qas\[0\]: answers is missing, expected a list"),
        (_squad({"id": 3, "question": "q", "answers": []}), r"id is a JSON number, expected a string"),
        (_squad({"id": "a", "question": None, "answers": []}), r"question is missing"),
        (_squad(_item("a", ("1843", True))), r"answer_start is a JSON boolean, expected a number"),
        (_squad(_item("a", ("", 0))), r"an answer is empty"),
        (_squad(_item("a", ("1843", 16), is_impossible=True)), r"is_impossible is true, yet there are answers"),
        (_squad(_item("a"), _item("a")), r"qas\[1\]: the id 'a' was already given .*qas\[0\]"),
    ],
)
def test_another_shape_is_refused_with_its_place(tmp_path: Path, value: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_questions(_write(tmp_path, value))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            '{"context": "c", "question": "q", "answer": "a"}',
            r"line 2: no field 'answers' among context, question, answer",
        ),
        ('{"context": "c", "question": "q", "answers": 3}', r"line 2: answers is a JSON number"),
        ('{"context": "c", "question": "q", "answers": ["a"], "answer_start": []}', r"line 2: 1 answers and 0 offsets"),
        ('{"context": " ", "question": "q", "answers": []}', r"line 2: context is empty"),
        ('{"question": "q", "answers": []}', r"line 2: context is missing, expected a string"),
        ("[1]", r"line 2: a JSON list, expected one object"),
        ('{"context": ', r"line 2: not valid JSON"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"context": "c", "question": "q", "answers": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_questions(path)


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_bytes('{"data": "中文"}'.encode("gb18030"))
    with pytest.raises(UserError, match="not UTF-8 at byte 10"):
        read_questions(tmp_path / "q.json")


def _records(groups: list[str]) -> list[Question]:
    return [Question(f"context {group}", "q", (), str(number), group=group) for number, group in enumerate(groups)]


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1).filter(lambda names: len(set(names)) > 3))
def test_every_group_is_whole_in_one_split_whatever_the_order(groups: list[str]) -> None:
    records = _records(groups)
    splits = split_by_group(records, 1, 2)
    names = [{record.group for record in split} for split in splits]
    assert [len(found) for found in names] == [len(set(groups)) - 3, 1, 2]
    assert names[0] | names[1] | names[2] == set(groups)  # with the counts above: disjoint
    assert sorted((it for split in splits for it in split), key=lambda it: int(it.id)) == records
    again = split_by_group(records[::-1], 1, 2)
    assert [split[::-1] for split in again] == list(splits)


def test_without_a_group_questions_on_one_context_stay_together() -> None:
    records = [Question(f"context {number // 3}", "q", (), str(number)) for number in range(30)]
    for split in split_by_group(records, 2, 2):
        assert len(split) == 3 * len({record.context for record in split})


def test_too_few_groups_are_refused() -> None:
    with pytest.raises(UserError, match=r"3 groups of questions cannot give 1 for validation, 2 for test"):
        split_by_group(_records(["a", "b", "c"]), 1, 2)


def test_squad_is_read_whole(shared_data: Path) -> None:
    read = read_questions(shared_data / "squad_v1_dev" / "dev-v1.1.json")
    assert (len(read.records), len({record.group for record in read.records})) == (10_570, 48)


def test_cmrc_has_answers_that_are_not_where_it_says(shared_data: Path) -> None:
    dev = read_questions(shared_data / "cmrc2018" / "cmrc2018_dev.json", "repair")
    assert (len(dev.records), len(dev.misplaced), len(dev.missing)) == (3219, 2, 174)
    trial = read_questions(shared_data / "cmrc2018" / "cmrc2018_trial.json", "repair")
    assert (len(trial.records), len(trial.misplaced), len(trial.missing)) == (1002, 5, 0)
    for record in (*dev.records, *trial.records):
        for answer, start in zip(record.answers, record.starts, strict=False):
            assert record.context.startswith(answer, start)
