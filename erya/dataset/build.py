"""The tokens stage: a corpus and a tokenizer in, a tokens directory with the tokenizer's files and manifest out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from erya.core.manifest import Manifest, Stage, is_current, read_manifest, writing
from erya.core.progress import say, track
from erya.corpus.split import SPLITS
from erya.corpus.store import open_corpus, read_documents
from erya.dataset.shards import STAGE, VERSION, ShardWriter, split_path
from erya.tokenizer.tokenizer import Tokenizer

# Enough to keep the threads busy, little enough that ids held as Python numbers stay below about 100 MB.
BATCH_CHARACTERS = 2 * 2**20


def build_tokens(corpus: Path, tokenizer: Tokenizer, out: Path, threads: int = 2) -> Manifest:
    """Encode every split of a corpus; nothing is done when `out` is current.

    Raises: UserError when the corpus is not finished.
    """
    source = open_corpus(corpus)
    inputs = {"corpus": source.sha256, "tokenizer": tokenizer.sha256}
    config: dict[str, Any] = {"version": VERSION, "end_of_text_id": tokenizer.end_of_text_id}
    if is_current(out, STAGE, inputs, config):
        say(f"{out}: is current, nothing to do")
        return read_manifest(out, STAGE)
    with writing(out, STAGE, inputs, config) as stage:
        tokenizer.save(stage.path)
        splits = {}
        for split in SPLITS:
            size = source.counts["splits"][split]
            splits[split] = size | {"tokens": _encode(corpus, split, size["documents"], tokenizer, stage, threads)}
        stage.counts |= {"splits": splits, "vocab_size": tokenizer.vocab_size}
    return read_manifest(out, STAGE)


def _encode(corpus: Path, split: str, documents: int, tokenizer: Tokenizer, stage: Stage, threads: int) -> int:
    path = split_path(stage.path, split)
    texts = (document.text for document in read_documents(corpus, split, ("text",)))
    with ShardWriter(path, tokenizer.vocab_size, tokenizer.end_of_text_id, tokenizer.sha256) as writer:
        for batch in _batches(track(texts, f"Encoding {split}", documents, "documents")):
            writer.write(tokenizer.encode_batch(batch, threads))
        return writer.offsets[-1]


def _batches(texts: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
