"""Answer questions on a context, or on many documents, with a model fine-tuned for it."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from os import devnull
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from erya.commands._answering import answer_lines
from erya.commands._settings import settings_option
from erya.core.errors import UserError

if TYPE_CHECKING:
    from erya.corpus.records import Document
    from erya.tasks.base.loaded import TaskModel
    from erya.tasks.base.prediction import Prediction, Record

EXAMPLE = '{"question": "…", "context": "…"}'


@click.command("answer")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("question", required=False)
@click.option("--context", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A text file to read.")
@click.option("--documents", type=click.Path(path_type=Path), help="A file or folder in which to look for the answer.")
@click.option("--passages", type=click.IntRange(min=1), default=5, show_default=True, help="Passages read a question.")
@settings_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with the score and the passage.")
def COMMAND(  # noqa: N802 - every module offers COMMAND
    model: Path,
    question: str | None,
    context: Path | None,
    documents: Path | None,
    passages: int,
    settings: dict[str, Any],
    device: str,
    as_json: bool,
) -> None:
    """Answer QUESTION, or each line of standard input: one line in, one line out, empty where there is no answer.

    Without --context and --documents each line is a JSON object with question and context. With --documents the
    passages nearest to a question are found first, and --json names the one that holds the answer.

    \b
    erya answer runs/squad/model < questions.jsonl
    erya answer runs/squad/model --context page.txt "Who built the bridge?"
    erya answer runs/squad/model --documents notes/ "Who built the bridge?" --json
    """
    if context is not None and documents is not None:
        raise UserError("--context and --documents contradict each other; choose one")
    if question is not None and context is None and documents is None:
        raise UserError("a question needs what to read: --context FILE, --documents FILE|FOLDER, or JSON Lines alone")
    stream: IO[str] = io.StringIO(question) if question is not None else click.open_file("-", encoding="utf-8")
    record = _maker(context, documents is not None)
    answer_lines(
        "answer",
        record,
        model=model,
        stream=stream,
        settings=settings,
        device=device,
        as_json=as_json,
        predictor=None if documents is None else partial(_searcher, documents, passages),
    )


def _maker(context: Path | None, searched: bool) -> Callable[[str, str], "Record"]:
    from erya.corpus.opening import InputFile, read_lines
    from erya.corpus.records import Question

    if searched:
        return lambda line, number: Question("", line, (), number)
    if context is not None:
        text = "".join(line for _, line in read_lines(InputFile(context, context.name), "error"))
        return lambda line, number: Question(text, line, (), number)
    return _record


def _record(line: str, number: str) -> "Record":
    from erya.corpus.records import Question

    try:
        row = json.loads(line) if line.strip() else {"question": "", "context": ""}
    except ValueError:
        row = None
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("question", "context")):
        raise UserError(f"line {number}: got {line[:40]!r}, expected {EXAMPLE}")
    return Question(row["context"], row["question"], (), number)


def _searcher(path: Path, count: int, loaded: "TaskModel") -> Callable[[Sequence["Record"]], list["Prediction"]]:
    from erya.corpus.records import Question
    from erya.tasks.answer import from_passages
    from erya.tasks.base.retrieve import Retriever, passages

    retriever = Retriever(list(passages(_documents(path), loaded.settings.language)))
    system: Any = loaded.task.system(loaded.model, loaded.tokenizer, loaded.settings)

    def search(records: Sequence["Record"]) -> list["Prediction"]:
        questions = [record.question for record in records if isinstance(record, Question)]
        return from_passages(system, retriever, questions, count)

    return search


def _documents(path: Path) -> Iterator["Document"]:
    from erya.corpus.inputs import gather
    from erya.corpus.source import ReadOptions

    with gather([path], "auto", Path(devnull)) as found:
        for entry in found:
            yield from entry.source.read(entry.file, ReadOptions())
