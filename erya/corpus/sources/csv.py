"""CSV and TSV with a header row: one of the columns is the text.

The delimiter is the tab, comma or semicolon that the header row holds most of. Tab-separated text is taken literally
(a quotation mark is a character of the text); otherwise fields may be quoted and hold line ends.
"""

import csv
from collections.abc import Iterator

from erya.core.errors import UserError
from erya.corpus.opening import MAX_RECORD_BYTES, InputFile, read_lines
from erya.corpus.records import Document
from erya.corpus.source import ReadOptions, Source, choose_field, document


class _Literal(csv.excel):
    quoting = csv.QUOTE_NONE


def read(file: InputFile, options: ReadOptions) -> Iterator[Document]:
    """One document for each row."""
    lines = (line for _, line in read_lines(file, options.encoding_errors))
    header = next(lines, "")
    delimiter = max("\t,;", key=header.count)
    style = _Literal if delimiter == "\t" else csv.excel
    csv.field_size_limit(MAX_RECORD_BYTES)
    names = next(csv.reader([header], style, delimiter=delimiter), [])
    column = names.index(choose_field(names, options.text_field, f"{file.name}: header"))
    rows = csv.reader(lines, style, delimiter=delimiter)
    try:
        for row in rows:
            if row and len(row) <= column:
                raise UserError(
                    f"{file.name}: line {rows.line_num + 1}: {len(row)} columns, expected {len(names)} as in the header"
                )
            if row:
                yield document(file, options, rows.line_num + 1, row[column])
    except csv.Error as error:
        raise UserError(f"{file.name}: line {rows.line_num + 1}: not valid CSV ({error})") from None


SOURCE = Source("csv", (".csv", ".tsv"), lambda _: False, read)
