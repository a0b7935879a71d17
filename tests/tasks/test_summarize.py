"""A long text's summary is that of one of its windows, the surest; in training it is cut at whole sentences."""

import pytest

from erya.core.errors import UserError
from erya.corpus.records import Summary
from erya.tasks.base import writing
from erya.tasks.base.pieces import pieces
from erya.tasks.base.prediction import Prediction, surest
from erya.tasks.summarize import TASK, SummarizeConfig
from tests.tasks.small import CHINESE, build, tokenizer

SETTINGS = SummarizeConfig.model_validate({"language": "en", "beams": {"num_beams": 2, "max_new_tokens": 6}})
TOLERANCE = 1e-4  # float32 sums in batches of other shapes
LONG = " ".join(f"Ada built bridge {number}. Tom sold {number} apples." for number in range(30))


@pytest.mark.parametrize("family", ["qwen3", "marian"])
def test_a_long_text_has_the_summary_of_its_surest_window(family):
    model = build(family)
    system = TASK.system(model, tokenizer(), SETTINGS)
    cut = list(pieces(LONG, tokenizer(), "en", writing.room(model)))
    assert len(cut) > 5
    empty, whole, *parts = system([Summary(text, "", str(n)) for n, text in enumerate(["", LONG, *cut])])
    assert empty == Prediction("")
    assert whole.text == surest(parts).text
    assert whole.score == pytest.approx(surest(parts).score, abs=TOLERANCE)


def test_a_very_long_text_works():
    text = CHINESE * 3000
    assert len(text) > 100_000
    model = build("marian", 256)
    assert len(TASK.system(model, tokenizer(), SETTINGS, quick=True)([Summary(text, "", "1")])) == 1


@pytest.mark.parametrize("family", ["qwen3", "marian"])
def test_in_training_a_long_text_is_cut_after_a_whole_sentence(family):
    model, own = build(family), tokenizer()
    (row,) = TASK.examples(model, own, [Summary(LONG, "Ada", "1")], SETTINGS)
    given = own.decode(row.get("source", row["tokens"]))
    given = given.removesuffix("Ada") if family == "qwen3" else given
    assert LONG.startswith(given)
    assert given.endswith(".")
    assert len(own.encode(given)) <= writing.room(model)


def test_an_encoder_is_refused():
    with pytest.raises(UserError, match="which cannot"):
        list(TASK.examples(build("bert"), tokenizer(), [Summary("a", "b", "1")], SETTINGS))
