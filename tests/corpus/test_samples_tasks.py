"""Stories, reports and the embedded corpus: answers stand where they say, headlines are backed, all is labelled."""

import re
from collections import Counter
from typing import Literal

import pytest

from erya.corpus.language import identify
from erya.corpus.samples import questions, reports
from tests.corpus.embedded import embedded

Language = Literal["en", "zh"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_answers_are_spans_of_their_story(language: Language) -> None:
    asked = questions(900, 1, language)
    assert len({question.id for question in asked}) == 900
    for question in asked:
        assert len(question.answers) == len(question.starts) <= 1
        for answer, start in zip(question.answers, question.starts, strict=True):
            assert question.context[start : start + len(answer)] == answer
            beside = question.context[max(start - 1, 0) : start] + question.context[start + len(answer) :][:1]
            assert language == "zh" or not re.search(r"[A-Za-z0-9]", beside), (answer, question.context)
    unanswered = sum(not question.answers for question in asked) / len(asked)
    assert 0.05 < unanswered < 0.15


def test_a_golden_question() -> None:
    job = next(question for question in questions(300, 0) if question.question.endswith("'s job?") and question.answers)
    assert re.match(rf"{job.question[8:-7]} is {job.answers[0]} and works", job.context)


def test_the_price_is_the_price_told() -> None:
    for question in questions(900, 2):
        if question.question.startswith("How much") and question.answers:
            assert re.search(rf"for {question.answers[0]}\b", question.context)


def test_stories_vary() -> None:
    for language in ("en", "zh"):
        contexts = [question.context for question in questions(3_000, 3, language)]
        assert len(set(contexts)) == 1_000
        places = [question.starts[0] // 20 for question in questions(900, 3, language) if question.starts]
        assert len(Counter(places)) >= 4, "answers always stand at the same place"


def test_a_headline_is_backed_by_its_report() -> None:
    made = reports(1_500, 1)
    for report in made:
        assert len(report.summary) < len(report.text) / 2
        numbers = re.findall(r"[\d,]+", report.summary)
        assert all(number in report.text for number in numbers), report
        names = [word for word in re.findall(r"[A-Z]\w+", report.summary)[1:] if word not in ("Storm", "Flood")]
        assert all(name in report.text for name in names), report
        assert "  " not in report.text
    assert len({report.text for report in made}) > 1_480
    assert len({report.summary for report in made}) > 700


def test_same_seed_same_records() -> None:
    assert reports(50, 3) == reports(50, 3) != reports(50, 4)
    assert questions(50, 3) == questions(50, 3) != questions(50, 4)


def test_the_embedded_corpus_is_labelled_and_holds_both_languages() -> None:
    found = embedded()
    assert len({document.id for document in found}) == len({document.text for document in found}) == len(found)
    size = Counter()  # type: ignore[var-annotated]
    for document in found:
        size[document.language] += len(document.text.encode())
        if not document.id.startswith("python/"):
            assert document.source.startswith("synthetic: ")
            assert document.licence == "Apache-2.0"
    assert 0.1 < size["zh"] / size.total() < 0.4
    sample = found[::40]
    agreed = sum(identify(document.text, None) == document.language for document in sample)
    assert agreed > 0.9 * len(sample)
