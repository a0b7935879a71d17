"""Sentences cover their text, and end where a reader would end them."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erya.corpus.sentences import sentence_spans, sentences

ALPHABET = "aB1. !?…\n\"'“”‘’()[]。！？，：；《》「」…·中文のMr Dr etc U.S."


@pytest.mark.parametrize("language", ["en", "zh", "ja", "de"])
@given(text=st.text(alphabet=ALPHABET, max_size=60) | st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_spans_cover_the_text_in_order_and_hold_more_than_space(language: str, text: str) -> None:
    spans = sentence_spans(text, language)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(spans))
    assert all(text[start:end].strip() for start, end in spans) or not text.strip()


@pytest.mark.parametrize(
    "expected",
    [
        ["Mr. Smith met Dr. J. R. Brown at 3.5 p.m. on Oct. 3.", "He left."],
        ['He said "Stop!"', "He left."],
        ['"Why?" she asked.', '"Because," he said.'],
        ["See Fig. 2.", "No. 5 is here.", "No.", "It is not."],
        ["The U.S. Army came from the U.S.", "The rest stayed."],
        ["They waited... and left.", "Then nothing..."],
        ["Really?!", "Yes (I think.)", "Good.[1]", "Next, e.g. Apples."],
        ["1. Introduction is here.", "2. The end."],
        ["Go to www.erya.org, version 3.11.", "It is free."],
        ["Smith et al. showed it.", "We did not."],
        ["Apples, pears, etc. are fruit.", "Bread etc.", "They eat it."],
    ],
)
def test_english(expected: list[str]) -> None:
    assert sentences(" ".join(expected), "en") == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["今天下雨。", "我们在家！", "为什么？"],
        ["他说：“走吧！”", "然后走了。"],
        ["真的吗？！", "是的。"],
        ["《你好！中国》是一本书。", "他读过。"],
        ["Yahoo！、Google都有。", "圆周率约为3.14。"],
        ["「好。」", "他说。"],
        ["（见下文。）", "第二句！！"],
        ["没有句号的最后一句"],
    ],
)
def test_chinese(expected: list[str]) -> None:
    assert sentences("".join(expected), "zh") == expected


def test_a_line_break_ends_a_chinese_sentence_and_a_blank_line_an_english_one() -> None:
    assert sentences("第一行\n第二行", "zh") == ["第一行", "第二行"]
    assert sentences("one line\nwraps here\n\na title", "en") == ["one line\nwraps here", "a title"]


def test_a_text_of_nothing_but_space_is_one_span_and_no_sentence() -> None:
    assert sentence_spans("", "en") == []
    assert sentence_spans(" \n\n ", "en") == [(0, 4)]
    assert sentences(" \n\n ", "zh") == []


def test_long_runs_of_marks_are_no_obstacle() -> None:
    """Were each mark of a run tried anew, this would take hours."""
    count = 200_000
    text = "Mr. Smith went home. " * 5000 + "." * count + "《" * count + " " * count + "x" + "…" * count
    assert len(sentences(text, "en")) == 5001
    assert len(sentences(text, "zh")) == 5001
