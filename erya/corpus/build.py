"""Inputs in, corpus directory out: read in parts, leave out what is empty or a duplicate, split, store, count.

Every stage is a function from files to files that a runner calls: in this process, in several, or on a cluster. The
same inputs and options give the same bytes, whoever runs it and however often it was killed and run again.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from erya.core.errors import UserError
from erya.core.manifest import Manifest, Stage, is_current, writing
from erya.core.progress import bar, say, warn
from erya.corpus.assemble import Pairs, WriteGroup, gather_shards, group_parts, list_pairs, place_documents
from erya.corpus.deduplicate import Digests, first_occurrences
from erya.corpus.inputs import Found, gather
from erya.corpus.near.find import near_duplicates
from erya.corpus.near.signature import scheme
from erya.corpus.parts import STEPS, PartOptions, PartWriter, ReadPart, cut_parts, read_digests, read_texts
from erya.corpus.records import Document
from erya.corpus.runner import LocalRunner, Runner
from erya.corpus.split import SPLITS
from erya.corpus.store import STAGE, open_corpus
from erya.corpus.summary import Tally, merged
from erya.corpus.work import Result, Work, discard_work, working

RECIPE = 2  # raised whenever the same input would give other text, so that an older corpus is built again

PARTS, GROUPS = "reading", "writing"  # the stages, as the work folder and the bars call them
KEPT, PLACES = "kept.npy", "places.npy"
NEAR_DUPLICATES = "near-duplicates.jsonl"  # of the corpus: the ids of those that went, each with that of an earlier one


class BuildOptions(PartOptions):
    """How a corpus is made from its inputs."""

    validation_fraction: float = Field(default=0.05, description="Share of the documents kept for validation.")
    test_fraction: float = Field(default=0.05, description="Share of the documents kept for the test.")
    seed: int = Field(default=0, ge=0, description="Which documents are kept for validation and test.")


def build_corpus(
    inputs: Sequence[str | Path], out: Path, options: BuildOptions | None = None, runner: Runner | None = None
) -> Manifest:
    """Build a corpus directory from files, folders and standard input (`-`); nothing is done when it is current.

    A build that was killed goes on where it was.
    Raises: UserError for an input that cannot be used, and when nothing is left of all of them.
    """
    options = options or BuildOptions()
    with gather(inputs, options.format, Path(out)) as found:
        digests = _digests(found)

        def read(work: Work) -> dict[str, list[Result]]:
            parts = cut_parts(found, options)
            results = work.run(
                runner or LocalRunner(), PARTS, ReadPart(options), parts, [it.size_bytes for it in parts]
            )
            by_file: dict[str, list[Result]] = {part.name: [] for part in parts}
            for part, result in zip(parts, results, strict=True):
                by_file[part.name].append(result)
            return by_file

        return _build(read, Path(out), options, digests, {"inputs": digests}, runner or LocalRunner())


def write_corpus(
    documents: Iterable[Document],
    out: Path,
    options: BuildOptions | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Manifest:
    """Build a corpus directory from documents; `inputs` says by name and digest what they were made from.

    With `inputs`, nothing is read or done when the corpus is current.
    Raises: UserError when no document is left or there are too few to split.
    """
    options = options or BuildOptions()

    def take(work: Work) -> dict[str, list[Result]]:
        with PartWriter(work.new_item(PARTS, 0), options) as writer:
            for document in documents:
                writer.write(document)
        return {"documents": [writer.result() | {"left_out": {}, "notes": []}]}

    return _build(take, Path(out), options, inputs or {}, {"begun": time.time_ns()}, LocalRunner())


def _build(
    read: Callable[[Work], Mapping[str, list[Result]]],
    out: Path,
    options: BuildOptions,
    inputs: Mapping[str, str],
    identity: Mapping[str, Any],
    runner: Runner,
) -> Manifest:
    config = options.model_dump(mode="json") | {"recipe": RECIPE}
    config |= {"near_keys": scheme(options.near)} if options.near else {}
    if inputs and is_current(out, STAGE, inputs, config):
        discard_work(out)
        say(f"{out}: is current, nothing to do")
        return open_corpus(out)
    with working(out, {**identity, "config": config}) as work, writing(out, STAGE, inputs, config) as stage:
        _assemble(stage, work, read(work), options, runner)
    return open_corpus(out)


def _digests(found: Sequence[Found]) -> dict[str, str]:
    """The sha256 of each input."""
    digests = {}
    with bar("Checking", sum(entry.file.path.stat().st_size for entry in found), "bytes") as running:
        for entry in found:
            digest = hashlib.sha256()
            with entry.file.path.open("rb") as stream:
                while data := stream.read(2**20):
                    digest.update(data)
                    running.advance(len(data), entry.file.name)
            digests[entry.file.name] = digest.hexdigest()
    return digests


def _assemble(
    stage: Stage, work: Work, read: Mapping[str, list[Result]], options: BuildOptions, runner: Runner
) -> None:
    left_out = _report(read)
    results = [result for of_file in read.values() for result in of_file]
    steps = {step: Tally() for step in STEPS}
    for result in results:
        for step in STEPS:
            steps[step].merge(result["steps"][step])
    if not steps[STEPS[-1]].documents:
        raise UserError(_nothing(steps["read"].documents, left_out))
    parts = [work.item(PARTS, number) for number in range(len(results))]
    kept = [result["steps"][STEPS[-1]] for result in results]
    documents = [size["documents"] for size in kept]
    digests = read_digests(parts)
    pairs = _near_duplicates(work, runner, parts, documents, digests, options)
    places = place_documents(digests, pairs, options.validation_fraction, options.test_fraction, options.seed)
    np.save(work.path / PLACES, places)
    groups = group_parts(parts, documents, [size["characters"] for size in kept])
    written = work.run(runner, GROUPS, WriteGroup(work.path / PLACES), groups, [group.characters for group in groups])
    gather_shards([(work.item(GROUPS, number), result) for number, result in enumerate(written)], stage.path)
    splits = {split: Tally() for split in SPLITS}
    for result in written:
        for split, size in result["splits"].items():
            splits[split].merge(size)
    left = merged(tally.as_json() for tally in splits.values())
    steps["deduplicate"] = merged([left.as_json(), *(result["near"] for result in written)])
    if options.near:
        steps["near-duplicates"] = left
        list_pairs(parts, pairs, stage.path / NEAR_DUPLICATES)
    stage.counts |= {
        "steps": {step: tally.size() for step, tally in steps.items()},
        "left_out": left_out,
        "splits": {split: tally.size() for split, tally in splits.items()},
        "languages": left.languages(),
        "lengths": left.lengths(),
    }


def _near_duplicates(
    work: Work, runner: Runner, parts: Sequence[Path], documents: Sequence[int], digests: Digests, options: BuildOptions
) -> Pairs:
    """The near-duplicates among the documents that are no exact ones of earlier documents, when they are to go."""
    if options.near is None:
        return np.empty((0, 2), dtype=np.uint64)
    np.save(work.path / KEPT, first_occurrences(digests))
    return near_duplicates(work, runner, parts, documents, read_texts, work.path / KEPT, options.near)


def _report(read: Mapping[str, list[Result]]) -> dict[str, int]:
    """Everything the readers left out, by reason; each file's share is said as a warning."""
    total: Counter[str] = Counter()
    for name, results in read.items():
        of_file: Counter[str] = Counter()
        for note in dict.fromkeys(note for result in results for note in result["notes"]):
            warn(f"{name}: {note}")
        for result in results:
            of_file.update(result["left_out"])
        total.update(of_file)
        if of_file:
            reasons = ", ".join(f"{reason} ({count:,})" for reason, count in sorted(of_file.items()))
            warn(f"{name}: left out: {reasons}")
    return dict(sorted(total.items()))


def _nothing(documents: int, left_out: Mapping[str, int]) -> str:
    reasons = "; ".join(f"{reason}: {count:,}" for reason, count in left_out.items())
    if documents:
        return f"every document is empty after cleaning (read: {documents:,}); nothing to build"
    return f"no document in the input{f' ({reasons})' if reasons else ''}; nothing to build"
