"""The laws of LoRA, for every family there is: nothing at first, the same after merging, saving and in `peft`."""

import copy
import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from erya.core import registry
from erya.core.config import resolve
from erya.core.errors import RunFailed, UserError
from erya.model.architectures.base import Transformer
from erya.model.family import Vocabulary, Width
from erya.model.files import load_model, save_model
from erya.model.lora.files import load_lora, lora_base, save_lora, weights_sha256
from erya.model.lora.parts import AdaptedLinear, LoRAConfig, add_lora, lora_parts, merge_lora, slots
from erya.train.optimizer import OptimizerConfig, build_optimizer
from tests.model.conftest import disturbed

# The same float32 sums in another order: (W + BA) x beside W x + B (A x), on logits of size 10.
MERGED = {"atol": 1e-5, "rtol": 1e-5}
# What is asked of us beside transformers and peft.
PARITY = {"atol": 1e-4, "rtol": 0.0}
FAMILIES = registry.discover("erya.model.families", "FAMILY")
WRITERS = [name for name, family in FAMILIES.items() if hasattr(family.model_class, "begin")]
EVERYTHING = LoRAConfig(rank=3, alpha=12.0, targets=("all",))

# PEFT asks transformers by a name that goes away.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Transformers reports on every load."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()


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


def their_logits(model: Any) -> torch.Tensor:
    given = {"input_ids": text(), "attention_mask": torch.ones_like(text())}
    if model.config.is_encoder_decoder:
        given["decoder_input_ids"] = text(3, 7)
    with torch.no_grad():
        out: torch.Tensor = model.eval()(**given).logits
    return out


def their_model(directory: Path, name: str) -> Any:
    import transformers

    return getattr(transformers, FAMILIES[name].architecture).from_pretrained(directory)


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
    torch.testing.assert_close(got, expected, **PARITY)
    token = expected.argmax(-1)
    torch.testing.assert_close(packed.step(packed_state, token), model.step(state, token), **PARITY)


def test_saved_and_loaded_is_the_same(name: str, tmp_path: Path) -> None:
    model = adapted(name, LoRAConfig(rank=5, alpha=7.5, dropout=0.1, targets=("query", "output", "down")))
    save_lora(tmp_path / "one", model, "the/base", {"task": "translate"})
    other = build(name)
    assert load_lora(tmp_path / "one", other) == {"task": "translate"}
    assert lora_base(tmp_path / "one") == "the/base"
    assert torch.equal(logits(other), logits(model))
    assert [key for key, _ in other.named_parameters()] == [key for key, _ in model.named_parameters()]
    assert [v.requires_grad for v in other.parameters()] == [v.requires_grad for v in model.parameters()]
    save_lora(tmp_path / "two", other, "the/base", {"task": "translate"})
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["adapter_config.json", "adapter_model.safetensors", "erya.json"]
    assert all((tmp_path / "one" / it).read_bytes() == (tmp_path / "two" / it).read_bytes() for it in names)


def test_a_run_goes_on_with_the_values_of_a_file(tmp_path: Path) -> None:
    saved, model = adapted("qwen3"), build("qwen3")
    save_lora(tmp_path, saved, "base", {})
    add_lora(model, EVERYTHING, seed=9)
    parameters = list(model.parameters())
    load_lora(tmp_path, model)
    assert all(one is other for one, other in zip(parameters, model.parameters(), strict=True))
    assert torch.equal(logits(model), logits(saved))
    for changes in ({"rank": 2}, {"alpha": 1.0}, {"targets": ("query",)}):
        other = build("qwen3")
        add_lora(other, EVERYTHING.model_copy(update=changes), seed=9)
        with pytest.raises(UserError, match=r"other targets, rank or alpha|rank 3 need"):
            load_lora(tmp_path, other)


@pytest.mark.parametrize("targets", [("query", "value"), ("down",), ("output", "up"), ("all",)])
def test_peft_computes_the_same_with_ours(name: str, targets: Any, tmp_path: Path) -> None:
    from peft import PeftModel

    save_model(tmp_path / "base", build(name), None, {})
    model = adapted(name, LoRAConfig(rank=3, alpha=12.0, dropout=0.1, targets=targets))
    save_lora(tmp_path / "lora", model, tmp_path / "base", {})
    # PEFT warns of a weight that is missing and of one it has no place for; a warning fails the test.
    theirs = PeftModel.from_pretrained(their_model(tmp_path / "base", name), tmp_path / "lora")
    assert (their_logits(theirs.get_base_model()) - logits(build(name))).abs().max() > 0.1
    torch.testing.assert_close(logits(model), their_logits(theirs), **PARITY)
    weights = [key for key in theirs.state_dict() if "lora_" in key]
    assert len(weights) == 2 * len(lora_parts(model))
    merged = theirs.merge_and_unload()
    torch.testing.assert_close(logits(model), their_logits(merged), **PARITY)


