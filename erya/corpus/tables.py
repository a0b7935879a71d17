"""Rows of JSON Lines, CSV, TSV and Parquet files, plain or compressed: each with its values by field and its line.

Tab-separated text is taken literally (a quotation mark is a character of the text); otherwise fields may be quoted
and hold line ends. A table without a header has its columns numbered from 1.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erya.core.errors import UserError
from erya.corpus.opening import MAX_RECORD_BYTES, DamagedInput, InputFile, read_lines
from erya.corpus.source import source_of

PARQUET_ROWS = 256


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a table; `where` names its file and line for messages, `id` is unique in the file."""

    values: dict[str, Any]
    where: str
    id: str


class _Literal(csv.excel):
    quoting = csv.QUOTE_NONE
    delimiter = "\t"


def is_table(path: Path) -> bool:
    """Whether a file is JSON Lines, Parquet, CSV or TSV by its content or name, not plain text."""
    source = source_of(_file(path))
    return source is not None and source.name in ("jsonl", "parquet", "csv")


def read_rows(path: Path, header: bool = True) -> Iterator[Row]:
    """The rows of a table; without `header` the first line of a CSV or TSV is a row, its columns named 1, 2, …

    A file of no known format is read as CSV or TSV. Raises: UserError for a file that cannot be read, and for a line
    that is not what its format asks for; DamagedInput for one that is cut off.
    """
    file = _file(path)
    source = source_of(file)
    kind = "csv" if source is None else source.name
    if kind == "jsonl":
        yield from _json_lines(file)
    elif kind == "parquet":
        yield from _parquet(file)
    else:
        yield from _delimited(file, header)


def read_text_lines(path: Path) -> list[str]:
    """The lines of a text file without their ends.

    Raises: UserError when it cannot be read or is not UTF-8.
    """
    return [line.rstrip("\r\n") for _, line in read_lines(_file(path), "error")]


def _file(path: Path) -> InputFile:
    if path.is_dir():
        raise UserError(f"{path}: is a folder, expected a file of records")
    return InputFile(path, str(path))


def _row(file: InputFile, number: int, values: dict[str, Any]) -> Row:
    return Row(values, f"{file.name}: line {number}", f"{file.path.name}:{number}")


def _json_lines(file: InputFile) -> Iterator[Row]:
    for number, line in read_lines(file, "error"):
        if not line.strip():
            continue
        where = f"{file.name}: line {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{where}: not valid JSON ({error}); expected one object a line") from None
        if not isinstance(record, dict):
            raise UserError(f"{where}: a JSON {type(record).__name__}, expected one object a line")
        yield _row(file, number, record)


def _delimited(file: InputFile, header: bool) -> Iterator[Row]:
    lines = (line for _, line in read_lines(file, "error"))
    first = next(lines, "")
    style: type[csv.Dialect] = _Literal if "\t" in first else csv.excel
    delimiter = "\t" if "\t" in first else max(",;", key=first.count)
    csv.field_size_limit(MAX_RECORD_BYTES)
    rows = csv.reader(_again(first, lines), style, delimiter=delimiter, strict=True)
    names: list[str] = []
    start = 1
    try:
        for row in rows:
            number, start = start, rows.line_num + 1
            if not names:
                names = row if header else [str(column) for column in range(1, len(row) + 1)]
                if header:
                    continue
            if not row:
                continue
            if len(row) != len(names):
                like = "the header" if header else "the first line"
                raise UserError(
                    f"{file.name}: line {number}: {len(row)} columns, expected {len(names)} as in {like};"
                    " quote a field that holds the delimiter"
                )
            yield _row(file, number, dict(zip(names, row, strict=True)))
    except csv.Error as error:
        raise UserError(f"{file.name}: line {rows.line_num}: not valid CSV ({error})") from None


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _parquet(file: InputFile) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(file.path) as table:
            for batch in table.iter_batches(PARQUET_ROWS, use_threads=False):
                for values in batch.to_pylist():
                    number += 1
                    yield _row(file, number, values)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")[:160]
        raise DamagedInput(f"{file.name}: not a whole Parquet file ({reason}); fetch or copy it again") from None
