"""Translation: a text in one language to the same in another, by an encoder–decoder or a prompted decoder."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from erya.corpus.examples import read_pairs
from erya.corpus.records import Pair
from erya.dataset.examples import Example
from erya.generate.beam import BeamConfig
from erya.model.architectures.base import Transformer
from erya.tasks.base import writing
from erya.tasks.base.markup import Aside, set_aside
from erya.tasks.base.pieces import pieces
from erya.tasks.base.prediction import Prediction, Record, System
from erya.tasks.base.task import TaskConfig
from erya.tokenizer.tokenizer import Tokenizer

GROWTH = 2.0  # a translation in twice the tokens of its source is no translation
UNSPACED = ("zh", "ja", "th")  # languages whose sentences follow one another without a space


class TranslationBeams(BeamConfig):
    """How the best translation is searched: of a text as long as a model reads."""

    max_new_tokens: int = Field(default=512, ge=1, description="Most tokens to write.")


class TranslateConfig(TaskConfig):
    """What a translation model must know."""

    source_language: str = Field(min_length=2, description="ISO 639-1 code of the language that is given.")
    target_language: str = Field(min_length=2, description="ISO 639-1 code of the language that is wanted.")
    markup: Literal["rst"] | None = Field(
        default=None, description="Markup that is set aside while a text is translated: reStructuredText, or none."
    )
    beams: TranslationBeams = Field(default=TranslationBeams(), description="How translations are searched.")

    @property
    def language(self) -> str:
        """The language that is wanted."""
        return self.target_language

    def facts(self) -> dict[str, str]:
        """Which markup is set aside, where some is."""
        return {} if self.markup is None else {"markup set aside": "reStructuredText"}


class Translate:
    """The task."""

    name = "translate"
    config = TranslateConfig
    metrics = ("bleu", "chrf", "ter")

    def read(self, paths: Sequence[Path], settings: TranslateConfig) -> list[Record]:
        """Pairs from a table or from two aligned text files."""
        return list(read_pairs(paths, languages=(settings.source_language, settings.target_language)))

    def learned(self, records: Sequence[Record], settings: TranslateConfig) -> TranslateConfig:  # noqa: ARG002
        """Nothing."""
        return settings

    def texts(self, records: Sequence[Record], settings: TranslateConfig) -> Iterator[str]:
        """Both sides, as a model sees them."""
        for pair in _seen(records, settings):
            yield from pair

    def adapt(self, model: Transformer, settings: TranslateConfig, seed: int) -> Transformer:  # noqa: ARG002
        """The model as it is, when it can write."""
        return model

    def examples(
        self,
        model: Transformer,
        tokenizer: Tokenizer,
        records: Sequence[Record],
        settings: TranslateConfig,
    ) -> Iterator[Example]:
        """The target, given the source."""
        pairs = list(_seen(records, settings))
        return writing.examples(model, tokenizer, [source for source, _ in pairs], [target for _, target in pairs])

    def blank(self, record: Record) -> Record:
        """The source alone."""
        assert isinstance(record, Pair)
        return replace(record, target="")

    def system(
        self, model: Transformer, tokenizer: Tokenizer, settings: TranslateConfig, *, quick: bool = False
    ) -> System:
        """Beam search, or the likeliest token each time when it must be `quick`."""
        beams = settings.beams.model_copy(update={"num_beams": 1}) if quick else settings.beams

        def translate(records: Sequence[Record]) -> list[Prediction]:
            pairs = [record for record in records if isinstance(record, Pair)]
            return translated(model, tokenizer, [pair.source for pair in pairs], settings, beams)

        return translate


def _seen(records: Sequence[Record], settings: TranslateConfig) -> Iterator[tuple[str, str]]:
    """Sources and targets with their markup set aside; a target that lost some of it would teach to lose it."""
    for record in records:
        assert isinstance(record, Pair)
        aside = _aside(record.source, settings)
        target = aside.as_here(record.target)
        if target is not None:
            yield aside.text, target


def _aside(text: str, settings: TranslateConfig) -> Aside:
    return set_aside(text) if settings.markup else Aside(text)


def translated(
    model: Transformer, tokenizer: Tokenizer, texts: Sequence[str], settings: TranslateConfig, beams: BeamConfig
) -> list[Prediction]:
    """Each text's translation; one longer than the model reads is split at its sentences, and they are joined again.

    Its candidates are joined by rank: the likeliest of each piece, the second of each. An empty text has an empty
    translation.
    """
    aside = [_aside(text, settings) for text in texts]
    cut = [list(pieces(it.text, tokenizer, settings.source_language, writing.room(model))) for it in aside]
    given = [piece for parts in cut for piece in parts]
    signs = [it for it, parts in zip(aside, cut, strict=True) for _ in parts] if settings.markup else None
    found = writing.write(model, tokenizer, given, beams, GROWTH, "translate", signs)
    joint = "" if settings.target_language in UNSPACED else " "
    predictions, start = [], 0
    for whole, parts in zip(aside, cut, strict=True):
        own = found[start : start + len(parts)]
        start += len(parts)
        score = sum(it[0].score for it in own) / len(own) if own else None
        texts = [joint.join(tokenizer.decode(it.tokens).strip() for it in every) for every in zip(*own, strict=False)]
        candidates = [whole.put_back(text) if settings.markup else text for text in texts] or [""]
        predictions.append(Prediction(candidates[0], score, candidates=candidates))
    return predictions


TASK = Translate()