@pytest.mark.parametrize("head", [{"head": "span"}, {"head": "label", "labels": ("a", "b", "c")}])
def test_peft_takes_an_encoder_with_any_head(head: dict[str, Any], tmp_path: Path) -> None:
    import transformers
    from peft import PeftModel

    model = build("bert", **head)
    save_model(tmp_path / "base", model, None, {})
    add_lora(model, EVERYTHING, seed=1)
    save_lora(tmp_path / "lora", moved(model), tmp_path / "base", {})
    kind = getattr(transformers, FAMILIES["bert"].outside_class(model.config))
    theirs = PeftModel.from_pretrained(kind.from_pretrained(tmp_path / "base"), tmp_path / "lora").eval()
    given = {"input_ids": text(), "attention_mask": torch.ones_like(text())}
    with torch.no_grad():
        out = theirs(**given)
    expected = out.logits if "logits" in out else torch.stack((out.start_logits, out.end_logits), dim=-1)
    torch.testing.assert_close(logits(model), expected, **PARITY)


def test_the_merged_model_is_a_model_like_any_other(name: str, tmp_path: Path) -> None:
    model = adapted(name)
    expected = logits(model)
    merge_lora(model)
    save_model(tmp_path, model, None, {})
    torch.testing.assert_close(logits(load_model(tmp_path).model), expected, **MERGED)
    torch.testing.assert_close(their_logits(their_model(tmp_path, name)), expected, **PARITY)
    add_lora(model, EVERYTHING, seed=2)  # and may learn again
    torch.testing.assert_close(logits(model), expected, **MERGED)


