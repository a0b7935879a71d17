"""How much of a text is words of a list that the user gives, such as LDNOOBW's: one entry a line, any case.

An entry with characters of a script without spaces is looked for anywhere; any other one only where no letter or digit
adjoins it, as C4 did (Raffel et al. 2020).
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from erya.core.errors import UserError
from erya.corpus.quality.text import Text
from erya.corpus.tables import read_text_lines

UNSPACED_SCRIPT = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_Tree = dict[str, Any]


def toxic_share(text: Text, lists: tuple[str, ...]) -> float:
    """The share of characters, white space aside, in words of the lists.

    Raises: UserError when a list cannot be read or is empty.
    """
    lower = text.text.lower()
    found = sum(len("".join(match.split())) for pattern in _patterns(lists) for match in pattern.findall(lower))
    return min(1.0, found / text.characters) if found else 0.0


@cache
def _patterns(lists: tuple[str, ...]) -> list[re.Pattern[str]]:
    entries: set[str] = set()
    for path in lists:
        read = {" ".join(line.lower().split()) for line in read_text_lines(Path(path))} - {""}
        if not read:
            raise UserError(f"{path}: holds no word, expected one entry a line")
        entries |= read
    unspaced = {entry for entry in entries if UNSPACED_SCRIPT.search(entry)}
    patterns = []  # apart, for an alternative of the two would be searched several times slower
    if unspaced:
        patterns.append(re.compile(_alternatives(unspaced)))
    if spaced := entries - unspaced:
        patterns.append(re.compile(rf"(?<!\w){_alternatives(spaced)}(?!\w)"))
    return patterns


def _alternatives(entries: set[str]) -> str:
    """A pattern of many words that shares their beginnings: several times faster than trying one after the other."""
    tree: _Tree = {}
    for entry in entries:
        node = tree
        for character in entry:
            node = node.setdefault(character, {})
        node[""] = {}
    return _branch(tree)


def _branch(node: _Tree) -> str:
    branches = [re.escape(character) + _branch(after) for character, after in sorted(node.items()) if character]
    pattern = f"(?:{'|'.join(branches)})" if branches else ""
    return f"{pattern}?" if pattern and "" in node else pattern
