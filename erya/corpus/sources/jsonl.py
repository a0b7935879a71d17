"""JSON Lines: one JSON object a line, one of its fields is the text."""

import json
from collections.abc import Iterator

from erya.core.errors import UserError
from erya.corpus.opening import InputFile, read_lines
from erya.corpus.records import Document
from erya.corpus.source import ReadOptions, Source, choose_field, document


def read(file: InputFile, options: ReadOptions) -> Iterator[Document]:
    """One document for each object; a null text is left out and counted."""
    field: str | None = None
    for number, line in read_lines(file, options.encoding_errors):
        if not line.strip():
            continue
        where = f"{file.name}: line {number}"
        record = _parse(line, where)
        if field is None or field not in record:
            field = choose_field(record, options.text_field or field, where)
        text = record[field]
        if text is None:
            file.leave_out("text is null")
        elif isinstance(text, str):
            yield document(file, options, number, text)
        else:
            raise UserError(
                f"{where}: field '{field}' holds {json.dumps(text)[:40]}, expected a string;"
                f" choose another with --text-field: {', '.join(record)}"
            )


def _parse(line: str, where: str) -> dict[str, object]:
    try:
        record = json.loads(line.strip())
    except json.JSONDecodeError as error:
        raise UserError(f"{where}: not valid JSON ({error.msg} at column {error.colno})") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: JSON that cannot be read ({error})") from None
    if not isinstance(record, dict):
        raise UserError(f'{where}: a JSON {type(record).__name__}, expected one object a line such as {{"text": "…"}}')
    return record


SOURCE = Source("jsonl", (".jsonl", ".ndjson", ".json"), lambda head: head.lstrip()[:2] == b'{"', read)
