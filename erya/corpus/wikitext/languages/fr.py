"""French."""

import re

from erya.corpus.wikitext import dates
from erya.corpus.wikitext.rules import (
    Arguments,
    Language,
    Rule,
    block,
    constant,
    convert,
    first,
    fraction,
    glossed,
    labelled,
    named,
    number,
    ordered,
    raised,
    table,
    words,
)

MONTHS = words("janvier, février, mars, avril, mai, juin, juillet, août, septembre, octobre, novembre, décembre")
NAMES = table(
    """ar arabe, bg bulgare, br breton, ca catalan, cs tchèque, da danois, de allemand, el grec, en anglais,
    es espagnol, eu basque, fa persan, fi finnois, grc grec ancien, he hébreu, hi hindi, hu hongrois,
    hy arménien, it italien, ja japonais, ko coréen, la latin, nl néerlandais, no norvégien, oc occitan,
    pl polonais, pt portugais, ro roumain, ru russe, sa sanskrit, sv suédois, tr turc, uk ukrainien, zh chinois"""
)


def _foreign(code: str) -> Rule:
    return labelled(f"en {NAMES[code]} : " if code in NAMES else "")


def _century(before_christ: bool = False, word: str = " siècle") -> Rule:
    """`{{s|XIX|e}}` as `XIXe siècle`."""
    after = f"{word}{' av. J.-C.' if before_christ else ''}"
    return lambda arguments: f"{arguments['1'].upper()}{arguments.get('2') or 'e'}{after}" if arguments.get("1") else ""


def _centuries(between: str) -> Rule:
    """`{{s2|XIX|e|XX|e}}` as `XIXe et XXe siècles`."""

    def rule(arguments: Arguments) -> str:
        values = ordered(arguments)
        if len(values) == 5:  # {{sp|XIX|e|au|XX|e}}
            return f"{values[0]}{values[1]} {values[2]} {values[3]}{values[4]} siècle"
        return (
            between.join("".join(values[at : at + 2]) for at in range(0, len(values), 2)) + " siècles" if values else ""
        )

    return rule


def _measure(arguments: Arguments) -> str:
    """`{{unité|5|km|2}}` as `5 km²`; a number is grouped."""
    values = ordered(arguments)
    if not values:
        return ""
    shown = _number({"1": values[0]})
    for part in values[1:]:
        shown += raised(part) if re.fullmatch(r"[-−]?\d", part) else f" {part}"
    return shown + (f" × 10{raised(arguments['e'])}" if arguments.get("e") else "")


_number = number(" ", ",")
_date = dates.reordered(dates.written(MONTHS, "{day} {month} {year}"))

LANGUAGE = Language(
    "fr",
    rules={
        **named("lang, langue", first("2", "texte", "text")),
        **named(
            """nobr, nowrap, abréviation, abr, abrév, petites capitales, pc, petite capitale, souverain,
            souverain2, souverain3, souverain-, refnec, référence nécessaire, référence souhaitée, refsou,
            passage évasif, évasif, quoi, pourquoi, précision nécessaire, préciser, pas clair,
            interprétation personnelle, citation nécessaire, exp, exposant, ind, indice, grec ancien,
            grec ancien-, latin, latin-, hébreu, arabe, taille, petit, unicode, titre en italique,
            nom de famille, clr, code, sic""",
            first("1", "texte", "text"),
        ),
        **named('citation, guillemets, guil, ", citation courte', first("1", "citation", before="« ", after=" »")),
        **named(
            """citation bloc, début citation, citation étrangère, vers, bloc citation, épigraphe, retrait""",
            block("1", "citation", "texte"),
        ),
        **named("lien, lien interlangue, ill", first("texte", "fr", "1", "trad")),
        **named(
            """date, date-, date2, jour, date de naissance, date de naissance-, date de décès, date rapide,
            date sport""",
            _date,
        ),
        **named(
            "heure, durée",
            lambda arguments: " ".join(
                f"{text} {unit}" for text, unit in zip(ordered(arguments), ("h", "min", "s"), strict=False)
            ),
        ),
        **named("s, siècle, s.", _century()),
        **named("s-, siècle-", _century(word="")),
        **named("-s, -siècle", _century(before_christ=True)),
        **named("-s-", _century(before_christ=True, word="")),
        **named("s2, s2-", _centuries(" et ")),
        **named("sp, sp-, siècles", _centuries(" – ")),
        **named("millénaire", _century(word=" millénaire")),
        **named("-millénaire", _century(before_christ=True, word=" millénaire")),
        **named("av jc, av. j.-c., av. jc, avjc", constant("av. J.-C.")),
        **named("ap jc, ap. j.-c., ap. jc", constant("apr. J.-C.")),
        **named("unité, unité/2, nb, nombre, tmp, formatage nombre", _measure),
        **named("conversion, convertir, convert", convert({"à": "à", "to": "à", "et": "et", "and": "et", "or": "ou"})),
        **named("fraction, frac", fraction),
        **named("euro, euros", first("1", after=" €")),
        **named("dollar, dollars, usd", first("1", after=" $")),
        **named("n°, numéro, no", lambda arguments: f"no {arguments.get('1', '')}".strip()),
        **named("1er, ier", constant("1er")),
        **named("1re, ire", constant("1re")),
        **named("p., pp.", lambda arguments: f"p. {arguments.get('1', '')}".strip()),
        **{
            title.lower(): constant(title)
            for title in ("M.", "MM.", "Dr", "Pr", "Me", "Mgr", "Mme", "Mmes", "Mlle", "Mlles")
        },
        **named("japonais, coréen, chinois", glossed("2", "3")),
        **named("incise", first("1", before="– ", after=" –")),
        **named("tiret, –", constant(" – ")),
        **named("x10", first("1", before="× 10^")),
        **named("liste simple, plainlist", block("1")),
        **named("et al., et alii", constant("et al.")),
        **named("cad, c-à-d, càd", constant("c.-à-d.")),
    },
    functions={"formatnum": _number},
    families={
        r"lang-(.+)": lambda found: _foreign(found[1]),
        r"([ivxlcdm]+)e(?: siècle)?": lambda found: constant(found[0].replace(found[1], found[1].upper(), 1)),
        r"(\d+)(er?|re|nde?|d)": lambda found: constant(found[0]),
    },
)
