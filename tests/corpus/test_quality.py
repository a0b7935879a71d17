"""Every published rule on both sides of its limit, in words and in characters; the verdict is pure and never fails."""

import math
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erya.core.config import resolve
from erya.core.errors import UserError
from erya.corpus.quality import Finding, QualityOptions, judge, mend
from erya.corpus.quality.lines import LINE_RULES
from erya.corpus.quality.repeats import Repeats
from erya.corpus.quality.rule import rules
from erya.corpus.quality.text import Text
from erya.corpus.records import Document
from tests.corpus.real_texts import REAL, books, laws

NAMES = [rule.name for rule in rules()]
ANY_TEXT = st.text(st.characters(codec=None), max_size=80) | st.text("the of.\n#…-{} 的在。！\n", max_size=80)


def document(text: str, language: str | None = "en") -> Document:
    return Document(text, "id", "source", language=language)


def only(name: str) -> QualityOptions:
    return QualityOptions(rules="web", skip=tuple(other for other in NAMES if other != name))


def word(number: int, length: int = 5) -> str:
    letters = "".join(chr(ord("a") + number // 26**place % 26) for place in range(4))
    return letters.ljust(length, "x")


def words(count: int, length: int = 5) -> str:
    return " ".join(word(number, length) for number in range(count))


def han(count: int, first: int = 0) -> str:
    return "".join(chr(0x4E00 + first + number) for number in range(count))


def lines(*groups: tuple[int, Callable[[int], str]], between: str = "\n") -> str:
    """So many lines of each kind, each line made from its number."""
    numbered = [(number, make) for count, make in groups for number in range(count)]
    return between.join(make(100 * index + number) for index, (number, make) in enumerate(numbered))


def repeated(units: int, total: int, spaced: bool) -> str:
    """So many units in all, all different but for a run of them that stands at the beginning and at the end."""
    parts = [word(number) for number in range(total)] if spaced else list(han(total))
    parts[total - units :] = parts[:units]
    return (" " if spaced else "").join(parts)


def both(
    count_good: int, count_bad: int, total: int, make: Callable[[int], str], rest: Callable[[int], str]
) -> list[str]:
    return [lines((count, make), (total - count, rest)) for count in (count_good, count_bad)]


def again(good: int, bad: int, total: int, make: Callable[[int], str], between: str = "\n") -> list[str]:
    """So many parts in all, so many of them the same as the first."""
    return [
        between.join([make(0)] * (count + 1) + [make(number + 1) for number in range(total - count - 1)])
        for count in (good, bad)
    ]


GOLDEN: dict[tuple[str, str], list[str]] = {  # a text just within the limit, then one just beyond it
    ("c4_lorem_ipsum", "en"): ["Lorem, ipsum.", "See Lorem Ipsum dolor."],
    ("c4_lorem_ipsum", "zh"): ["占位文字。", "占位文字Lorem ipsum。"],
    ("c4_curly_brackets", "en"): ["f(x) = [1]", "if (x) { y }"],
    ("c4_curly_brackets", "zh"): ["函数（甲）。", "函数{甲}。"],
    ("c4_sentences", "en"): ['One is 1.5. "Two!" Three?', "One is 1.5. Two"],
    ("c4_sentences", "zh"): ["一。二！三？", "一。二。三"],
    ("fineweb_line_ends", "en"): both(3, 2, 25, lambda n: f"{word(n)}.", word),
    ("fineweb_line_ends", "zh"): both(3, 2, 25, lambda n: f"{han(5, n)}。", lambda n: han(5, n)),
    ("fineweb_short_lines", "en"): both(67, 68, 100, lambda n: word(n, 29), lambda n: word(n, 30)),
    ("fineweb_short_lines", "zh"): both(67, 68, 100, lambda n: han(9, n), lambda n: han(10, n)),
    ("fineweb_duplicate_line_characters", "en"): again(1, 2, 10, word),
    ("fineweb_duplicate_line_characters", "zh"): again(1, 2, 10, lambda n: han(5, n)),
    ("gopher_words", "en"): [words(50), words(49)],
    ("gopher_words", "en, most"): [words(100_000), words(100_001)],
    ("gopher_words", "zh"): [han(100), han(99)],
    ("gopher_words", "zh, most"): [han(10_000) * 20, han(10_000) * 20 + "字"],
    ("gopher_mean_word_length", "en"): ["abc abc", "abc ab"],
    ("gopher_mean_word_length", "en, most"): [words(5, 10), words(5, 10) + "x"],
    ("gopher_hashes", "en"): [words(9) + " #", words(8) + " # #"],
    ("gopher_hashes", "zh"): [han(19) + "#", han(18) + "##"],
    ("gopher_ellipses", "en"): [words(10) + "...", words(9) + "... a…"],
    ("gopher_ellipses", "zh"): [han(18) + "……", han(8) + "……" + han(8) + "……"],
    ("gopher_bullet_lines", "en"): both(9, 10, 10, lambda n: f"- {word(n)}", word),
    ("gopher_bullet_lines", "zh"): both(9, 10, 10, lambda n: f"●{han(5, n)}", lambda n: han(5, n)),
    ("gopher_ellipsis_lines", "en"): both(3, 4, 10, lambda n: f"{word(n)}...", word),
    ("gopher_ellipsis_lines", "zh"): both(3, 4, 10, lambda n: f"{han(5, n)}……", lambda n: han(5, n)),
    ("gopher_alphabetic", "en"): [words(8) + " 1st 2 3 — ...", words(7) + " 1 2 3 — ..."],
    ("gopher_alphabetic", "zh"): [han(8) + "，12。", han(7) + "，123。"],
    ("gopher_stop_words", "en"): ["The end OF it", "the end, the"],
    ("gopher_stop_words", "zh"): ["我的人", "我的的"],
    ("gopher_duplicate_lines", "en"): again(3, 4, 10, word),
    ("gopher_duplicate_lines", "zh"): again(2, 3, 10, lambda n: han(5, n)),
    ("gopher_duplicate_line_characters", "en"): again(2, 3, 10, word),
    ("gopher_duplicate_line_characters", "zh"): again(2, 3, 10, lambda n: han(5, n)),
    ("gopher_duplicate_paragraphs", "en"): again(3, 4, 10, word, "\n\n"),
    ("gopher_duplicate_paragraphs", "zh"): again(3, 4, 10, lambda n: han(5, n), "\n\n"),
    ("gopher_duplicate_paragraph_characters", "en"): again(2, 3, 10, word, "\n\n"),
    ("gopher_duplicate_paragraph_characters", "zh"): again(2, 3, 10, lambda n: han(5, n), "\n\n"),
}
TOP = {2: (0.20, 0.256), 3: (0.18, 0.201), 4: (0.16, 0.171)}  # table A1 of Rae et al. 2021; FineWeb-2's cmn_Hani
DUPLICATE = {5: (0.15, 0.198), 6: (0.14, 0.182), 7: (0.13, 0.167), 8: (0.12, 0.154), 9: (0.11, 0.14), 10: (0.1, 0.127)}
for n, limits in TOP.items():
    for spaced, language, units, limit in ((True, "en", n, limits[0]), (False, "zh", 2 * n, limits[1])):
        total = math.ceil(2 * units / limit)
        GOLDEN[f"gopher_top_{n}_gram", language] = [repeated(units, total - more, spaced) for more in (0, 1)]
for n, limits in DUPLICATE.items():
    for spaced, language, units, limit in ((True, "en", n, limits[0]), (False, "zh", 2 * n, limits[1])):
        total = math.ceil(units / limit)
        GOLDEN[f"gopher_duplicate_{n}_grams", language] = [repeated(units, total - more, spaced) for more in (0, 1)]


@pytest.mark.parametrize(("name", "case"), GOLDEN)
def test_a_limit_is_allowed_and_what_is_beyond_it_is_not(name: str, case: str) -> None:
    good, bad = (document(text, case[:2]) for text in GOLDEN[name, case])
    assert judge(good, only(name)) is None
    finding = judge(bad, only(name))
    assert finding is not None
    assert finding.rule == name
    assert ", allowed " in finding.detail


def test_every_rule_has_its_golden_cases_and_its_source() -> None:
    spaced = {name for name, case in GOLDEN if case.startswith("en")}
    unspaced = {name for name, case in GOLDEN if case.startswith("zh")}
    assert spaced == set(NAMES)
    assert unspaced == set(NAMES) - {"gopher_mean_word_length"}  # characters have no length
    assert len(set(NAMES)) == len(NAMES)
    assert all(rule.source[:4] in ("Raff", "Rae ", "Pene") for rule in rules())


def test_the_detail_says_what_was_measured_and_what_is_allowed() -> None:
    long = document(words(60, 12))
    assert judge(long, only("gopher_mean_word_length")) == Finding(
        "gopher_mean_word_length", "mean word length 12, allowed 3 to 10"
    )
    assert judge(document(words(20)), only("gopher_words")) == Finding("gopher_words", "words 20, allowed 50 to 100000")


@given(ANY_TEXT, st.sampled_from(["en", "zh", "th", "de", None]), st.sampled_from([None, "web", "wiki"]))
@settings(deadline=None)
def test_any_text_is_judged_and_always_alike(text: str, language: str | None, chosen: str) -> None:
    options = QualityOptions(rules=chosen, lines="c4", most={"c4_sentences": 2})
    same = pickle.loads(pickle.dumps(options))
    finding = judge(document(text, language), options)
    assert finding == judge(document(text, language), same)
    assert finding is None or finding.rule in NAMES
    assert mend(document(text, language), options) == mend(document(text, language), same)


def test_without_rules_nothing_is_asked() -> None:
    assert judge(document("{", "xx"), QualityOptions()) is None
    assert mend(document("x"), QualityOptions()) == (document("x"), {})


def test_a_text_of_unknown_language_is_measured_in_the_units_of_the_one_it_is_in() -> None:
    chinese = "中华人民共和国的一切权力属于人民。人民行使国家权力的机关是全国人民代表大会和地方各级人民代表大会。"
    finding = judge(document(chinese, None), only("gopher_words"))
    assert finding is not None
    assert finding.detail.startswith(f"words {len(chinese) / 2:.4g}")


def test_rules_of_encyclopaedias_are_some_of_those_of_the_web() -> None:
    web, wiki = (QualityOptions(rules=chosen).chosen() for chosen in ("web", "wiki"))
    assert {rule.name for rule in wiki} < {rule.name for rule in web} == set(NAMES)
    article_on_code = document("In C a block begins with { and ends with the } of the block that we have.")
    assert judge(article_on_code, QualityOptions(rules="wiki")) is None


def test_languages_and_lengths_are_asked_for() -> None:
    options = QualityOptions(languages=("en", "zh"), min_characters=3, max_characters=5)
    assert judge(document("four"), options) is None
    assert judge(document("vier", "de"), options) == Finding("language", "de, wanted en or zh")
    assert judge(document("????", None), options) == Finding("language", "unknown, wanted en or zh")
    assert judge(document("ab"), options) == Finding("length", "2 characters, allowed at least 3")
    assert judge(document("abcdef"), options) == Finding("length", "6 characters, allowed at most 5")


def test_limits_are_set_by_the_names_of_the_rules() -> None:
    changed = QualityOptions(rules="web", least={"gopher_words": 1.0}, most={"gopher_words": 2.0})
    assert judge(document("a {"), changed) == Finding("c4_curly_brackets", "curly brackets 1, allowed at most 0")
    layer = ("a.toml", {"rules": "web", "skip": ["gopher_word"]})
    with pytest.raises(UserError, match="no rule 'gopher_word'; did you mean 'gopher_words'"):
        resolve(QualityOptions, [layer])
    with pytest.raises(UserError, match="no rule 'word'"):
        resolve(QualityOptions, [("a.toml", {"most": {"word": 1}})])


def test_toxic_words_stand_alone_in_spaced_scripts_and_anywhere_in_others(tmp_path: Path) -> None:
    for name, entries in (("en", "Ass\nbad  word\na$$\n\n"), ("zh", "坏词\n")):
        (tmp_path / name).write_text(entries, encoding="utf-8")
    lists = (str(tmp_path / "en"), str(tmp_path / "zh"))
    strict = QualityOptions(toxic_words=lists, max_toxic_fraction=0.0)
    for clean in ("A classic assassin passes a bad, word.", "好词坏了"):
        assert judge(document(clean), strict) is None
    for toxic in ("What an ASS!", "A bad word.", "a$$", "说坏词呢"):
        assert judge(document(toxic), strict) is not None
    text = "ass " + "x" * 97
    assert judge(document(text), QualityOptions(toxic_words=lists, max_toxic_fraction=0.03)) is None
    assert judge(document(text), QualityOptions(toxic_words=lists, max_toxic_fraction=0.02)) == Finding(
        "toxic_words", "share of characters in toxic words 0.03, allowed at most 0.02"
    )
    (tmp_path / "en").write_text("\n")
    with pytest.raises(UserError, match="holds no word"):
        judge(document("x"), QualityOptions(toxic_words=(str(tmp_path / "en"),)))


UNITS = st.lists(st.integers(0, 3), max_size=60)


@given(UNITS, st.integers(2, 6))
def test_repeated_n_grams_are_those_that_a_reader_would_count(units: list[int], n: int) -> None:
    text = Text(" ".join("abcd"[unit] * (unit + 1) for unit in units), "en")
    parts = list(text.units)
    grams = [tuple(parts[place : place + n]) for place in range(len(parts) - n + 1)]
    total = sum(map(len, parts))
    most = max(map(grams.count, grams), default=1)
    longest = max((len("".join(gram)) for gram in grams if grams.count(gram) == most), default=0)
    assert text.repeats.top_share(n) == (most * longest / total if most > 1 else 0)
    later, end = 0, 0
    for place, gram in enumerate(grams):
        if place >= end and gram in grams[:place]:
            later, end = later + len("".join(gram)), place + n
    assert text.repeats.duplicate_share(n) == (later / total if later else 0)


def test_what_follows_the_first_million_units_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erya.corpus.quality.repeats.LONGEST", 8)
    text = Text("a b c d e f g h a b c d e f g h", "en")
    assert Repeats(text.numbers, text.numbers + 1).duplicate_share(2) == 0


ENGLISH_PAGE = """A line that ends well enough.[12]
menu
Please enable JavaScript to see this page.
See our privacy policy for more of this.

This line has no end mark at all
It trails off into nothing at all..."""


def test_lines_go_as_c4_had_it_and_are_counted() -> None:
    mended, taken = mend(document(ENGLISH_PAGE), QualityOptions(lines="c4"))
    assert mended.text == "A line that ends well enough."
    assert taken == {"c4_citations": 4, "c4_terminal_punctuation": 5 + 33 + 37, "c4_javascript": 43, "c4_policies": 41}
    kept, taken = mend(document(ENGLISH_PAGE), QualityOptions(lines="fineweb"))
    assert kept.text.endswith("\n\nThis line has no end mark at all\nIt trails off into nothing at all...")
    assert taken["c4_words_a_line"] == 5


def test_chinese_lines_are_measured_in_characters() -> None:
    page = "这一行有足够多的字。\n这一行字不够。\n这一行有足够多的字没有标点"
    mended, taken = mend(document(page, "zh"), QualityOptions(lines="c4"))
    assert mended.text == "这一行有足够多的字。"
    assert taken == {"c4_words_a_line": 22, "c4_terminal_punctuation": 40}


@given(ANY_TEXT)
def test_the_lines_that_stay_break_no_rule(text: str) -> None:
    mended, _ = mend(document(text), QualityOptions(lines="c4"))
    left = [Text(line.strip(), "en") for line in mended.text.split("\n") if line.strip()]
    assert not any(breaks(line) for line in left for breaks in LINE_RULES.values())


@pytest.mark.skipif(not REAL, reason="the shared data is not here")
def test_most_of_good_text_is_kept() -> None:
    for texts, language, least in ((books(40), "en", 0.9), (laws(200), "zh", 0.5)):
        kept = [judge(document(text, language), QualityOptions(rules="wiki")) is None for text in texts]
        assert sum(kept) >= least * len(kept)
