"""Which templates become text, and how; every other template shows nothing.

A rule gets the template's arguments, already rendered: those without a name under "1", "2", …
To teach a template, add it to a table below with its golden case in the tests.
"""

import re
from collections.abc import Callable, Sequence

Arguments = dict[str, str]
Rule = Callable[[Arguments], str]

_NAME = re.compile(r"\s*([\w \-]{1,40}?)\s*=")
_UNITS = {"km2": "km²", "m2": "m²", "sqmi": "sq mi", "sqkm": "km²", "m3": "m³", "km/h": "km/h", "C": "°C", "F": "°F",
          "ft2": "sq ft", "sqft": "sq ft", "cuft": "cu ft", "in": "in", "/km2": "/km²", "/sqmi": "/sq mi"}  # fmt: skip
_BETWEEN = {"-": "–", "–": "–", "to": " to ", "and": " and ", "or": " or ", "x": " × ", "by": " by ", "+/-": " ± "}


def is_shown(name: str) -> bool:
    """Whether the template of this name (or parser function, such as `formatnum:1`) becomes text."""
    return _rule(name) is not None


def template_text(parts: Sequence[str]) -> str | None:
    """What a template shows, or None when it shows nothing."""
    rule = _rule(parts[0])
    _, colon, first = parts[0].partition(":")
    return rule(_arguments([first, *parts[1:]] if colon else parts[1:])) if rule else None


def _rule(name: str) -> Rule | None:
    function, colon, _ = name.partition(":")
    key = " ".join(function.replace("_", " ").split()).casefold()
    return (FUNCTIONS if colon else RULES).get(key) or _by_prefix(key)


def _arguments(parts: Sequence[str]) -> Arguments:
    found: Arguments = {}
    position = 0
    for part in parts:
        named = _NAME.match(part)
        if named:
            found[named[1]] = part[named.end() :].strip()
        else:
            position += 1
            found[str(position)] = part.strip()
    return found


def _by_prefix(name: str) -> Rule | None:
    """Rules of template families: `lang-de`, and the links to other languages of the Chinese Wikipedia."""
    if name.startswith(("lang-", "link-")):
        return _argument("1")
    return None


def _argument(*keys: str) -> Rule:
    """The first of these arguments that is there."""
    return lambda arguments: next((arguments[key] for key in keys if arguments.get(key)), "")


def _constant(text: str) -> Rule:
    return lambda _: text


def _joined(separator: str) -> Rule:
    """All arguments without a name."""
    return lambda arguments: separator.join(arguments[key] for key in _positions(arguments))


def _positions(arguments: Arguments) -> list[str]:
    return sorted((key for key in arguments if key.isdecimal() and arguments[key]), key=int)


def _list(arguments: Arguments) -> str:
    return "".join(f"\n* {arguments[key].lstrip('* ')}" for key in _positions(arguments)) + "\n"


def _convert(arguments: Arguments) -> str:
    """`{{convert|5|to|10|km|mi}}` as `5 to 10 km`."""
    values = [arguments[key] for key in _positions(arguments)]
    text = values[0] if values else ""
    rest = values[1:]
    while len(rest) >= 2 and rest[0] in _BETWEEN:
        text += _BETWEEN[rest[0]] + rest[1]
        rest = rest[2:]
    unit = rest[0] if rest else ""
    return f"{text} {_UNITS.get(unit, unit)}".strip()


def _fraction(arguments: Arguments) -> str:
    values = [arguments[key] for key in _positions(arguments)]
    whole = f"{values[0]} " if len(values) == 3 else ""
    return whole + "/".join(values[-2:] if len(values) > 1 else ["1", *values])


def _nihongo(arguments: Arguments) -> str:
    inside = ", ".join(arguments[key] for key in ("2", "3") if arguments.get(key))
    return f"{arguments.get('1', '')} ({inside})" if inside else arguments.get("1", "")


def _chinese(arguments: Arguments) -> str:
    keys = ("t", "s", "c", "p", "w", "j", "l", "1")
    found = list(dict.fromkeys(arguments[key] for key in keys if arguments.get(key)))
    return ", ".join(found)


