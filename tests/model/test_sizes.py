"""The dial and the arithmetic of costs."""

import math

import pytest
import torch

from erya.core import config, registry
from erya.core.config import Section
from erya.core.errors import UserError
from erya.model import cost
from erya.model.architectures.decoder import Decoder
from erya.model.family import Family, Vocabulary
from erya.model.sizes import SIZES, ModelConfig, batch_tokens, build_model, dial, learning_rate, model_config

NAME_TOLERANCE = 0.15
FAMILIES = ["bert", "gpt2", "qwen3"]


def named(size: str) -> float:
    return float(size[:-1]) * {"m": 1e6, "b": 1e9}[size[-1]]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", SIZES)
def test_a_size_is_as_large_as_its_name(size: str, family: str) -> None:
    point = SIZES[size]
    built = model_config(
        ModelConfig(family=family, size=size), Vocabulary(point.typical_vocab_size, 1, 0), point.context_length
    )
    total = cost.parameters(built).total
    assert total == sum(
        value.numel() for value in registry.pick("erya.model.families", "FAMILY", family).empty(built).parameters()
    )
    assert abs(total / named(size) - 1) < NAME_TOLERANCE


def test_124m_is_gpt2() -> None:
    gpt2 = model_config(ModelConfig(family="gpt2", size="124m"), Vocabulary(50_257, 1, 0), 1024)
    assert cost.parameters(gpt2).total == 124_439_808
    assert (gpt2.num_layers, gpt2.hidden_size, gpt2.num_heads, gpt2.intermediate_size) == (12, 768, 12, 3072)


def test_the_dial_only_rises() -> None:
    tables = [dial(size) for size in SIZES]
    assert [t["training"]["max_tokens"] for t in tables] == sorted({t["training"]["max_tokens"] for t in tables})
    batches = [t["training"]["batch_tokens"] for t in tables]
    assert batches == sorted(batches)
    assert all(t["training"]["batch_tokens"] % t["training"]["context_length"] == 0 for t in tables)
    rates = [t["optimizer"]["learning_rate"] for t in tables]
    assert rates == sorted(rates, reverse=True)


def test_the_rules_at_their_anchors() -> None:
    assert learning_rate(768, "adamw") == 6e-4
    assert learning_rate(192, "muon") == 0.02
    assert learning_rate(192, "muon", counted=True) == 0.003
    assert dial("30m", "bert")["optimizer"]["learning_rate"] == 0.0018
    assert batch_tokens(108_000_000) == 2 ** round(math.log2(160 * 2048))
    assert dial("124m")["training"]["max_tokens"] == 2_500_000_000


def test_the_users_values_lie_above_the_dial() -> None:
    class Config(Section):
        model: ModelConfig

    layers = [("size 10m", {"model": dial("10m")["model"]}), ("file", {"model": {"num_layers": 3}})]
    resolved = config.resolve(Config, layers)
    assert resolved.config.model.num_layers == 3
    assert resolved.config.model.hidden_size == 320
    assert resolved.origin("model.hidden_size") == "size 10m"


def test_a_size_can_be_given_alone_or_the_shape_whole() -> None:
    by_size = build_model(ModelConfig(size="1m", num_layers=1), Vocabulary(300, 1, 0), 32, seed=0)
    assert by_size.config.num_layers == 1
    shape = {key: value for key, value in dial("1m")["model"].items() if key != "num_layers"}
    by_shape = build_model(ModelConfig(**shape, num_layers=1), Vocabulary(300, 1, 0), 32, seed=0)
    assert by_shape.config == by_size.config
    assert all(map(torch.equal, by_shape.parameters(), by_size.parameters()))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"size": "20m"}, r"unknown model size '20m'; did you mean"),
        ({"size": "huge"}, r"unknown model size 'huge'; allowed: 1\.5b, 10m"),
        ({"family": "gpt3", "size": "1m"}, r"unknown family 'gpt3'; did you mean 'gpt2'"),
        ({"hidden_size": 64}, r"model\.num_layers: missing; set model\.size"),
        ({"family": "gpt2", "size": "1m", "num_kv_heads": 2}, r"got num_kv_heads 2; GPT-2 has as many"),
        ({"family": "gpt2", "size": "1m", "head_dim": 16}, r"must be hidden_size 128"),
        ({"size": "1m", "num_kv_heads": 3}, r"num_heads 4 is no multiple of num_kv_heads 3"),
        ({"size": "1m", "head_dim": 33}, r"head_dim"),
    ],
)
def test_an_impossible_model_is_refused(wanted: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        model_config(ModelConfig(**wanted), Vocabulary(300, 1, 0), 32)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_whole(family: str) -> None:
    chosen: Family = registry.discover("erya.model.families", "FAMILY")[family]
    assert chosen.name == family
    shape = {**dial("1m", family)["model"], "context_length": 32, **chosen.vocabulary(Vocabulary(300, 1, 0))}
    if chosen.model_class is Decoder:
        shape["tie_embeddings"] = False
    built = chosen.configure(shape)
    assert chosen.from_outside(chosen.to_outside(built)) == built
    named = {name for name, _ in chosen.empty(built).named_parameters()}
    assert {rename.ours for rename in chosen.renames(built)} == named
    assert sum(len(rename.sizes) or 1 for rename in chosen.renames(built)) >= len(named)


def test_costs_by_hand() -> None:
    tiny = model_config(ModelConfig(family="gpt2", size="124m"), Vocabulary(50_257, 1, 0), 1024)
    matmul = 12 * 12 * 768**2 + 50_257 * 768
    assert cost.parameters(tiny).matmul == matmul
    assert cost.parameters(tiny).non_embedding == 124_439_808 - 50_257 * 768 - 1024 * 768
    assert cost.training_flops_per_token(tiny, 1024) == 6 * matmul + 12 * 12 * 768 * 1024
    assert cost.inference_flops_per_token(tiny, 0) == 2 * matmul
    assert cost.training_state_bytes(tiny, muon=False) == 16 * 124_439_808
    assert cost.training_state_bytes(tiny, muon=True) == 16 * 124_439_808 - 4 * 12 * 12 * 768**2
    assert cost.kv_bytes_per_token(tiny) == 2 * 12 * 768 * 4


def test_every_field_is_described() -> None:
    for section in (ModelConfig, Decoder.__init__.__annotations__["config"]):
        assert all((field.description or "").endswith(".") for field in section.model_fields.values())
