"""Plain text: a short file is one document, a long one is cut at paragraph ends into several.

A document ends at the first blank line after 16,384 characters; where none comes, at the first line end after twice
as many; in a text without line ends, after four times as many. So one long file still gives training, validation
and test documents, and a line of any length needs little memory.
"""

from collections.abc import Iterator

from erya.corpus.opening import InputFile, read_lines
from erya.corpus.records import Document
from erya.corpus.source import ReadOptions, Source, document

PIECE_CHARACTERS = 16_384


def read(file: InputFile, options: ReadOptions) -> Iterator[Document]:
    """The documents of a text file."""
    number, length = 1, 0
    lines: list[str] = []
    for _, line in read_lines(file, options.encoding_errors, cut_long=True):
        lines.append(line)
        length += len(line)
        if length >= _limit(line):
            yield document(file, options, number, "".join(lines))
            number, length, lines = number + 1, 0, []
    if lines:
        yield document(file, options, number, "".join(lines))


def _limit(line: str) -> int:
    """How long a document must be to end after this line."""
    if not line.endswith("\n"):
        return 4 * PIECE_CHARACTERS
    return 2 * PIECE_CHARACTERS if line.strip() else PIECE_CHARACTERS


SOURCE = Source("text", (".txt", ".text", ".md", ".rst"), lambda _: False, read)
