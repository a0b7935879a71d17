"""Builders of template rules: what becomes of a template's arguments. `languages/` names the templates.

A rule gets the arguments, already rendered, by name, those without a name under "1", "2", …; it gives the text that
the template shows, or nothing, when it is as if the template were not there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Arguments = Mapping[str, str]
Rule = Callable[[Arguments], str]


@dataclass(frozen=True, slots=True)
class Language:
    """The templates of one language's wiki that become text.

    `rules` by the template's name in small letters, `functions` by what stands before a colon (`{{lc:A}}`), `families`
    by pattern, each a builder of the rule from what the pattern found.
    """

    code: str
    rules: Mapping[str, Rule]
    functions: Mapping[str, Rule] = field(default_factory=dict)
    families: Mapping[str, Callable[[re.Match[str]], Rule]] = field(default_factory=dict)


def words(text: str) -> list[str]:
    """The words of a list with commas between them, on as many lines as it takes."""
    return [" ".join(word.split()) for word in text.split(",") if word.strip()]


def table(text: str) -> dict[str, str]:
    """`ar Arabic, be Belarusian` as a table from the first word of each to the others."""
    return {key: meaning for key, _, meaning in (word.partition(" ") for word in words(text))}


def named(names: str, rule: Rule) -> dict[str, Rule]:
    """One rule under several names, written with commas between them."""
    return dict.fromkeys(words(names), rule)


def ordered(arguments: Arguments) -> list[str]:
    """The arguments without a name that are not empty, in order."""
    return [arguments[key] for key in sorted((key for key in arguments if key.isdecimal()), key=int) if arguments[key]]


def constant(text: str) -> Rule:
    """The same text whatever the arguments."""
    return lambda _: text


def first(*keys: str, before: str = "", after: str = "") -> Rule:
    """The first of these arguments that is there, with a text before and after it."""

    def rule(arguments: Arguments) -> str:
        found = next((arguments[key] for key in keys if arguments.get(key)), "")
        return f"{before}{found}{after}" if found else ""

    return rule


def joined(separator: str) -> Rule:
    """All arguments without a name."""
    return lambda arguments: separator.join(ordered(arguments))


def items(arguments: Arguments) -> str:
    """All arguments without a name as the items of a list."""
    return "".join(f"\n* {item.lstrip('* ')}" for item in ordered(arguments)) + "\n"


def block(*keys: str) -> Rule:
    """The first of these arguments as a paragraph of its own."""
    return first(*keys, before="\n", after="\n")


def filled(pattern: str) -> Rule:
    """A pattern such as `USS {1}`; nothing when an argument that it names is missing."""
    keys = re.findall(r"\{(\w+)\}", pattern)

    def rule(arguments: Arguments) -> str:
        if not all(arguments.get(key) for key in keys):
            return ""
        return re.sub(r"\{(\w+)\}", lambda key: arguments[key[1]], pattern)

    return rule


_UNITS = table(
    """km2 km², m2 m², cm2 cm², mi2 sq mi, sqmi sq mi, sqkm km², m3 m³, km3 km³, cm3 cm³, C °C, F °F, K-change K,
    C-change °C, F-change °F, ft2 sq ft, sqft sq ft, sqm m², cuft cu ft, cuyd cu yd, cumi cu mi, cuin cu in,
    acre acres, foot feet, mile miles, metre metres, meter metres, kph km/h, kmh km/h, nmi nautical miles, /km2
    /km², /sqkm /km², /sqmi /sq mi, PD/km2 /km², PD/sqmi /sq mi, m3/s m³/s, cuft/s cu ft/s, oC °C, oF °F, um μm,
    kg/m3 kg/m³, g/cm3 g/cm³, m/s2 m/s², lbf.ft lb⋅ft, Nm N⋅m, N.m N⋅m, kn knots, impgal imp gal, USgal US gal,
    ozt troy oz"""
)
_RANGES = {
    "-": "–",
    "–": "–",
    "x": " × ",
    "×": " × ",
    "*": " × ",
    "by": " by ",
    "+/-": " ± ",
    "±": " ± ",
    "/": "/",
    "~": "~",
}
_SECOND_UNITS = {
    "ft",
    "in",
    "yd",
    "mi",
    "lb",
    "oz",
    "st",
    "foot",
    "pole",
    "chain",
    "cwt",
    "qtr",
    "LT",
    "drachm",
    "furlong",
}
_NUMBER = re.compile(r"[-+−±<>~≈]?\d[\d.,/+e−\-– ]*")


def convert(words: Mapping[str, str]) -> Rule:
    """A measure as the page gives it, without what it is converted to: `{{convert|5|to|10|km2|mi2}}` as `5 to 10 km²`.

    `words` are the language's words between two numbers: `to`, `and`, `or`.
    """
    between = {**_RANGES, **{word: f" {shown} " for word, shown in words.items()}}
    between |= {"to(-)": between["to"], "to about": between["to"], "and(-)": between["and"], ",": ", "}

    def rule(arguments: Arguments) -> str:
        values = ordered(arguments)
        text = values[0] if values else ""
        rest = values[1:]
        while len(rest) >= 2 and rest[0] in between:
            text += between[rest[0]] + rest[1]
            rest = rest[2:]
        unit = rest[0] if rest else ""
        text += ("" if unit.startswith("/") else " ") + _UNITS.get(unit, unit)
        while len(rest) >= 3 and rest[2] in _SECOND_UNITS and _NUMBER.fullmatch(rest[1]):
            text += f" {rest[1]} {rest[2]}"
            rest = rest[2:]
        return text.strip()

    return rule


def value(arguments: Arguments) -> str:
    """A number with its error, power of ten and unit."""
    unit = arguments.get("u") or arguments.get("ul") or ""
    per = arguments.get("up") or arguments.get("upl")
    error = f"±{arguments['2'].lstrip('±')}" if arguments.get("2") else ""
    exponent = f"×10{raised(arguments['e'])}" if arguments.get("e") else ""
    unit = f"{_UNITS.get(unit, unit)}/{per}" if per else _UNITS.get(unit, unit)
    parts = (arguments.get("p", ""), arguments.get("1", ""), error, arguments.get("s", ""), exponent)
    number = "".join(parts)
    return number if not unit else number + unit if unit[0] in "%°′″" and unit[:2] != "°C" else f"{number} {unit}"


def raised(digits: str) -> str:
    """Digits as an exponent."""
    return digits.translate(str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻"))


def lowered(digits: str) -> str:
    """Digits as an index."""
    return digits.translate(str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋"))


def power_of_ten(arguments: Arguments) -> str:
    """`{{e|6}}` as `×10⁶`."""
    return f"×10{raised(arguments.get('1', ''))}" if arguments.get("1") else ""


def fraction(arguments: Arguments) -> str:
    """`{{frac|1|1|2}}` as `1 1/2`."""
    values = ordered(arguments)
    whole = f"{values[0]} " if len(values) == 3 else ""
    return whole + "/".join(values[-2:] if len(values) > 1 else ["1", *values]) if values else ""


def number(group: str, decimal: str) -> Rule:
    """`formatnum`: groups of three digits; as it is when it is no plain number, or is to be shown raw."""

    def rule(arguments: Arguments) -> str:
        text = arguments.get("1", "").strip()
        found = re.fullmatch(r"([-−]?)(\d+)(?:\.(\d+))?", text)
        if found is None or arguments.get("2") in ("R", "NOSEP"):
            return text
        whole = f"{int(found[2]):,}".replace(",", group) if not found[2].startswith("0") else found[2]
        return found[1] + whole + (f"{decimal}{found[3]}" if found[3] else "")

    return rule


def glossed(*keys: str, between: str = ", ", opening: str = " (", closing: str = ")") -> Rule:
    """The first argument with others in brackets behind it: `Tokyo Tower (東京タワー, Tōkyō Tawā)`."""

    def rule(arguments: Arguments) -> str:
        inside = between.join(arguments[key] for key in keys if arguments.get(key))
        head = arguments.get("1", "")
        return f"{head}{opening}{inside}{closing}" if inside and head else head or inside

    return rule


def labelled(label: str, romanized: str = ", ", literally: str = "") -> Rule:
    """Foreign words with the name of their language before them, their romanization and meaning behind them."""

    def rule(arguments: Arguments) -> str:
        text = arguments.get("1") or arguments.get("text", "")
        if not text:
            return ""
        name = "" if arguments.get("label") == "none" else arguments.get("label") or label.rstrip(": ：")
        colon = label[len(label.rstrip(": ：")) :] or " "
        roman = arguments.get("2") or arguments.get("r") or arguments.get("translit")
        meaning = arguments.get("3") or arguments.get("lit") or arguments.get("t")
        shown = f"{name}{colon}{text}" if name else text
        shown += f"{romanized}{roman}" if roman and roman != "-" else ""
        return shown + (f"{literally}‘{meaning}’" if meaning and literally else "")

    return rule
