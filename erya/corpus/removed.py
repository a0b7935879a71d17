"""The documents that a corpus left out, each with the rule that took it, so that nothing goes without a reason.

They are kept as Parquet beside the corpus; `RemovedTally` counts them by rule, with samples.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from erya.core.errors import UserError
from erya.corpus.records import Document

SAMPLE_CHARACTERS = 240
SAMPLES_A_RULE = 3
ROWS = 2_048


@dataclass(frozen=True, slots=True)
class Removed:
    """A document that went: by which rule, and what the rule found; `sample` is the beginning of its text."""

    id: str
    rule: str
    detail: str
    text_bytes: int
    sample: str


def removed(document: Document, rule: str, detail: str) -> Removed:
    """The record of a document that a rule takes."""
    size = len(document.text.encode("utf-8", "surrogatepass"))
    sample = document.text[:SAMPLE_CHARACTERS].encode("utf-8", "replace").decode()  # half a pair cannot be stored
    return Removed(document.id, rule, detail, size, sample)


class RemovedWriter:
    """Writes records to one Parquet file; its bytes depend on the records alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Removed] = []

    def __enter__(self) -> Self:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {str: pa.string(), int: pa.int64()}
        self.schema = pa.schema([(column.name, kinds[column.type]) for column in fields(Removed)])  # type: ignore[index]
        self.writer = pq.ParquetWriter(self.path, self.schema, compression="zstd", store_schema=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self.writer.close()

    def write(self, row: Removed) -> None:
        """Add a record."""
        self.rows.append(row)
        if len(self.rows) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        columns = {name: [getattr(row, name) for row in self.rows] for name in self.schema.names}
        self.writer.write_table(pa.table(columns, schema=self.schema))
        self.rows = []


def read_removed(paths: Iterable[Path], id: str | None = None) -> Iterator[Removed]:  # noqa: A002 - the column's name
    """The records of some files, in order, or those of one document.

    Raises: UserError when a file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    if id is not None and not pc.any(pc.equal(file.read_row_group(group, ["id"])["id"], id)).as_py():
                        continue
                    rows = (Removed(**row) for row in file.read_row_group(group, use_threads=False).to_pylist())
                    yield from (row for row in rows if id is None or row.id == id)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).partition("\n")[0][:160]
            raise UserError(f"{path}: cannot be read ({reason}); build the corpus again") from None


@dataclass(slots=True)
class RemovedTally:
    """How many documents and bytes each rule took, with the first of them as samples."""

    rules: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, row: Removed) -> None:
        """Count one document."""
        sample = {"id": row.id, "detail": row.detail, "text": row.sample}
        self.merge({row.rule: {"documents": 1, "text_bytes": row.text_bytes, "samples": [sample]}})

    def merge(self, other: Mapping[str, Mapping[str, Any]]) -> None:
        """Add the figures of another tally, as `as_json` gave them; its documents come after those counted so far."""
        for rule, figures in other.items():
            own = self.rules.setdefault(rule, {"documents": 0, "text_bytes": 0, "samples": []})
            own["documents"] += figures["documents"]
            own["text_bytes"] += figures["text_bytes"]
            own["samples"] += figures["samples"][: SAMPLES_A_RULE - len(own["samples"])]

    def as_json(self) -> dict[str, dict[str, Any]]:
        """All figures by rule, the one that took the most bytes first."""
        order = sorted(self.rules, key=lambda rule: (-self.rules[rule]["text_bytes"], rule))
        return {rule: self.rules[rule] for rule in order}
