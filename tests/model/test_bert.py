"""BERT directories: `transformers` reads ours, we read theirs, with every head."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from erya.core.errors import UserError
from erya.model.architectures.encoder import Encoder
from erya.model.files import load_model, save_model
from erya.tokenizer.tokenizer import Tokenizer
from tests.model.test_encoder import HEADS, PAD, SHAPE, build

# What is asked of us: the same float32 logits as transformers, whose sums run in another order.
PARITY = {"atol": 1e-4, "rtol": 0.0}
CLASSES = {"masked_lm": "MaskedLM", "span": "QuestionAnswering", "label": "SequenceClassification"}


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Transformers reports on every load."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()


def batch() -> dict[str, torch.Tensor]:
    """Three texts of 20 tokens and less, filled up, in two segments."""
    draw = torch.Generator().manual_seed(5)
    tokens = torch.randint(PAD + 1, SHAPE["vocab_size"], (3, 20), generator=draw)
    tokens[1, 12:], tokens[2, 1:] = PAD, PAD
    return {"tokens": tokens, "segments": (torch.arange(20) > 8).long().expand(3, -1)}


def their_logits(model: Any, tokens: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
    arguments = {"input_ids": tokens, "token_type_ids": segments, "attention_mask": (tokens != PAD).long()}
    with torch.no_grad():
        out = model(**arguments)
    return out.logits if "logits" in out else torch.stack((out.start_logits, out.end_logits), dim=-1)


def assert_equal(ours: Encoder, theirs: Any) -> None:
    """The same logits wherever there is a token."""
    text = batch()
    ours_, theirs_ = ours(text["tokens"], text["segments"]), their_logits(theirs, text["tokens"], text["segments"])
    if ours.config.head != "label":
        ours_, theirs_ = ours_[text["tokens"] != PAD], theirs_[text["tokens"] != PAD]
    assert theirs_.abs().max() > 0.5
    torch.testing.assert_close(ours_, theirs_, **PARITY)


def theirs_with(kind: str, **changes: Any) -> Any:
    """A model of `transformers` with large random weights."""
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=300,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=40,
        max_position_embeddings=48,
        pad_token_id=PAD,
        initializer_range=0.3,
        **changes,
    )
    model = getattr(transformers, kind)(config).eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.endswith("bias"):
                value += 0.2 * torch.randn(value.shape)
    return model


@pytest.mark.parametrize("changes", HEADS, ids=lambda head: head["head"])
def test_transformers_reads_ours(changes: dict[str, Any], tokenizer: Tokenizer, tmp_path: Path) -> None:
    import transformers

    ours = build(**changes)
    save_model(tmp_path / "one", ours, tokenizer, {})
    kind = getattr(transformers, f"AutoModelFor{CLASSES[changes['head']]}")
    theirs, report = kind.from_pretrained(tmp_path / "one", output_loading_info=True)
    assert not any(report.values()), report
    assert_equal(ours, theirs.eval())
    assert theirs.config.architectures == [f"BertFor{CLASSES[changes['head']]}"]
    if "labels" in changes:
        assert theirs.config.id2label == dict(enumerate(changes["labels"]))
        assert theirs.config.label2id == {label: number for number, label in enumerate(changes["labels"])}
    again = load_model(tmp_path / "one")
    assert again.model.config == ours.config
    save_model(tmp_path / "two", again.model, again.tokenizer, again.provenance)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    theirs.save_pretrained(tmp_path / "three")
    assert_equal(load_model(tmp_path / "three").model, theirs)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
@pytest.mark.parametrize("head", CLASSES)
def test_we_read_what_transformers_writes(head: str, activation: str, tmp_path: Path) -> None:
    labels = {"num_labels": 3} if head == "label" else {}
    theirs = theirs_with(f"BertFor{CLASSES[head]}", hidden_act=activation, **labels)
    theirs.save_pretrained(tmp_path)
    ours = load_model(tmp_path).expect(Encoder)
    assert ours.config.head == head
    assert ours.config.labels == (("LABEL_0", "LABEL_1", "LABEL_2") if head == "label" else ())
    assert_equal(ours, theirs)


def test_two_labels_have_their_default_names(tmp_path: Path) -> None:
    theirs_with("BertForSequenceClassification").save_pretrained(tmp_path)
    assert load_model(tmp_path).model.config.labels == ("LABEL_0", "LABEL_1")


def test_the_parts_of_berts_own_pretraining_are_left_aside(tmp_path: Path) -> None:
    theirs = theirs_with("BertForPreTraining")
    theirs.save_pretrained(tmp_path)
    ours, text = load_model(tmp_path).model, batch()
    with torch.no_grad():
        expected = theirs(
            input_ids=text["tokens"], token_type_ids=text["segments"], attention_mask=(text["tokens"] != PAD).long()
        ).prediction_logits
    real = text["tokens"] != PAD
    torch.testing.assert_close(ours(**text)[real], expected[real], **PARITY)


def test_a_body_without_a_head_is_read_as_one(tmp_path: Path) -> None:
    from transformers import AutoModel

    theirs = theirs_with("BertModel")
    theirs.save_pretrained(tmp_path / "theirs")
    body = load_model(tmp_path / "theirs").model
    text = batch()
    real = text["tokens"] != PAD
    with torch.no_grad():
        arguments = {"token_type_ids": text["segments"], "attention_mask": real.long()}
        expected = theirs(text["tokens"], **arguments).last_hidden_state
    assert body.config.head is None
    torch.testing.assert_close(body.hidden(**text)[real], expected[real], **PARITY)
    save_model(tmp_path / "ours", body, None, {})
    with torch.no_grad():
        again = AutoModel.from_pretrained(tmp_path / "ours").eval()(text["tokens"], **arguments).last_hidden_state
    torch.testing.assert_close(again[real], expected[real], **PARITY)


def edit(directory: Path, change: Callable[[dict[str, torch.Tensor]], None], **config: Any) -> None:
    weights = load_file(directory / "model.safetensors")
    change(weights)
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))


def test_old_names_copies_and_buffers_are_read(tmp_path: Path) -> None:
    ours, text = build(), batch()
    save_model(tmp_path, ours, None, {})

    def age(weights: dict[str, torch.Tensor]) -> None:
        for name in list(weights):
            old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
            weights[old] = weights.pop(name)
        weights["bert.embeddings.position_ids"] = torch.arange(48.0)[None]
        weights["cls.predictions.decoder.weight"] = weights["bert.embeddings.word_embeddings.weight"].clone()
        weights["cls.predictions.decoder.bias"] = weights["cls.predictions.bias"].clone()

    edit(tmp_path, age)
    assert torch.equal(load_model(tmp_path).model(**text), ours(**text))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architectures": ["BertForTokenClassification"]}, "got 'BertForTokenClassification'; this version computes"),
        ({"architectures": ["BertForQuestionAnswering"]}, "has no weights qa_outputs.bias, qa_outputs.weight"),
        ({"is_decoder": True}, "is_decoder: got True"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type: got 'relative_key'"),
        ({"hidden_act": "tanh"}, "hidden_act: got 'tanh'; this version computes 'gelu' or"),
        ({"num_attention_heads": 5}, "expected a multiple of num_heads 5"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings: got False"),
    ],
)
def test_what_we_do_not_compute_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    save_model(tmp_path, build(), None, {})
    edit(tmp_path, lambda _: None, **changes)
    with pytest.raises(UserError, match=message) as refused:
        load_model(tmp_path)
    assert "\n" not in str(refused.value)


def test_labels_without_an_order_are_refused(tmp_path: Path) -> None:
    save_model(tmp_path, build(head="label", labels=("a", "b")), None, {})
    for named in ({"1": "a", "2": "b"}, ["a", "b"], {"first": "a"}):
        edit(tmp_path, lambda _: None, id2label=named)
        with pytest.raises(UserError, match=r"id2label: got .*; expected a name for each number from 0"):
            load_model(tmp_path)
