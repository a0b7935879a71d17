"""What a source is: a file format that is recognised and read as documents. Each file of `sources/` is one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import Field

from erya.core import registry
from erya.core.config import Section
from erya.core.errors import UserError, did_you_mean
from erya.corpus.opening import InputFile
from erya.corpus.records import Document
from erya.corpus.wikitext.rendering import Rendering

PACKAGE = "erya.corpus.sources"
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
TEXT_FIELDS = ("text", "content", "body", "document", "article", "raw_content", "story", "sentence")


class ReadOptions(Section):
    """How inputs are read."""

    format: str = Field(default="auto", description="Format of the inputs; auto: by content, then by name.")
    text_field: str | None = Field(default=None, description="Field with the text; found by itself when usual.")
    licence: str | None = Field(default=None, description="Licence of the text, kept with every document.")
    source: str | None = Field(default=None, description="Name of the text's origin, kept with every document.")
    encoding_errors: Literal["error", "skip", "replace"] = Field(
        default="error",
        description="What to do with bytes that are not UTF-8: stop, leave the line or page out, or put U+FFFD.",
    )
    templates: Literal["rules", "dump"] = Field(
        default="rules",
        description="Templates that become text: those of Erya's rules, or a dump's own simple definitions as well.",
    )
    rendering: Rendering = Field(default=Rendering(), description="How the markup of a wiki becomes text.")


def whole(file: InputFile, part_bytes: int) -> list[tuple[int, int | None]]:  # noqa: ARG001 - as every `cut`
    """A file that is read from its beginning to its end, as one part."""
    return [(0, None)]


@dataclass(frozen=True, slots=True)
class Source:
    """A file format; `recognises` looks at a file's first decompressed bytes and says yes only when it is certain.

    `cut` gives the parts, of about as many bytes as asked for, that `read` can read alone; their documents in a row
    are those of the whole file. `define` gives the definitions of a part; those of all parts of a file together are
    what `read` finds in the file's `definitions`, when a first pass is asked for.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    read: Callable[[InputFile, ReadOptions], Iterator[Document]]
    cut: Callable[[InputFile, int], list[tuple[int, int | None]]] = whole
    define: Callable[[InputFile, ReadOptions], dict[str, str]] | None = None


@cache
def sources() -> dict[str, Source]:
    """Every source by name."""
    return registry.discover(PACKAGE, "SOURCE")


def source_of(file: InputFile, chosen: str = "auto") -> Source | None:
    """The source that reads a file: the chosen one, else by its first bytes, else by its name; None when unknown.

    Raises: UserError when there is no source of the chosen name.
    """
    if chosen != "auto":
        source: Source = registry.pick(PACKAGE, "SOURCE", chosen)
        return source
    head = file.head()
    name = file.path.name.lower()
    for suffix in COMPRESSED:
        name = name.removesuffix(suffix)
    known = sources().values()
    certain = (source for source in known if source.recognises(head))
    named = (source for source in known if name.endswith(source.suffixes))
    return next(certain, None) or next(named, None)


def looks_like_text(head: bytes) -> bool:
    """Whether a file of unknown name may be read as plain text: it holds no byte that only binary files hold."""
    return b"\0" not in head


def choose_field(fields: Iterable[str], wanted: str | None, where: str) -> str:
    """The field that holds the text: the wanted one, else the first usual name, in any case, else the only field.

    Raises: UserError naming the fields there are.
    """
    names = list(fields)
    if wanted is not None:
        if wanted in names:
            return wanted
        raise UserError(f"{where}: no field '{wanted}'{did_you_mean(wanted, names)}")
    lower = {name.lower(): name for name in reversed(names)}
    usual = next((lower[name] for name in TEXT_FIELDS if name in lower), None)
    if usual is not None:
        return usual
    if len(names) == 1:
        return names[0]
    raise UserError(f"{where}: which field holds the text? Say --text-field NAME with one of: {', '.join(names)}")


def document(file: InputFile, options: ReadOptions, number: int, text: str) -> Document:
    """The document of a numbered record of a file."""
    return Document(
        text, f"{file.name}:{number}", source=options.source or file.name, licence=options.licence or "unknown"
    )
