"""Preflight: each check passes on what is right and names what is wrong."""

import pytest
import torch

from erya.core.errors import UserError
from erya.model.family import Vocabulary
from erya.model.sizes import build_model
from erya.train.data import open_data
from erya.train.preflight import preflight
from tests.train.conftest import tiny


@pytest.fixture
def parts(tokens, tokenizer):
    config = tiny(tokens, "training.document_mask=true", "training.context_length=64", "training.batch_tokens=512")
    batch = open_data(config, 4).loader.next()
    model = build_model(config.model, Vocabulary(tokenizer.vocab_size, 1, 0), 64, 0)
    with torch.no_grad():  # blocks that are the identity could not leak between documents
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)) * 0.2)
    return model, batch, tokenizer.vocab_size, tokenizer


def test_all_checks_pass_and_leave_the_random_numbers_alone(parts):
    before = torch.get_rng_state()
    lines = list(preflight(*parts, fresh=True))
    assert [line.split(":")[0] for line in lines] == [
        "supervised tokens",
        "token ids",
        "tokenizer",
        "loss at the start",
        "accumulation",
        "packing",
    ]
    assert torch.equal(before, torch.get_rng_state())
    assert "a document packed" in lines[-1]
    assert parts[0].training


def test_all_checks_pass_for_an_encoder(tokens, tokenizer):
    shape = ("model.family=bert", "model.num_kv_heads=none", "model.head_dim=none", "training.document_mask=true")
    config = tiny(tokens, *shape, "training.context_length=64", "training.batch_tokens=512")
    batch = open_data(config, 4).loader.next()
    vocabulary = Vocabulary(tokenizer.vocab_size, tokenizer.pad_id, tokenizer.end_of_text_id)
    model = build_model(config.model, vocabulary, 64, 0)
    assert len(list(preflight(model, batch, tokenizer.vocab_size, tokenizer, fresh=True))) == 6


def refused(parts, message: str) -> None:
    with pytest.raises(UserError, match=message):
        list(preflight(*parts, fresh=True))


def test_a_batch_without_supervision_is_refused(parts):
    parts[1]["targets"].fill_(-100)
    refused(parts, "no target in the first batch is supervised")


def test_an_id_beyond_the_vocabulary_is_refused(parts):
    parts[1]["targets"][0, 0] = 300
    refused(parts, "token id 300 in the data, but the model knows 300")


def test_a_start_far_from_a_uniform_guess_is_refused(parts):
    with torch.no_grad():
        parts[0].norm.weight.mul_(200)
    refused(parts, r"loss at the start is .* ln 300 = 5\.704")
    list(preflight(*parts, fresh=False))


def test_a_leak_between_documents_is_refused(parts, monkeypatch):
    model = parts[0]
    plain = model.hidden
    monkeypatch.setattr(model, "hidden", lambda tokens, documents=None: plain(tokens))
    refused(parts, "packed and alone, a document should have the same loss")


def test_rows_that_depend_on_each_other_are_refused(parts, monkeypatch):
    model = parts[0]
    plain = model.hidden
    monkeypatch.setattr(model, "hidden", lambda *args: (x := plain(*args)) + x.mean(dim=0, keepdim=True))
    refused(parts, "one by one and together, the rows of a batch should have the same loss")


def test_a_tokenizer_that_loses_text_is_refused(parts, monkeypatch):
    monkeypatch.setattr(parts[3], "decode", lambda ids, skip_special=True: "lost")
    refused(parts, "the tokenizer does not give a text back")


def test_an_imported_tokenizer_may_change_the_text(parts, monkeypatch):
    monkeypatch.setattr(parts[3], "decode", lambda ids, skip_special=True: "lost")
    monkeypatch.setattr(type(parts[3]), "lossless", False)
    assert "tokenizer: an imported one that changes the text, taken as it is" in list(preflight(*parts, fresh=True))
