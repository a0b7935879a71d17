"""Summarization: a text to its summary, by an encoder–decoder or a prompted decoder.

A text longer than the model reads is cut into windows of whole sentences, each is summarized, and the summary the
model is surest of is taken: the first of equals. The model never reads its own summaries, which it was not trained on.
In training such a text is cut to its first window.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import Field

from erya.corpus.examples import read_summaries
from erya.corpus.records import Summary
from erya.dataset.examples import Example
from erya.generate.beam import BeamConfig
from erya.model.architectures.base import Transformer
from erya.tasks.base import writing
from erya.tasks.base.pieces import pieces
from erya.tasks.base.prediction import Prediction, Record, System
from erya.tasks.base.task import TaskConfig
from erya.tokenizer.tokenizer import Tokenizer

GROWTH = 1.0  # a summary longer than its text is none


class SummarizeConfig(TaskConfig):
    """What a summarization model must know."""

    language: str = Field(min_length=2, description="ISO 639-1 code of the texts and their summaries.")
    beams: BeamConfig = Field(default=BeamConfig(), description="How summaries are searched.")


class Summarize:
    """The task."""

    name = "summarize"
    config = SummarizeConfig
    metrics = ("rouge_l", "rouge_1", "rouge_2", "rouge_lsum")

    def read(self, paths: Sequence[Path], settings: SummarizeConfig) -> list[Record]:  # noqa: ARG002
        """Texts with their summaries from tables."""
        return list(read_summaries(paths))

    def learned(self, records: Sequence[Record], settings: SummarizeConfig) -> SummarizeConfig:  # noqa: ARG002
        """Nothing."""
        return settings

    def texts(self, records: Sequence[Record], settings: SummarizeConfig) -> Iterator[str]:  # noqa: ARG002
        """Texts and summaries."""
        for record in _summaries(records):
            yield record.text
            yield record.summary

    def adapt(self, model: Transformer, settings: SummarizeConfig, seed: int) -> Transformer:  # noqa: ARG002
        """The model as it is, when it can write."""
        return model

    def examples(
        self, model: Transformer, tokenizer: Tokenizer, records: Sequence[Record], settings: SummarizeConfig
    ) -> Iterator[Example]:
        """The summary, given the text or its first window."""
        wanted = [record for record in _summaries(records) if record.text.strip()]
        room = writing.room(model)
        given = [next(pieces(record.text, tokenizer, settings.language, room)) for record in wanted]
        return writing.examples(model, tokenizer, given, [record.summary for record in wanted])

    def blank(self, record: Record) -> Record:
        """The text alone."""
        assert isinstance(record, Summary)
        return replace(record, summary="")

    def system(
        self, model: Transformer, tokenizer: Tokenizer, settings: SummarizeConfig, *, quick: bool = False
    ) -> System:
        """Beam search, or the likeliest token each time when it must be `quick`."""
        beams = settings.beams.model_copy(update={"num_beams": 1}) if quick else settings.beams

        def summarize(records: Sequence[Record]) -> list[Prediction]:
            texts = [record.text for record in _summaries(records)]
            cut = [list(pieces(text, tokenizer, settings.language, writing.room(model))) for text in texts]
            return writing.write_best(model, tokenizer, cut, beams, GROWTH, "summarize")

        return summarize


def _summaries(records: Sequence[Record]) -> list[Summary]:
    found = [record for record in records if isinstance(record, Summary)]
    assert len(found) == len(records), "records of another task"
    return found


TASK = Summarize()
