"""What the beginning of a line means: headings, lists, rules, rests of tables; and one blank line at most."""

import html
import re

from erya.corpus.wikitext.marks import ROW

_SPECIAL = frozenset(f"=*#:;|{{-{ROW}")
_SPACES = re.compile("  +")
_ITEM = re.compile(r"([*#:;]+) *")
_WORD = re.compile(r"\w")


def arrange(text: str) -> str:
    """Rendered markup as readable lines, without headings of nothing and leftovers of tables."""
    done: list[str] = []
    empty: list[tuple[int, str]] = []  # the last headings, under which nothing has come yet
    blank = False  # whether a blank line has come since the last one with text
    for line in text.replace("&nbsp;", " ").replace("\u00a0", " ").split("\n"):
        line = line.strip()
        if not line:
            blank = True
            continue
        if "  " in line:
            line = _SPACES.sub(" ", line)
        shown: str | None = line
        if line[0] in _SPECIAL:
            level, title = _heading(line) if line[0] == "=" else (0, "")
            if level:
                while empty and empty[-1][0] >= level:
                    empty.pop()
                empty.append((level, title))
                continue
            shown = _shown(line)
        if not shown:
            blank = blank or shown == ""
            continue
        for _, title in empty:
            done += ("", title)
        if blank or empty:
            done.append("")
            empty.clear()
        blank = False
        done.append(shown)
    text = "\n".join(done).strip("\n")
    return html.unescape(text).replace("\u00a0", " ") if "&" in text else text


def _heading(line: str) -> tuple[int, str]:
    """The level and title of a line that begins with `=`; level 0 when it is no heading."""
    if line[-1] != "=":
        return 0, ""
    level = min(len(line) - len(line.lstrip("=")), len(line) - len(line.rstrip("=")), 6)
    title = line[level:-level].strip()
    return level if title.strip("= ") else 0, title


def _shown(line: str) -> str | None:
    """What a line with a special beginning shows; None when that is nothing, as for the rest of a table."""
    if line[0] == ROW:
        return line[1:]
    if line.startswith(("|", "{|")):
        return None
    if line[0] in "-{=":
        return line.lstrip("-").strip() if line.startswith("----") else line
    item = _ITEM.match(line)
    assert item is not None
    marks, text = item[1], line[item.end() :]
    if not _WORD.search(text):
        return None
    if marks[-1] == ";":
        term, colon, meaning = text.partition(": ")
        text = f"{term.rstrip()}: {meaning}" if colon else text
    return f"- {text}" if "*" in marks or "#" in marks else text
