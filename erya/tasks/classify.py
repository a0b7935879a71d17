"""Classification: a text to one of the labels seen in training, with a probability for each.

An encoder has a head with a logit for each label. A model that writes is asked how likely it would write each label
after the text; those likelihoods are shared out among the labels. A text longer than the model reads is cut at its end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from pydantic import Field

from erya.core.errors import UserError
from erya.core.progress import warn
from erya.corpus.examples import read_labelled
from erya.corpus.records import Labelled
from erya.dataset.examples import Example, Examples
from erya.model.architectures.base import Transformer
from erya.model.architectures.decoder import Decoder
from erya.model.architectures.encoder import Encoder
from erya.model.architectures.encoder_decoder import EncoderDecoder
from erya.model.heads import with_head
from erya.tasks.base import writing
from erya.tasks.base.batching import scores_of
from erya.tasks.base.prediction import Prediction, Record, System
from erya.tasks.base.task import TaskConfig
from erya.tokenizer.tokenizer import Tokenizer

NAMED = 3


class ClassifyConfig(TaskConfig):
    """What a classification model must know."""

    language: str = Field(min_length=2, description="ISO 639-1 code of the texts.")
    labels: tuple[str, ...] = Field(default=(), description="The labels, in the order of the logits; none: learned.")


class Classify:
    """The task."""

    name = "classify"
    config = ClassifyConfig
    metrics = ("macro_f1", "accuracy", "calibration_error")

    def read(self, paths: Sequence[Path], settings: ClassifyConfig) -> list[Record]:
        """Texts with their labels from tables."""
        records = read_labelled(paths)
        if settings.labels:
            _known(records, settings.labels)
        return list(records)

    def learned(self, records: Sequence[Record], settings: ClassifyConfig) -> ClassifyConfig:
        """The labels there are, in the order of their letters, unless they were said.

        Raises: UserError when there is only one.
        """
        labels = settings.labels or tuple(sorted({record.label for record in _labelled(records)}))
        if len(labels) < 2:
            raise UserError(f"training data: every label is {labels[0]!r}; there is nothing to tell apart")
        return settings.model_copy(update={"labels": labels})

    def texts(self, records: Sequence[Record], settings: ClassifyConfig) -> Iterator[str]:  # noqa: ARG002
        """Texts and labels."""
        for record in _labelled(records):
            yield record.text
            yield record.label

    def adapt(self, model: Transformer, settings: ClassifyConfig, seed: int) -> Transformer:
        """An encoder with a head for these labels, a fresh one unless it has it; another model as it is."""
        if not isinstance(model, Encoder) or model.config.labels == settings.labels:
            return model
        return with_head(model, "label", settings.labels, seed)

    def examples(
        self, model: Transformer, tokenizer: Tokenizer, records: Sequence[Record], settings: ClassifyConfig
    ) -> Iterator[Example]:
        """The label, given the text; none for a label that is not among the settings'."""
        known = _known(_labelled(records), settings.labels)
        ids = tokenizer.encode_batch([record.text for record in known])
        if isinstance(model, Encoder):
            for record, text in zip(known, ids, strict=True):
                yield {**_read(model, tokenizer, text), "targets": [settings.labels.index(record.label)]}
            return
        labels = _encoded_labels(tokenizer, settings.labels)
        room = _room(model, tokenizer, labels.values())
        for record, text in zip(known, ids, strict=True):
            yield writing.example(model, tokenizer, text[:room], labels[record.label])

    def blank(self, record: Record) -> Record:
        """The text alone."""
        assert isinstance(record, Labelled)
        return replace(record, label="")

    def system(
        self,
        model: Transformer,
        tokenizer: Tokenizer,
        settings: ClassifyConfig,
        *,
        quick: bool = False,  # noqa: ARG002 - there is no quicker way
    ) -> System:
        """The likeliest label; a blank text has none."""

        def classify(records: Sequence[Record]) -> list[Prediction]:
            texts = [record.text for record in _labelled(records)]
            written = [at for at, text in enumerate(texts) if text.strip()]
            predictions = [Prediction("")] * len(texts)
            found = probabilities(model, tokenizer, [texts[at] for at in written], settings)
            for at, shares in zip(written, found, strict=True):
                best = int(shares.argmax())
                named = dict(zip(settings.labels, shares.tolist(), strict=True))
                predictions[at] = Prediction(settings.labels[best], float(shares[best]), named)
            return predictions

        return classify


