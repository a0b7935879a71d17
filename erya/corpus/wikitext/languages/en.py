"""English. Many wikis took these templates over under their English names, so they hold where a wiki has none."""

import re

from erya.corpus.wikitext import dates
from erya.corpus.wikitext.rules import (
    Arguments,
    Language,
    Rule,
    block,
    constant,
    convert,
    filled,
    first,
    fraction,
    glossed,
    items,
    joined,
    labelled,
    lowered,
    named,
    number,
    ordered,
    power_of_ten,
    raised,
    table,
    value,
    words,
)

NAMES = table(
    """af Afrikaans, am Amharic, ar Arabic, az Azerbaijani, be Belarusian, ber Berber, bg Bulgarian, bn Bengali,
    bo Tibetan, bs Bosnian, ca Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek, en English,
    eo Esperanto, es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish, fr French, ga Irish,
    gd Scottish Gaelic, gl Galician, grc Ancient Greek, gu Gujarati, haw Hawaiian, he Hebrew, hi Hindi,
    hr Croatian, hu Hungarian, hy Armenian, id Indonesian, is Icelandic, it Italian, ja Japanese, ka Georgian,
    kk Kazakh, km Khmer, ko Korean, ku Kurdish, la Latin, lt Lithuanian, lv Latvian, mi Māori, mk Macedonian,
    ml Malayalam, mn Mongolian, mr Marathi, ms Malay, mt Maltese, my Burmese, nah Nahuatl, nb Norwegian Bokmål,
    ne Nepali, nl Dutch, nn Norwegian Nynorsk, no Norwegian, oc Occitan, pa Punjabi, pl Polish, ps Pashto,
    pt Portuguese, qu Quechua, ro Romanian, ru Russian, rus Russian, sa Sanskrit, si Sinhala, sk Slovak,
    sl Slovene, sq Albanian, sr Serbian, sv Swedish, sw Swahili, syc Syriac, ta Tamil, te Telugu, tg Tajik,
    th Thai, tl Tagalog, tr Turkish, uk Ukrainian, ur Urdu, uz Uzbek, vi Vietnamese, yi Yiddish, zh Chinese"""
)


def _foreign(code: str) -> Rule:
    name = NAMES.get(code) or NAMES.get(code.partition("-")[0])
    return labelled(f"{name}: " if name else "", romanized=", romanized: ", literally=", lit. ")


def _langx(arguments: Arguments) -> str:
    """`{{langx|fr|rue}}`, since 2024 the one template for all of `{{lang-fr|rue}}`."""
    moved = {key if not key.isdecimal() else str(int(key) - 1): text for key, text in arguments.items() if key != "1"}
    return _foreign(arguments.get("1", ""))(moved)


def _chinese(arguments: Arguments) -> str:
    keys = ("t", "s", "c", "p", "w", "j", "l")
    found = list(dict.fromkeys(arguments[key] for key in keys if arguments.get(key)))
    return ", ".join(found) or arguments.get("1", "")


def _link(arguments: Arguments) -> str:
    """A link to another language's page, where there is none here yet."""
    return arguments.get("lt") or arguments.get("display") or arguments.get("1", "")


def _formula(arguments: Arguments) -> str:
    """`{{chem|H|2|O}}` as `H₂O`; a charge after a sign, as in `{{chem|SO|4|2-}}`, is raised."""
    return "".join(
        part if part[0].isalpha() or part[0] in "()[]" else raised(part) if part[-1] in "+-−" else lowered(part)
        for part in ordered(arguments)
    )


def _money(sign: str) -> Rule:
    return first("1", before=sign)


def _height(arguments: Arguments) -> str:
    shown = (("m", "m"), ("cm", "cm"), ("ft", "ft"), ("in", "in"), ("kg", "kg"), ("lb", "lb"), ("st", "st"))
    return " ".join(f"{arguments[key]} {unit}" for key, unit in shown if arguments.get(key))


def _ipa(arguments: Arguments) -> str:
    """`{{IPA|/a/}}` as it stands, `{{IPA|fr|ʁy}}`, with its language's code, in brackets."""
    text = arguments.get("2", "")
    return f"[{text}]" if text and re.fullmatch(r"[a-z]{2,3}(-.*)?", arguments.get("1", "")) else arguments.get("1", "")