def test_we_compute_the_same_with_pefts(name: str, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    save_model(tmp_path / "base", build(name), None, {})
    torch.manual_seed(0)
    config = LoraConfig(
        r=4,
        lora_alpha=6,
        lora_dropout=0.1,
        target_modules="all-linear",
        init_lora_weights=False,  # neither factor is zero
        fan_in_fan_out=name == "gpt2",
    )
    theirs = get_peft_model(their_model(tmp_path / "base", name), config)
    theirs.save_pretrained(tmp_path / "lora")
    model = load_model(tmp_path / "base").model
    before = logits(model)
    assert load_lora(tmp_path / "lora", model) == {}
    expected = their_logits(theirs)
    assert (expected - before).abs().max() > 0.1
    torch.testing.assert_close(logits(model), expected, **PARITY)
    merge_lora(model)
    torch.testing.assert_close(logits(model), expected, **PARITY)


def test_the_body_alone_lends_its_lora_to_the_model(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import GPT2Model

    save_model(tmp_path / "base", build("gpt2"), None, {})
    config = LoraConfig(target_modules=["c_attn"], init_lora_weights=False, fan_in_fan_out=True)
    body = get_peft_model(GPT2Model.from_pretrained(tmp_path / "base"), config)
    body.save_pretrained(tmp_path / "lora")
    model = build("gpt2")
    load_lora(tmp_path / "lora", model)
    with torch.no_grad():
        expected = body.eval()(text()).last_hidden_state
    torch.testing.assert_close(model.hidden(text()).detach(), expected, **PARITY)  # type: ignore[operator]


def test_the_base_is_known_in_half_the_bytes(tmp_path: Path) -> None:
    model = build("qwen3")
    save_model(tmp_path / "base", model, None, {})
    save_lora(tmp_path / "lora", adapted("qwen3"), tmp_path / "base", {})
    half = load_model(tmp_path / "base", dtype=torch.bfloat16).model
    load_lora(tmp_path / "lora", half)
    assert {value.dtype for value in half.parameters()} == {torch.bfloat16}
    assert weights_sha256(half) == weights_sha256(model) == weights_sha256(adapted("qwen3"))
    with torch.no_grad():
        model.get_parameter("blocks.0.mlp.down.weight")[0, 0] += 0.1
    assert weights_sha256(half) != weights_sha256(model)


def test_a_lora_of_another_base_is_refused(tmp_path: Path) -> None:
    save_lora(tmp_path, adapted("qwen3"), "base", {})
    with pytest.raises(UserError, match=r"made for a qwen3 model and this one is gpt2; load it with its own base"):
        load_lora(tmp_path, build("gpt2"))
    trained_on = build("qwen3")
    with torch.no_grad():
        trained_on.get_parameter("blocks.1.attention.qkv.weight").mul_(1.1)
    with pytest.raises(UserError, match=r"made for other weights \(sha256 \w{12}…, these are \w{12}…\)"):
        load_lora(tmp_path, trained_on)
    assert not lora_parts(trained_on)
    (tmp_path / "erya.json").unlink()  # as PEFT leaves it: names and shapes tell
    with pytest.raises(UserError, match=r"holds base_model\S+, which belongs to no matrix of this gpt2 model"):
        load_lora(tmp_path, build("gpt2"))
    with pytest.raises(
        UserError, match=r"holds base_model\S+layers\.1\S+, which belongs to no matrix of this qwen3 model"
    ):
        load_lora(tmp_path, build("qwen3", num_layers=1))
    with pytest.raises(UserError, match=r"LoRA of \S+ has shapes .*, this model and rank 3 need .*; load it with"):
        load_lora(tmp_path, build("qwen3", intermediate_size=72))


def test_pickles_and_missing_parts_are_refused(tmp_path: Path) -> None:
    save_lora(tmp_path, adapted("gpt2"), "base", {})
    model = build("gpt2")
    whole = (tmp_path / "adapter_model.safetensors").read_bytes()
    for length in (0, 7, len(whole) // 2, len(whole) - 1):
        (tmp_path / "adapter_model.safetensors").write_bytes(whole[:length])
        with pytest.raises(UserError, match="not a whole safetensors file"):
            load_lora(tmp_path, model)
    (tmp_path / "adapter_model.safetensors").unlink()
    with pytest.raises(UserError, match=r"no adapter_model\.safetensors"):
        load_lora(tmp_path, model)
    (tmp_path / "adapter_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(UserError, match=r"adapter_model\.bin is a pickle.*convert it to safetensors where you trust"):
        load_lora(tmp_path, model)
    with pytest.raises(UserError, match="is a pickle"):
        load_lora(tmp_path / "adapter_model.bin", model)
    with pytest.raises(UserError, match=r"has no adapter_config\.json; expected the directory of a LoRA"):
        load_lora(tmp_path / "nothing", model)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"use_dora": True}, r"use_dora: got True; this version computes plain LoRA only; merge this one"),
        ({"use_rslora": True}, "use_rslora: got True"),
        ({"bias": "all"}, "bias: got 'all'"),
        ({"modules_to_save": ["classifier"]}, r"modules_to_save: got \['classifier'\]"),
        ({"rank_pattern": {"q_proj": 4}}, "rank_pattern: got"),
        ({"alpha_pattern": {"q_proj": 4}}, "alpha_pattern: got"),
        ({"something_new": True}, "something_new: got True"),
        ({"peft_type": "LOHA"}, "peft_type: got 'LOHA'; Input should be 'LORA'"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights: got 'pissa'"),
        ({"r": 0}, "r: got 0; Input should be greater than 0"),
        ({"r": True}, "r: got True"),
        ({"lora_alpha": "16"}, "lora_alpha: got '16'"),
        ({"lora_dropout": 1.0}, "lora_dropout: got 1.0; Input should be less than 1"),
        ({"lora_dropout": "much"}, "lora_dropout: got 'much'"),
    ],
)
def test_options_we_do_not_compute_are_refused_by_name(changes: Any, message: str, tmp_path: Path) -> None:
    save_lora(tmp_path, adapted("gpt2"), "base", {})
    path = tmp_path / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(UserError, match=message) as refused:
        load_lora(tmp_path, build("gpt2"))
    assert "\n" not in str(refused.value)


def test_tensors_beside_the_factors_are_refused(tmp_path: Path) -> None:
    save_lora(tmp_path, adapted("gpt2"), "base", {})
    path, model = tmp_path / "adapter_model.safetensors", build("gpt2")
    weights = load_file(path)
    save_file(weights | {"base_model.model.transformer.ln_f.weight": torch.ones(32)}, path)
    with pytest.raises(UserError, match=r"holds base_model\.model\.transformer\.ln_f\.weight, which belongs to no"):
        load_lora(tmp_path, model)
    save_file({key: value for key, value in weights.items() if not key.endswith("h.0.attn.c_attn.lora_B.weight")}, path)
    with pytest.raises(UserError, match=r"LoRA of transformer\.h\.0\.attn\.c_attn has shapes {'A'"):
        load_lora(tmp_path, model)


def test_a_lora_of_the_output_head_is_refused(tmp_path: Path) -> None:
    save_lora(tmp_path, adapted("gpt2"), "base", {})
    (tmp_path / "erya.json").unlink()
    factors = {"A": torch.ones(3, 32), "B": torch.ones(300, 3)}
    tensors = {f"base_model.model.lm_head.lora_{side}.weight": factor for side, factor in factors.items()}
    save_file(tensors, tmp_path / "adapter_model.safetensors")
    for tied in (True, False):
        with pytest.raises(UserError, match=r"holds base_model\.model\.lm_head\S+, which belongs to no matrix"):
            load_lora(tmp_path, build("gpt2", tie_embeddings=tied))


def test_a_lora_that_would_lose_something_is_not_saved(tmp_path: Path) -> None:
    model = adapted("bert")
    model.get_parameter("head.dense.bias").requires_grad_()
    with pytest.raises(UserError, match=r"head\.dense\.bias was trained beside the LoRA.*save the whole model"):
        save_lora(tmp_path / "one", model, "base", {})
    model = adapted("bert")
    with torch.no_grad():
        lora_parts(model)[0].B[0, 0] = float("nan")
    with pytest.raises(RunFailed, match="holds a value that is not finite"):
        save_lora(tmp_path / "one", model, "base", {})
    assert not (tmp_path / "one").exists()


def test_a_lora_without_a_base_says_so(tmp_path: Path) -> None:
    save_lora(tmp_path, adapted("gpt2"), "", {})
    with pytest.raises(UserError, match="base_model_name_or_path: got ''"):
        lora_base(tmp_path)
