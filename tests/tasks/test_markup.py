"""Markup set aside: nothing is lost on the way there and back, and a translation gets its source's markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erya.corpus.records import Pair
from erya.generate.beam import Hypothesis
from erya.tasks.base import writing
from erya.tasks.base.markup import SIGNS, set_aside
from erya.tasks.translate import TASK, TranslateConfig
from tests.tasks.small import build, tokenizer

SETTINGS = TranslateConfig.model_validate({"source_language": "en", "target_language": "zh", "markup": "rst"})
PIECES = {
    "Call ``f(x)`` or :func:`len`.": ["``f(x)``", ":func:`len`"],
    "See :ref:`the tutorial <tut>`.": [":ref:`", " <tut>`"],
    "From `Sphinx`_ and `docs <https://a.b/c>`__.": ["`Sphinx`_", "`", " <https://a.b/c>`__"],
    "The *start* is *not at all* **so**.": ["*start*", "*", "*", "**so**"],
    "Choose :guilabel:`Save as`, |release| [1]_": [":guilabel:`", "`", "|release|", "[1]_"],
    "Neither 2 * 3 * 4 nor ` nor a_b_ is any.": [],
}
marked = st.lists(st.sampled_from([*"*`|<>_: ab字", "``", "**", ":ref:`", "``x``", "*y*", " <z>`", "`_"])).map("".join)


def is_sign(character: str) -> bool:
    return character in SIGNS


@pytest.mark.parametrize("text", PIECES)
def test_what_is_set_aside_is_the_markup(text):
    aside = set_aside(text)
    assert list(aside.pieces.values()) == PIECES[text]
    assert sum(map(is_sign, aside.text)) == len(PIECES[text])


@given(marked)
def test_nothing_is_lost_there_and_back(text):
    aside = set_aside(text)
    assert aside.put_back(aside.text) == text
    assert aside.as_here(text) == aside.text


def test_a_translation_has_the_signs_of_its_source():
    aside = set_aside("See :ref:`the tutorial <tut>` on ``x``.")
    translation = "关于 ``x`` 参见 :ref:`教程 <tut>`。"
    seen = aside.as_here(translation)
    assert seen is not None
    assert sorted(filter(is_sign, seen)) == sorted(aside.pieces)
    assert aside.put_back(seen) == translation
    assert aside.as_here("参见 :ref:`教程 <tut>`。") is None


def test_emphasis_begins_and_ends_with_a_word():
    aside = set_aside("Do *not at all* do that, see `the page <p>`_.")
    signs = list(aside.pieces)
    text = "{} 绝不 {} 这么做，参见 {} 页面 {}。".format(*signs)
    assert aside.put_back(text) == "*绝不* 这么做，参见 ` 页面  <p>`_。"


def test_signs_begin_anywhere_and_there_is_an_end_of_them():
    assert len({next(iter(set_aside(f"``x`` {number}").pieces)) for number in range(200)}) == len(SIGNS)
    aside = set_aside("``x`` " * (len(SIGNS) + 8))
    assert len(aside.pieces) == len(SIGNS)
    assert aside.put_back(aside.text) == "``x`` " * (len(SIGNS) + 8)


def test_a_sign_of_nothing_is_dropped():
    assert set_aside("plain").put_back(f"纯{SIGNS[0]}文本") == "纯文本"


def test_a_model_learns_and_writes_signs(monkeypatch):
    pairs = [Pair("Call ``f(x)``.", "调用 ``f(x)``。", "kept"), Pair("Call ``f(x)``.", "调用。", "lost")]
    model = build("marian")
    (example,) = TASK.examples(model, tokenizer(), pairs, SETTINGS)
    assert tokenizer().decode(list(example["source"])[:-1]) == set_aside(pairs[0].source).text

    def copied(model, tokenizer, given, *_):
        return [[Hypothesis(ids, 0.0)] for ids in tokenizer.encode_batch(given)]

    monkeypatch.setattr(writing, "write", copied)
    texts = ["Call ``f(x)`` in :mod:`os`.", "No markup."]
    answers = TASK.system(model, tokenizer(), SETTINGS)([Pair(text, "", "") for text in texts])
    assert [answer.text for answer in answers] == texts


def test_signs_in_the_text_itself_are_dropped():
    aside = set_aside(f"Call{SIGNS} ``x``.")
    assert aside.put_back(aside.text) == "Call ``x``."
    assert sum(map(is_sign, aside.text)) == 1


def test_signs_are_no_white_space():
    assert f" {SIGNS} ".split() == [SIGNS]
