"""Pieces of a long text are all of it and fit; joined translations are those of the pieces."""

import random

import pytest

from erya.corpus.records import Pair
from erya.tasks.base import writing
from erya.tasks.base.pieces import fits, pieces
from erya.tasks.translate import TASK, TranslateConfig
from tests.tasks.small import CHINESE, WORDS, build, tokenizer

SETTINGS = TranslateConfig.model_validate(
    {"source_language": "en", "target_language": "de", "beams": {"num_beams": 2, "max_new_tokens": 6}}
)


@pytest.mark.parametrize("room", [8, 31, 126])
def test_pieces_are_all_of_the_text_and_fit(room):
    random_ = random.Random(room)
    for _ in range(100):
        parts = [random_.choice([*WORDS, CHINESE, "🙂", ".", "!", "\n\n"]) for _ in range(random_.randint(0, 90))]
        text = random_.choice([" ", ""]).join(parts)
        cut = list(pieces(text, tokenizer(), random_.choice(["en", "zh"]), room))
        assert "".join("".join(cut).split()) == "".join(text.split())
        assert all(piece == piece.strip() and piece for piece in cut)
        assert all(len(tokenizer().encode(piece)) <= room and fits(piece, tokenizer(), room) for piece in cut)


@pytest.mark.parametrize("family", ["qwen3", "marian"])
def test_a_long_text_s_translation_is_its_pieces_joined(family):
    model = build(family)
    system = TASK.system(model, tokenizer(), SETTINGS)
    text = " ".join(f"Ada built bridge {number}." for number in range(40))
    cut = list(pieces(text, tokenizer(), "en", writing.room(model)))
    empty, whole, *parts = system([Pair(it, "", str(n)) for n, it in enumerate(["", text, *cut])])
    assert len(parts) > 3
    assert (empty.text, empty.score) == ("", None)
    assert whole.text == " ".join(part.text for part in parts)


def test_one_choice_for_beams_leaves_the_others_as_they_are():
    chosen = TranslateConfig.model_validate({**SETTINGS.model_dump(), "beams": {"num_beams": 5}})
    assert chosen.beams == TranslateConfig.model_fields["beams"].default.model_copy(update={"num_beams": 5})
