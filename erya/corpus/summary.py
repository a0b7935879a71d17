"""What a corpus holds, in figures and samples: counts, bytes, languages, lengths."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from erya.core.errors import UserError
from erya.corpus.records import Document
from erya.corpus.removed import read_removed
from erya.corpus.split import SPLITS
from erya.corpus.store import open_corpus, read_documents, read_shard, shards

SOURCES = 50  # are named one by one


@dataclass(slots=True)
class Tally:
    """Running figures of a stream of documents."""

    documents: int = 0
    text_bytes: int = 0
    characters: int = 0
    by_language: dict[str, list[int]] = field(default_factory=dict)
    by_length: Counter[int] = field(default_factory=Counter)
    by_source: dict[str, list[Any]] = field(default_factory=dict)
    dates: list[str] = field(default_factory=list)  # the first and the last, or none

    def add(self, document: Document) -> None:
        """Count one document."""
        size = len(document.text.encode("utf-8", "surrogatepass"))
        self.documents += 1
        self.text_bytes += size
        self.characters += len(document.text)
        share = self.by_language.setdefault(document.language or "unknown", [0, 0])
        share[0] += 1
        share[1] += size
        self.by_length[(len(document.text) - 1).bit_length()] += 1
        self._add_source(document.source, document.licence, 1, size)
        if document.timestamp:
            self._add_dates([document.timestamp])

    def _add_source(self, source: str, licence: str, documents: int, text_bytes: int) -> None:
        own = self.by_source.setdefault(source, [licence, 0, 0])
        own[0] = licence if own[0] == licence else "several"
        own[1] += documents
        own[2] += text_bytes

    def _add_dates(self, dates: Sequence[str]) -> None:
        both = [*self.dates, *dates]
        self.dates = [min(both), max(both)] if both else []

    def merge(self, other: Mapping[str, Any]) -> None:
        """Add the figures of another stream, as `as_json` gave them."""
        self.documents += other["documents"]
        self.text_bytes += other["text_bytes"]
        self.characters += other["characters"]
        for language, (documents, text_bytes) in other["by_language"].items():
            share = self.by_language.setdefault(language, [0, 0])
            share[0] += documents
            share[1] += text_bytes
        for power, documents in other["by_length"].items():
            self.by_length[int(power)] += documents
        for source, (licence, documents, text_bytes) in other["by_source"].items():
            self._add_source(source, licence, documents, text_bytes)
        self._add_dates(other["dates"])

    def as_json(self) -> dict[str, Any]:
        """All figures, to be kept in a file."""
        lengths = {str(power): self.by_length[power] for power in sorted(self.by_length)}
        own = {"by_language": self.by_language, "by_length": lengths, "by_source": self.by_source, "dates": self.dates}
        return self.size() | own

    def size(self) -> dict[str, int]:
        """Documents, UTF-8 bytes and characters."""
        return {"documents": self.documents, "text_bytes": self.text_bytes, "characters": self.characters}

    def languages(self) -> dict[str, dict[str, int]]:
        """Documents and bytes of each language, the largest first."""
        order = sorted(self.by_language.items(), key=lambda item: (-item[1][1], item[0]))
        return {language: {"documents": share[0], "text_bytes": share[1]} for language, share in order}

    def sources(self) -> dict[str, dict[str, Any]]:
        """Licence, documents and bytes of the sources with the most text; the rest of them together as `others`."""
        order = sorted(self.by_source.items(), key=lambda item: (-item[1][2], item[0]))
        shown, rest = order[:SOURCES], order[SOURCES:]
        if rest:
            licences = {licence for _, (licence, _, _) in rest}
            licence = licences.pop() if len(licences) == 1 else "several"
            shown.append(("others", [licence, sum(own[1] for _, own in rest), sum(own[2] for _, own in rest)]))
        return {
            source: {"licence": licence, "documents": documents, "text_bytes": text_bytes}
            for source, (licence, documents, text_bytes) in shown
        }

    def lengths(self) -> dict[str, int]:
        """Documents by length: the key 2^k counts those of more than 2^(k-1) and at most 2^k characters."""
        return {str(2**power): self.by_length[power] for power in sorted(self.by_length)}


def merged(figures: Iterable[Mapping[str, Any]]) -> Tally:
    """The figures of several streams together, each as `as_json` gave them."""
    total = Tally()
    for one in figures:
        total.merge(one)
    return total


def summarise(corpus: Path, samples: int = 3) -> dict[str, Any]:
    """The figures of a finished corpus, as its manifest has them, with samples of its training documents.

    Raises: UserError when it is not a finished corpus.
    """
    manifest = open_corpus(corpus)
    return {
        "corpus": str(corpus),
        "sha256": manifest.sha256,
        "inputs": manifest.inputs,
        **manifest.counts,
        "samples": [_shown(document) for document in _samples(corpus, samples)],
    }


def _shown(document: Document) -> dict[str, str | None]:
    return {
        "id": document.id,
        "source": document.source,
        "licence": document.licence,
        "language": document.language,
        "text": document.text[:400],
    }


def _samples(corpus: Path, count: int) -> list[Document]:
    """Documents from evenly spaced row groups of the training split."""
    import pyarrow.parquet as pq

    groups = [
        (shard, group) for shard in shards(corpus, "train") for group in range(pq.read_metadata(shard).num_row_groups)
    ]
    chosen = groups[:: max(1, len(groups) // max(1, count))][:count]
    found: list[Document] = []
    each = -(-count // max(1, len(chosen)))
    for shard, group in chosen:
        documents = read_shard(shard, groups=[group])
        found += [document for document, _ in zip(documents, range(each), strict=False)]
    return found[:count]


def explained(corpus: Path, id: str) -> list[dict[str, str]]:  # noqa: A002 - the column's name
    """What became of the document with an id: its split, or the rule and detail by which it went, with a sample.

    Raises: UserError when it is not a finished corpus, or knows no such document.
    """
    manifest = open_corpus(corpus)
    paths = [Path(corpus) / name for name in sorted(manifest.files) if name.startswith("removed-")]
    fates = [
        {"id": id, "rule": row.rule, "detail": row.detail, "sample": row.sample} for row in read_removed(paths, id)
    ]
    for split in SPLITS:
        kept = (document for document in read_documents(corpus, split, ("id",)) if document.id == id)
        fates += [{"id": id, "split": split} for _ in kept]
    if not fates:
        raise UserError(
            f"{corpus}: knows no document '{id}'; records that are no documents, such as redirects, are only counted"
        )
    return fates
