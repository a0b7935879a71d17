"""What travels through Erya: one text with its origin, and the records of the four tasks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """One text with where it came from; `language` is an ISO 639-1 code, `timestamp` that of the page's revision."""

    text: str
    id: str
    source: str
    licence: str = "unknown"
    language: str | None = None
    title: str | None = None
    revision: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and its translation."""

    source: str
    target: str
    id: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question on a context and its accepted answers; no answer means that the context holds none.

    `starts` says at which character of the context the first `len(starts)` answers begin; the places of the answers
    after them are unknown. `group` is the article or other origin whose questions must stay in one split.
    """

    context: str
    question: str
    answers: tuple[str, ...]
    id: str
    starts: tuple[int, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A text and its summary."""

    text: str
    summary: str
    id: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and its class."""

    text: str
    label: str
    id: str
