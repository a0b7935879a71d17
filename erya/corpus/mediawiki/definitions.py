"""The first pass over files that define what they use, such as a dump with its templates.

Each part gives its own definitions; those of a file together are one JSON file that every reader of its parts loads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from erya.core.storage import read_json, write_json
from erya.corpus.parts import Part
from erya.corpus.runner import Runner, progressed
from erya.corpus.source import ReadOptions, sources
from erya.corpus.work import Result, Work

STAGE, DEFINITIONS = "reading definitions", "definitions.json"


@dataclass(frozen=True)
class DefinePart:
    """The task of the first pass."""

    options: ReadOptions

    def __call__(self, part: Part, folder: Path) -> Result:
        """Write the definitions of a part into `folder`."""
        define = sources()[part.source].define
        assert define is not None
        found = define(part.open(), self.options)
        write_json(folder / DEFINITIONS, found)
        progressed(part.size_bytes)
        return {"definitions": len(found)}


def with_definitions(work: Work, runner: Runner, parts: Sequence[Part], options: ReadOptions) -> list[Part]:
    """The parts with the definitions of their files, where the format has some. A later definition replaces another."""
    defining = [part for part in parts if sources()[part.source].define]
    work.run(runner, STAGE, DefinePart(options), defining, [part.size_bytes for part in defining])
    of_file: dict[str, Path] = {}
    for name in dict.fromkeys(part.name for part in defining):
        numbers = [number for number, part in enumerate(defining) if part.name == name]
        found: dict[str, str] = {}
        for number in numbers:
            found |= read_json(work.item(STAGE, number) / DEFINITIONS)
        of_file[name] = work.item(STAGE, numbers[0]).parent / f"{numbers[0]:05}-{DEFINITIONS}"
        write_json(of_file[name], found)
    return [replace(part, definitions=of_file.get(part.name)) for part in parts]
