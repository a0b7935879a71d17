"""What `erya translate`, `answer`, `summarize` and `classify` share: lines in, an answer to each line out."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from erya.commands._settings import settings_option
from erya.core.errors import UserError
from erya.core.progress import duration, say

if TYPE_CHECKING:
    from erya.tasks.base.loaded import TaskModel
    from erya.tasks.base.prediction import Prediction, Record

    Predict = Callable[[Sequence[Record]], list[Prediction]]

C = TypeVar("C", bound=Callable[..., Any])

LINE_OPTIONS = (
    click.argument("model", type=click.Path(path_type=Path)),
    click.argument("stream", metavar="[FILE]", type=click.File("r", encoding="utf-8"), default="-"),
    settings_option,
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps."),
    click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object a line: answer, score and what else is known."
    ),
)
LINES_AT_ONCE = 2048  # enough to put those of like length together, few enough to see answers come


def line_options(command: C) -> C:
    """Add what commands share that answer each line of a file."""
    for option in reversed(LINE_OPTIONS):
        command = option(command)
    return command


def answer_lines(
    task: str,
    record: Callable[[str, str], "Record"],
    *,
    model: Path,
    stream: IO[str],
    settings: Mapping[str, Any],
    device: str,
    as_json: bool,
    predictor: "Callable[[TaskModel], Predict] | None" = None,
) -> None:
    """Print the answer to each line as soon as its portion is done; `record` makes a record of a line and its number.

    `predictor` gives another way to answer records than the model's own.

    Raises: UserError for a model of another task, or input that is not UTF-8.
    """
    from erya.commands._languages import warn_of_languages
    from erya.tasks.base.loaded import load

    loaded = load(model, device, settings=settings)
    if loaded.task.name != task:
        raise UserError(f"{model}: was trained to {loaded.task.name}, not to {task}; use erya {loaded.task.name}")
    predict = loaded.predict if predictor is None else predictor(loaded)
    if stream is sys.stdin and stream.isatty():
        click.echo(f"one {'record' if task == 'answer' else 'text'} a line; end with Ctrl-D", err=True)
    total, began = _count(stream), time.monotonic()
    lines = enumerate(_lines(stream), start=1)
    while portion := list(islice(lines, 1 if stream.isatty() else LINES_AT_ONCE)):
        records = [record(line, str(number)) for number, line in portion]
        if portion[0][0] == 1:
            warn_of_languages(records, loaded.settings)
        for given, prediction in zip(portion, predict(records), strict=True):
            click.echo(_shown(loaded, given[1], prediction, as_json))
        if total > LINES_AT_ONCE:
            done = portion[-1][0]
            left = duration((total - done) * (time.monotonic() - began) / done)
            say(f"{task}: {done:,} of {total:,} lines ({done / total:.0%}), {left} left")


def _count(stream: IO[str]) -> int:
    """The lines of a file that can be read twice; 0 for what comes from a pipe or a keyboard."""
    if not stream.seekable():
        return 0
    place = stream.tell()
    count = sum(1 for _ in _lines(stream))
    stream.seek(place)
    return count


def _lines(stream: IO[str]) -> Iterator[str]:
    try:
        for line in stream:
            yield line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{stream.name}: not UTF-8 text ({error.reason} at byte {error.start}); convert it") from None


def _shown(loaded: "TaskModel", line: str, prediction: "Prediction", as_json: bool) -> str:
    text = " ".join(prediction.text.split())  # one line in, one line out
    if not as_json:
        return text
    shown: dict[str, Any] = {"input": line, loaded.task.name: text, "score": prediction.score}
    if prediction.probabilities:
        shown["probabilities"] = dict(prediction.probabilities)
    if prediction.passage is not None:
        shown["passage"] = prediction.passage
    if prediction.candidates:
        shown["candidates"] = [" ".join(it.split()) for it in prediction.candidates]
    return json.dumps(shown, ensure_ascii=False)
