"""The embedded records of the tasks: synthetic training, validation and test files, made from seeds.

Out: `TASK.train.jsonl`, `TASK.validation.jsonl` and `TASK.test.jsonl` for translate, answer and summarize. What is
tested was not trained on: translations put word pairs together that no training sentence does, and no question, story
or report of the test is in the training file.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from erya.core.storage import disk_errors, write_atomic
from erya.corpus.samples.grammar import pairs
from erya.corpus.samples.reports import reports
from erya.corpus.samples.stories import questions

SIZES = {
    "translate": {"train": 12_000, "validation": 300, "test": 500},
    "answer": {"train": 6_000, "validation": 300, "test": 500},
    "summarize": {"train": 3_000, "validation": 200, "test": 300},
}
SEEDS = {"train": 1, "validation": 2, "test": 3}


def write_tasks(out: Path) -> dict[str, int]:
    """Write every file; how many records each has."""
    counts = {}
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        for task, makers in {"translate": _pairs, "answer": _questions, "summarize": _reports}.items():
            seen: set[str] = set()
            for part, size in SIZES[task].items():
                rows = [row for row in makers(part, size) if not seen & {_given(row)}]
                seen |= {_given(row) for row in rows}
                lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                write_atomic(out / f"{task}.{part}.jsonl", "".join(lines).encode())
                counts[f"{task}.{part}.jsonl"] = len(rows)
    return counts


def _given(row: dict[str, Any]) -> str:
    """What is given to a model, by which two records are the same."""
    return "\n".join(str(row[key]) for key in ("source", "text", "question", "context") if key in row)


def _pairs(part: str, size: int) -> Iterable[dict[str, Any]]:
    found = pairs(size, SEEDS[part], "test" if part == "test" else "train")
    return ({"id": it.id, "source": it.source, "target": it.target} for it in found)


def _questions(part: str, size: int) -> Iterator[dict[str, Any]]:
    for it in questions(size, SEEDS[part]):
        starts = {"answer_start": list(it.starts)} if it.starts else {}
        yield {"id": it.id, "context": it.context, "question": it.question, "answers": list(it.answers), **starts}


def _reports(part: str, size: int) -> Iterable[dict[str, Any]]:
    return ({"id": it.id, "text": it.text, "summary": it.summary} for it in reports(size, SEEDS[part]))
