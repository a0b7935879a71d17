"""The tokenizer stage: the training splits of corpora in, a tokenizer directory with its manifest out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf
from pathlib import Path

from erya.core.errors import UserError
from erya.core.manifest import Manifest, is_current, read_manifest, writing
from erya.core.progress import say, track
from erya.corpus.store import open_corpus, read_documents
from erya.tokenizer.pattern import PATTERN
from erya.tokenizer.tokenizer import MIN_PAIR_COUNT, train_tokenizer

STAGE = "tokenizer"
# Training holds every different piece: about 30 bytes for each byte of Chinese text, far fewer for English.
DEFAULT_MAX_BYTES = 64 * 2**20


def build_tokenizer(
    corpora: Sequence[Path],
    out: Path,
    vocab_size: int,
    max_bytes: int = DEFAULT_MAX_BYTES,
    weights: Sequence[float] | None = None,
) -> Manifest:
    """Train a tokenizer on at most `max_bytes` of the training splits of corpora; nothing is done when it is current.

    `weights` says which share of the text is of which corpus; without it, each has the share it has of all text.
    Raises: UserError when a corpus is not finished, or when they are too small for the vocabulary.
    """
    sources = {path: open_corpus(path) for path in corpora}
    inputs = _inputs(sources)
    config = {"vocab_size": vocab_size, "max_bytes": max_bytes, "pattern": PATTERN, "min_pair_count": MIN_PAIR_COUNT}
    config |= {"weights": list(weights)} if weights else {}
    if is_current(out, STAGE, inputs, config):
        say(f"{out}: is current, nothing to do")
        return read_manifest(out, STAGE)
    sizes = [source.counts["splits"]["train"]["text_bytes"] for source in sources.values()]
    most = shares(sizes, weights or sizes, max_bytes)
    with writing(out, STAGE, inputs, config) as stage:
        samples = [_sample(path, source, size) for (path, source), size in zip(sources.items(), most, strict=True)]
        tokenizer = train_tokenizer(chain.from_iterable(samples), vocab_size)
        tokenizer.save(stage.path)
        stage.counts |= {
            "vocab_size": tokenizer.vocab_size,
            "sha256": tokenizer.sha256,
            "text_bytes": sum(sample.kept_bytes for sample in samples),
        }
    return read_manifest(out, STAGE)


def _inputs(sources: Mapping[Path, Manifest]) -> dict[str, str]:
    inputs = {path.name: source.sha256 for path, source in sources.items()}
    if len(inputs) < len(sources):
        raise UserError(f"two corpora have the same name ({', '.join(inputs)}); rename one")
    return inputs


def shares(sizes: Sequence[int], weights: Sequence[float], max_bytes: int) -> list[int]:
    """How many bytes to take of texts of those sizes, `max_bytes` together at most, so that they are as the weights.

    Of the text that is least for its weight all is taken when there is room, and of the others no more than fits it.
    Raises: UserError when there is not one positive weight for each text.
    """
    if len(weights) != len(sizes) or not all(0 < weight < inf for weight in weights):
        raise UserError(f"weights {list(weights)}: expected {len(sizes)} positive numbers, one for each corpus")
    together = min(max_bytes, *(size * sum(weights) / weight for size, weight in zip(sizes, weights, strict=True)))
    return [int(together * weight / sum(weights)) for weight in weights]


def _sample(corpus: Path, source: Manifest, max_bytes: int) -> "Sample":
    total = source.counts["splits"]["train"]
    documents = track(read_documents(corpus, "train", ("text",)), "Reading for tokens", total["documents"], "documents")
    if total["text_bytes"] > max_bytes:
        say(f"{corpus}: learning from {max_bytes:,} of {total['text_bytes']:,} bytes, evenly spread")
    return Sample((document.text for document in documents), total["text_bytes"], max_bytes)


@dataclass
class Sample:
    """Texts of at most `max_bytes` together out of `total_bytes`, spread evenly over all of them; the last is cut."""

    texts: Iterable[str]
    total_bytes: int
    max_bytes: int
    kept_bytes: int = 0

    def __iter__(self) -> Iterator[str]:
        seen = 0
        for text in self.texts:
            data = text.encode("utf-8", "ignore")
            if self.kept_bytes * self.total_bytes <= seen * self.max_bytes and self.kept_bytes < self.max_bytes:
                kept = data[: self.max_bytes - self.kept_bytes]
                self.kept_bytes += len(kept)
                yield kept.decode("utf-8", "ignore")
            seen += len(data)
