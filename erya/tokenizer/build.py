"""The tokenizer stage: a corpus's training split in, a tokenizer directory with its manifest out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from erya.core.manifest import Manifest, is_current, read_manifest, writing
from erya.core.progress import say, track
from erya.corpus.store import open_corpus, read_documents
from erya.tokenizer.pattern import PATTERN
from erya.tokenizer.tokenizer import MIN_PAIR_COUNT, train_tokenizer

STAGE = "tokenizer"
# Training holds every different piece: about 30 bytes for each byte of Chinese text, far fewer for English.
DEFAULT_MAX_BYTES = 64 * 2**20


def build_tokenizer(corpus: Path, out: Path, vocab_size: int, max_bytes: int = DEFAULT_MAX_BYTES) -> Manifest:
    """Train a tokenizer on at most `max_bytes` of a corpus's training split; nothing is done when it is current.

    Raises: UserError when the corpus is not finished or too small for the vocabulary.
    """
    source = open_corpus(corpus)
    inputs = {"corpus": source.sha256}
    config = {"vocab_size": vocab_size, "max_bytes": max_bytes, "pattern": PATTERN, "min_pair_count": MIN_PAIR_COUNT}
    if is_current(out, STAGE, inputs, config):
        say(f"{out}: is current, nothing to do")
        return read_manifest(out, STAGE)
    total = source.counts["splits"]["train"]
    documents = track(read_documents(corpus, "train", ("text",)), "Reading for tokens", total["documents"], "documents")
    if total["text_bytes"] > max_bytes:
        say(f"{corpus}: learning from {max_bytes:,} of {total['text_bytes']:,} bytes, evenly spread (--max-bytes)")
    with writing(out, STAGE, inputs, config) as stage:
        sample = Sample((document.text for document in documents), total["text_bytes"], max_bytes)
        tokenizer = train_tokenizer(sample, vocab_size)
        tokenizer.save(stage.path)
        stage.counts |= {
            "vocab_size": tokenizer.vocab_size,
            "sha256": tokenizer.sha256,
            "text_bytes": sample.kept_bytes,
        }
    return read_manifest(out, STAGE)


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
