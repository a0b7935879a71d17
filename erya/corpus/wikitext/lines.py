"""What the beginning of a line means (headings, lists, rests of tables), and the holes that dropped markup leaves."""

import re

from erya.corpus.wikitext.markup import HOLE

_OPEN, _CLOSE = "(（", ")）"
_SEPARATORS = " \t\u00a0,;:/，；：、"
_SPACES = " \t\u00a0"
_ENDS = tuple(".,;:!?，。；：、！？")
_PAUSES = (",", ";", "，", "；", "、")
_LIST = re.compile(r"([*#:;]+)[ \t]*")
_RULE = re.compile(r"-{4,}")
_RUN_OF_SPACES = re.compile(r"[ \t\u00a0]+")


def tidy(text: str) -> str:
    """The lines of rendered markup as readable text, without holes, headings of nothing and leftovers of tables."""
    lines: list[tuple[int, str]] = []
    for line in close_holes(text).split("\n"):
        level, shown = _line(line)
        if level:
            _drop_empty_headings(lines, level)
            lines += [(0, ""), (level, shown), (0, "")]
        elif shown or (lines and lines[-1][1]):
            lines.append((0, shown))
    _drop_empty_headings(lines, 1)
    return "\n".join(shown for _, shown in lines).strip()


def _line(line: str) -> tuple[int, str]:
    """The heading level (0 for none) and the text of a line."""
    line = _RUN_OF_SPACES.sub(" ", line).strip()
    if line.startswith("=") and line.endswith("=") and len(line) > 2:
        level = min(len(line) - len(line.lstrip("=")), len(line) - len(line.rstrip("=")), 6)
        title = line[level:-level].strip()
        if title.strip("= "):
            return level, title
    if line.startswith(("{|", "|")):
        return 0, ""
    line = _RULE.sub("", line) if line.startswith("----") else line
    marks = _LIST.match(line)
    if marks is None:
        return 0, line
    shown = line[marks.end() :].lstrip(_SEPARATORS)
    if not any(character.isalnum() for character in shown):
        return 0, ""
    bullet = "- " if shown and set(marks[1]) & {"*", "#"} else ""
    return 0, bullet + shown


def _drop_empty_headings(lines: list[tuple[int, str]], level: int) -> None:
    """Remove headings at the end, of this level or deeper, that have nothing under them."""
    while lines and (not lines[-1][1] or lines[-1][0] >= level):
        lines.pop()


def close_holes(text: str) -> str:
    """The text with its holes closed: no `()`, no `( , x)`, no space before a full stop, no two commas in a row."""
    first, *rest = text.split(HOLE)
    done = [first]
    for right in rest:
        while len(done) > 1 and not done[-1]:
            done.pop()
        left = done[-1]
        if left.endswith(tuple(_OPEN)):
            right = right.lstrip(_SEPARATORS)
            if right.startswith(tuple(_CLOSE)):
                left, right = left[:-1].rstrip(_SPACES), right[1:]
        stripped = right.lstrip(_SPACES)
        if stripped.startswith(tuple(_CLOSE)):
            left, right = left.rstrip(_SEPARATORS), stripped
        elif stripped.startswith(_ENDS):
            left, right = left.rstrip(_SPACES), stripped
            if left.endswith(_PAUSES):
                left, right = (left, right[1:]) if right[0] in _PAUSES else (left[:-1], right)
        elif left.endswith(tuple(_SPACES)):
            right = stripped
        done[-1] = left
        done.append(right)
    return "".join(done)
