"""The holes that dropped markup leaves, closed: no `()`, no `( , x)`, no space before a full stop, no two commas."""

from erya.corpus.wikitext.marks import HOLE

_CLOSING = {"(": ")", "（": "）", "[": "]", "“": "”", "«": "»", "„": "“", "「": "」", "《": "》", '"': '"'}
_OPEN, _CLOSE = frozenset("(（["), (")", "）", "]")
_LIST_MARKS = "*#:;"
_SPACES = " \t\u00a0"
_SEPARATORS = f"{_SPACES},;:/，；：、"
_DASHES = "–—-−－~～"
_PAUSES = (",", ";", "，", "；", "、")
_ENDS = (*_PAUSES, ".", ":", "!", "?", "。", "：", "！", "？")
# Between anything else and a word a hole just vanishes, which is what most of them do.
_TOUCHY = frozenset(f"{_SEPARATORS}{_DASHES}\n*#|“«„「《\"'") | _OPEN


def close_holes(text: str) -> str:
    """The text with its holes closed; brackets and commas that no hole touches stay as they are."""
    if HOLE not in text:
        return text
    first, *rest = text.split(HOLE)
    done = [first]
    for right in rest:
        left = done[-1]
        if not right and left:  # the next hole has the same left side
            continue
        if left and left[-1] not in _TOUCHY and _begins_quietly(right):
            done.append(right)
            continue
        while len(done) > 1 and not done[-1]:
            done.pop()
        done[-1], right = _close(done[-1], right)
        done.append(right)
    return "".join(done)


def _begins_quietly(right: str) -> bool:
    return right[1:2].isalnum() if right[0] in _SPACES else right[0] not in _CLOSE


def _close(left: str, right: str) -> tuple[str, str]:
    """Both sides of a hole as they stand beside each other without it."""
    last = left[-1:]
    if last in _OPEN:
        stripped = right.lstrip(_SEPARATORS)
        bare = stripped.lstrip(_SEPARATORS + _DASHES)
        right = bare if not bare or bare[0] in _CLOSE else stripped
    if last in _CLOSING and right.startswith(_CLOSING[last]):
        return _join(left[:-1], right[1:])
    if last in _OPEN:
        return left, right
    if left.rstrip(_SPACES + _LIST_MARKS)[-1:] in ("", "\n"):  # the beginning of a line or of an item
        return left, right.lstrip(_SEPARATORS)
    return _join(left, right)


def _join(left: str, right: str) -> tuple[str, str]:
    """Two sides without two spaces, two commas, a dash at a line's end, or a space before what closes or ends."""
    stripped = right.lstrip(_SPACES)
    if stripped.startswith("\n") and left.rstrip(_SPACES)[-1:] in _DASHES:
        return left.rstrip(_SPACES + _DASHES), stripped
    if stripped.startswith(_CLOSE):
        return left.rstrip(_SEPARATORS + _DASHES) if left[-1:] in _SPACES else left.rstrip(_SEPARATORS), stripped
    if stripped.startswith(_ENDS):
        left = left.rstrip(_SPACES)
        if left.endswith(_PAUSES):
            return (left, stripped[1:]) if stripped[0] in _PAUSES else (left[:-1], stripped)
        return left, stripped
    return left, stripped if left[-1:] in _SPACES else right
