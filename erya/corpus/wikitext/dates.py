"""Builders of rules for dates, ages and spans of time. Nothing depends on the day on which it runs."""

import datetime
from collections.abc import Callable, Sequence

from erya.corpus.wikitext.rules import Arguments, Rule, ordered

Written = Callable[[int, str, int], str]  # the year, the month's name and the day in the order of a language


def written(months: Sequence[str], day_month_year: str, month_year: str = "{month} {year}") -> Rule:
    """`{{start date|2020|9|15}}` in words; what is not three numbers is shown as it stands (`15 septembre 2020`)."""

    def rule(arguments: Arguments) -> str:
        values = ordered(arguments)[:3]
        if not values or not all(value.isdecimal() for value in values):
            return " ".join(values)
        if len(values) > 1 and not 1 <= int(values[1]) <= 12:
            return "-".join(values)
        month = months[int(values[1]) - 1] if len(values) > 1 else ""
        pattern = ("{year}", month_year, day_month_year)[len(values) - 1]
        return pattern.format(year=values[0], month=month, day=int(values[-1]))

    return rule


def english(arguments: Arguments) -> str:
    """`September 15, 2020`, or `15 September 2020` where the page asks for the day first."""
    return (_DAY_FIRST if arguments.get("df", "").lower() in ("y", "yes") else _MONTH_FIRST)(arguments)


ENGLISH_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
_DAY_FIRST = written(ENGLISH_MONTHS, "{day} {month} {year}")
_MONTH_FIRST = written(ENGLISH_MONTHS, "{month} {day}, {year}")


def reordered(day_month_year: Rule) -> Rule:
    """A rule for a template that gives the day first, from one for year, month, day."""

    def rule(arguments: Arguments) -> str:
        values = ordered(arguments)
        if len(values) == 3 and all(value.isdecimal() for value in values):
            return day_month_year({"1": values[2], "2": values[1], "3": values[0]})
        return " ".join(values)

    return rule


def age(arguments: Arguments) -> str:
    """Whole years between two dates that the page gives; nothing where one of them is today."""
    values = ordered(arguments)[:6]
    if len(values) < 6 or not all(value.isdecimal() for value in values):
        return ""
    born, then = (tuple(map(int, values[start : start + 3])) for start in (0, 3))
    try:
        datetime.date(*born), datetime.date(*then)
    except ValueError:
        return ""
    return str(then[0] - born[0] - (then[1:] < born[1:]))


def as_of(arguments: Arguments) -> str:
    """`{{as of|2020|9}}` as `As of September 2020`."""
    if arguments.get("alt"):
        return arguments["alt"]
    values = ordered(arguments)
    date = _DAY_FIRST({str(place): value for place, value in enumerate(values, 1)})
    since = arguments.get("since", "").lower() in ("y", "yes")
    word = "Since" if since else "As of"
    return f"{word.lower() if arguments.get('lc', '').lower() in ('y', 'yes', 'on') else word} {date}" if date else ""


def circa(arguments: Arguments) -> str:
    """`{{circa|1500|1510}}` as `c. 1500 – c. 1510`."""
    return " – ".join(f"c. {value}" for value in ordered(arguments)[:2]) or "c."
