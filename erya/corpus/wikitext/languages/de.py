"""German."""

import re

from erya.corpus.wikitext import dates
from erya.corpus.wikitext.rules import (
    Language,
    Rule,
    block,
    constant,
    first,
    fraction,
    glossed,
    joined,
    labelled,
    named,
    number,
    table,
    words,
)

MONTHS = words("Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember")
NAMES = table(
    """af afrikaans, am amharisch, ar arabisch, aram aramäisch, be belarussisch, bg bulgarisch, bo tibetisch,
    bs bosnisch, ca katalanisch, cs tschechisch, cy walisisch, da dänisch, de deutsch, el griechisch,
    en englisch, eo Esperanto, es spanisch, et estnisch, eu baskisch, fa persisch, fi finnisch, fr französisch,
    ga irisch, grc altgriechisch, he hebräisch, hi Hindi, hr kroatisch, hu ungarisch, hy armenisch,
    id indonesisch, is isländisch, it italienisch, ja japanisch, ka georgisch, kk kasachisch, ko koreanisch,
    ku kurdisch, la lateinisch, lb luxemburgisch, lt litauisch, lv lettisch, mk mazedonisch, mn mongolisch,
    nds niederdeutsch, nl niederländisch, no norwegisch, pl polnisch, pt portugiesisch, rm rätoromanisch,
    ro rumänisch, ru russisch, sa Sanskrit, sk slowakisch, sl slowenisch, sq albanisch, sr serbisch,
    sv schwedisch, th thailändisch, tr türkisch, uk ukrainisch, ur Urdu, vi vietnamesisch, yi jiddisch,
    zh chinesisch"""
)


def _foreign(code: str) -> Rule:
    return labelled(f"{NAMES[code]} " if code in NAMES else "")


def _by_suffix(found: re.Match[str]) -> Rule:
    """`{{enS|word}}` is `englisch word`, `{{enF|word}}` the word alone with its language marked."""
    return _foreign(found[1]) if found[1] in NAMES else constant("")


_date = dates.written(MONTHS, "{day}. {month} {year}")

LANGUAGE = Language(
    "de",
    rules={
        **named("lang, farbe, hintergrundfarbe", first("2")),
        **named(
            """nowrap, kapitälchen, unicode, polytonisch, iast, arab, hebr, hebräische schrift, kyrillisch, abk,
            akronym, sic, überstrich, sperrschrift, versalien, hoch, tief, taste""",
            first("1", "text"),
        ),
        **named('", “', first("1", "text", before="„", after="“")),
        **named("zitat, blockzitat, zitat-en, zitat-fr, zitat-la, zitat-it, personenzitat", block("text", "1")),
        **named("bruch, frac", fraction),
        **named("höhe", first("1", after=" m")),
        **named("zahl, formatzahl", number(".", ",")),
        **named("einheit, val", joined(" ")),
        **named("eur, euro", first("1", after=" €")),
        **named("datum, julgregdatum, start date", dates.reordered(_date)),
        **named("birth date, birth date and age, death date, geburtsdatum", _date),
        **named("absatz", constant("\n")),
        **named("nihongo, ja, japanisch", glossed("2", "3")),
        **named("zh, chinesisch", first("1", "kurz", "v", "t", "c")),
        **named("bibel, bibelstelle", joined(" ")),
        "…": constant("…"),
        "ruby": glossed("2"),
    },
    functions={"formatnum": number(".", ",")},
    families={r"([a-z]{2,3})[sf]": _by_suffix, r"lang-(.+)": lambda found: _foreign(found[1])},
)
