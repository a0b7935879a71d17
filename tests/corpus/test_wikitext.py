"""Wikitext: golden cases of each construct, and laws on any markup."""

import pickle
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.corpus.wikitext import Rendering, Site, nesting, to_text

ANY = Site()
GERMAN = Site({-2: "Medium", 6: "Datei", 10: "Vorlage", 14: "Kategorie"}, "de")

GOLDEN = {
    "emphasis": ("'''Bold''' and ''italic'' and '''''both''''' and d''''être'", "Bold and italic and both and d'être'"),
    "apostrophe before italics": ("L'''Étranger''\nl'''Iliade''.", "L'Étranger\nl'Iliade."),
    "bold inside a word": ("un'''believ'''able ''and'' so", "unbelievable and so"),
    "link": ("A [[cat]], two [[cat|cats]], [[dog]]s, [[Moon (film)|]].", "A cat, two cats, dogs, Moon."),
    "link to a section": ("See [[Cat#Food|food]] and [[#Below]].", "See food and #Below."),
    "link with an empty label": ("a [[cat| ]]b", "a b"),
    "link in link text": ("[[A|b [[C|c]] d]]", "b c d"),
    "unclosed link": ("a [[b|c\n\nd", "a b|c\n\nd"),
    "external link": ("See [https://x.org the site] and [https://y.org].", "See the site and."),
    "external link with a link in it": ("[//x.org/?a=1 the [[cat|cats]]' site]", "the cats' site"),
    "bare address": ("at https://x.org/a_b now", "at https://x.org/a_b now"),
    "brackets that are text": ("an [aside] here", "an [aside] here"),
    "file": ("Text[[File:A.jpg|thumb|A [[cat]] [http://x y]]] more", "Text more"),
    "file with a template in its caption": ("[[Image:A.jpg|x {{lang|fr|y [[z]]}}]]\nText", "Text"),
    "media": ("[[Media:A.ogg|listen]] or [[Media:A.ogg]]", "listen or"),
    "shown file": ("See [[:File:A.jpg]].", "See File:A.jpg."),
    "category": ("Text\n[[Category:Cats]]\n[[de:Katze]]", "Text"),
    "shown category": ("See [[:Category:Cats]] and [[:de:Katze|there]].", "See Category:Cats and there."),
    "other project": ("a [[wikt:cat|cat]]", "a cat"),
    "gallery": ("a\n<gallery>\nA.jpg|[[b]]\n</gallery>\nc", "a\n\nc"),
    "reference": ('One.<ref name="a">{{cite|x}}</ref> Two.<ref name="a" /> Three', "One. Two. Three"),
    "reference in capitals": ("One.<REF>x</Ref > Two", "One. Two"),
    "references": ("One.\n== Notes ==\n<references>\n<ref name=a>x</ref>\n</references>", "One."),
    "comment": ("a<!-- [[x --> b", "a b"),
    "comment on its own line": ("* a\n<!-- x -->\n* b", "- a\n- b"),
    "unclosed comment": ("a<!-- x", "a"),
    "unclosed reference": ("a<ref> b", "a b"),
    "nowiki": ("a <nowiki>[[b]] ''c'' &amp;</nowiki>", "a [[b]] ''c'' &"),
    "empty nowiki": ("'<nowiki/>''a''", "'a"),
    "preformatted": ("a\n<pre>\n x  = {{y}}\n</pre>\nb", "a\n x  = {{y}}\nb"),
    "code": ("<syntaxhighlight lang=py>a['b'] = {{}} # &lt;</syntaxhighlight>", "a['b'] = {{}} # &lt;"),
    "inline code": ("call <code>f(''x'')</code>", "call f(x)"),
    "math": ("where <math>E=mc^2</math> holds", "where E=mc^2 holds"),
    "chemistry": ("of <chem>H2O</chem>, <ce>CO2</ce>", "of H2O, CO2"),
    "entity": ("a&nbsp;b &amp;lt; &eacute; &ndash; c&#160;d", "a b &lt; é – c d"),
    "tag": ('a <span style="x">b</span><br />c<small>d</small>', "a b\ncd"),
    "indices": ("H<sub>2</sub>O, 10<sup>−6</sup>, 19<sup>th</sup>", "H₂O, 10⁻⁶, 19th"),
    "unknown tag": ("a <stdio.h>, 1 < 2, <no one@x.org>", "a <stdio.h>, 1 < 2, <no one@x.org>"),
    "heading as a tag": ("a\n<h2>B</h2>\nc", "a\n\nB\n\nc"),
    "list of tags": ("<ul><li>a</li><li>b</li></ul>", "- a\n\n- b"),
    "magic word": ("__NOTOC__\nText __KEIN_INHALTSVERZEICHNIS__", "Text"),
    "names with underscores": ("__init__ and a__b", "__init__ and a__b"),
    "template": ("a {{unknown|x={{b|c}}}} d", "a d"),
    "unclosed template": ("a {{b c", "a b c"),
    "unopened template": ("a b}} c", "a b c"),
    "parameter": ("a {{{1|b}}} c {{{x}}} d", "a b c d"),
    "parser function": ("a {{#if:x|y|z}} {{DEFAULTSORT:b}} {{lc:ABC}} c", "a abc c"),
    "template in a template": ("{{nowrap|{{convert|3|ft}} tall}}", "3 ft tall"),
    "pipe and equals sign from within": ("{{nowrap|{{nowrap|1=a=b}}{{!}}c}}", "a=b|c"),
    "link in a template": ("{{lang|fr|[[a|b]] [[:c:d|e]]}}", "b e"),
    "hole in brackets": ("Aristotle ({{y}}; {{lang-grc|Ἀρ}}, {{x}}) was", "Aristotle (Ancient Greek: Ἀρ) was"),
    "empty brackets": ("Aristotle ({{y}}, {{x}}) was", "Aristotle was"),
    "dates that are missing": ("Ann ({{b}} – {{d}}) was, Bob (1900 – {{d}}) is", "Ann was, Bob (1900) is"),
    "empty Chinese brackets": ("柏林（{{x}}，{{y}}）是", "柏林是"),
    "empty quotes": ("called “{{x}}” there", "called there"),
    "brackets that were never filled": ("call f() or (, )", "call f() or (, )"),
    "hole before a full stop": ("It is {{x}}. And {{x}}, so", "It is. And, so"),
    "hole between commas": ("a, {{x}}, b、{{x}}、c", "a, b、c"),
    "hole at a line's beginning": ("{{x}}, a\n{{x}} b", "a\nb"),
    "dash at a line's end": ("a{{snd}}{{x}}\nb – {{x}} c", "a\nb – c"),
    "table": ("Before\n{| class=x\n|-\n! a\n| b {{c}} [[d]]\n|}\nAfter", "Before\n\nAfter"),
    "table behind a template": ("A\n{{anchor|x}}{|\n| x\n|}\nB", "A\n\nB"),
    "nested table": ("A\n{|\n| x\n{|\n| y\n|}\n| z\n|}\nB", "A\n\nB"),
    "table of tags": ("A\n<table><tr><td>x</td></tr></table>\nB", "A\n\nB"),
    "unclosed template in a table": ("A\n{|\n| {{x\n|}\nB", "A\n\nB"),
    "unclosed table": ("A\n{|\n| x\nB", "A\nB"),
    "infobox": ("{{Infobox\n| a = {{b|c}}\n| d = [[e]] {{f|{{g}}}}\n}}\n'''X''' is", "X is"),
    "heading": ("A\n== History ==\nB\n===''Later''=== \nC", "A\n\nHistory\n\nB\n\nLater\n\nC"),
    "empty sections": ("A\n== B ==\n=== C ===\n<references />\n== D ==\n{{reflist}}", "A"),
    "empty section before a full one": ("== B ==\n== C ==\nText", "C\n\nText"),
    "lines that are no headings": ("a\n==\n= b\nc =", "a\n==\n= b\nc ="),
    "rule": ("a\n----\nb", "a\n\nb"),
    "list": ("Of:\n* one\n** two\n# three\n: four\n:* five", "Of:\n- one\n- two\n- three\nfour\n- five"),
    "definition": ("; Term : what it is\n; Other\n: what that is", "Term: what it is\nOther\nwhat that is"),
    "list of nothing": ("* {{cite|x}}.\n* {{x}}, b", "- b"),
    "indented line": (" a  b\n c", "a b\nc"),
    "variants": ("-{zh-hans:软件; zh-hant:軟體}-和-{A|zh-tw:程式;zh-cn:程序}--{H|zh-cn:x}-", "软件和程序"),
    "variant of plain text": ("-{后}-、-{zh-cn}-", "后、zh-cn"),
    "variant with a template": ("-{{{lang|en|a}}}-", "a"),
    "variant with an entity": ("-{zh-cn:a&amp;b;zh-tw:c}-", "a&b"),
    "minus before a template": ("at -{{convert|5|C}}", "at -5 °C"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    markup, expected = GOLDEN[name]
    assert to_text(markup, ANY) == expected


def test_a_wikis_own_namespace_names_hide_links() -> None:
    markup = "Text [[Datei:A.jpg|mini|x]][[Kategorie:B]][[Medium:C.ogg|hören]][[Film: C]]"
    assert to_text(markup, GERMAN) == "Text hörenFilm: C"


def test_a_template_may_be_called_with_its_namespace() -> None:
    assert to_text("{{Vorlage:Lang|fr|a}} {{Template:Lang|fr|b}} {{subst:lang|fr|c}}", GERMAN) == "a b c"


def test_a_site_survives_pickling() -> None:
    to_text("{{lang|fr|a}}", GERMAN)  # a rule is known by now
    assert pickle.loads(pickle.dumps(GERMAN)) == GERMAN


def test_formulas_are_dropped_on_demand() -> None:
    markup = "where <math>E=mc^2</math>, and <code>x</code>"
    assert to_text(markup, ANY, Rendering(math="drop")) == "where, and x"


TABLES = {
    "rows": ("a\n{| class=x\n|+ Title\n! scope=col | h !! i\n|-\n| style=y | 1 || [[b|c]]\n|}\nd",
             "a\nTitle\nh\ti\n1\tc\nd"),
    "cells on lines of their own": ("{|\n|-\n| a\n| b\n* c\n* d\n|-\n|\n|}", "a\tb c d"),
    "nested table": ("{|\n| a\n|\n{|\n| b || c\n|}\n|}", "a\tb c"),
    "tags": ("<table><tr><th>a</th></tr><tr><td>b</td><td>c</td></tr></table>", "a\nb\tc"),
    "pipe from a template": ("{|\n| a {{!}}{{!}} b\n|}", "a\tb"),
    "exclamation marks in text": ("{|\n| what!! || no\n|}", "what!!\tno"),
    "no markup of lines in cells": ("{|\n| * a\n|-\n| = b =\n|}", "* a\n= b ="),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_tables_as_rows(name: str) -> None:
    markup, expected = TABLES[name]
    assert to_text(markup, ANY, Rendering(tables="rows")) == expected


SCRIPTS = {
    "characters": ("头发和頭髮發展，-{头发}-", "头发和头发发展，头发", "頭髮和頭髮發展，头发"),
    "variants": ("-{zh-cn:软件;zh-tw:軟體}-", "软件", "軟體"),
    "a rule for the page": ("-{H|zh-cn:软件;zh-tw:軟體}-軟體和软件", "软件和软件", "軟體和軟體"),
    "a shown rule": ("-{A|zh-cn:软件;zh-tw:軟體}-，軟體", "软件，软件", "軟體，軟體"),
    "noteTA": ("{{noteTA|G1=IT|1=zh-cn:程序; zh-tw:程式;}}一个程式", "一个程序", "一個程式"),
    "code stays": ("头<nowiki>头</nowiki>", "头头", "頭头"),
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_one_script_on_demand(name: str) -> None:
    markup, simplified, traditional = SCRIPTS[name]
    site = Site(language="zh")
    assert to_text(markup, site, Rendering(script="hans")) == simplified
    assert to_text(markup, site, Rendering(script="hant")) == traditional


MARKS = ["{{", "}}", "[[", "]]", "{|", "|}", "|", "\n", "<ref>", "</ref>", "'''", "==", "-{", "}-", "[http://x ", "]",
         "a", " ", "(", ")", ",", "convert", "*", "<nowiki>", "<!--", "{", "&lt;", "lang|fr|", "File:", "zh-cn:", ";",
         "<sup>", "2", "\n|-", "||", "=", "<table>", "quote|"]  # fmt: skip
RENDERINGS = [Rendering(), Rendering(tables="rows", math="drop"), Rendering(script="hans")]


@given(st.lists(st.sampled_from(MARKS), max_size=60), st.sampled_from(RENDERINGS))
def test_any_markup_gives_text_without_control_characters(marks: list[str], rendering: Rendering) -> None:
    text = to_text("".join(marks), ANY, rendering)
    assert not [character for character in text if unicodedata.category(character) == "Cc" and character not in "\n\t"]
    if not {"<nowiki>", "&lt;", "{"} & set(marks):
        assert not any(mark in text for mark in ("{{", "<ref>"))


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200))
def test_any_text_at_all_is_rendered(text: str) -> None:
    assert "\x00" in text or "\x05" not in to_text(text, ANY)


LETTERS = st.characters(categories=("L", "N"), exclude_characters="\u00a0")
PROSE = st.lists(st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=1, max_size=12), min_size=1, max_size=5)


@given(PROSE)
def test_prose_stays_as_it_is(paragraphs: list[list[str]]) -> None:
    prose = "\n\n".join(f"{', '.join(words)} (so they say)." for words in paragraphs)
    assert to_text(prose, ANY) == prose


WORDS = st.sampled_from(["a", "b c", "1", "x=y", "", " ", "(", ")", ", ", "\n", "* d", "''e''"])
FRAMES = ["{{unknown|%s}}", "{{lang|fr|%s}}", "{{nowrap|%s}}", "{{hlist|%s|%s}}", "{{convert|%s|km}}", "{{{1|%s}}}",
          "{{quote|text=%s}}", "[[%s]]", "[[A|%s]]", "[[File:A|b|%s]]", "<ref>%s</ref>", "(%s)", "%s %s"]  # fmt: skip


def wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.tuples(inner, inner)
    return st.builds(lambda frame, two: frame % two[: frame.count("%s")], st.sampled_from(FRAMES), parts)


@given(st.recursive(WORDS, wrapped, max_leaves=25))
def test_the_quick_rounds_change_nothing(markup: str) -> None:
    """What closes all it opens is rendered by rounds from the inside out as by one walk with a stack."""
    quick = to_text(markup, ANY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nesting, "LEAF_ROUNDS", 0)
        patch.setattr(nesting.Walk, "drop", lambda _, text: text)
        assert to_text(markup, ANY) == quick