def probabilities(
    model: Transformer, tokenizer: Tokenizer, texts: Sequence[str], settings: ClassifyConfig
) -> np.ndarray:
    """The probability of each label for each text [N, L]; texts of like length are read together.

    Raises: UserError for an encoder whose head is not one for these labels.
    """
    if not texts:
        return np.zeros((0, len(settings.labels)))
    ids = tokenizer.encode_batch(texts)
    if isinstance(model, Encoder):
        if model.config.labels != settings.labels:
            raise UserError(
                f"the model's head is for {model.config.head}, of the labels {list(model.config.labels)}; expected one "
                f"for {list(settings.labels)}: fine-tune it for the task classify"
            )
        rows = Examples((_read(model, tokenizer, text) for text in ids), model.config.pad_id)
        logits = np.stack(scores_of(model, rows, lambda batch: model(batch["tokens"])))
    else:
        logits = -_label_nats(model, tokenizer, ids, settings.labels)
    shares: np.ndarray = torch.from_numpy(logits).softmax(-1).numpy()
    return shares


def _read(model: Encoder, tokenizer: Tokenizer, text: Sequence[int]) -> Example:
    """The text as an encoder reads it, cut at its end where it is too long."""
    room = model.config.context_length - 2
    return {"tokens": [tokenizer.cls_id, *text[:room], tokenizer.sep_id]}


def _label_nats(
    model: Transformer, tokenizer: Tokenizer, texts: Sequence[list[int]], labels: Sequence[str]
) -> np.ndarray:
    """The nats of each label, its end included, written after each text [N, L]."""
    assert isinstance(model, Decoder | EncoderDecoder)
    wanted = list(_encoded_labels(tokenizer, labels).values())
    room = _room(model, tokenizer, wanted)
    rows = (writing.example(model, tokenizer, text[:room], label) for text in texts for label in wanted)
    nats = scores_of(model, Examples(rows, tokenizer.pad_id), lambda batch: model.token_losses(batch).sum(-1))
    return np.reshape(nats, (len(texts), len(labels)))


def _encoded_labels(tokenizer: Tokenizer, labels: Sequence[str]) -> dict[str, list[int]]:
    return dict(zip(labels, tokenizer.encode_wanted(labels), strict=True))


def _room(model: Transformer, tokenizer: Tokenizer, labels: Iterable[list[int]]) -> int:
    """The most tokens of a text that any label still fits behind.

    Raises: UserError when there is no room for a text at all.
    """
    longest = max((writing.example(model, tokenizer, [], label) for label in labels), key=_length)
    room = model.config.context_length - _length(longest)
    if room < 1:
        raise UserError(
            f"a label fills the model's context of {model.config.context_length} tokens; shorten the labels"
        )
    return room


def _length(example: Example) -> int:
    return max(map(len, example.values()))


def _known(records: Sequence[Labelled], labels: Sequence[str]) -> list[Labelled]:
    """The records whose label was seen in training; the others are named in one line."""
    known = [record for record in records if record.label in labels]
    unseen = sorted({record.label for record in records} - set(labels))
    if unseen:
        names = ", ".join(unseen[:NAMED]) + ", …" * (len(unseen) > NAMED)
        warn(
            f"{len(records) - len(known):,} of {len(records):,} records have labels that were unseen in training "
            f"({names}), which the model cannot give; it knows {', '.join(labels)}"
        )
    return known


def _labelled(records: Sequence[Record]) -> list[Labelled]:
    found = [record for record in records if isinstance(record, Labelled)]
    assert len(found) == len(records), "records of another task"
    return found


TASK = Classify()
