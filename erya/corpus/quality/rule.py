"""What a rule is: a measure of a text with the least and the most that is allowed of it.

Each file of `rules/` holds the rules of one publication as `RULES`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from erya.core import registry
from erya.corpus.quality.text import Text

PACKAGE = "erya.corpus.quality.rules"


@dataclass(frozen=True, slots=True)
class Rule:
    """A published measure with its limits, both allowed; a text whose measure is None is not judged by it.

    `title` is what is measured, in words. `unspaced` are the limits (least, most) in languages that are measured in
    characters, where they differ. `wiki` says that the rule makes sense for encyclopaedia text too, whose articles may
    be short, full of lists, and about source code.
    """

    name: str
    title: str
    source: str
    measure: Callable[[Text], float | None]
    least: float = -math.inf
    most: float = math.inf
    unspaced: tuple[float, float] | None = None
    wiki: bool = False


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by publication."""
    return tuple(rule for family in registry.discover(PACKAGE, "RULES").values() for rule in family)
