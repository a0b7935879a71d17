"""Label texts, one a line, with a model fine-tuned for it."""

from typing import TYPE_CHECKING, Any

import click

from erya.commands._answering import answer_lines, line_options

if TYPE_CHECKING:
    from erya.tasks.base.prediction import Record


@click.command("classify")
@line_options
def COMMAND(**options: Any) -> None:  # noqa: N802 - every module offers COMMAND
    """Give each line of FILE, or of standard input, one of the labels seen in training: one line in, one line out.

    A text longer than the model reads is cut at its end.

    \b
    erya classify runs/reviews/model < reviews.txt
    echo "A charming film." | erya classify runs/reviews/model --json
    """
    answer_lines("classify", _record, **options)


def _record(line: str, number: str) -> "Record":
    from erya.corpus.records import Labelled

    return Labelled(line, "", number)
