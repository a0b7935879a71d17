"""Templates that become text: golden cases of each rule by language, and a wiki's own simple definitions."""

import pytest

from erya.corpus.wikitext import Site, simple_definition, to_text
from erya.corpus.wikitext.templates import _languages

GOLDEN = {
    "en": {
        "{{convert|5|km|mi|abbr=on}}": "5 km",
        "{{convert|5|to|10|km2}} or {{cvt|1,200|x|3|m|ft}}": "5 to 10 km² or 1,200 × 3 m",
        "{{convert|6|ft|2|in|m|0}}, {{convert|3|km|1}}": "6 ft 2 in, 3 km",
        "{{convert|20|/km2|/sqmi}}": "20/km²",
        "{{height|ft=6|in=2}}": "6 ft 2 in",
        "{{val|6.2|0.1|e=18|u=kg}}, {{val|5|u=%}}": "6.2±0.1×10¹⁸ kg, 5%",
        "{{frac|1|3}}, {{frac|2|1|2}}, {{sfrac|3}}": "1/3, 2 1/2, 1/3",
        "{{lang|de|Straße}}, {{transl|ru|ulitsa}}, {{transl|ru|ISO|ulica}}": "Straße, ulitsa, ulica",
        "({{lang-fr|rue}})": "(French: rue)",
        "({{langx|ru|улица|ulitsa|street}})": "(Russian: улица, romanized: ulitsa, lit. ‘street’)",
        "{{lang-xyz|a}}, {{lang-fr|b|label=none}}": "a, b",
        "{{nihongo|Tokyo Tower|東京タワー|Tōkyō Tawā}}": "Tokyo Tower (東京タワー, Tōkyō Tawā)",
        "{{nihongo||東京|Tōkyō}}": "東京, Tōkyō",
        "{{zh|t=臺灣|s=台湾|p=Táiwān}}": "臺灣, 台湾, Táiwān",
        "{{start date|2020|9|15}}, {{birth date|df=yes|1990|5|3}}": "September 15, 2020, 3 May 1990",
        "{{start date|2020}}, {{start date|2020|9}}": "2020, September 2020",
        "aged {{age|1990|5|3|2020|5|2}}; {{age|1990|5|3}}.": "aged 29.",
        "{{as of|2010}}, {{as of|2011|3|lc=y}}": "As of 2010, as of March 2011",
        "{{circa|1500|1510}}, {{floruit|1700}}, {{reign|1|2}}": "c. 1500 – c. 1510, fl. 1700, r. 1–2",
        "{{formatnum:1234567.89}} {{formatnum:0123}}": "1,234,567.89 0123",
        "{{formatnum:1234|R}} {{formatnum:abc}}": "1234 abc",
        "{{abbr|cf.|compare}} {{nowrap|a b}} {{sic|hte}}": "cf. a b hte",
        "a{{quote|text=Be brief.|author=X}}b": "a\nBe brief.\nb",
        "{{plainlist|\n* a\n* b\n}}": "- a\n- b",
        "Of: {{ubl|a|b}}": "Of:\n- a\n- b",
        "{{hlist|a|b|c}}": "a, b, c",
        "a{{snd}}b{{ndash}}c{{mdash}}d{{nbsp}}e{{'}}s": "a – b–c—d e's",
        "{{US$|5}}, {{£|6}}, {{euro|7}}": "US$5, £6, €7",
        "{{IPA|/a/}}, {{IPA|fr|y}}, {{IPAc-en|us|ˈ|æ|p}}, {{IPA-de|a|lang}}": "/a/, [y], /ˈæp/, [a]",
        "{{respell|ə|KIL}}, {{angbr|a}}": "ə-KIL, ⟨a⟩",
        "{{chem|H|2|O}}, {{chem|SO|4|2-}}, {{chem2|CH4}}": "H₂O, SO₄²⁻, CH4",
        "{{ill|Hans|fr|Jean|lt=the Hans}}, {{ill|Karl|de}}": "the Hans, Karl",
        "{{music|flat}}, {{e|6}}, {{literal translation|x}}": "♭, ×10⁶, lit. ‘x’",
        "{{HMS|Victory|1765}}, {{ship|USS|Enterprise}}": "Victory, USS Enterprise",
        "x{{citation needed|date=May 2020}}, {{coord|1|N|2|E}} y{{sfn|A|1990}}": "x, y",
        "{{Lang_ | fr | a}}": "a",
        "{{Solar luminosity|96}} at {{L4|nolink=yes}}": "96 L☉ at L₄",
    },
    "de": {
        "({{enS|word}}, {{laS|verbum}}, {{lang|fr|mot}})": "(englisch word, lateinisch verbum, mot)",
        "{{\"|Ja}}, {{nowrap|5 km}}": "„Ja“, 5 km",
        "{{Datum|15|9|2020}}, {{formatnum:1234.5}}": "15. September 2020, 1.234,5",
        "{{Bruch|1|2}}, {{EUR|5}}": "1/2, 5 €",
        "{{Zitat|Text=Sei kurz.}}": "",
        "{{Zitat|Sei kurz.}}": "Sei kurz.",
    },
    "fr": {
        "le {{date|17|mai|1866}}, {{date-|1|2|1900}}": "le 17 mai 1866, 1 février 1900",
        "{{s|XIX|e}}, {{s-|V|e}}, {{-s|II|e}}": "XIXe siècle, Ve, IIe siècle av. J.-C.",
        "{{s2|XIX|e|XX|e}}": "XIXe et XXe siècles",
        "{{sp|XIX|e|au|XX|e}}, {{XXe siècle}}, {{1er}}, {{2e}}": "XIXe au XXe siècle, XXe siècle, 1er, 2e",
        "{{unité|12345|km|2}}, {{nombre|5|habitants}}": "12 345 km², 5 habitants",
        "{{formatnum:12345.6}}, {{n°|5}}, {{Mme}} X": "12 345,6, no 5, Mme X",
        "{{citation|mot}}, {{lang|en|word}}, {{lang-en|word}}": "« mot », word, en anglais : word",
        "{{lien|langue=en|trad=Word|fr=Mot}}, {{refnec|peut-être}}": "Mot, peut-être",
        "{{heure|10|30}}, {{euro|5}}, {{av JC}}": "10 h 30 min, 5 €, av. J.-C.",
    },
    "zh": {
        "（{{lang-en|Berlin}}）": "（英语：Berlin）",
        "{{le|词|word}}、{{link-en|词|word|字}}、{{tsl|en|word|词|}}": "词、字、词",
        "{{bd|1912年|4月15日|1994年|7月8日}}": "（1912年4月15日－1994年7月8日）",
        "{{start date|2020|9|15}}，{{convert|5|to|6|km}}": "2020年9月15日，5 至 6 km",
        "{{nihongo|东京塔|東京タワー|Tōkyō Tawā}}": "东京塔（東京タワー，Tōkyō Tawā）",
        "{{ruby|漢|かん}}、{{僻字|㐂}}": "漢（かん）、㐂",
        "{{NoteTA|1=zh-cn:a;zh-tw:b}}字{{来源请求}}。": "字。",
    },
    "bg": {"({{lang-de|Wort}}), {{дата|3|3|1878}}": "(на немски: Wort), 3 март 1878"},
    "ja": {"{{仮リンク|語|en|word}}、{{ルビ|東京|とうきょう}}": "語、東京（とうきょう）"},
    "ru": {"({{lang-en|word}}), {{formatnum:12345}}, {{nobr|слово}}": "(англ. word), 12 345, слово"},
    "es": {"{{lang-en|word}}, {{fecha|3|5|1990}}, {{siglo|XX}}": "en inglés: word, 3 de mayo de 1990, siglo XX"},
}  # fmt: skip
CASES = [(language, markup) for language, cases in GOLDEN.items() for markup in cases]


