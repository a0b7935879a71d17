"""Inputs in, corpus directory out: read, clean, leave out what is empty or a duplicate, split, store, count.

The documents pass through a spool file, so memory holds 16 bytes for each of them and not their text. The same inputs
and options give the same bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field

from erya.core.errors import UserError
from erya.core.manifest import Manifest, Stage, is_current, writing
from erya.core.progress import bar, say, track, warn
from erya.core.storage import sha256_file
from erya.corpus.clean import clean
from erya.corpus.deduplicate import as_array, digest, first_occurrences
from erya.corpus.inputs import Found, gather
from erya.corpus.language import identify
from erya.corpus.records import Document
from erya.corpus.source import ReadOptions
from erya.corpus.split import SPLITS, assign
from erya.corpus.store import STAGE, ShardWriter, open_corpus, read_shard
from erya.corpus.summary import Tally

RECIPE = 1  # raised whenever the same input would give other text, so that an older corpus is built again


class BuildOptions(ReadOptions):
    """How a corpus is made from its inputs."""

    validation_fraction: float = Field(default=0.05, description="Share of the documents kept for validation.")
    test_fraction: float = Field(default=0.05, description="Share of the documents kept for the test.")
    seed: int = Field(default=0, ge=0, description="Which documents are kept for validation and test.")


def build_corpus(inputs: Sequence[str | Path], out: Path, options: BuildOptions | None = None) -> Manifest:
    """Build a corpus directory from files, folders and standard input (`-`); nothing is done when it is current.

    Raises: UserError for an input that cannot be used, and when nothing is left of all of them.
    """
    options = options or BuildOptions()
    with gather(inputs, options.format, out) as found:
        digests = {entry.file.name: sha256_file(entry.file.path) for entry in found}
        return write_corpus(_read(found, options), out, options, digests, found)


def write_corpus(
    documents: Iterable[Document],
    out: Path,
    options: BuildOptions | None = None,
    inputs: Mapping[str, str] | None = None,
    found: Sequence[Found] = (),
) -> Manifest:
    """Build a corpus directory from documents; `inputs` says by name and digest what they were made from.

    With `inputs`, nothing is read or done when the corpus is current.
    Raises: UserError when no document is left or there are too few to split.
    """
    options = options or BuildOptions()
    if inputs and is_current(Path(out), STAGE, inputs, _config(options)):
        say(f"{out}: is current, nothing to do")
        return open_corpus(out)
    with writing(Path(out), STAGE, inputs or {}, _config(options)) as stage:
        _write(stage, documents, options, found)
    return open_corpus(out)


def _config(options: BuildOptions) -> dict[str, Any]:
    return options.model_dump() | {"recipe": RECIPE}


def _read(found: Sequence[Found], options: ReadOptions) -> Iterator[Document]:
    with bar("Reading", sum(entry.file.path.stat().st_size for entry in found), "bytes") as running:
        for entry in found:
            done = 0
            for document in entry.source.read(entry.file, options):
                yield document
                running.advance(entry.file.position - done, entry.file.name)
                done = entry.file.position
            running.advance(entry.file.position - done)


def _write(stage: Stage, documents: Iterable[Document], options: BuildOptions, found: Sequence[Found]) -> None:
    steps = {step: Tally() for step in ("read", "clean", "deduplicate")}
    splits = {split: Tally() for split in SPLITS}
    digests = bytearray()
    with ShardWriter(stage.path, "spool", "lz4") as spool:
        for document in documents:
            steps["read"].add(document)
            text = clean(document.text)
            if text:
                document = replace(document, text=text, language=identify(text, document.language))
                steps["clean"].add(document)
                digests += digest(text)
                spool.write(document)
    left_out = _report(found)
    if not digests:
        raise UserError(_nothing(steps["read"].documents, left_out))
    keep = first_occurrences(as_array(digests))
    places = assign(as_array(digests)[keep], options.validation_fraction, options.test_fraction, options.seed)
    with ExitStack() as stack:
        writers = {split: stack.enter_context(ShardWriter(stage.path, split)) for split in SPLITS}
        kept = (document for document, first in zip(_unspool(stage.path, len(keep)), keep, strict=True) if first)
        for document, place in zip(kept, places, strict=True):
            split = SPLITS[place]
            steps["deduplicate"].add(document)
            splits[split].add(document)
            writers[split].write(document)
    for shard in stage.path.glob("spool-*.parquet"):
        shard.unlink()
    stage.counts |= {
        "steps": {step: tally.size() for step, tally in steps.items()},
        "left_out": left_out,
        "splits": {split: tally.size() for split, tally in splits.items()},
        "languages": steps["deduplicate"].languages(),
        "lengths": steps["deduplicate"].lengths(),
    }


def _unspool(directory: Path, count: int) -> Iterator[Document]:
    documents = (document for shard in sorted(directory.glob("spool-*.parquet")) for document in read_shard(shard))
    return track(documents, "Splitting", count, "documents")


def _report(found: Sequence[Found]) -> dict[str, int]:
    """Everything the readers left out, by reason; each file's share is said as a warning."""
    total: dict[str, int] = {}
    for entry in found:
        for reason, count in sorted(entry.file.left_out.items()):
            total[reason] = total.get(reason, 0) + count
        if entry.file.left_out:
            reasons = ", ".join(f"{reason} ({count:,})" for reason, count in sorted(entry.file.left_out.items()))
            warn(f"{entry.file.name}: left out: {reasons}")
    return total


def _nothing(documents: int, left_out: Mapping[str, int]) -> str:
    reasons = "; ".join(f"{reason}: {count:,}" for reason, count in left_out.items())
    if documents:
        return f"every document is empty after cleaning (read: {documents:,}); nothing to build"
    return f"no document in the input{f' ({reasons})' if reasons else ''}; nothing to build"
