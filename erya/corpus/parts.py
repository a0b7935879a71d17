"""The first stage: one part of the inputs in; its documents, cleaned and judged, with their digests, out as files.

A part is a file, or a range of a file whose format can be cut. The cut depends on the file and `part_bytes` alone.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from erya.corpus.clean import clean
from erya.corpus.decontaminate import Evaluations
from erya.corpus.deduplicate import digest
from erya.corpus.inputs import Found
from erya.corpus.language import identify
from erya.corpus.near.shingles import Hashes
from erya.corpus.near.signature import NearOptions, keys
from erya.corpus.near.stages import write_keys
from erya.corpus.opening import InputFile
from erya.corpus.quality import QualityOptions, judge, mend
from erya.corpus.records import Document
from erya.corpus.removed import RemovedTally, RemovedWriter, removed
from erya.corpus.runner import progressed
from erya.corpus.source import ReadOptions, sources
from erya.corpus.store import COLUMNS, ShardWriter, read_shard
from erya.corpus.summary import Tally
from erya.corpus.work import Result

DOCUMENTS, DIGESTS, IDS, REMOVED = "documents", "digests.bin", "ids.bin", "removed.parquet"


class PartOptions(ReadOptions):
    """How the documents of a part are read and kept."""

    part_bytes: int = Field(default=8 * 2**20, ge=1, description="Most bytes of a dump that are read in one go.")
    quality: QualityOptions = Field(default=QualityOptions(), description="Which documents are good enough to keep.")
    against: tuple[str, ...] = Field(
        default=(), description="Evaluation files; a document that shares a run of words with one goes."
    )
    near: NearOptions | None = Field(default=None, description="Which near-duplicates go; none: only exact ones do.")

    def steps(self) -> tuple[str, ...]:
        """What a part does with its documents, in order."""
        quality = ("quality",) if self.quality != QualityOptions() else ()
        return ("read", "clean", *quality, *(("decontaminate",) if self.against else ()))


@dataclass(frozen=True, slots=True)
class Part:
    """What begins in the bytes from `start` to `end` (None: the end) of a file, read by the named source."""

    path: Path
    name: str
    source: str
    start: int
    end: int | None
    size_bytes: int
    definitions: Path | None = None

    def open(self) -> InputFile:
        """The part as a file to read."""
        return InputFile(self.path, self.name, self.start, self.end, self.definitions)


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
    evaluations: Evaluations | None

    def __call__(self, part: Part, folder: Path) -> Result:
        """Read a part into `folder`."""
        file = part.open()
        documents = sources()[part.source].read(file, self.options)
        done = 0
        with PartWriter(folder, self.options, self.evaluations) as writer:
            for document in documents:
                writer.write(document)
                progressed(file.position - done)
                done = file.position
        progressed(part.size_bytes - done)
        return writer.result() | {"left_out": file.left_out, "notes": file.notes}


@dataclass
class PartWriter:
    """Writes the documents of a part that are worth keeping, and why the others are not."""

    folder: Path
    options: PartOptions
    evaluations: Evaluations | None = None
    steps: dict[str, Tally] = field(default_factory=dict)
    removals: RemovedTally = field(default_factory=RemovedTally)
    mended: Counter[str] = field(default_factory=Counter)
    digests: bytearray = field(default_factory=bytearray)
    ids: bytearray = field(default_factory=bytearray)
    keys: list[Hashes] = field(default_factory=list)

    def __enter__(self) -> "PartWriter":
        self.steps = {step: Tally() for step in self.options.steps()}
        self.files = ExitStack()
        self.shards = self.files.enter_context(ShardWriter(self.folder, DOCUMENTS, "lz4"))
        self.gone = self.files.enter_context(RemovedWriter(self.folder / REMOVED))
        return self

    def __exit__(self, *error: Any) -> None:
        self.files.__exit__(*error)
        (self.folder / DIGESTS).write_bytes(self.digests)
        (self.folder / IDS).write_bytes(self.ids)
        if self.options.near:
            write_keys(self.folder, self.keys)

    def write(self, document: Document) -> None:
        """Take one document through every step, as far as it comes."""
        self.steps["read"].add(document)
        kept = self._cleaned(document)
        for step, judged in (("quality", self._judged), ("decontaminate", self._apart)):
            if kept is not None and step in self.steps:
                kept = judged(kept)
                if kept is not None:
                    self.steps[step].add(kept)
        if kept is not None:
            self.digests += digest(kept.text)
            self.ids += hashlib.blake2b(kept.id.encode(), digest_size=8).digest()
            if self.options.near:
                self.keys.append(keys(kept.text, self.options.near))
            self.shards.write(kept)

    def _cleaned(self, document: Document) -> Document | None:
        text = clean(document.text)
        if not text:
            self._remove(document, "empty", "nothing is left of it after cleaning")
            return None
        document = replace(document, text=text, language=identify(text, document.language))
        self.steps["clean"].add(document)
        return document

    def _judged(self, document: Document) -> Document | None:
        mended, taken = mend(document, self.options.quality)
        self.mended.update(taken)
        if not mended.text:
            self._remove(document, "lines", f"no line is left of it: {', '.join(taken)}")
            return None
        finding = judge(mended, self.options.quality)
        if finding is not None:
            self._remove(mended, finding.rule, finding.detail)
        return None if finding else mended

    def _apart(self, document: Document) -> Document | None:
        overlap = self.evaluations.overlap(document.text) if self.evaluations else None
        if overlap is not None:
            self._remove(document, "contaminated", overlap)
        return None if overlap else document

    def _remove(self, document: Document, rule: str, detail: str) -> None:
        row = removed(document, rule, detail)
        self.removals.add(row)
        self.gone.write(row)

    def result(self) -> Result:
        """What was kept and what went, in figures."""
        steps = {step: tally.as_json() for step, tally in self.steps.items()}
        return {"steps": steps, "removed": self.removals.as_json(), "mended": dict(self.mended)}


@dataclass(frozen=True)
class Stretches:
    """Numbers that some parts have of their documents, a part at a time: [documents, columns] each."""

    files: Sequence[Path]
    columns: int

    def __iter__(self) -> Iterator[npt.NDArray[np.uint64]]:
        return (np.fromfile(file, dtype="<u8").reshape(-1, self.columns) for file in self.files)


def digests_of(folders: Sequence[Path]) -> Stretches:
    """The digests of the documents of some parts, in order."""
    return Stretches([folder / DIGESTS for folder in folders], 2)


def ids_of(folders: Sequence[Path]) -> Stretches:
    """The hashes of the ids of the documents of some parts, in order."""
    return Stretches([folder / IDS for folder in folders], 1)


def read_part(folder: Path, columns: Sequence[str] = COLUMNS) -> Iterator[Document]:
    """The documents of a part, in order; columns that are not asked for are left empty."""
    for shard in sorted(folder.glob(f"{DOCUMENTS}-*.parquet")):
        yield from read_shard(shard, columns)


def read_texts(folder: Path) -> Iterator[str]:
    """The texts of a part, in order."""
    return (document.text for document in read_part(folder, ("text",)))
