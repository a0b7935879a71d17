"""Translate texts, one a line, with a model fine-tuned for it."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from erya.commands._answering import answer_lines
from erya.commands._settings import settings_option

if TYPE_CHECKING:
    from erya.tasks.base.prediction import Record


@click.command("translate")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@settings_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with the score.")
def COMMAND(model: Path, file: TextIO, settings: tuple[str, ...], device: str, as_json: bool) -> None:  # noqa: N802 - every module offers COMMAND
    """Translate each line of FILE, or of standard input: one line in, one line out.

    A text longer than the model reads is split at its sentences and joined again.

    \b
    erya translate runs/en-de/model < sentences.en > sentences.de
    echo "Two dogs run ." | erya translate runs/en-de/model
    """
    answer_lines(model, "translate", file, device, as_json, settings, _record)


def _record(line: str, number: str) -> "Record":
    from erya.corpus.records import Pair

    return Pair(line, "", number)
