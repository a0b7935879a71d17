"""The records of the tasks from tables: pairs, summaries, labelled texts, and whether test records are in training.

Which fields are meant is told by their usual names, or said: `fields=("question", "label")`; numbers, `("1", "2")`,
name the columns of a table that has no header. Every refusal names the line and what was expected there.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from erya.core.errors import UserError, did_you_mean
from erya.core.progress import warn
from erya.corpus.deduplicate import digest
from erya.corpus.records import Labelled, Pair, Question, Summary
from erya.corpus.tables import Row, is_table, read_rows, read_text_lines

Fields = tuple[str, str]
"""The field of what is given, the field of what is wanted."""

SOURCES = ("source", "src", "source_text", "input")
TARGETS = ("target", "tgt", "target_text", "translation", "reference", "output")
TEXTS = ("text", "document", "article", "dialogue", "email", "body", "content", "sentence", "review")
SUMMARIES = ("summary", "highlights", "abstract", "headline", "subject", "title")
LABELS = ("label", "class", "category", "sentiment", "topic")
NAMED = 3

AnyRecord = TypeVar("AnyRecord", bound=Pair | Question | Summary | Labelled)


def read_pairs(paths: Sequence[Path], fields: Fields | None = None, languages: Fields | None = None) -> list[Pair]:
    """Sentences with their translations, from tables or from two text files aligned line by line, source first.

    With `languages`, such as ("en", "zh"), the fields may be named by them, also inside a field `translation`.
    Raises: UserError for unequal line counts, a line of another shape and an empty side.
    """
    if fields is None and not any(is_table(path) for path in paths):
        return _aligned(paths)
    source_language, target_language = languages or ("", "")
    usual = ((source_language, *SOURCES), (target_language, *TARGETS))
    return [Pair(source, target, identity) for source, target, identity in _read(paths, fields, usual)]


def read_summaries(paths: Sequence[Path], fields: Fields | None = None) -> list[Summary]:
    """Texts with their summaries, from tables.

    Raises: UserError for a line of another shape and an empty side.
    """
    return [Summary(text, summary, identity) for text, summary, identity in _read(paths, fields, (TEXTS, SUMMARIES))]


def read_labelled(paths: Sequence[Path], fields: Fields | None = None) -> list[Labelled]:
    """Texts with their labels, from tables; a label that is a number or a truth value is written out.

    Raises: UserError for a line of another shape and an empty side.
    """
    found = _read(paths, fields, (TEXTS, LABELS), numbers=True)
    return [Labelled(text, label, identity) for text, label, identity in found]


def check_apart(train: Sequence[AnyRecord], test: Sequence[AnyRecord], allow: bool = False) -> list[AnyRecord]:
    """The test records whose input is also a training record's, case and white space aside; warned of when allowed.

    Raises: UserError naming the first of them, unless `allow`.
    """
    seen = {digest(_input(record)): record.id for record in reversed(train)}
    doubled = [record for record in test if digest(_input(record)) in seen]
    if doubled:
        named = ", ".join(f"{record.id} = {seen[digest(_input(record))]}" for record in doubled[:NAMED])
        message = (
            f"{len(doubled):,} of {len(test):,} test items are training items too"
            f" ({named}{', …' * (len(doubled) > NAMED)})"
        )
        if not allow:
            raise UserError(f"{message}: a score on them says little; take them out of either, or allow it")
        warn(message)
    return doubled


def _input(record: Pair | Question | Summary | Labelled) -> str:
    if isinstance(record, Pair):
        return record.source
    return f"{record.question}\n{record.context}" if isinstance(record, Question) else record.text


def _aligned(paths: Sequence[Path]) -> list[Pair]:
    if len(paths) != 2:
        names = ", ".join(str(path) for path in paths) or "none"
        raise UserError(
            f"pairs come from tables (JSON Lines, CSV, TSV, Parquet) or from two aligned text files; got {names};"
            " name both files, or end a table's name in .jsonl, .csv, .tsv or .parquet"
        )
    sources, targets = (read_text_lines(path) for path in paths)
    if len(sources) != len(targets):
        raise UserError(
            f"{paths[0]} has {len(sources):,} lines, {paths[1]} has {len(targets):,}; aligned files have as many,"
            " line by line"
        )
    for number, pair in enumerate(zip(sources, targets, strict=True), start=1):
        for path, text in zip(paths, pair, strict=True):
            if not text.strip():
                raise UserError(
                    f"{path}: line {number}: is empty, expected a sentence; take the line out of both files"
                )
    _require_some(sources, paths)
    name = paths[0].name
    return [Pair(*pair, f"{name}:{number}") for number, pair in enumerate(zip(sources, targets, strict=True), start=1)]


def _read(
    paths: Sequence[Path], fields: Fields | None, usual: tuple[Sequence[str], Sequence[str]], numbers: bool = False
) -> list[tuple[str, str, str]]:
    """Given text, wanted text and id of every row; with `numbers` the wanted one may be a number."""
    found: list[tuple[str, str, str]] = []
    headless = fields is not None and all(field.isdigit() for field in fields)
    for path in paths:
        chosen = fields
        for row in _unnested(read_rows(path, header=not headless)):
            if chosen is None:
                chosen = (_choose(row, usual[0]), _choose(row, usual[1]))
            identity = row.values.get("id")
            given, wanted = _text(row, chosen[0], False), _text(row, chosen[1], numbers)
            found.append((given, wanted, str(identity) if isinstance(identity, str | int) else row.id))
    _require_some(found, paths)
    return found


def _require_some(found: Sequence[object], paths: Sequence[Path]) -> None:
    if not found:
        raise UserError(f"{', '.join(map(str, paths)) or 'no file'}: no record in it; nothing to read")


def _unnested(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows with the languages of {"translation": {"en": …, "de": …}} beside the other fields."""
    for row in rows:
        inner = row.values.get("translation")
        yield Row({**row.values, **inner}, row.where, row.id) if isinstance(inner, dict) else row


def _choose(row: Row, usual: Sequence[str]) -> str:
    """The first usual name among a row's fields, in any case."""
    lower = {name.lower(): name for name in reversed(row.values)}
    found = next((lower[name] for name in usual if name in lower), None)
    if found is None:
        raise UserError(
            f"{row.where}: no field {', '.join(name for name in usual if name)} among {', '.join(row.values)};"
            " give the field that is meant one of these names, in the header where the table has one"
        )
    return found


def _text(row: Row, field: str, numbers: bool) -> str:
    value: Any = row.values.get(field)
    if field not in row.values:
        raise UserError(f"{row.where}: no field '{field}'{did_you_mean(field, row.values)}")
    if numbers and isinstance(value, int):
        return json.dumps(value)
    if not isinstance(value, str):
        got = json.dumps(value, ensure_ascii=False, default=str)[:40]
        raise UserError(f"{row.where}: {field} is {got}, expected a string{' or a whole number' * numbers}")
    if not value.strip():
        raise UserError(f"{row.where}: {field} is empty, expected text; leave the line out or fill it in")
    return value
