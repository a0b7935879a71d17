"""Russian."""

from erya.corpus.wikitext import dates
from erya.corpus.wikitext.rules import (
    Language,
    Rule,
    block,
    constant,
    convert,
    first,
    fraction,
    joined,
    labelled,
    named,
    number,
    table,
    words,
)

MONTHS = words("января, февраля, марта, апреля, мая, июня, июля, августа, сентября, октября, ноября, декабря")
NAMES = table(
    """ar араб., be белор., bg болг., cs чеш., da дат., de нем., el греч., en англ., es исп., fa перс., fi фин., fr
    фр., grc др.-греч., he ивр., hu венг., it итал., ja яп., ka груз., ko кор., la лат., nl нидерл., no норв.,
    pl польск., pt порт., ro рум., sa санскр., sr серб., sv швед., tr тур., uk укр., zh кит."""
)


def _foreign(code: str) -> Rule:
    return labelled(f"{NAMES[code]} " if code in NAMES else "")


_date = dates.reordered(dates.written(MONTHS, "{day} {month} {year}"))

LANGUAGE = Language(
    "ru",
    rules={
        **named("lang", first("2")),
        **named(
            """nobr, nowrap, малый, мелкий, больше, unicode, ударение, аббр, comment, подсказка""",
            first("1"),
        ),
        **named("цитата, quote, врезка", block("1", "текст", "text")),
        **named(
            """iw, нп, нп1, нп2, нп3, нп4, нп5, не переведено, не переведено 2, не переведено 3, не переведено 5""",
            first("2", "1"),
        ),
        **named("дата, датафункция, дата рождения, дата смерти", _date),
        **named("число, формат числа, val", number(" ", ",")),
        **named("дробь, frac, sfrac", fraction),
        **named("ед, convert, unit", convert({"to": "до", "and": "и", "or": "или"})),
        **named("тире, —", constant(" — ")),
        **named("ё", constant("ё")),
        **named("стих, poem", joined("\n")),
    },
    functions={"formatnum": number(" ", ",")},
    families={r"lang-(.+)": lambda found: _foreign(found[1])},
)
