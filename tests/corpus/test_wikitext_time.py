"""Wikitext takes linear time, whatever a page does: hostile markup four times as long takes four times as long."""

import time

import pytest

from erya.corpus.wikitext import Rendering, Site, to_text

# Four times the markup takes linear work four times as long, quadratic work sixteen times; between the two is room for
# a busy machine, and for memory that is slower once a text no longer fits into the caches.
MOST = 10.0
SITE = Site(language="en")
DEFAULT = Rendering()

OPEN = ["[[", "{{", "{{{", "{{a|", "{{lang|a|", "[[a|", "[[File:a|", "[http://a ", "-{", "-{zh:", "{|\n", "\n{|",
        "<ref>", "<ref a>", "<ref", "<nowiki>", "<math>", "<a ", "<sup>1", "<!--", "''", "'''", "a'''b", "'''''",
        "__A", "&lt", "==", "\n=", "= a\n", "* ", "\n;a: ", "({{a}}, ", "\x05", "\x01", " ", "\n", "[[a{{",
        "{{nowrap|[[", "{", "["]  # fmt: skip
CLOSED = ["]]", "}}", "}-", "\n|}", "</ref>", "<ref/>", "<!-- -->", "[[a]]", "[[a|b]]", "{{lang|a|b}}", "{{{1}}}",
          "-{H|zh-cn:a;zh-tw:b}-", "\n==a==", "}}]]|}", "[http://a [[", "（{{a}}，", "<table><td>", "||\n|-\n!",
          "{{a}}"]  # fmt: skip
MIRRORED = [("[[a|", "]]"), ("{{lang|a|", "}}"), ("{{", "}}"), ("{{{", "}}}"), ("-{a", "}-"), ("{{hlist|a|", "}}"),
            ("{|\n|", "\n|}"), ("{{nowrap|[[", "]]}}"), ("{{quote|-{", "}-}}"), ("<ref>", "</ref>")]  # fmt: skip


def repeated(unit: str, length: int) -> str:
    return unit * (length // len(unit))


def mirrored(pair: tuple[str, str], length: int) -> str:
    count = length // len("".join(pair))
    return pair[0] * count + pair[1] * count


def seconds(markup: str, rendering: Rendering) -> float:
    start = time.process_time()
    to_text(markup, SITE, rendering)
    return time.process_time() - start


def is_linear(short: str, long: str, rendering: Rendering = DEFAULT) -> bool:
    """Whether the long one, in one of three tries, takes little more than its share of time; 10 ms are next to none."""
    return any(seconds(long, rendering) < MOST * max(seconds(short, rendering), 0.01) for _ in range(3))


@pytest.mark.parametrize("unit", [*OPEN, *CLOSED])
def test_repeated_markup(unit: str) -> None:
    assert is_linear(repeated(unit, 20_000), repeated(unit, 80_000))


@pytest.mark.parametrize("pair", MIRRORED)
def test_nested_markup(pair: tuple[str, str]) -> None:
    assert is_linear(mirrored(pair, 20_000), mirrored(pair, 80_000))


@pytest.mark.parametrize("unit", ["{|\n", "\n{|", "\n|}", "||\n|-\n!", "<table><td>", "{|\n|a\n|}", "\n!!"])
def test_tables_as_rows(unit: str) -> None:
    assert is_linear(repeated(unit, 20_000), repeated(unit, 80_000), Rendering(tables="rows"))
    assert is_linear(mirrored((unit, "\n|}"), 20_000), mirrored((unit, "\n|}"), 80_000), Rendering(tables="rows"))


@pytest.mark.parametrize("unit", OPEN)
def test_a_mark_never_closed_before_much_text(unit: str) -> None:
    assert is_linear(unit + "a b " * 5_000, unit + "a b " * 20_000)


def test_a_thousand_nested_templates() -> None:
    assert to_text("a {{x|" * 1000 + "}}" * 1000 + " b", SITE) == "a b"
    assert to_text("{{nowrap|" * 90 + "a" + "}}" * 90, SITE) == "a"


@pytest.mark.slow
@pytest.mark.parametrize("unit", [*OPEN, *CLOSED])
def test_five_megabytes_of_one_mark(unit: str) -> None:
    assert is_linear(repeated(unit, 1_250_000), repeated(unit, 5_000_000))


@pytest.mark.slow
@pytest.mark.parametrize("pair", MIRRORED)
def test_five_megabytes_of_nesting(pair: tuple[str, str]) -> None:
    assert is_linear(mirrored(pair, 1_250_000), mirrored(pair, 5_000_000))
