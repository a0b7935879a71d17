"""The first stage: one part of the inputs in; its documents, cleaned, with their digests, out as files.

A part is a file, or a range of a file whose format can be cut. The cut depends on the file and `part_bytes` alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from erya.corpus.clean import clean
from erya.corpus.deduplicate import Digests, as_array, digest
from erya.corpus.inputs import Found
from erya.corpus.language import identify
from erya.corpus.near.shingles import Hashes
from erya.corpus.near.signature import NearOptions, keys
from erya.corpus.near.stages import write_keys
from erya.corpus.opening import InputFile
from erya.corpus.records import Document
from erya.corpus.runner import progressed
from erya.corpus.source import ReadOptions, sources
from erya.corpus.store import COLUMNS, ShardWriter, read_shard
from erya.corpus.summary import Tally
from erya.corpus.work import Result

DOCUMENTS, DIGESTS = "documents", "digests.bin"
STEPS = ("read", "clean")


class PartOptions(ReadOptions):
    """How the documents of a part are read and kept."""

    part_bytes: int = Field(default=8 * 2**20, ge=1, description="Bytes of a dump that are read in one go.")
    near: NearOptions | None = Field(default=None, description="Which near-duplicates go; none: only exact ones do.")


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
    keys: list[Hashes] = field(default_factory=list)

    def __enter__(self) -> "PartWriter":
        self.shards = ShardWriter(self.folder, DOCUMENTS, "lz4").__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.shards.__exit__(*error)
        (self.folder / DIGESTS).write_bytes(self.digests)
        if self.options.near:
            write_keys(self.folder, self.keys)

    def write(self, document: Document) -> None:
        """Clean one document and keep it, if anything is left of it."""
        self.steps["read"].add(document)
        text = clean(document.text)
        if text:
            document = replace(document, text=text, language=identify(text, document.language))
            self.steps["clean"].add(document)
            self.digests += digest(text)
            if self.options.near:
                self.keys.append(keys(text, self.options.near))
            self.shards.write(document)

    def result(self) -> Result:
        """What was kept, in figures."""
        return {"steps": {step: tally.as_json() for step, tally in self.steps.items()}}


def read_digests(folders: Sequence[Path]) -> Digests:
    """The digests of the documents of some parts, in order."""
    return as_array(b"".join((folder / DIGESTS).read_bytes() for folder in folders))


def read_part(folder: Path, columns: Sequence[str] = COLUMNS) -> Iterator[Document]:
    """The documents of a part, in order; columns that are not asked for are left empty."""
    for shard in sorted(folder.glob(f"{DOCUMENTS}-*.parquet")):
        yield from read_shard(shard, columns)


def read_texts(folder: Path) -> Iterator[str]:
    """The texts of a part, in order."""
    return (document.text for document in read_part(folder, ("text",)))
