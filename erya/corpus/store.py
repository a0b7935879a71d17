"""The corpus directory: `manifest.json` and, for each split, Parquet shards of documents with their origin."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from erya.core.errors import UserError, did_you_mean
from erya.core.manifest import Manifest, read_manifest
from erya.corpus.records import Document
from erya.corpus.split import SPLITS

STAGE = "corpus"
COLUMNS = ("text", "id", "source", "licence", "language", "title", "revision", "timestamp")
GROUP_DOCUMENTS = 2_048
GROUP_CHARACTERS = 4 * 2**20
SHARD_CHARACTERS = 64 * 2**20


class ShardWriter:
    """Writes documents to numbered Parquet shards; row groups are small, so that reading needs little memory.

    The bytes depend on the documents alone. There is always a first shard, be it empty.
    """

    def __init__(self, directory: Path, name: str, compression: str = "zstd") -> None:
        self.directory, self.name, self.compression = directory, name, compression
        self.rows: list[Document] = []
        self.group_characters = self.shard_characters = self.shard = 0
        self.writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and (self.rows or (self.writer is None and self.shard == 0)):
            self._flush()
        if self.writer is not None:
            self.writer.close()

    def write(self, document: Document) -> None:
        """Add a document."""
        self.rows.append(document)
        self.group_characters += len(document.text)
        if len(self.rows) >= GROUP_DOCUMENTS or self.group_characters >= GROUP_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        schema = pa.schema([(column, pa.string()) for column in COLUMNS])
        if self.writer is None:
            self.writer = self._open(schema)
        columns = [pa.array([getattr(row, column) for row in self.rows], pa.string()) for column in COLUMNS]
        self.writer.write_table(pa.table(columns, schema=schema), row_group_size=GROUP_DOCUMENTS)
        self.shard_characters += self.group_characters
        self.rows, self.group_characters = [], 0
        if self.shard_characters >= SHARD_CHARACTERS:
            self.writer.close()
            self.writer, self.shard, self.shard_characters = None, self.shard + 1, 0

    def _open(self, schema: Any) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetWriter(
            self.directory / f"{self.name}-{self.shard:05}.parquet",
            schema,
            version="2.6",
            compression=self.compression,
            use_dictionary=["source", "licence", "language"],
            write_statistics=False,
            store_schema=False,
        )


def open_corpus(path: Path) -> Manifest:
    """The manifest of a finished corpus directory.

    Raises: UserError when it is missing, unfinished or something else.
    """
    return read_manifest(Path(path), STAGE)


def shards(corpus: Path, split: str) -> list[Path]:
    """The Parquet files of a split, in order.

    Raises: UserError when there is no such split.
    """
    if split not in SPLITS:
        raise UserError(f"unknown split '{split}'{did_you_mean(split, SPLITS)}")
    return [Path(corpus) / name for name in sorted(open_corpus(corpus).files) if name.startswith(f"{split}-")]


def read_documents(corpus: Path, split: str, columns: Sequence[str] = COLUMNS) -> Iterator[Document]:
    """The documents of a split, in order, a few at a time; columns that are not asked for are left empty."""
    for shard in shards(corpus, split):
        yield from read_shard(shard, columns)


def read_shard(path: Path, columns: Sequence[str] = COLUMNS, groups: Sequence[int] | None = None) -> Iterator[Document]:
    """The documents of one shard, or of some of its row groups.

    Raises: UserError when the file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    empty = dict.fromkeys(("text", "id", "source"), "")
    try:
        with pq.ParquetFile(path) as table:
            for group in range(table.num_row_groups) if groups is None else groups:  # a batch would span several
                for row in table.read_row_group(group, list(columns), use_threads=False).to_pylist():
                    yield Document(**(empty | row))
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0][:160]
        raise UserError(f"{path}: cannot be read ({reason}); build the corpus again") from None
