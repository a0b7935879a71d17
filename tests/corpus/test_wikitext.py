"""Wikitext: golden cases of each construct, and laws on hostile markup."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.corpus.wikitext import Site, to_text

GERMAN = Site({6: "Datei", 14: "Kategorie"})

GOLDEN = {
    "emphasis": ("'''Bold''' and ''italic'' and '''''both''''' and d''''être'", "Bold and italic and both and d'être'"),
    "link": ("A [[cat]], two [[cat|cats]], [[dog]]s, [[Moon (film)|]].", "A cat, two cats, dogs, Moon."),
    "link in link text": ("[[A|b [[C|c]] d]]", "b c d"),
    "external link": ("See [https://x.org the site] and [https://y.org].", "See the site and."),
    "brackets that are text": ("an [aside] here", "an [aside] here"),
    "file": ("Text[[File:A.jpg|thumb|A [[cat]] [http://x y]]] more", "Text more"),
    "category": ("Text\n[[Category:Cats]]\n[[de:Katze]]", "Text"),
    "shown category": ("See [[:Category:Cats]].", "See Category:Cats."),
    "reference": ('One.<ref name="a">{{cite|x}}</ref> Two.<ref name="a" /> Three', "One. Two. Three"),
    "comment": ("a<!-- [[x --> b", "a b"),
    "unclosed comment": ("a<!-- x", "a"),
    "unclosed reference": ("a<ref> b", "a b"),
    "nowiki": ("a <nowiki>[[b]] ''c''</nowiki>", "a [[b]] ''c''"),
    "math": ("where <math>E=mc^2</math> holds", "where E=mc^2 holds"),
    "entity": ("a&nbsp;b &amp;lt; &eacute; &ndash; c", "a b &lt; é – c"),
    "tag": ('a<sub>2</sub> <span style="x">b</span><br />c', "a₂ b\nc"),
    "magic word": ("__NOTOC__\nText", "Text"),
    "template": ("a {{unknown|x={{b|c}}}} d", "a d"),
    "unclosed template": ("a {{b c", "a b c"),
    "unopened template": ("a b}} c", "a b c"),
    "convert": ("It is {{convert|5|km|mi|abbr=on}} away", "It is 5 km away"),
    "convert range": ("{{convert|5|to|10|km2}}", "5 to 10 km²"),
    "convert with a reference": ("{{cvt|1,200|m|ft}}<ref>x</ref> high", "1,200 m high"),
    "lang": ("{{lang|de|Straße}}, {{lang-fr|rue}}, {{transl|ru|ulitsa}}", "Straße, French: rue, ulitsa"),
    "nihongo": ("{{nihongo|Tokyo Tower|東京タワー|Tōkyō Tawā}}", "Tokyo Tower (東京タワー, Tōkyō Tawā)"),
    "formatnum": ("{{formatnum:1234}} people", "1,234 people"),
    "template in a template": ("{{nowrap|{{convert|3|ft}} tall}}", "3 ft tall"),
    "named argument": ("{{quote|text=Be brief.|author=X}}", "Be brief."),
    "French date and century": ("le {{date|17|mai|1866}}, {{s|XIX|e}}", "le 17 mai 1866, XIXe siècle"),
    "hole in brackets": ("Aristotle ({{y}}; {{lang-grc|Ἀρ}}, {{x}}) was", "Aristotle (Ancient Greek: Ἀρ) was"),
    "empty brackets": ("Aristotle ({{y}}, {{x}}) was", "Aristotle was"),
    "empty Chinese brackets": ("柏林（{{x}}）是", "柏林是"),
    "brackets that were never filled": ("call f() or (, )", "call f() or (, )"),
    "hole before a full stop": ("It is {{x}}. And {{x}}, so", "It is. And, so"),
    "hole between commas": ("a, {{x}}, b", "a, b"),
    "table": ("Before\n{| class=x\n|-\n! a\n| b {{c}} [[d]]\n|}\nAfter", "Before\n\nAfter"),
    "nested table": ("A\n{|\n| x\n{|\n| y\n|}\n| z\n|}\nB", "A\n\nB"),
    "unclosed template in a table": ("A\n{|\n| {{x\n|}\nB", "A\n\nB"),
    "unclosed table": ("A\n{|\n| x\nB", "A\nB"),
    "infobox": ("{{Infobox\n| a = {{b|c}}\n| d = [[e]]\n}}\n'''X''' is", "X is"),
    "heading": ("A\n== History ==\nB", "A\n\nHistory\n\nB"),
    "empty sections": ("A\n== B ==\n=== C ===\n<references />\n== D ==\n{{reflist}}", "A"),
    "empty section before a full one": ("== B ==\n== C ==\nText", "C\n\nText"),
    "list": ("Of:\n* one\n** two\n# three\n: four\n; five", "Of:\n- one\n- two\n- three\nfour\nfive"),
    "list of nothing": ("* {{cite|x}}.\n* {{x}}, b", "- b"),
    "variants": ("-{zh-hans:软件; zh-hant:軟體}-和-{A|zh-tw:程式;zh-cn:程序}--{H|zh-cn:x}-", "软件和程序"),
    "variant of plain text": ("-{后}-", "后"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    markup, expected = GOLDEN[name]
    assert to_text(markup, Site()) == expected


def test_a_wikis_own_namespace_names_hide_links() -> None:
    markup = "Text [[Datei:A.jpg|mini|x]][[Kategorie:B]][[Film: C]]"
    assert to_text(markup, GERMAN) == "Text Film: C"


MARKS = ["{{", "}}", "[[", "]]", "{|", "|}", "|", "\n", "<ref>", "</ref>", "'''", "==", "-{", "}-", "[http://x ", "]",
         "a", " ", "(", ")", ",", "convert", "*", "<nowiki>", "<!--", "{", "&lt;"]  # fmt: skip


@given(st.lists(st.sampled_from(MARKS), max_size=60).map("".join))
def test_any_markup_gives_text_without_holes(markup: str) -> None:
    text = to_text(markup, Site())
    assert "\x00" not in text
    if "<nowiki>" not in markup and "&lt;" not in markup:
        assert not any(mark in text for mark in ("[[", "<ref>"))


HOSTILE = ["[[", "{{", "{{a|", "[http://a ", "<ref>", "{|\n", "({{a}}, ", "-{zh:", "= a\n", "<a ", "\n", "}}]]|}"]
MIRRORED = {"[[a|": "]]", "{{lang|a|": "}}", "{{": "}}", "-{a": "}-"}
LENGTH = 200_000


def seconds(markup: str) -> float:
    start = time.process_time()
    to_text(markup, Site())
    return time.process_time() - start


@pytest.mark.parametrize("unit", [*HOSTILE, *MIRRORED])
def test_hostile_markup_takes_linear_time(unit: str) -> None:
    def page(length: int) -> str:
        count = length // len(unit)
        return unit * count + MIRRORED.get(unit, "") * count

    seconds(page(LENGTH // 10))
    # quadratic work would take 100 times as long for 10 times the markup; 40 leaves room for a busy machine
    assert seconds(page(LENGTH)) < 40 * max(seconds(page(LENGTH // 10)), 0.005)
