"""Inputs in, corpus directory out: read in parts, leave out what is empty or a duplicate, split, store, count.

Every stage is a function from files to files that a runner calls: in this process, in several, or on a cluster. The
same inputs and options give the same bytes, whoever runs it and however often it was killed and run again.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from erya.core.errors import UserError
from erya.core.manifest import Manifest, Stage, is_current, writing
from erya.core.progress import bar, say, warn
from erya.core.storage import sha256_file
from erya.corpus.assemble import Pairs, Places, WriteGroup, gather_shards, group_parts, place_documents
from erya.corpus.card import write_card
from erya.corpus.decontaminate import Evaluations
from erya.corpus.deduplicate import Originals, are_first, in_shares, originals
from erya.corpus.inputs import Found, gather
from erya.corpus.mediawiki.definitions import with_definitions
from erya.corpus.near.find import near_duplicates
from erya.corpus.near.signature import scheme
from erya.corpus.parts import PartOptions, PartWriter, ReadPart, cut_parts, digests_of, ids_of, read_texts
from erya.corpus.records import Document
from erya.corpus.removed import RemovedTally
from erya.corpus.runner import LocalRunner, Runner
from erya.corpus.split import SPLITS
from erya.corpus.store import STAGE, open_corpus
from erya.corpus.summary import merged
from erya.corpus.work import Result, Work, discard_work, working

RECIPE = 3  # raised whenever the same input would give other text or shards, so that an older corpus is built again

SAMPLES = 3  # of the data card
PARTS, GROUPS = "reading", "writing"  # the stages, as the work folder and the bars call them
KEPT, PLACES, ORIGINALS = "kept.npy", "places.npy", "originals.npy"


class BuildOptions(PartOptions):
    """How a corpus is made from its inputs."""

    title: str | None = Field(default=None, description="What the corpus is called, on its data card.")
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
    options, runner = options or BuildOptions(), runner or LocalRunner()
    with gather(inputs, options.format, Path(out)) as found:
        digests = _digests(found)

        def read(work: Work) -> dict[str, list[Result]]:
            parts = cut_parts(found, options)
            if options.templates == "dump":
                parts = with_definitions(work, runner, parts, options)
            task = ReadPart(options, _evaluations(options))
            results = work.run(runner, PARTS, task, parts, [it.size_bytes for it in parts])
            by_file: dict[str, list[Result]] = {part.name: [] for part in parts}
            for part, result in zip(parts, results, strict=True):
                by_file[part.name].append(result)
            return by_file

        return _build(read, Path(out), options, digests, {"inputs": digests}, runner)


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
        with PartWriter(work.new_item(PARTS, 0), options, _evaluations(options)) as writer:
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
    config |= {"read": {name: _digest(name) for name in (*options.against, *options.quality.toxic_words)}}
    if inputs and is_current(out, STAGE, inputs, config):
        discard_work(out)
        say(f"{out}: is current, nothing to do")
        return open_corpus(out)
    with working(out, {**identity, "config": config}) as work, writing(out, STAGE, inputs, config) as stage:
        _assemble(stage, work, read(work), options, runner)
        _write_card(stage, options, inputs, config)
    return open_corpus(out)


def _digest(name: str) -> str:
    """The sha256 of a file that an option names."""
    try:
        return sha256_file(Path(name))
    except OSError as error:
        raise UserError(f"{name}: cannot be read ({error.strerror}); expected a file") from None


def _evaluations(options: BuildOptions) -> Evaluations | None:
    return Evaluations.read(options.against) if options.against else None


def _write_card(stage: Stage, options: BuildOptions, inputs: Mapping[str, str], config: Mapping[str, Any]) -> None:
    files = {
        path.name: {"size_bytes": path.stat().st_size, "sha256": sha256_file(path)}
        for path in sorted(stage.path.glob("*.parquet"))
    }
    name = options.title or "A corpus made with Erya"
    facts = {"name": name, "inputs": dict(inputs), **stage.counts, "options": dict(config), "files": files}
    markdown, data = write_card(facts)
    (stage.path / "corpus.md").write_text(markdown, encoding="utf-8")
    (stage.path / "card.json").write_text(data, encoding="utf-8")


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
    steps = {step: merged(result["steps"][step] for result in results) for step in options.steps()}
    if not list(steps.values())[-1].documents:
        raise UserError(_nothing({step: tally.documents for step, tally in steps.items()}, left_out))
    written = _write(stage, work, [list(result["steps"].values())[-1] for result in results], options, runner)
    splits = {split: merged(result["splits"][split] for result in written) for split in SPLITS}
    left = merged(tally.as_json() for tally in splits.values())
    steps["deduplicate"] = merged([left.as_json(), *(result["near"] for result in written)])
    if options.near:
        steps["near-duplicates"] = left
    removals, mended = RemovedTally(), Counter[str]()
    for result in [*results, *written]:
        removals.merge(result["removed"])
        mended.update(result.get("mended", {}))
    stage.counts |= {
        "steps": {step: tally.size() for step, tally in steps.items()},
        "left_out": left_out,
        "removed": removals.as_json(),
        "mended": dict(sorted(mended.items())),
        "splits": {split: tally.size() for split, tally in splits.items()},
        "sources": left.sources(),
        "dates": dict(zip(("first", "last"), left.dates, strict=False)),
        "languages": left.languages(),
        "lengths": left.lengths(),
        "samples": _spread([sample for result in written for sample in result["samples"]]),
    }


def _write(
    stage: Stage, work: Work, kept: Sequence[Mapping[str, Any]], options: BuildOptions, runner: Runner
) -> list[Result]:
    """Leave out duplicates, split the rest, and write the shards; `kept` are the figures of each part."""
    parts = [work.item(PARTS, number) for number in range(len(kept))]
    documents = [size["documents"] for size in kept]
    first = originals(digests_of(parts), sum(documents))
    pairs = _near_duplicates(work, runner, parts, documents, first, options)
    places, first = place_documents(
        digests_of(parts), first, pairs, options.validation_fraction, options.test_fraction, options.seed
    )
    _report_ids(parts, places)
    np.save(work.path / PLACES, places)
    np.save(work.path / ORIGINALS, first)
    groups = group_parts(parts, documents, [size["characters"] for size in kept])
    firsts = tuple(accumulate(documents, initial=0))[:-1]
    task = WriteGroup(tuple(parts), firsts, work.path / PLACES, work.path / ORIGINALS)
    written = work.run(runner, GROUPS, task, groups, [group.characters for group in groups])
    gather_shards([(work.item(GROUPS, number), result) for number, result in enumerate(written)], stage.path)
    return written


def _report_ids(parts: Sequence[Path], places: Places) -> None:
    repeated = 0
    for numbers, ids in in_shares(ids_of(parts), len(places)):
        kept = ids[places[numbers] < len(SPLITS)]
        repeated += len(kept) - len(np.unique(kept))
    if repeated:
        warn(f"{repeated:,} documents have the id of an earlier one, with another text; all of them were kept")


def _spread(samples: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Some of them, evenly spaced."""
    return list(samples[:: -(-len(samples) // SAMPLES)]) if samples else []


def _near_duplicates(
    work: Work, runner: Runner, parts: Sequence[Path], documents: Sequence[int], first: Originals, options: BuildOptions
) -> Pairs:
    """The near-duplicates among the documents that are no exact ones of earlier documents, when they are to go."""
    if options.near is None:
        return np.empty((0, 2), dtype=np.uint64)
    np.save(work.path / KEPT, are_first(first))
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


def _nothing(steps: Mapping[str, int], left_out: Mapping[str, int]) -> str:
    reasons = "; ".join(f"{reason}: {count:,}" for reason, count in left_out.items())
    if not steps["read"]:
        return f"no document in the input{f' ({reasons})' if reasons else ''}; nothing to build"
    if not steps["clean"]:
        return f"every document is empty after cleaning (read: {steps['read']:,}); nothing to build"
    counts = ", ".join(f"{step}: {count:,}" for step, count in steps.items())
    return f"no document is left ({counts}); nothing to build; ask for less with other rules"
