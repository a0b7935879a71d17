"""Questions on contexts from SQuAD JSON (v1.1, v2.0 and what follows their layout) and from JSON Lines.

A plain or compressed file comes in; its records go out, with the ids of those whose answers do not stand where the
file says they do. Records are split by group, so that no article is in two splits.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from erya.core.errors import UserError
from erya.corpus.opening import InputFile
from erya.corpus.records import Question

Offsets = Literal["refuse", "skip", "repair"]
NAMED = 3
EXAMPLE = '{"context": "…", "question": "…", "answers": ["…"]}'


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """The questions of one file, and the ids of those with an answer that is not where its offset says.

    `misplaced` holds those whose answers stand elsewhere in the context, `missing` those with an answer that stands
    nowhere in it. With `skip` neither is in `records`.
    """

    records: list[Question]
    misplaced: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A question as the file has it: one offset for each answer, None where the file gives none."""

    question: Question
    offsets: tuple[int | None, ...]
    where: str


def read_questions(path: Path, offsets: Offsets = "refuse") -> QuestionFile:
    """The questions of a file; `offsets` says what becomes of one with an answer that is not at its offset.

    `refuse` stops, `skip` leaves the question out, `repair` takes the occurrence nearest to the offset, the first one
    where there is no offset; an answer that occurs nowhere then stays accepted, without a start.
    Raises: UserError for a file of another shape, an id given twice, no question at all, and as `offsets` says.
    """
    records: list[Question] = []
    misplaced: list[str] = []
    missing: list[str] = []
    places: dict[str, str] = {}
    for read in _questions(path):
        question = read.question
        if question.id in places:
            raise UserError(
                f"{read.where}: the id {question.id!r} was already given ({places[question.id]}); ids must differ"
            )
        places[question.id] = read.where
        wrong = [
            answer
            for answer, offset in zip(question.answers, read.offsets, strict=True)
            if offset is not None and not _stands(question.context, answer, offset)
        ]
        if wrong:
            nowhere = any(answer not in question.context for answer in wrong)
            (missing if nowhere else misplaced).append(question.id)
        if not wrong or offsets == "repair":
            records.append(_placed(question, read.offsets, offsets == "repair"))
    if offsets == "refuse" and (misplaced or missing):
        raise UserError(_refusal(path, misplaced, missing))
    if not records:
        raise UserError(f"{path}: holds no question{' with a right offset' * bool(places)}")
    return QuestionFile(records, tuple(misplaced), tuple(missing))


def split_by_group(
    records: Sequence[Question], validation_groups: int, test_groups: int
) -> tuple[list[Question], list[Question], list[Question]]:
    """Train, validation and test records; whole groups, ranked by a hash of their names, go to each.

    A record without a group goes with the others on its context. The order of the records is kept.
    Raises: UserError when no group is left for training.
    """
    assert validation_groups >= 0
    assert test_groups >= 0
    names = {record.group or record.context for record in records}
    held_out = validation_groups + test_groups
    if len(names) <= held_out:
        raise UserError(
            f"{len(names)} groups of questions cannot give {validation_groups} for validation, {test_groups} for test"
            " and one for training; give more articles or hold out fewer"
        )
    ranked = sorted(names, key=lambda name: (hashlib.sha256(name.encode()).digest(), name))
    place = {name: 1 if rank < validation_groups else 2 for rank, name in enumerate(ranked[:held_out])}
    splits: tuple[list[Question], list[Question], list[Question]] = ([], [], [])
    for record in records:
        splits[place.get(record.group or record.context, 0)].append(record)
    return splits


def _stands(context: str, answer: str, offset: int) -> bool:
    return offset >= 0 and context.startswith(answer, offset)


def _placed(question: Question, offsets: Sequence[int | None], repair: bool) -> Question:
    """The question with the answers of known place first and their starts."""
    found: list[tuple[str, int]] = []
    unknown: list[str] = []
    for answer, offset in zip(question.answers, offsets, strict=True):
        start = _nearest(question.context, answer, offset or 0) if repair else offset
        if start is None:
            unknown.append(answer)
        else:
            found.append((answer, start))
    answers = (*(answer for answer, _ in found), *unknown)
    return replace(question, answers=answers, starts=tuple(start for _, start in found))


def _nearest(context: str, answer: str, offset: int) -> int | None:
    """Where the answer begins nearest to an offset, the earlier of two as near; None when it is not in the context."""
    anchor = min(max(offset, 0), len(context))
    before = context.rfind(answer, 0, anchor + len(answer))
    after = context.find(answer, anchor)
    found = [start for start in (before, after) if start >= 0]
    return min(found, key=lambda start: (abs(start - anchor), start)) if found else None


def _refusal(path: Path, misplaced: Sequence[str], missing: Sequence[str]) -> str:
    wrong = [*misplaced, *missing]
    named = ", ".join(wrong[:NAMED]) + ", …" * (len(wrong) > NAMED)
    verb = "has" if len(wrong) == 1 else "have"
    return (
        f"{path}: {len(wrong):,} question{'s' * (len(wrong) != 1)} {verb} an answer that is not at its offset"
        f" ({named}), {len(missing):,} of them nowhere in the context; leave them out (finetune: task.offsets=skip,"
        " evaluate: --set task.offsets=skip) or take the nearest occurrence (repair)"
    )


