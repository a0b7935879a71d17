"""Encoders and encoder–decoders learn from plain text by their own objectives, in the same run as decoders."""

import json
import math

import pytest

from erya.core.errors import UserError
from erya.model.files import load_model
from erya.tokenizer.special import MASK
from erya.tokenizer.tokenizer import Tokenizer
from erya.train.data import open_data
from erya.train.pretrain import pretrain
from tests.train.conftest import tiny

SHAPES = {
    "bert": ("model.num_kv_heads=none", "model.head_dim=none"),
    "marian": ("model.num_kv_heads=none", "model.head_dim=none", "model.num_decoder_layers=1"),
}
KINDS = {"bert": "encoder", "marian": "encoder–decoder"}


@pytest.mark.parametrize("family", SHAPES)
def test_what_is_no_decoder_learns_from_plain_text_too(family, tokens, tmp_path):
    result = pretrain(tiny(tokens, f"model.family={family}", *SHAPES[family]), tmp_path / "run")
    assert load_model(result.model).model.kind == KINDS[family]
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    measured = [line for line in lines if "validation_loss" in line]
    assert result.validation_loss < math.log(300) - 1
    assert measured
    assert not any("validation_bits_per_byte" in line for line in measured)  # not the loss of a text


@pytest.mark.parametrize("family", ["bert", "marian"])
def test_validation_is_the_same_for_every_run(family, tokens):
    shape = (f"model.family={family}", *SHAPES[family])
    one, other = (open_data(tiny(tokens, *shape, f"training.seed={seed}"), 2) for seed in (1, 2))
    for first, again, elsewhere in zip(one.validation(256), one.validation(256), other.validation(256), strict=True):
        for key, value in first.items():
            assert value.equal(again[key])
            assert value.equal(elsewhere[key])
    assert not one.loader.next()["tokens"].equal(other.loader.next()["tokens"])


def test_an_encoder_needs_a_mask_in_its_tokenizer(tokens, monkeypatch):
    load = Tokenizer.load

    def without_mask(path):
        tokenizer = load(path)
        assert tokenizer.special[MASK] == tokenizer.mask_id
        tokenizer.mask_id = None
        return tokenizer

    monkeypatch.setattr(Tokenizer, "load", without_mask)
    with pytest.raises(UserError, match="the tokenizer has no mask token"):
        open_data(tiny(tokens, "model.family=bert", *SHAPES["bert"]), 2)