def _value(arguments: Arguments) -> str:
    unit = arguments.get("u") or arguments.get("ul") or ""
    exponent = f"×10^{arguments['e']}" if arguments.get("e") else ""
    error = f"±{arguments['2']}" if arguments.get("2") else ""
    return f"{arguments.get('1', '')}{error}{exponent} {unit}".strip()


def _circa(arguments: Arguments) -> str:
    return " – ".join(f"c. {arguments[key]}" for key in _positions(arguments)) or "c."


def _as_of(arguments: Arguments) -> str:
    date = "-".join(arguments[key] for key in _positions(arguments))
    return arguments.get("alt") or f"{'as' if arguments.get('lc') else 'As'} of {date}"


def _date(arguments: Arguments) -> str:
    """Numbers as `2020-9-15`, a date with words (as in French) as `15 septembre 2020`."""
    values = [arguments[key] for key in _positions(arguments)]
    return ("-" if all(value.isdecimal() for value in values) else " ").join(values)


def _century(arguments: Arguments) -> str:
    """The French Wikipedia's `{{s|XIX|e}}`."""
    return f"{arguments.get('1', '')}{arguments.get('2') or 'e'} siècle"


FUNCTIONS: dict[str, Rule] = {"formatnum": _argument("1")}

RULES: dict[str, Rule] = {
    **dict.fromkeys(
        (
            "nowrap",
            "nobr",
            "small",
            "smaller",
            "big",
            "larger",
            "abbr",
            "math",
            "mvar",
            "var",
            "sic",
            "vanchor",
            "visible anchor",
            "em",
            "strong",
            "sc",
            "smallcaps",
            "underline",
            "mono",
            "code",
            "kbd",
            "ill",
            "interlanguage link",
            "interlanguage link multi",
            "le",
            "not a typo",
            "no italic",
            "noitalic",
            "nbsp",
            "quote",
            "blockquote",
            "cquote",
            "quotation",
            "bquote",
            "quote box",
            "lsub",
            "overline",
            "script",
        ),
        _argument("1", "text", "quote", "content"),
    ),
    **dict.fromkeys(("lang", "lang2", "color", "font color", "colored text", "audio", "tsl"), _argument("2", "text")),
    **dict.fromkeys(("transl", "transliteration", "translit"), _argument("3", "2")),
    **dict.fromkeys(("convert", "cvt", "conv"), _convert),
    **dict.fromkeys(("frac", "sfrac", "fraction"), _fraction),
    **dict.fromkeys(("nihongo", "nihongo krt", "korean"), _nihongo),
    **dict.fromkeys(("zh", "zh-cn", "lang-zh"), _chinese),
    **dict.fromkeys(("circa", "c.", "ca."), _circa),
    **dict.fromkeys(("unbulleted list", "ubl", "bulleted list", "blist"), _list),
    **dict.fromkeys(("plainlist", "flatlist", "startplainlist", "columns-list", "div col"), _argument("1")),
    **dict.fromkeys(("hlist", "flat list"), _joined(", ")),
    **dict.fromkeys(("linktext", "zh-full", "poem"), _joined("")),
    **dict.fromkeys(("date", "date-", "start date", "end date", "date de naissance", "date de décès"), _date),
    **dict.fromkeys(("s", "s-", "-s", "-s-"), _century),
    **dict.fromkeys(("unité", "nombre"), _joined(" ")),
    **dict.fromkeys(("spaced ndash", "snd", "spnd", "dash", "spaced en dash"), _constant(" – ")),
    **dict.fromkeys(("ndash", "en dash"), _constant("–")),
    **dict.fromkeys(("mdash", "em dash", "emdash"), _constant("—")),
    "val": _value,
    "as of": _as_of,
    "sub": _argument("1"),
    "sup": _argument("1"),
    "!": _constant("|"),
    "=": _constant("="),
    "'": _constant("'"),
    '"': _constant('"'),
    "-": _constant(" "),
    "·": _constant(" · "),
    "bull": _constant(" • "),
    "gbp": lambda arguments: f"£{arguments.get('1', '')}",
    "us$": lambda arguments: f"US${arguments.get('1', '')}",
    "usd": lambda arguments: f"US${arguments.get('1', '')}",
    "euro": lambda arguments: f"€{arguments.get('1', '')}",
    "inflation": _argument("2"),
}