@pytest.mark.parametrize(("language", "markup"), CASES)
def test_golden(language: str, markup: str) -> None:
    assert to_text(markup, Site(language=language)) == GOLDEN[language][markup]


def test_every_language_has_its_cases() -> None:
    assert set(GOLDEN) == set(_languages())


ANYTHING: list[dict[str, str]] = [{}, {"1": ""}, {"1": "x"}, {"1": "x", "2": "", "3": "z", "a": "b"},
            {"1": "2020", "2": "13", "3": "45"}, {"1": "0", "2": "0", "3": "0"},
            {str(place): "9" for place in range(1, 12)}]  # fmt: skip


@pytest.mark.parametrize("language", GOLDEN)
def test_every_rule_takes_any_arguments(language: str) -> None:
    """No rule fails, and none shows markup, whatever it is given."""
    table = _languages()[language]
    for rule in {*table.rules.values(), *table.functions.values()}:
        for arguments in ANYTHING:
            assert "{{" not in rule(arguments)


def test_a_wiki_without_a_language_knows_all_rules_its_own_first() -> None:
    assert to_text("{{s|XIX|e}}", Site()) == "XIXe siècle"
    assert to_text("{{s|XIX|e}} a", Site(language="en")) == "a"
    assert to_text("{{convert|5|km}} {{nowrap|a}}", Site(language="xx")) == "5 km a"


