"""Answering: a question on a context to its answer, "" where the context holds none.

An encoder marks the answer as a span of the context, read in overlapping windows. A model that writes reads question
and context, a context longer than it reads in pieces of whole sentences, and writes the answer or nothing. Of several
windows or passages the answer the model is surest of is taken.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import Field

from erya.core.progress import say
from erya.corpus.questions import Offsets, read_questions
from erya.corpus.records import Question
from erya.dataset.examples import Example
from erya.generate.beam import BeamConfig
from erya.model.architectures.base import Transformer
from erya.model.architectures.encoder import Encoder
from erya.model.heads import with_head
from erya.tasks.base import spans, writing
from erya.tasks.base.pieces import pieces
from erya.tasks.base.prediction import Prediction, Record, System, surest
from erya.tasks.base.retrieve import Retriever
from erya.tasks.base.task import ItemFigures, TaskConfig
from erya.tokenizer.tokenizer import Tokenizer

GROWTH = 1.0  # an answer stands in its context


class AnswerConfig(TaskConfig):
    """What a model that answers must know."""

    language: str = Field(min_length=2, description="ISO 639-1 code of the questions and contexts.")
    offsets: Offsets = Field(
        default="refuse", description="What becomes of a question whose answer is not where its file says."
    )
    stride_tokens: int | None = Field(
        default=None, ge=1, description="Tokens from one window of a long context to the next; none: half a window."
    )
    max_answer_tokens: int = Field(default=30, ge=1, description="Most tokens of an answer that is marked.")
    no_answer_threshold: float | None = Field(
        default=None,
        description="Margin in nats a marked answer needs over no answer; none: always answer. Where training "
        "questions have no answer it is 0 in training, then the best on the validation questions.",
    )
    beams: BeamConfig = Field(default=BeamConfig(), description="How answers are searched that are written.")

    def facts(self) -> dict[str, str]:
        """The threshold, where there is one."""
        return {} if (it := self.no_answer_threshold) is None else {"no-answer threshold": f"{it:.3f} nats"}


class Answer:
    """The task."""

    name = "answer"
    config = AnswerConfig
    metrics = ("f1", "exact_match")

    def read(self, paths: Sequence[Path], settings: AnswerConfig) -> list[Record]:
        """Questions from SQuAD JSON or JSON Lines; those with misplaced answers are counted."""
        records: list[Record] = []
        for path in paths:
            found = read_questions(path, settings.offsets)
            wrong = len(found.misplaced) + len(found.missing)
            if wrong:
                done = "left out" if settings.offsets == "skip" else "repaired where the answer stands elsewhere"
                say(f"  {path}: {wrong:,} questions with answers that are not at their offsets, {done}")
            records += found.records
        return records

    def learned(self, records: Sequence[Record], settings: AnswerConfig) -> AnswerConfig:
        """That there may be no answer, where a question has none."""
        if settings.no_answer_threshold is not None or all(it.answers for it in _questions(records)):
            return settings
        return settings.model_copy(update={"no_answer_threshold": 0.0})

    def texts(self, records: Sequence[Record], settings: AnswerConfig) -> Iterator[str]:  # noqa: ARG002
        """Each context once, and the questions."""
        yield from dict.fromkeys(record.context for record in _questions(records))
        for record in _questions(records):
            yield record.question

    def adapt(self, model: Transformer, settings: AnswerConfig, seed: int) -> Transformer:  # noqa: ARG002
        """An encoder with a head that marks spans, a fresh one unless it has it; another model as it is."""
        if not isinstance(model, Encoder) or model.config.head == "span":
            return model
        return with_head(model, "span", seed=seed)

    def examples(
        self, model: Transformer, tokenizer: Tokenizer, records: Sequence[Record], settings: AnswerConfig
    ) -> Iterator[Example]:
        """The answer's place in the windows of its context, or the first answer after question and context."""
        questions = _questions(records)
        if isinstance(model, Encoder):
            unknown = sum(1 for it in questions if it.answers and not it.starts)
            if unknown:
                say(f"  {unknown:,} of {len(questions):,} questions: the answer's place is unknown; not learned from")
            yield from spans.examples(model, tokenizer, questions, settings.language, settings.stride_tokens)
            return
        pairs = [it for record in questions if (it := _written(model, tokenizer, record, settings)) is not None]
        yield from writing.examples(model, tokenizer, [given for given, _ in pairs], [wanted for _, wanted in pairs])

    def settle(
        self,
        model: Transformer,
        tokenizer: Tokenizer,
        records: Sequence[Record],
        settings: AnswerConfig,
        figures: ItemFigures,
    ) -> dict[str, float]:
        """The threshold by which the figures sum to the most, for an encoder where a question may have no answer."""
        if settings.no_answer_threshold is None or not isinstance(model, Encoder):
            return {}
        if len({bool(it.answers) for it in _questions(records)}) < 2:
            say("  the no-answer threshold stays 0: the validation questions all have an answer, or none has")
            return {}
        always = settings.model_copy(update={"no_answer_threshold": None})
        marked = self.system(model, tokenizer, always)([self.blank(it) for it in records])
        answered, empty = figures(marked), figures([Prediction("")] * len(marked))
        scored = [(it.score, *both) for it, *both in zip(marked, answered, empty, strict=True) if it.score is not None]
        threshold = spans.best_threshold(*zip(*scored, strict=True))
        say(f"  no-answer threshold: {threshold:.3f} nats, the best on {len(records):,} validation questions")
        return {"no_answer_threshold": threshold}

    def blank(self, record: Record) -> Record:
        """The question and its context alone."""
        assert isinstance(record, Question)
        return replace(record, answers=(), starts=())

    def system(
        self, model: Transformer, tokenizer: Tokenizer, settings: AnswerConfig, *, quick: bool = False
    ) -> System:
        """The best span, or the best text by beam search; the likeliest token each time when it must be `quick`."""
        beams = settings.beams.model_copy(update={"num_beams": 1}) if quick else settings.beams

        def mark(records: Sequence[Record]) -> list[Prediction]:
            stride, most = settings.stride_tokens, settings.max_answer_tokens
            found = spans.best_spans(model, tokenizer, _questions(records), settings.language, stride, most)
            return [_decided(span, settings.no_answer_threshold) for span in found]

        def write(records: Sequence[Record]) -> list[Prediction]:
            cut = [_cut(model, tokenizer, record, settings) for record in _questions(records)]
            given = [[f"{asked}\n{part}" for part in parts] for asked, parts in cut]
            return writing.write_best(model, tokenizer, given, beams, GROWTH, "answer")

        return mark if isinstance(model, Encoder) else write


