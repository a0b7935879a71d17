"""Spanish."""

from erya.corpus.wikitext import dates
from erya.corpus.wikitext.rules import (
    Language,
    Rule,
    block,
    convert,
    first,
    glossed,
    joined,
    labelled,
    named,
    number,
    table,
    words,
)

MONTHS = words("enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre")
NAMES = table(
    """ar árabe, ca catalán, de alemán, el griego, en inglés, eu euskera, fr francés, gl gallego,
    grc griego antiguo, he hebreo, it italiano, ja japonés, la latín, nl neerlandés, pl polaco, pt portugués,
    ru ruso, tr turco, zh chino"""
)


def _foreign(code: str) -> Rule:
    return labelled(f"en {NAMES[code]}: " if code in NAMES else "")


_day_first = dates.written(MONTHS, "{day} de {month} de {year}", "{month} de {year}")

LANGUAGE = Language(
    "es",
    rules={
        **named("lang, idioma", first("2")),
        **named("cita, quote, cita larga, cquote", block("1")),
        **named("fecha, fecha de nacimiento, fecha de inicio, fecha de fallecimiento", dates.reordered(_day_first)),
        **named("siglo", lambda arguments: f"siglo {arguments.get('1', '')}".strip()),
        **named("unidad", joined(" ")),
        **named("convertir, convert, cvt", convert({"a": "a", "to": "a", "y": "y", "and": "y", "or": "o"})),
        **named("nihongo, japonés", glossed("2", "3")),
        **named("versalita, nowrap, abreviatura, unicode", first("1")),
        **named("enlace interlingüístico, ill, enlace provisional", first("1")),
    },
    functions={"formatnum": number(" ", ",")},
    families={r"lang-(.+)": lambda found: _foreign(found[1])},
)
