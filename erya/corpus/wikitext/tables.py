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
            done.append(shown)
    done.append(text[position:])
    return "".join(done)


def _rows(table: str, nested: bool) -> str:
    """The rows of a table's inside, from its `{|` on; those of a table in a table in one line, for its cell."""
    head, newline, body = table.removeprefix("\n").partition("\n")
    del head
    lines = [line for row in _ROW.split(newline + body) if (line := _cells(row))]
    if nested:
        return " " + " ".join(line.replace("\t", " ") for line in lines)
    return "".join(f"\n{ROW}{line}" for line in lines) + "\n"


def _cells(row: str) -> str:
    """The cells of a row, without their attributes, with tabs between them; nothing when all are empty."""
    cells: list[str] = []
    pieces = _CELL.split(row)
    heading = False
    for number in range(1, len(pieces), 4):
        begin, _, double = pieces[number : number + 3]
        content = pieces[number + 3]
        heading = begin == "!" if begin else heading
        if double and not heading:  # two exclamation marks are text, except among headings
            cells[-1:] = [f"{cells[-1]}!!{content}" if cells else content]
            continue
        attributes = _ATTRIBUTES.match(content)
        content = content[attributes.end() :] if attributes else content
        cells.append(" ".join(_LIST_MARK.sub(" ", content).replace(HOLE, "").split()))
    line = "\t".join(cells).rstrip("\t")
    return line if line.strip() else ""
