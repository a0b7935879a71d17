"""The laws of LoRA, for every family there is: nothing at first, alone in learning, the same after merging."""

import copy
from typing import Any

import pytest
import torch

from erya.core import registry
from erya.core.config import resolve
from erya.core.errors import UserError
from erya.model.architectures.base import Transformer
from erya.model.family import Vocabulary, Width
from erya.model.lora.parts import AdaptedLinear, LoRAConfig, add_lora, lora_parts, merge_lora, slots
from erya.train.optimizer import OptimizerConfig, build_optimizer
from tests.model.conftest import disturbed

# The same float32 sums in another order: (W + BA) x beside W x + B (A x), on logits of size 10.
MERGED = {"atol": 1e-5, "rtol": 0.0}
# The same products in another layout.
PACKED = {"atol": 1e-4, "rtol": 0.0}
FAMILIES = registry.discover("erya.model.families", "FAMILY")
WRITERS = [name for name, family in FAMILIES.items() if hasattr(family.model_class, "begin")]
EVERYTHING = LoRAConfig(rank=3, alpha=12.0, targets=("all",))


def build(name: str, **changes: Any) -> Transformer:
    """A small model of a family, with weights that show and yet give logits of size 10."""
    family = FAMILIES[name]
    shape = family.shape(Width(hidden_size=32, num_layers=2, head_dim=8, kv_share=2 if name == "qwen3" else 1))
    fields = {**shape, **family.vocabulary(Vocabulary(300, 1, 0)), "context_length": 48, **changes}
    return disturbed(family.new(family.configure(fields), 0).eval())


def moved(model: Transformer) -> Transformer:
    """The model with every part of its LoRA at work."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for part in lora_parts(model):
            part.B.copy_(0.1 * torch.randn(part.B.shape, generator=generator))
    return model


def adapted(name: str, config: LoRAConfig = EVERYTHING) -> Transformer:
    model = build(name)
    add_lora(model, config, seed=1)
    return moved(model)


def text(rows: int = 3, length: int = 11) -> torch.Tensor:
    return torch.randint(2, 300, (rows, length), generator=torch.Generator().manual_seed(2))


def logits(model: Transformer) -> torch.Tensor:
    given = (text(), text(3, 7)) if model.kind == "encoder–decoder" else (text(),)
    out: torch.Tensor = model(*given).detach()
    return out


@pytest.fixture(params=FAMILIES)
def name(request: pytest.FixtureRequest) -> str:
    """Every family's name."""
    return str(request.param)


def test_a_new_lora_changes_nothing_and_is_the_same_for_the_same_seed(name: str) -> None:
    model, other = build(name), build(name)
    before = logits(model)
    add_lora(model, EVERYTHING, seed=1)
    add_lora(other, EVERYTHING, seed=1)
    assert torch.equal(logits(model), before)
    assert all(part.A.abs().sum() > 0 for part in lora_parts(model))
    ours, theirs = model.state_dict(), other.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(value, theirs[key]) for key, value in ours.items())
    assert not torch.equal(logits(moved(model)), before)


def test_every_matrix_of_the_blocks_has_a_place_and_each_row_one(name: str) -> None:
    model = build(name)
    for matrix in model.matrix_parts():
        if matrix.startswith("head."):
            continue
        here = [slot for slot in slots(model) if f"{slot.module}.weight" == matrix]
        rows = [row for slot in here for row in range(slot.rows.start, slot.rows.stop)]
        assert rows == list(range(model.get_parameter(matrix).shape[0]))
        assert all(slot.inputs == model.get_parameter(matrix).shape[1] for slot in here)
        assert all("all" in slot.words for slot in here)


