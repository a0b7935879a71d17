"""From a path a person names to a set that can be scored: a corpus's split, a text, or a benchmark's JSON Lines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from erya.core import registry
from erya.core.errors import UserError
from erya.core.manifest import NAME as MANIFEST
from erya.core.spread import spread
from erya.corpus.inputs import gather
from erya.corpus.opening import InputFile, read_lines
from erya.corpus.source import ReadOptions
from erya.corpus.store import read_documents
from erya.evaluate.metric import Metric, Record

METRICS = "erya.evaluate.metrics.complete"
TEXT_METRIC = "language_model"


@dataclass(frozen=True)
class EvaluationSet:
    """The items of one path, and the metric that scores them."""

    name: str
    metric: Metric
    items: list[Any]


def open_set(path: Path, metric_name: str | None, split: str, max_items: int | None) -> EvaluationSet:
    """Read a corpus directory's split, or a file; `max_items` takes that many, evenly spread.

    Raises: UserError when it is missing, empty, or not what the metric needs.
    """
    corpus = (path / MANIFEST).is_file()
    metric = _metric(path, metric_name, corpus)
    if corpus:
        records: Iterator[Record] = ({"id": it.id, "text": it.text} for it in read_documents(path, split))
        name = f"{path.name} ({split})"
    else:
        records = _texts(path) if metric.name == TEXT_METRIC else read_json_lines(path)
        name = path.name
    items = metric.items(records, name)
    if not items:
        raise UserError(f"{path}: holds no items to score")
    return EvaluationSet(name, metric, items if max_items is None else spread(items, max_items))


def _metric(path: Path, name: str | None, corpus: bool) -> Metric:
    if name is not None:
        chosen: Metric = registry.pick(METRICS, "METRIC", name.replace("-", "_"))
        if corpus and chosen.name != TEXT_METRIC:
            raise UserError(f"{path}: is a corpus, which {chosen.name} cannot score; give its JSON Lines file")
        return chosen
    metrics: dict[str, Metric] = registry.discover(METRICS, "METRIC")
    record = None if corpus or not path.is_file() else _first_record(path)
    if record is not None:
        for metric in metrics.values():
            if metric.recognises(path, record):
                return metric
    return metrics[TEXT_METRIC]


def _first_record(path: Path) -> Record | None:
    """The first line as a JSON object; None when the file is something else."""
    try:
        return next(islice(read_json_lines(path), 1), None)
    except UserError:
        return None


def read_json_lines(path: Path) -> Iterator[Record]:
    """The objects of a JSON Lines file, plain or compressed.

    Raises: UserError with the line that is not one.
    """
    for number, line in read_lines(InputFile(path, path.name), "error"):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise UserError(f"{path}: line {number}: not valid JSON ({error})") from None
        if not isinstance(record, dict):
            raise UserError(f"{path}: line {number}: expected a JSON object, got a {type(record).__name__}")
        yield record


def _texts(path: Path) -> Iterator[Record]:
    """The documents of a file or folder in any format a corpus can be built from."""
    with gather([path], "auto", out=path / MANIFEST) as found:
        for entry in found:
            for it in entry.source.read(entry.file, ReadOptions()):
                yield {"id": it.id, "text": it.text}
