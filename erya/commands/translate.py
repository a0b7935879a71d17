"""Translate texts, one a line, with a model fine-tuned for it."""

from typing import TYPE_CHECKING, Any

import click

from erya.commands._answering import answer_lines, line_options

if TYPE_CHECKING:
    from erya.tasks.base.prediction import Record


@click.command("translate")
@line_options
def COMMAND(**options: Any) -> None:  # noqa: N802 - every module offers COMMAND
    """Translate each line of FILE, or of standard input: one line in, one line out.

    A text longer than the model reads is split at its sentences and joined again.

    \b
    erya translate runs/en-de/model < sentences.en > sentences.de
    echo "Two dogs run ." | erya translate runs/en-de/model
    """
    answer_lines("translate", _record, **options)


def _record(line: str, number: str) -> "Record":
    from erya.corpus.records import Pair

    return Pair(line, "", number)
