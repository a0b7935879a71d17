"""Single items: the worst are those all metrics rank last, buckets of lengths hold every item once."""

import pytest

from erya.corpus.records import Labelled, Pair, Question, Summary
from erya.evaluate.reports.cases import BUCKETS, SHOWN, by_length, lines, random_ones, references, source, worst
from erya.evaluate.trial import Exam
from tests.evaluate.report.exams import labelled_exam, pair_exam, right


@pytest.mark.parametrize(
    ("record", "given", "wanted"),
    [
        (Pair("a", "b", "1"), "a", ["b"]),
        (Question("Ann lives here.", "Who?", ("Ann", "Ann lives"), "1"), "Who?\nAnn lives here.", ["Ann", "Ann lives"]),
        (Question("Ann lives here.", "Where?", (), "1"), "Where?\nAnn lives here.", []),
        (Summary("long", "short", "1"), "long", ["short"]),
        (Labelled("text", "good", "1"), "text", ["good"]),
    ],
)
def test_every_record_says_what_is_given_and_what_is_wanted(record: object, given: str, wanted: list[str]) -> None:
    assert source(record) == given  # type: ignore[arg-type]
    assert references(record) == wanted  # type: ignore[arg-type]


def test_wrong_answers_are_worse_than_right_ones_even_where_bleu_gives_both_nothing() -> None:
    exam = pair_exam()
    short = [Pair("source", "der hund", "short"), *exam.records]  # too short for a 4-gram: its BLEU is 0
    exam = Exam(exam.task, exam.metrics, short, "de")
    trial = exam.take("model", right(exam, {5: "", 17: "etwas ganz anderes steht hier"}))
    figures = [line["figures"] for line in lines(exam, trial)]
    assert figures[0]["BLEU"] == figures[5]["BLEU"] == 0
    assert figures[0]["chrF"] == 100
    order = worst(exam, trial)
    assert set(order[:2]) == {5, 17}
    assert len(order) == SHOWN


def test_the_lines_of_all_items_say_what_was_answered() -> None:
    exam = labelled_exam(12)
    rows = list(lines(exam, exam.take("model", right(exam, {4: "rare"}))))
    assert [row["id"] for row in rows] == [record.id for record in exam.records]
    assert rows[4] == {
        "id": "item-4",
        "source": "text xxxx",
        "references": ["bad"],
        "output": "rare",
        "figures": {"accuracy": 0, "macro-F1": 0},
    }
    assert rows[3]["figures"]["accuracy"] == 100


def test_buckets_of_lengths_hold_every_item_once_and_rise() -> None:
    exam = labelled_exam(57)
    trials = [exam.take("model", right(exam, dict.fromkeys(range(20), "rare"))), exam.take("other", right(exam, {}))]
    buckets = by_length(exam, trials)
    assert sum(bucket.items for bucket in buckets) == 57
    assert len(buckets) == BUCKETS
    assert max(bucket.items for bucket in buckets) - min(bucket.items for bucket in buckets) <= 1
    ends = [end for bucket in buckets for end in (bucket.shortest, bucket.middle, bucket.longest)]
    assert ends == sorted(ends)
    assert buckets[0].figures["model"].value == 0
    assert buckets[-1].figures["model"].value == 100
    right_ones = sum(bucket.items * bucket.figures["model"].value for bucket in buckets) / 100
    assert right_ones == pytest.approx(37)
    assert len(by_length(labelled_exam(7), [])) == 1


def test_items_drawn_by_chance_are_the_same_every_time() -> None:
    exam = labelled_exam(200)
    drawn = random_ones(exam)
    assert drawn == random_ones(exam) == sorted(set(drawn))
    assert len(drawn) == SHOWN
    assert random_ones(labelled_exam(3)) == [0, 1, 2]