def test_targets_choose_by_name_and_by_group(name: str) -> None:
    def chosen(*targets: str) -> set[str]:
        model = build(name)
        add_lora(model, resolve(LoRAConfig, [("test", {"targets": list(targets)})]).config, seed=0)
        return {part.slot.outside for part in lora_parts(model)}

    default = build(name)
    add_lora(default, LoRAConfig(), seed=0)
    assert {part.slot.outside for part in lora_parts(default)} == chosen("query", "value")
    assert chosen("query", "key", "value", "output") == chosen("attention")
    assert chosen("attention") | chosen("mlp") == chosen("all")
    assert not chosen("attention") & chosen("mlp")
    assert not chosen("up", "down") & chosen("query", "output")
    assert not chosen("query") & chosen("value") or name == "gpt2"


def test_a_target_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match=r"got 'gate'; a gpt2 model has all, attention, down, key, mlp, output, query"):
        add_lora(build("gpt2"), LoRAConfig(targets=("query", "gate")), seed=0)
    with pytest.raises(UserError, match=r"targets\.0: got 'q_proj'"):
        resolve(LoRAConfig, [("lora.toml", {"targets": ["q_proj"]})])


def test_only_the_parts_learn_and_by_adamw(name: str) -> None:
    model = build(name)
    model.train()
    add_lora(model, LoRAConfig(rank=2, dropout=0.2, targets=("all",)), seed=1)
    assert all(part.training for part in lora_parts(model))
    before = {key: value.clone() for key, value in model.state_dict().items()}
    trained = {key for key, value in model.named_parameters() if value.requires_grad}
    assert trained == {key for key in before if key.startswith("lora.")}
    optimizer = build_optimizer(model, model.matrix_parts(), OptimizerConfig(learning_rate=0.01))
    assert {key for part in optimizer.parts for key in part.names.values()} == trained
    assert all(isinstance(part.optimizer, torch.optim.AdamW) for part in optimizer.parts)
    for _ in range(2):  # A moves once B is no longer zero
        rows = text(3, 7)
        model.loss({"source": text(), "tokens": rows, "targets": rows}).nats.backward()
        optimizer.step(1.0)
        optimizer.zero_grad()
    after = model.state_dict()
    assert {key for key in after if not torch.equal(after[key], before[key])} == trained


def test_dropout_is_on_the_parts_input_and_in_training_only(name: str) -> None:
    model = adapted(name, LoRAConfig(rank=3, alpha=12.0, dropout=0.5, targets=("all",)))
    assert torch.equal(logits(model), logits(adapted(name)))
    part = lora_parts(model)[0].train()
    x = torch.ones(2000, part.slot.inputs)
    with torch.no_grad():
        seen = part(x)
    assert len(seen.unique(dim=0)) > 100
    torch.testing.assert_close(seen.mean(0), part.eval()(x)[0].detach(), atol=0.5, rtol=0)


def test_merged_is_unmerged_and_leaves_a_plain_model(name: str) -> None:
    model, plain = adapted(name), build(name)
    expected = logits(model)
    merge_lora(model)
    torch.testing.assert_close(logits(model), expected, **MERGED)
    assert not lora_parts(model)
    assert not any(isinstance(layer, AdaptedLinear) for layer in model.modules())
    assert [key for key, _ in model.named_parameters()] == [key for key, _ in plain.named_parameters()]
    assert all(value.requires_grad for value in model.parameters())
    nothing = build(name)
    add_lora(nothing, EVERYTHING, seed=1)
    merge_lora(nothing)
    assert all(torch.equal(value, plain.state_dict()[key]) for key, value in nothing.state_dict().items())


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("merged", [False, True])
def test_packed_for_writing_loses_no_part(name: str, merged: bool) -> None:
    model: Any = adapted(name)
    if merged:
        merge_lora(model)
    packed = copy.deepcopy(model)
    packed.pack()
    state, expected = model.begin([[5, 6, 7]], 9)
    packed_state, got = packed.begin([[5, 6, 7]], 9)
    torch.testing.assert_close(got, expected, **PACKED)
    token = expected.argmax(-1)
    torch.testing.assert_close(packed.step(packed_state, token), model.step(state, token), **PACKED)
