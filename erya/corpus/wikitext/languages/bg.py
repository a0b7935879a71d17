"""Bulgarian."""

from erya.corpus.wikitext import dates
from erya.corpus.wikitext.rules import Language, Rule, block, convert, first, labelled, named, number, table, words

MONTHS = words("януари, февруари, март, април, май, юни, юли, август, септември, октомври, ноември, декември")
NAMES = table(
    """ar арабски, cu старобългарски, cs чешки, de немски, el гръцки, en английски, es испански, fr френски,
    grc старогръцки, he иврит, hu унгарски, hy арменски, it италиански, ja японски, la латински, mk македонски,
    nl нидерландски, pl полски, pt португалски, ro румънски, ru руски, sr сръбски, sv шведски, tr турски,
    uk украински, zh китайски"""
)


def _foreign(code: str) -> Rule:
    return labelled(f"на {NAMES[code]}: " if code in NAMES else "")


_date = dates.written(MONTHS, "{day} {month} {year}")

LANGUAGE = Language(
    "bg",
    rules={
        **named("lang", first("2")),
        **named("цитат, цит, цитат2", block("1", "текст")),
        **named("дата", dates.reordered(_date)),
        **named("start date, birth date, birth date and age, death date, death date and age", _date),
        **named("convert, преобразуване", convert({"to": "до", "and": "и", "or": "или"})),
        **named("нп, нп2, нп3, iw", first("2", "1")),
        **named("nobr", first("1")),
    },
    functions={"formatnum": number(" ", ",")},
    families={r"lang-(.+)": lambda found: _foreign(found[1])},
)
