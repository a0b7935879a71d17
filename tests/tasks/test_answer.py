"""Spans give back the very text, windows cover all of a context, and the best answer is the best by hand."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from erya.core.errors import UserError
from erya.corpus.records import Document, Question
from erya.tasks.answer import TASK, AnswerConfig, from_passages
from erya.tasks.base.prediction import Prediction
from erya.tasks.base.retrieve import Retriever, passages
from erya.tasks.base.spans import (
    CONTEXT,
    NEAR,
    NOWHERE,
    SHARED,
    best_place,
    best_spans,
    best_threshold,
    examples,
    windows,
)
from tests.tasks.small import CHINESE, WORDS, build, tokenizer

SETTINGS = AnswerConfig(language="en")
TOLERANCE = 1e-4  # float32 sums in batches of other shapes
EMOJI = "🙂👩‍👩‍👧🇫🇷é€"


def context(random_: random.Random) -> str:
    parts = [random_.choice([*WORDS, *CHINESE, *EMOJI, "\n", "."]) for _ in range(random_.randint(1, 60))]
    return random_.choice([" ", ""]).join(parts)


def span_model(context_length: int = 64, seed: int = 0):
    return build("bert", context_length, seed, head="span")


def test_an_answer_s_place_gives_back_its_very_text_in_thousands_of_contexts():
    random_, model = random.Random(0), span_model(40)
    checked = 0
    while checked < 2000:
        text = context(random_)
        _, spans = tokenizer().encode_spans(text)
        first = random_.randrange(len(spans))
        last = min(len(spans) - 1, first + random_.randrange(6))
        start, end = spans[first][0], spans[last][1]
        answer = text[start:end].strip()
        if not answer:
            continue
        start = text.index(answer, start)
        found = [
            window.cut(text, *place)
            for window in windows(model, tokenizer(), Question(text, "who?", (), "q"), "en", None)
            if (place := window.place(start, start + len(answer))) != NOWHERE
        ]
        assert found, (text, answer)
        assert set(found) == {answer}
        checked += 1


@pytest.mark.parametrize("stride", [None, 1, 7, 1000])
def test_windows_hold_every_token_and_fit(stride):
    random_, model = random.Random(1), span_model(32)
    for _ in range(50):
        text = context(random_)
        cut = windows(model, tokenizer(), Question(text, "who built it? " * 9, (), "q"), "en", stride)
        assert all(len(window.tokens) <= 32 for window in cut)
        assert {span for window in cut for span in window.spans} == set(tokenizer().encode_spans(text)[1])


def test_words_of_the_context_that_the_question_has_and_its_nearest_sentence_are_kinds_of_their_own():
    question = Question("Ada was built. Eve built the bridge. So long.", "who built a bridge?", (), "q")
    (window,) = windows(span_model(), tokenizer(), question, "en", None)
    row = window.row()
    found: dict[int, str] = {}
    for (start, end), kind in zip(window.spans, row["segments"][window.first :], strict=False):
        found[kind] = found.get(kind, "") + question.context[start:end].strip()
    assert found == {
        CONTEXT: "Adawas.Solong.",
        SHARED: "built",
        CONTEXT + NEAR: "Evethe.",
        SHARED + NEAR: "builtbridge",
    }
    assert row["segments"][: window.first] == [0] * window.first
    assert len(row["segments"]) == len(row["tokens"])

    for segments in (2, 4, 16):
        (plain,) = windows(build("bert", 64, 0, head="span", segments=segments), tokenizer(), question, "en", None)
        assert plain.row()["segments"] == [0] * window.first + [1] * (len(row["tokens"]) - window.first)


def test_the_answer_that_most_people_gave_is_learned():
    model = span_model()
    for given, wanted in [
        (("the bridge", "bridge", "bridge"), "bridge"),
        (("the bridge", "bridge"), "the bridge"),
    ]:
        starts = tuple("Eve built the bridge.".index(answer) for answer in given)
        question = Question("Eve built the bridge.", "what?", (*given, "of unknown place"), "q", starts)
        (example,) = examples(model, tokenizer(), [question], "en", None)
        (window,) = windows(model, tokenizer(), question, "en", None)
        assert window.cut(question.context, *example["targets"]) == wanted


def test_spans_are_the_tokens_own_characters():
    random_ = random.Random(2)
    for _ in range(300):
        text = context(random_)
        ids, spans = tokenizer().encode_spans(text)
        assert ids == tokenizer().encode(text)
        for id_, (start, end) in zip(ids, spans, strict=True):
            assert tokenizer().token_bytes(id_) in text[start:end].encode()


def test_the_best_place_is_the_best_by_hand():
    generator = np.random.default_rng(0)
    for length, most in [(1, 5), (9, 1), (12, 4), (7, 30)]:
        logits = generator.normal(size=(length, 2)).astype(np.float32)
        by_hand = max(
            (float(logits[i, 0]) + float(logits[j, 1]), (i, j))
            for i in range(length)
            for j in range(i, min(length, i + most))
        )
        score, place = best_place(logits, most)
        assert place == by_hand[1]
        assert score == pytest.approx(by_hand[0], abs=1e-5)


def test_a_long_context_has_the_best_span_of_its_windows_and_the_least_null():
    model = span_model(32)
    question = Question(" ".join(WORDS * 6), "who built it?", (), "q")
    (found,) = best_spans(model, tokenizer(), [question], "en", None, 8)
    scores, nulls = [], []
    for window in windows(model, tokenizer(), question, "en", None):
        row = {name: torch.tensor([ids]) for name, ids in window.row().items()}
        with torch.no_grad():
            logits = model(row["tokens"], row["segments"])[0].numpy()
        inner = logits[window.first : window.first + len(window.spans)]
        score, (first, last) = best_place(inner, 8)
        scores.append((score, window.cut(question.context, window.first + first, window.first + last)))
        nulls.append(float(logits[0].sum()))
    assert len(scores) > 3
    assert found is not None
    assert found.text == max(scores)[1]
    assert found.text in question.context
    assert found.margin == pytest.approx(max(scores)[0] - min(nulls), abs=TOLERANCE)


@pytest.mark.parametrize("family", ["bert", "qwen3", "marian"])
def test_batched_is_alone(family):
    random_ = random.Random(3)
    model = span_model() if family == "bert" else build(family)
    settings = SETTINGS.model_copy(update={"beams": SETTINGS.beams.model_copy(update={"max_new_tokens": 6})})
    system = TASK.system(model, tokenizer(), settings, quick=True)
    asked = [Question(context(random_) + " x", random_.choice(WORDS), (), str(n)) for n in range(6)]
    asked.append(Question(" ".join(WORDS * 9), "who?", (), "long"))
    together = system(asked)
    for question, one in zip(asked, together, strict=True):
        (alone,) = system([question])
        assert alone.text == one.text
        assert alone.score == pytest.approx(one.score, abs=TOLERANCE)
    assert system([Question(" ", "who?", (), "empty")]) == [Prediction("")]


def test_the_threshold_decides_between_the_span_and_nothing():
    question = Question("Ada built the bridge.", "who?", (), "q")
    model = span_model()
    (free,) = TASK.system(model, tokenizer(), SETTINGS)([question])
    assert free.text
    for threshold, text in [(free.score - 0.1, free.text), (free.score + 0.1, "")]:
        settings = SETTINGS.model_copy(update={"no_answer_threshold": threshold})
        assert TASK.system(model, tokenizer(), settings)([question])[0].text == text


def test_the_best_threshold_is_the_best_by_hand():
    generator = np.random.default_rng(5)
    for _ in range(100):
        size = int(generator.integers(1, 12))
        margins = generator.integers(-3, 4, size).astype(float)
        answered, empty = generator.random(size), generator.integers(0, 2, size).astype(float)

        def total(threshold, margins=margins, answered=answered, empty=empty):
            return float(np.where(margins > threshold, answered, empty).sum())

        found = best_threshold(margins, answered, empty)
        assert total(found) == pytest.approx(max(map(total, [*margins, -9.0, 9.0])))


def test_of_a_question_one_window_without_the_answer_is_learned_at_most(capsys):
    text = " ".join(WORDS * 6)
    known = Question(text, "who?", ("Ada",), "known", (text.index("Ada"),))
    model = span_model(32)
    learned = list(TASK.examples(model, tokenizer(), [known], SETTINGS))
    assert sum(tuple(row["targets"]) == NOWHERE for row in learned) == 1
    assert sum(tuple(row["targets"]) != NOWHERE for row in learned) >= 1
    nothing = list(TASK.examples(model, tokenizer(), [replace(known, answers=(), starts=())], SETTINGS))
    assert [tuple(row["targets"]) for row in nothing] == [NOWHERE]
    assert not list(TASK.examples(model, tokenizer(), [replace(known, starts=())], SETTINGS))
    assert "1 of 1 questions: the answer's place is unknown" in capsys.readouterr().err


def test_no_answer_is_allowed_for_where_training_questions_have_none():
    asked = Question("c", "q", ("c",), "1", (0,))
    assert TASK.learned([asked], SETTINGS).no_answer_threshold is None
    assert TASK.learned([asked, replace(asked, answers=())], SETTINGS).no_answer_threshold == 0.0


def test_a_model_that_marks_no_spans_is_refused():
    with pytest.raises(UserError, match="spans are marked by an encoder"):
        best_spans(build("qwen3"), tokenizer(), [Question("c", "q", (), "1")], "en", None, 3)
    with pytest.raises(UserError, match="an encoder with the head masked_lm"):
        TASK.system(build("bert"), tokenizer(), SETTINGS)([Question("c", "q", (), "1")])


def test_passages_are_all_of_the_documents_and_the_right_one_is_found_first():
    documents = [Document(f"Fact {n} is about {word}. " * 60, f"d{n}", "s") for n, word in enumerate(WORDS[:8])]
    found = list(passages(documents, "en"))
    for document in documents:
        own = [it.text for it in found if it.id.startswith(f"{document.id}#")]
        assert " ".join(own) == document.text.strip()
        assert len(own) > 1
    retriever = Retriever(found)
    assert retriever.best("What is built?", 1)[0].id.startswith("d4#")
    assert retriever.best("zebra", 3) == []
    with pytest.raises(UserError, match="hold no text"):
        Retriever([])


def test_the_answer_names_its_passage():
    def system(records):
        return [Prediction("Ada" if "Ada" in it.context else "", len(it.context)) for it in records]

    retriever = Retriever(list(passages([Document("Ada built it.", "a", ""), Document("Tom built.", "b", "")], "en")))
    first, none = from_passages(system, retriever, ["who built", "zebra"], 2)
    assert (first.text, first.passage) == ("Ada", "a#1")
    assert none == Prediction("")
