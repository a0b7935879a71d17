"""Summarize texts, one a line, with a model fine-tuned for it."""

from typing import TYPE_CHECKING, Any

import click

from erya.commands._answering import answer_lines, line_options

if TYPE_CHECKING:
    from erya.tasks.base.prediction import Record


@click.command("summarize")
@line_options
def COMMAND(**options: Any) -> None:  # noqa: N802 - every module offers COMMAND
    """Summarize each line of FILE, or of standard input: one line in, one line out.

    A text longer than the model reads is read in windows; the summary of the one the model is surest of is given.

    \b
    erya summarize runs/headlines/model < articles.txt > headlines.txt
    """
    answer_lines("summarize", _record, **options)


def _record(line: str, number: str) -> "Record":
    from erya.corpus.records import Summary

    return Summary(line, "", number)
