"""What a corpus holds, in figures and samples: counts, bytes, languages, lengths."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from erya.corpus.records import Document
from erya.corpus.store import open_corpus, read_shard, shards


@dataclass(slots=True)
class Tally:
    """Running figures of a stream of documents."""

    documents: int = 0
    text_bytes: int = 0
    characters: int = 0
    by_language: dict[str, list[int]] = field(default_factory=dict)
    by_length: Counter[int] = field(default_factory=Counter)

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

    def as_json(self) -> dict[str, Any]:
        """All figures, to be kept in a file."""
        lengths = {str(power): self.by_length[power] for power in sorted(self.by_length)}
        return self.size() | {"by_language": self.by_language, "by_length": lengths}

    def size(self) -> dict[str, int]:
        """Documents, UTF-8 bytes and characters."""
        return {"documents": self.documents, "text_bytes": self.text_bytes, "characters": self.characters}

    def languages(self) -> dict[str, dict[str, int]]:
        """Documents and bytes of each language, the largest first."""
        order = sorted(self.by_language.items(), key=lambda item: (-item[1][1], item[0]))
        return {language: {"documents": share[0], "text_bytes": share[1]} for language, share in order}

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
    chosen = groups[:: max(1, len(groups) // count)][:count]
    found: list[Document] = []
    each = -(-count // max(1, len(chosen)))
    for shard, group in chosen:
        documents = read_shard(shard, groups=[group])
        found += [document for document, _ in zip(documents, range(each), strict=False)]
    return found[:count]
