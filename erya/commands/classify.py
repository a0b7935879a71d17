"""Label texts, one a line, with a model fine-tuned for it."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from erya.commands._answering import answer_lines
from erya.commands._settings import settings_option

if TYPE_CHECKING:
    from erya.tasks.base.prediction import Record


@click.command("classify")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@settings_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with all probabilities.")
def COMMAND(model: Path, file: TextIO, settings: tuple[str, ...], device: str, as_json: bool) -> None:  # noqa: N802 - every module offers COMMAND
    """Give each line of FILE, or of standard input, one of the labels seen in training: one line in, one line out.

    A text longer than the model reads is cut at its end.

    \b
    erya classify runs/reviews/model < reviews.txt
    echo "A charming film." | erya classify runs/reviews/model --json
    """
    answer_lines(model, "classify", file, device, as_json, settings, _record)


def _record(line: str, number: str) -> "Record":
    from erya.corpus.records import Labelled

    return Labelled(line, "", number)