def _phonemes(arguments: Arguments) -> str:
    """`{{IPAc-en|ˈ|æ|p|əl}}` as `/ˈæpəl/`, without the words about who says it so."""
    sounds = [sound for sound in ordered(arguments) if sound.lower() not in _SPEAKERS]
    return f"/{''.join(sounds).replace('_', ' ')}/" if sounds else ""


_SPEAKERS = set(
    words("lang, local, pron, pronunciation, pronounced, us, uk, usalso, ukalso, also, au, nz, alsous, alsouk, usuk")
)

LANGUAGE = Language(
    "en",
    rules={
        **named(
            """nowrap, nobr, nowraplinks, avoid wrap, small, smaller, resize, big, larger, abbr, abbrlink,
            tooltip, math, mvar, var, sic, not a typo, notatypo, as written, proper name, vanchor,
            visible anchor, em, strong, italic correction, sc, sc2, smallcaps, caps, underline, u, mono,
            monospace, code, kbd, keypress, samp, no italic, noitalic, normal, overline, sub, sup, ins, del,
            strikethrough, unicode, pinyin, nastaliq, highlight, bold, bolditalic, crossreference,
            citation needed span, cn span, color box text, center, centre, block indent, red, green, blue,
            black, wiktlang, w, gloss, midsize, initialism, iast, longitem, nq""",
            first("1", "text", "content"),
        ),
        **named(
            """quote, blockquote, cquote, quotation, bquote, quote box, rquote, pull quote, centered pull quote,
            poem quote, poemquote, verse translation, long quote, block quote, quote frame, blockquotation""",
            block("text", "quote", "1", "content"),
        ),
        **named(
            """lang, lang2, color, colour, font color, font colour, fontcolor, colored text, audio, wikt-lang,
            script, script2, rtl-lang, ltr-lang""",
            first("2", "text"),
        ),
        **named(
            """script/arabic, script/hebrew, script/greek, script/cyrillic, script/gothic, hebrew, arabic,
            polytonic, greek, nihongo2, kanji, cuneiform, coptic, runic, hani, zh-hant, zh-hans""",
            first("1", "2"),
        ),
        **named("transl, transliteration, translit", first("3", "2", "1")),
        **named("convert, cvt, conv, convinfobox", convert({"to": "to", "and": "and", "or": "or"})),
        **named("height, human height", _height),
        **named("frac, sfrac, fraction, fract", fraction),
        **named("val", value),
        **named("nihongo, nihongo core", glossed("2", "3", "4")),
        **named("nihongo3", glossed("2", "1")),
        **named("nihongo krt, korean", glossed("2", "3")),
        **named("zh, zh-cn, lang-zh", _chinese),
        **named("langx", _langx),
        **named("ill, interlanguage link, interlanguage link multi, ill2", _link),
        **named(
            """unbulleted list, ubl, unbulleted, bulleted list, blist, olist, ordered list, collapsible list,
            flowlist""",
            items,
        ),
        **named(
            """plainlist, flatlist, startplainlist, columns-list, div col, columns, cols, blockindent,
            plain list""",
            block("1"),
        ),
        **named("hlist, flat list, comma separated entries, cslist", joined(", ")),
        **named("linktext", joined("")),
        **named("circa, c., ca.", dates.circa),
        **named("as of, asof", dates.as_of),
        **named(
            """start date, end date, start date and age, end date and age, birth date, birth date and age,
            death date, dob, death date and age, bda, birth-date, start-date, end-date, film date,
            birth year and age, launch date, date, release date, dts, birth-date and age""",
            dates.english,
        ),
        **named("age, age in years, age at date, ageatdate", dates.age),
        **named("oldstyledate", filled("{1} [O.S. {3}] {2}")),
        **named("oldstyledateny, oldstyledatedy", first("1")),
        **named("floruit, fl., fl", first("1", before="fl. ")),
        **named("reign, r.", lambda arguments: "r. " + "–".join(ordered(arguments))),
        **named("spaced ndash, snd, spnd, dash, spaced en dash", constant(" – ")),
        **named("ndash, en dash, endash", constant("–")),
        **named("mdash, em dash, emdash", constant("—")),
        **named(
            """nbsp, space, nbs, spaces, sp, thinsp, thin space, hair space, figure space, nnbsp""",
            constant(" "),
        ),
        **named("bull, bullet, ·, dot, middot", constant(" · ")),
        **named("', ’, apostrophe", constant("'")),
        **named("'s", constant("'s")),
        **named("' \"", constant("' \"")),
        **named("'\", \"'", constant("'\"")),
        **named("\" '", constant("\" '")),
        **named("pb, paragraph break, paragraph, br, break, -", constant("\n")),
        **named("gbp, £, pound sterling", _money("£")),
        **named("us$, usd, us dollar", _money("US$")),
        **named("a$, aud, au$", _money("A$")),
        **named("cad, c$, can$", _money("CA$")),
        **named("euro, eur, €", _money("€")),
        **named("inr, ₹, indian rupee, rupee", _money("₹")),
        **named("jpy, ¥, yen", _money("¥")),
        **named("cny, rmb", _money("CN¥")),
        **named(
            """hms, uss, ss, mv, rms, hmas, hmcs, hmnzs, usns, sms, ms, rv, usat, uscgc, gts, rfa""",
            first("1"),
        ),
        **named("ship, sclass, sclass-, sclass2, sclass2-", lambda arguments: " ".join(ordered(arguments)[:2])),
        **named("angle bracket, angbr, angbr ipa, vr, grapheme", first("1", before="⟨", after="⟩")),
        **named("ipaslink, ipas", first("1", before="/", after="/")),
        **named("ipablink, ipab", first("1", before="[", after="]")),
        "ipa": _ipa,
        **named("ipac-en", _phonemes),
        **named("respell, pronunciation respelling", joined("-")),
        **named("chem", _formula),
        **named("chem2, chemical", first("1")),
        **named("nuclide, simplenuclide, physics particle", joined("-")),
        **named("e, times ten", power_of_ten),
        **named("bibleverse, bibleref, bibleref2", joined(" ")),
        **named("literal translation, lit, literal, lit.", first("1", before="lit. ‘", after="’")),
        **named("née, nee, born as", first("1", before="née ")),
        **named("railgauge, track gauge", first("1")),
        "solar luminosity": first("1", after=" L☉"),
        "solar mass": first("1", after=" M☉"),
        "solar radius": first("1", after=" R☉"),
        **named("etymology", lambda arguments: " ".join(ordered(arguments)[1:])),
        **named(
            "mp, mpl", lambda arguments: "".join(ordered(arguments)[:1]) + lowered("".join(ordered(arguments)[1:]))
        ),
        "!": constant("|"),
        "=": constant("="),
        "flat": constant("♭"),
        "sharp": constant("♯"),
        "music": lambda arguments: {"flat": "♭", "b": "♭", "sharp": "♯", "#": "♯", "natural": "♮"}.get(
            arguments.get("1", ""), ""
        ),
        "sqrt": first("1", before="√"),
        "radic": first("1", before="√"),
        "pi": constant("π"),
        "degree": constant("°"),
        "deg": first("1", after="°"),
        "percent": constant("%"),
        "minus": constant("−"),
        "times": constant("×"),
        "extinct": constant("†"),
        "dagger": constant("†"),
        "zwnj": constant("\u200c"),
        "zwj": constant("\u200d"),
    },
    functions={
        "formatnum": number(",", "."),
        "lc": lambda arguments: arguments.get("1", "").lower(),
        "uc": lambda arguments: arguments.get("1", "").upper(),
        "lcfirst": lambda arguments: arguments.get("1", "")[:1].lower() + arguments.get("1", "")[1:],
        "ucfirst": lambda arguments: arguments.get("1", "")[:1].upper() + arguments.get("1", "")[1:],
        "nowrap": first("1"),
    },
    families={
        r"l([1-5])": lambda found: constant(f"L{lowered(found[1])}"),
        r"ipa-.+": lambda _: first("1", before="[", after="]"),
        r"lang-(.+)": lambda found: _foreign(found[1]),
        r"(?:script|transl)/.+": lambda _: first("1", "2"),
    },
)
