"""Tables, after everything in them is rendered: dropped, or each row as one line of cells with tabs between them."""

import re

from erya.corpus.wikitext.marks import HOLE, ROW

_MARK = re.compile(r"\n[ :*#;\x05]*\{\||\n[ \x05]*\|\}")
_ROW = re.compile(r"\n[ \x05]*\|-[^\n]*")
_CELL = re.compile(r"\n[ \x05]*(\|\+|\||!)|(\|\|)|(!!)")
_ATTRIBUTES = re.compile(r"[^|\n\[]*\|(?!\|)")
_LIST_MARK = re.compile(r"\n[*#:;]* *")


def tables_to_text(text: str, as_rows: bool) -> str:
    """The text, which begins with a line's end, without its tables or with their rows; one never closed is prose."""
    if "{|" not in text:
        return text
    done: list[str] = []
    open_at: list[int] = []  # how many pieces there were when each open table began
    position = 0
    for mark in _MARK.finditer(text):
        done.append(text[position : mark.start()])
        position = mark.end()
        if mark[0].endswith("{|"):
            open_at.append(len(done))
            done.append("\n{|")
        elif open_at:
            first = open_at.pop()
            shown = f"\n{HOLE}"
            if as_rows:
                shown = _rows("".join(done[first:]), nested=bool(open_at))
            del done[first:]
            done.append(shown if text.startswith("\n", position) else f"{shown}\n")
    done.append(text[position:])
    return "".join(done)


def _rows(table: str, nested: bool) -> str:
    """The rows of a table's inside, from its `{|` on; those of a table in a table in one line, for its cell."""
    _, newline, body = table.removeprefix("\n").partition("\n")
    lines = [line for row in _ROW.split(newline + body) for line in _row(row)]
    if nested:
        return " " + " ".join(line.replace("\t", " ") for line in lines)
    return "".join(f"\n{ROW}{line}" for line in lines)


def _row(row: str) -> list[str]:
    """The cells of a row with tabs between them, and a caption before them; nothing when all are empty."""
    captions: list[str] = []
    cells: list[str] = []
    among_headings = False
    pieces = _CELL.split(row)
    for number in range(1, len(pieces), 4):
        begin, _, two_marks, content = pieces[number : number + 4]
        among_headings = begin == "!" if begin else among_headings
        if begin == "|+":
            captions.append(content)
        elif two_marks and cells and not among_headings:  # two exclamation marks are text, but not among headings
            cells[-1] += f"!!{content}"
        else:
            cells.append(content)
    lines = ["\t".join(map(_cell, cells)).rstrip("\t"), *map(_cell, captions)]
    return [line for line in reversed(lines) if line]


def _cell(content: str) -> str:
    """A cell in one line, without its attributes."""
    attributes = _ATTRIBUTES.match(content)
    content = content[attributes.end() :] if attributes else content
    return " ".join(_LIST_MARK.sub(" ", content).replace(HOLE, "").split())
