"""Translate texts, one a line, with a model fine-tuned for it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from erya.commands._answering import answer_lines, line_options
from erya.core.errors import UserError

if TYPE_CHECKING:
    from erya.tasks.base.loaded import TaskModel
    from erya.tasks.base.prediction import Prediction, Record


@click.command("translate")
@line_options
@click.option(
    "--nearest-to",
    "wanted",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Write, of the texts the beams find for a line, the one with the highest BLEU against the same line of "
    "this file: a target that is easier to learn.",
)
def COMMAND(wanted: Path | None, **options: Any) -> None:  # noqa: N802 - every module offers COMMAND
    """Translate each line of FILE, or of standard input: one line in, one line out.

    A text longer than the model reads is split at its sentences and joined again. --json gives all texts that the beams
    found, best first.

    \b
    erya translate runs/en-de/model < sentences.en > sentences.de
    echo "Two dogs run ." | erya translate runs/en-de/model
    erya translate runs/en-de/model train.en --nearest-to train.de --set task.beams.num_beams=8 > near.de
    """
    if wanted is None:
        answer_lines("translate", partial(_record, ""), **options)
        return
    from erya.corpus.opening import InputFile, read_lines

    lines = read_lines(InputFile(wanted, wanted.name), "error")

    def record(line: str, number: str) -> "Record":
        _, target = next(lines, (None, None))
        if target is None:
            raise UserError(f"{wanted}: has no line {number}; give one for each text that is translated")
        return _record(target.strip(), line, number)

    answer_lines("translate", record, predictor=_nearest, **options)
    if (more := next(lines, None)) is not None:
        raise UserError(f"{wanted}: line {more[0]} has no text to translate; the lines are not aligned")


def _record(target: str, line: str, number: str) -> "Record":
    from erya.corpus.records import Pair

    return Pair(line, target, number)


def _nearest(loaded: "TaskModel") -> Callable[[Sequence["Record"]], list["Prediction"]]:
    """Sequence-level interpolation: the candidate nearest to what is wanted. Source: Kim and Rush 2016, section 3.2."""
    from erya.evaluate.scoring.translations import nearest

    if loaded.settings.beams.num_beams == 1:
        raise UserError("--nearest-to: one beam finds one text, nothing to choose; say --set task.beams.num_beams=8")

    def predict(records: Sequence["Record"]) -> list["Prediction"]:
        predictions = loaded.predict(records)
        texts = nearest(predictions, records, loaded.settings.language)
        return [replace(it, text=text, score=None) for it, text in zip(predictions, texts, strict=True)]

    return predict
