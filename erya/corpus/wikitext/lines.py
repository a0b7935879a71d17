"""What the beginning of a line means: headings, lists, rules, rests of tables; and one blank line at most."""

import html
import re

from erya.corpus.wikitext.marks import ROW

_RUN_OF_SPACES = re.compile("  +")
_REST_OF_TABLE = re.compile(r"\n(?:\{\||\|)[^\n]*")
_RULE = re.compile(r"\n----+")
_EMPTY_ITEM = re.compile(r"\n[*#:;]+[^\w\n]*(?=\n)")
_BULLET = re.compile(r"\n[:;]*[*#][*#:;]* ?")
_TERM = re.compile(r"(\n;[^\n:]*?) ?: ")
_INDENT = re.compile(r"\n[:;]+ ?")
_HEADING = re.compile(r"\n(=[^\n]*=)(?=\n)")
_BLANK_LINES = re.compile(r"\n\n\n+")  # not `\n{3,}`, which is searched seven times slower


def arrange(text: str) -> str:
    """Rendered markup as readable lines, without headings of nothing and leftovers of tables."""
    text = f"\n{text}\n".replace("&nbsp;", " ").replace("\u00a0", " ")
    text = _RUN_OF_SPACES.sub(" ", text).replace("\n ", "\n").replace(" \n", "\n")
    if "\n|" in text or "\n{|" in text:
        text = _REST_OF_TABLE.sub("", text)
    text = _RULE.sub("\n", text)
    text = _EMPTY_ITEM.sub("", text)
    text = _BULLET.sub("\n- ", text)
    if "\n;" in text:
        text = _TERM.sub(r"\1: ", text)
    text = _INDENT.sub("\n", text)
    if "\n=" in text:
        text = _headings(text)
    text = html.unescape(text).replace("\u00a0", " ") if "&" in text else text
    return _BLANK_LINES.sub("\n\n", text).replace(ROW, "").strip()


def _headings(text: str) -> str:
    """Headings set off by blank lines; one with nothing under it, not even a deeper one, is dropped."""
    parts = _HEADING.split(text)
    done: list[tuple[int, str]] = [(0, parts[0])]
    for number in range(1, len(parts), 2):
        line, body = parts[number], parts[number + 1]
        level = min(len(line) - len(line.lstrip("=")), len(line) - len(line.rstrip("=")), 6)
        title = line[level:-level].strip()
        if not title.strip("= "):
            done.append((0, f"\n{line}{body}"))
            continue
        _drop_empty(done, level)
        done += [(level, f"\n\n{title}\n\n"), (0, body)]
    _drop_empty(done, 1)
    return "".join(shown for _, shown in done)


def _drop_empty(done: list[tuple[int, str]], level: int) -> None:
    """Remove headings at the end, of this level or deeper, that have nothing under them."""
    while done and ((done[-1][0] == 0 and not done[-1][1].strip()) or done[-1][0] >= level):
        done.pop()
