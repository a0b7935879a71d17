"""The texts of an evaluation file, whatever its shape: every string in it, at any depth.

JSON (SQuAD's too), JSON Lines, CSV, TSV and Parquet give their strings; a text file gives its lines, which are records
in sets such as Multi30k's, and its paragraphs, for lines may be wrapped. All may be compressed.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from erya.core.errors import UserError
from erya.corpus.opening import InputFile
from erya.corpus.source import looks_like_text
from erya.corpus.tables import is_table, read_rows, read_text_lines

_BLANK_LINES = re.compile(r"\n\s*\n")


def read_texts(path: Path) -> Iterator[str]:
    """Every text of a file.

    Raises: UserError when it is missing, damaged, not UTF-8 or of no known format.
    """
    head = b"" if path.is_dir() else InputFile(path, str(path)).head()
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        yield from _json(path)
    elif is_table(path):
        for row in read_rows(path, header=False):  # a header is but one more short text
            yield from _strings(row.values)
    elif looks_like_text(head):
        lines = read_text_lines(path)
        yield from lines
        yield from _BLANK_LINES.split("\n".join(lines))
    else:
        raise UserError(f"{path}: of no known format, expected text, JSON, JSON Lines, CSV or Parquet")


def _json(path: Path) -> Iterator[str]:
    """The strings of one JSON value, or of one a line."""
    text = "\n".join(read_text_lines(path))
    try:
        values = iter([json.loads(text)])
    except (ValueError, RecursionError):
        values = (row.values for row in read_rows(path))
    for value in values:
        yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]  # not by recursion: a file may be nested as deep as the parser allows
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += reversed(value.values())
        elif isinstance(value, list):
            waiting += reversed(value)