def _questions(path: Path) -> Iterator[_Read]:
    text = _text(path)
    first = text.lstrip().partition("\n")[0]
    try:
        record = json.loads(first)
    except ValueError:
        record = None
    if path.name.lower().split(".")[1:2] == ["jsonl"] or (isinstance(record, dict) and "data" not in record):
        yield from _json_lines(path, text)
    else:
        yield from _squad(path, text)


def _text(path: Path) -> str:
    with InputFile(path, str(path)).open() as stream:
        data = stream.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start:,}; convert it (iconv -t utf-8)") from None


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not valid JSON ({error})") from None


def _json_lines(path: Path, text: str) -> Iterator[_Read]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        record = _parsed(line, where)
        if not isinstance(record, dict):
            raise UserError(f"{where}: a JSON {_kind(record)}, expected one object such as {EXAMPLE}")
        if "answers" not in record:
            raise UserError(f"{where}: no field 'answers' among {', '.join(record)}; expected {EXAMPLE}")
        answers, starts = record.get("answers"), record.get("answer_start")
        if isinstance(answers, dict):  # a list of texts and a list of offsets, as in parquet exports of SQuAD
            starts = answers.get("answer_start")
            answers = answers.get("text")
        texts = [] if answers is None else [answers] if isinstance(answers, str) else answers
        _check(texts, list, where, "answers", "a string or a list of strings")
        places = [None] * len(texts) if starts is None else [starts] if isinstance(starts, int) else starts
        _check(places, list, where, "answer_start", "a number or a list of numbers")
        if len(places) != len(texts):
            raise UserError(f"{where}: {len(texts)} answers and {len(places)} offsets, expected as many of each")
        pairs = list(zip(texts, places, strict=True))
        group = record.get("group") or record.get("title") or ""
        identity = record.get("id", f"{path.name}:{number}")
        yield _question(record, record.get("context"), pairs, str(group), str(identity), where)


def _squad(path: Path, text: str) -> Iterator[_Read]:
    where = str(path)
    root = _parsed(text, where)
    _check(root, dict, where, "the file", f'an object with "data", or JSON Lines such as {EXAMPLE}')
    for number, article in enumerate(_list(root, "data", where)):
        where = f"{path}: data[{number}]"
        _check(article, dict, where, "the article", "an object with paragraphs")
        group = article.get("title") or article.get("id") or f"{path.name}:{number}"
        for place, paragraph in enumerate(_list(article, "paragraphs", where)):
            inside = f"{where}.paragraphs[{place}]"
            _check(paragraph, dict, inside, "the paragraph", "an object with context and qas")
            for index, item in enumerate(_list(paragraph, "qas", inside)):
                yield _squad_question(item, paragraph.get("context"), str(group), f"{inside}.qas[{index}]")


def _squad_question(item: Any, context: Any, group: str, where: str) -> _Read:
    _check(item, dict, where, "the question", "an object with question, id and answers")
    impossible = item.get("is_impossible", False) is True
    given = item.get("answers", []) if impossible else _list(item, "answers", where)
    if impossible and given:
        raise UserError(f"{where}: is_impossible is true, yet there are answers; remove one of the two")
    pairs = []
    for answer in given:
        _check(answer, dict, where, "an answer", "an object with text and answer_start")
        _check(answer.get("answer_start"), int, where, "answer_start", "a number")
        pairs.append((answer.get("text"), answer["answer_start"]))
    _check(item.get("id"), str, where, "id", "a string")
    return _question(item, context, pairs, group, item["id"], where)


def _question(
    item: dict[str, Any], context: Any, pairs: list[tuple[Any, Any]], group: str, identity: str, where: str
) -> _Read:
    _check(context, str, where, "context", "a string")
    _check(item.get("question"), str, where, "question", "a string")  # may be empty: CMRC2018's trial set has one
    if not context.strip():
        raise UserError(f"{where}: context is empty")
    for answer, offset in pairs:
        _check(answer, str, where, "an answer", "a string")
        if not answer.strip():
            raise UserError(f"{where}: an answer is empty; a question that has none holds no answers: []")
        if offset is not None:
            _check(offset, int, where, "answer_start", "a number")
    answers = tuple(answer for answer, _ in pairs)
    question = Question(context, item["question"], answers, identity, group=group)
    return _Read(question, tuple(offset for _, offset in pairs), where)


def _list(record: dict[str, Any], name: str, where: str) -> list[Any]:
    _check(record.get(name), list, where, name, "a list")
    found: list[Any] = record[name]
    return found


def _check(value: Any, kind: type, where: str, name: str, expected: str) -> None:
    """Refuse a value of another kind; a truth value is no number."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        got = "missing" if value is None else f"a JSON {_kind(value)}"
        raise UserError(f"{where}: {name} is {got}, expected {expected}")


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "list", dict: "object"}
    return kinds.get(type(value), "null")
