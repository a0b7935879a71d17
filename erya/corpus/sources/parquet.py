"""Parquet: one of the string columns is the text."""

from collections.abc import Iterator
from typing import Any

from erya.core.errors import UserError
from erya.corpus.opening import DamagedInput, InputFile
from erya.corpus.records import Document
from erya.corpus.source import ReadOptions, Source, choose_field, document

ROWS = 64


def read(file: InputFile, options: ReadOptions) -> Iterator[Document]:
    """One document for each row, in order; a null text is left out and counted."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = file.path.stat().st_size
    number = 0
    try:
        with pq.ParquetFile(file.path) as table:
            strings = [column.name for column in table.schema_arrow if _is_string(column.type)]
            if not strings:
                raise UserError(f"{file.name}: no column of strings; it has: {', '.join(table.schema_arrow.names)}")
            column = choose_field(strings, options.text_field, file.name)
            for batch in table.iter_batches(ROWS, columns=[column], use_threads=False):
                for text in batch.column(0).to_pylist():
                    number += 1
                    if text is None:
                        file.leave_out("text is null")
                    else:
                        yield document(file, options, number, text)
                file.position = size * number // table.metadata.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DamagedInput(
            f"{file.name}: not a whole Parquet file ({_first_line(error)}); fetch or copy it again"
        ) from None


def _is_string(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")[:160]


SOURCE = Source("parquet", (".parquet",), lambda head: head[:4] == b"PAR1", read)