def from_passages(system: System, retriever: Retriever, questions: Sequence[str], count: int) -> list[Prediction]:
    """The answer to each question from the `count` best passages, with the passage it was found in.

    Without an answer in any of them it is "", and no passage.
    """
    found = [retriever.best(question, count) for question in questions]
    asked = [
        Question(passage.text, question, (), passage.id)
        for question, own in zip(questions, found, strict=True)
        for passage in own
    ]
    answers = iter(zip(asked, system(asked), strict=True))
    predictions = []
    for own in found:
        named = [replace(it, passage=record.id) for record, it in (next(answers) for _ in own)]
        best = surest(named)
        predictions.append(best if best.text else replace(best, passage=None))
    return predictions


def _decided(span: spans.Span | None, threshold: float | None) -> Prediction:
    if span is None:
        return Prediction("")
    return Prediction(span.text if threshold is None or span.margin > threshold else "", span.margin)


def _cut(
    model: Transformer, tokenizer: Tokenizer, record: Question, settings: AnswerConfig
) -> tuple[str, Iterator[str]]:
    """The question, and the context as a model that writes reads it: whole, or in pieces that fit beside it."""
    room = writing.room(model)
    asked = tokenizer.decode(tokenizer.encode(record.question)[: room // 2]).rstrip("\ufffd")
    # A line break, and a token more where two texts meet than apart.
    left = room - len(tokenizer.encode(asked)) - 2
    return asked, pieces(record.context, tokenizer, settings.language, max(1, left))


def _written(
    model: Transformer, tokenizer: Tokenizer, record: Question, settings: AnswerConfig
) -> tuple[str, str] | None:
    """What is given and wanted in training: the piece that holds the answer, the first where there is no answer."""
    wanted = record.answers[0] if record.answers else ""
    asked, parts = _cut(model, tokenizer, record, settings)
    return next(((f"{asked}\n{part}", wanted) for part in parts if wanted in part), None)


def _questions(records: Sequence[Record]) -> list[Question]:
    found = [record for record in records if isinstance(record, Question)]
    assert len(found) == len(records), "records of another task"
    return found


TASK = Answer()
