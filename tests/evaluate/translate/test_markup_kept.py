"""Markup kept: golden cases by hand, the share over sentences that have markup, and when it stands in a report."""

import gzip
import json
from pathlib import Path

import pytest

from erya.corpus.records import Pair
from erya.evaluate.metrics.translate.markup_kept import METRIC
from erya.evaluate.trial import Exam
from erya.tasks.base.markup import markup
from erya.tasks.base.prediction import Prediction
from erya.tasks.translate import TASK

PYTHON_DOCS = Path("../shared/data/python_docs_en_zh/pairs.jsonl.gz")
GOLDEN = [
    ("Call ``f(x)`` twice: ``f(x)``.", "调用 ``f(x)`` 两次：``f(x)``。", True),
    ("Call ``f(x)`` twice: ``f(x)``.", "调用 ``f(x)`` 两次。", False),
    ("Call ``f(x)``.", "调用 ``f (x)``。", False),
    ("See :func:`len` and :class:`!Old`.", "参见 :class:`!Old` 和 :func:`len`。", True),
    ("See :func:`len`.", "参见 :meth:`len`。", False),
    ("See :func:`len`.", "参见 `len`。", False),
    ("A :term:`file object`.", "一个 :term:`文件对象 <file object>`。", True),
    ("A :term:`file <file object>`.", "一个 :term:`文件`。", False),
    (":ref:`the tutorial <tut>` says", ":ref:`教程 <tut>` 说", True),
    (":ref:`the tutorial <tut>` says", ":ref:`教程 <tutor>` 说", False),
    ("A :dfn:`code point` is", ":dfn:`码位` 是", True),
    ("A :dfn:`code point` is", "码位是", False),
    (":c:func:`PyErr_Set` fails", ":c:func:`PyErr_Set` 失败", True),
    ("from `Sphinx`_ and `docs <https://a.b/c>`__", "用 `Sphinx`_ 和 `文档 <https://a.b/c>`__", True),
    ("from `Sphinx`_ ", "用 `Sphinx` ", False),
    ("the value of *start* is", "*start* 的值是", True),
    ("the value of *start* is", "start 的值是", False),
    ("this is **not** so", "这**不**是", True),
    ("this is **not** so", "这*不*是", False),
    ("a new |release| is out", "新的 |release| 已发布", True),
    ("a new |release| is out", "新的 |发布| 已发布", False),
    ("as said [1]_ and [#note]_", "如 [#note]_ 和 [1]_ 所说", True),
    ("as said [1]_", "如 [2]_ 所说", False),
    ("``*args`` and *kwargs*", "``*args`` 与 *kwargs*", True),
    ("``*args`` and *kwargs*", "*args* 与 *kwargs*", False),
]


@pytest.mark.parametrize(("source", "output", "kept"), GOLDEN)
def test_what_is_kept_is_what_is_kept_by_hand(source: str, output: str, kept: bool) -> None:
    measured = METRIC.measure([Prediction(output)], [Pair(source, "译文", "a")], "zh")
    assert float(measured.value(measured.statistics[0])) == 100.0 * kept


@pytest.mark.parametrize("text", ["2 * 3 * 4 is 24", "a_b and c_ | d", "plain words.", "5 | 6 | 7", "[1] and [x]", ""])
def test_plain_text_has_no_markup(text: str) -> None:
    assert not markup(text)


def test_the_figure_is_the_share_of_sentences_with_markup_and_the_copy_has_all_of_it() -> None:
    records = [Pair(source, "译文", str(at)) for at, (source, _, _) in enumerate(GOLDEN)]
    records += [Pair("plain words", "译文", f"plain {at}") for at in range(len(GOLDEN))]
    outputs = [Prediction(output) for _, output, _ in GOLDEN] + [Prediction("*译文*")] * len(GOLDEN)
    measured = METRIC.measure(outputs, records, "zh")
    expected = 100 * sum(kept for *_, kept in GOLDEN) / len(GOLDEN)
    assert float(measured.value(measured.statistics.sum(axis=0))) == pytest.approx(expected)
    assert f"items:{len(GOLDEN)}|" in measured.signature
    copied = METRIC.measure([Prediction(record.source) for record in records], records, "zh")
    assert float(copied.value(copied.statistics.sum(axis=0))) == 100.0


def test_it_stands_beside_bleu_where_sources_have_markup() -> None:
    plain = [Pair(f"plain words {at}", "译文", str(at)) for at in range(30)]
    marked = [Pair("see ``x``", "见 ``x``", "marked"), Pair("see ``y``", "见 ``y``", "too")]
    assert "markup kept" not in [metric.name for metric in Exam.of(TASK, plain, "zh").metrics]
    exam = Exam.of(TASK, [*plain, *marked], "zh")
    assert [metric.name for metric in exam.metrics] == ["BLEU", "chrF", "TER", "markup kept"]
    assert exam.deciding.name == "BLEU"
    assert Exam.of(TASK, plain, "zh", "markup-kept").deciding is METRIC


@pytest.mark.skipif(not PYTHON_DOCS.is_file(), reason="the Python documentation's pairs are not here")
def test_people_keep_the_markup_of_the_python_documentation() -> None:
    with gzip.open(PYTHON_DOCS, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in list(file)[::20]]
    records = [Pair(row["en"], row["zh"], str(at)) for at, row in enumerate(rows)]
    measured = METRIC.measure([Prediction(record.target) for record in records], records, "zh")
    assert float(measured.value(measured.statistics.sum(axis=0))) > 98.5
