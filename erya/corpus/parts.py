"""The first stage: one part of the inputs in; its documents, cleaned, with their digests, out as files.

A part is a file, or a range of a file whose format can be cut. The cut depends on the file and `part_bytes` alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from erya.corpus.clean import clean
from erya.corpus.deduplicate import Digests, as_array, digest
from erya.corpus.inputs import Found
from erya.corpus.language import identify
from erya.corpus.opening import InputFile
from erya.corpus.records import Document
from erya.corpus.runner import progressed
from erya.corpus.source import ReadOptions, sources
from erya.corpus.store import ShardWriter
from erya.corpus.summary import Tally
from erya.corpus.work import Result

DOCUMENTS, DIGESTS = "documents", "digests.bin"
STEPS = ("read", "clean")


class PartOptions(ReadOptions):
    """How the documents of a part are read and kept."""

    part_bytes: int = Field(default=8 * 2**20, ge=1, description="Bytes of a dump that are read in one go.")


@dataclass(frozen=True, slots=True)
class Part:
    """What begins in the bytes from `start` to `end` (None: the end) of a file, read by the named source."""

    path: Path
    name: str
    source: str
    start: int
    end: int | None
    size_bytes: int


def cut_parts(found: Iterable[Found], options: PartOptions) -> list[Part]:
    """The parts of all inputs, in order."""
    parts = []
    for entry in found:
        size = entry.file.path.stat().st_size
        for start, end in entry.source.cut(entry.file, options.part_bytes):
            length = (size if end is None else end) - start
            parts.append(Part(entry.file.path, entry.file.name, entry.source.name, start, end, length))
    return parts


@dataclass(frozen=True)
class ReadPart:
    """The task of the first stage."""

    options: PartOptions

    def __call__(self, part: Part, folder: Path) -> Result:
        """Read a part into `folder`."""
        file = InputFile(part.path, part.name, part.start, part.end)
        documents = sources()[part.source].read(file, self.options)
        done = 0
        with PartWriter(folder, self.options) as writer:
            for document in documents:
                writer.write(document)
                progressed(file.position - done)
                done = file.position
        progressed(part.size_bytes - done)
        return writer.result() | {"left_out": file.left_out, "notes": file.notes}


@dataclass
class PartWriter:
    """Writes the documents of a part that are worth keeping."""

    folder: Path
    options: PartOptions
    steps: dict[str, Tally] = field(default_factory=lambda: {step: Tally() for step in STEPS})
    digests: bytearray = field(default_factory=bytearray)

    def __enter__(self) -> "PartWriter":
        self.shards = ShardWriter(self.folder, DOCUMENTS, "lz4").__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.shards.__exit__(*error)
        (self.folder / DIGESTS).write_bytes(self.digests)

    def write(self, document: Document) -> None:
        """Clean one document and keep it, if anything is left of it."""
        self.steps["read"].add(document)
        text = clean(document.text)
        if text:
            document = replace(document, text=text, language=identify(text, document.language))
            self.steps["clean"].add(document)
            self.digests += digest(text)
            self.shards.write(document)

    def result(self) -> Result:
        """What was kept, in figures."""
        return {"steps": {step: tally.as_json() for step, tally in self.steps.items()}}


def read_digests(folders: Sequence[Path]) -> Digests:
    """The digests of the documents of some parts, in order."""
    return as_array(b"".join((folder / DIGESTS).read_bytes() for folder in folders))