DEFINITIONS = {
    "words": ("Template:BC", "<noinclude>Doc</noinclude>BC", ("bc", "BC")),
    "parameters": ("Vorlage:Alt_Name", "{{{1|x}}}, ''{{{b}}}''<!-- c -->", ("alt name", "{{{1|x}}}, {{{b}}}")),
    "parameter as a default": ("Template:A", "{{{1|{{{2|}}}}}} km", ("a", "{{{1|{{{2|}}}}}} km")),
    "tags and links": ("Template:A", "<span class=x>[[Kilometre|km]] {{{1}}}</span>", ("a", "km {{{1}}}")),
    "only a part": ("Template:A", "Doc <onlyinclude>x</onlyinclude> more", ("a", "x")),
    "redirect": ("Template:Cnv", "#REDIRECT [[Template:Convert]] {{R}}", ("cnv", "#redirect convert")),
    "Chinese redirect": ("模板:换算", "#重定向 [[模板:Convert]]", ("换算", "#redirect convert")),
    "redirect to itself": ("Template:A", "#REDIRECT [[Template:a]]", None),
    "other templates": ("Template:A", "{{b|{{{1}}}}}", None),
    "code": ("Template:A", "{{#if:{{{1|}}}|a|b}}", None),
    "table": ("Template:A", "{|\n| {{{1}}}\n|}", None),
    "notice": ("Template:Stub", "''This article about a letter is a stub. You can help to make it longer.''", None),
    "list": ("Template:A", "* {{{1}}}", None),
    "nothing": ("Template:A", "<noinclude>Doc</noinclude>", None),
    "category": ("Template:A", "x[[Category:B]]", None),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFINITIONS)
def test_simple_definitions(name: str) -> None:
    title, text, expected = DEFINITIONS[name]
    assert simple_definition(title, text) == expected


def test_a_wikis_own_definitions_are_used_where_there_is_no_rule() -> None:
    pages = {"Template:BC": "BC", "Template:Km": "{{{1|some}}} km", "Template:Cnv": "#REDIRECT [[Template:Convert]]",
             "Template:Kilo": "#REDIRECT [[Template:Km]]", "Template:Nowrap": "never {{{1}}}",
             "Template:X": "{{{a|}}}{{{1}}}", "Template:A": "#REDIRECT [[Template:B]]",
             "Template:B": "#REDIRECT [[Template:A]]"}  # fmt: skip
    definitions = dict(filter(None, (simple_definition(*page) for page in pages.items())))
    site = Site(language="en", templates=definitions)
    markup = "50 {{BC}}, {{km}}, {{Kilo|5}}, {{cnv|5|mi|km}}, {{nowrap|a}}, {{x|b|a=c}}, {{A|d}}."
    assert to_text(markup, site) == "50 BC, some km, 5 km, 5 mi, a, cb."


def test_a_definition_never_expands_what_it_is_given() -> None:
    """Arguments are text: no markup in them is looked at again, so nothing grows beyond definition times arguments."""
    site = Site(templates=dict(filter(None, [simple_definition("Template:T", "{{{1}}}{{{1}}}")])))
    assert to_text("{{t|<nowiki>{{{1}}}</nowiki>}}", site) == "{{{1}}}{{{1}}}"
