"""LoRA directories: the same saved and loaded, the same in `peft` both ways, and what is refused."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from erya.core.errors import RunFailed, UserError
from erya.model.files import load_model, save_model
from erya.model.lora.files import load_lora, lora_base, save_lora, weights_sha256
from erya.model.lora.parts import LoRAConfig, add_lora, lora_parts, merge_lora
from tests.model.test_lora import EVERYTHING, FAMILIES, MERGED, adapted, build, logits, moved, text

# What is asked of us beside transformers and peft.
PARITY = {"atol": 1e-4, "rtol": 0.0}
# PEFT asks transformers by a name that goes away.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.fixture(params=FAMILIES)
def name(request: pytest.FixtureRequest) -> str:
    """Every family's name."""
    return str(request.param)


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Transformers reports on every load."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()


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
