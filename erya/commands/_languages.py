"""Whether texts are in the language a task's settings say: a warning where they surely are not."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from erya.core.progress import warn
from erya.corpus.language import other_language
from erya.corpus.records import Labelled, Pair, Question, Summary

if TYPE_CHECKING:
    from erya.tasks.base.prediction import Record

LOOKED_AT = 200  # records, evenly spread


def warn_of_languages(records: Sequence["Record"], settings: Any) -> None:
    """Say in one line for each side what it is surely in, where that is not what the settings say."""
    for side, language, texts in _sides(records[:: max(1, len(records) // LOOKED_AT)], settings):
        found = other_language(texts, language)
        if found is not None:
            warn(
                f"the {side} texts look like '{found}', the task says '{language}': "
                "are the files, or the languages, the right ones and in the right order?"
            )


def _sides(records: Sequence["Record"], settings: Any) -> Iterator[tuple[str, str, list[str]]]:
    pairs = [record for record in records if isinstance(record, Pair)]
    if pairs:
        yield "source", settings.source_language, [pair.source for pair in pairs]
        yield "target", settings.target_language, [pair.target for pair in pairs]
    else:
        yield "given", settings.language, [_given(record) for record in records]


def _given(record: "Record") -> str:
    if isinstance(record, Question):
        return record.context or record.question
    assert isinstance(record, Summary | Labelled)
    return record.text
