"""Model directories: what we write others read, what others write we read, and what is refused."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from erya.core.errors import RunFailed, UserError
from erya.model.architectures.decoder import Decoder
from erya.model.files import load_model, save_model
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer
from tests.model.conftest import build, disturbed

# What is asked of us: the same float32 logits as transformers, whose sums run in another order.
PARITY = {"atol": 1e-4, "rtol": 0.0}
BF16_ULP = 2**-8

Tokens = Callable[..., torch.Tensor]


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Transformers reports on every load."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()


@pytest.fixture
def saved(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    """A whole model directory."""
    save_model(tmp_path / "model", disturbed(build("qwen3")), tokenizer, {"corpus": "abc"})
    return tmp_path / "model"


def edit_config(directory: Path, **changes: Any) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_weights(directory: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    weights = load_file(directory / "model.safetensors")
    change(weights)
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})


def test_save_and_load_is_the_same_bit_for_bit(model: Decoder, tokenizer: Tokenizer, tmp_path: Path) -> None:
    save_model(tmp_path / "one", model, tokenizer, {"corpus": "abc"})
    loaded = load_model(tmp_path / "one")
    assert loaded.model.config == model.config
    assert loaded.provenance == {"corpus": "abc"}
    assert loaded.tokenizer is not None
    assert loaded.tokenizer.sha256 == tokenizer.sha256
    theirs = dict(loaded.model.named_parameters())
    assert all(torch.equal(value, theirs[name]) for name, value in model.named_parameters())
    save_model(tmp_path / "two", loaded.model, loaded.tokenizer, loaded.provenance)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert {"config.json", "model.safetensors", "generation_config.json", "erya.json", "tokenizer.json"} < set(names)
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)


def test_transformers_reads_ours_and_writes_the_same_text(
    model: Decoder, tokenizer: Tokenizer, tokens: Tokens, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    save_model(tmp_path, model, tokenizer, {})
    theirs, report = AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values()), report
    text = tokens(3, 20)
    torch.testing.assert_close(model(text), theirs(text).logits, **PARITY)
    sentence = "a small fox and other beings"
    assert AutoTokenizer.from_pretrained(tmp_path).encode(sentence) == tokenizer.encode(sentence)

    prompt = tokens(2, 5)
    arguments = {"max_new_tokens": 20, "min_new_tokens": 20, "do_sample": False, "eos_token_id": None}
    mask = torch.ones_like(prompt)
    expected = theirs.generate(prompt, attention_mask=mask, pad_token_id=0, **arguments)[:, 5:]
    state, logits = model.begin(prompt.tolist(), capacity=25)
    written = []
    for _ in range(20):
        written.append(logits.argmax(-1))
        logits = model.step(state, written[-1])
    assert torch.equal(torch.stack(written, dim=1), expected)


def _theirs(family: str, tied: bool) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    ids = {"bos_token_id": None, "eos_token_id": None, "tie_word_embeddings": tied, "initializer_range": 0.3}
    if family == "gpt2":
        return GPT2LMHeadModel(GPT2Config(vocab_size=300, n_positions=48, n_embd=32, n_layer=2, n_head=4, **ids))
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=300,
            hidden_size=32,
            intermediate_size=40,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=12,
            max_position_embeddings=48,
            rope_parameters={"rope_theta": 5000.0, "rope_type": "default"},
            **ids,
        )
    )


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("family", ["gpt2", "qwen3"])
def test_we_read_what_transformers_writes(
    family: str, tied: bool, sharded: bool, tokens: Tokens, tmp_path: Path
) -> None:
    theirs = _theirs(family, tied).eval()
    theirs.save_pretrained(tmp_path, **({"max_shard_size": "20KB"} if sharded else {}))
    assert (tmp_path / "model.safetensors.index.json").is_file() == sharded
    loaded = load_model(tmp_path)
    assert loaded.tokenizer is None
    assert loaded.provenance == {}
    text = tokens(3, 20)
    torch.testing.assert_close(loaded.model(text), theirs(text).logits, **PARITY)


def test_a_file_of_old_names_and_masks_is_read(tmp_path: Path, tokens: Tokens) -> None:
    model = disturbed(build("gpt2"))
    save_model(tmp_path, model, None, {})

    def age(weights: dict[str, torch.Tensor]) -> None:
        for name in list(weights):
            weights[name.removeprefix("transformer.")] = weights.pop(name)
        weights["h.0.attn.bias"] = torch.ones(1, 1, 48, 48)

    edit_weights(tmp_path, age)
    text = tokens(1, 20)
    assert torch.equal(load_model(tmp_path).model(text), model(text))


def test_a_model_of_half_the_bytes(tmp_path: Path) -> None:
    model = disturbed(build("qwen3"))
    save_model(tmp_path, model.to(torch.bfloat16), None, {})
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "bfloat16"
    half, whole = load_model(tmp_path, dtype=torch.bfloat16).model, load_model(tmp_path).model
    assert half.head_weight.dtype == torch.bfloat16
    assert torch.equal(half.head_weight.float(), whole.head_weight)
    state, logits = half.begin([[1, 2, 3]], capacity=8)
    assert half.step(state, logits.argmax(-1)).dtype == torch.float32


def test_a_pickle_is_refused_and_the_safe_way_named(saved: Path, tmp_path: Path) -> None:
    for name in ("pytorch_model.bin", "model.pt", "model.pth", "weights.ckpt", "model.pkl"):
        folder = tmp_path / name.replace(".", "-")
        folder.mkdir()
        shutil.copy(saved / "config.json", folder)
        (folder / name).write_bytes(b"\x80\x04.")
        with pytest.raises(UserError, match=rf"{name} is a pickle.*convert it to safetensors"):
            load_model(folder)
        with pytest.raises(UserError, match=r"is a pickle.*expected a model directory"):
            load_model(folder / name)


def test_missing_parts_are_named(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such directory; expected a model directory"):
        load_model(tmp_path / "nothing")
    (saved / "config.json").rename(tmp_path / "config.json")
    with pytest.raises(UserError, match=r"config\.json: no such file"):
        load_model(saved)
    (tmp_path / "config.json").rename(saved / "config.json")
    (saved / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"no model\.safetensors"):
        load_model(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "qwen2"}, r"model_type 'qwen2' is no family; did you mean 'qwen3'"),
        ({"model_type": "mamba"}, r"model_type 'mamba' is no family; allowed: bert, gpt2, marian, qwen3"),
        ({"hidden_size": 10**9}, r"hidden_size: got 1000000000; Input should be less than"),
        ({"hidden_size": 100_000}, r"config\.json describes [\d,]+ parameters and the weights are"),
        ({"num_hidden_layers": 4000}, r"config\.json describes [\d,]+ parameters and the weights are"),
        ({"hidden_size": "32"}, r"hidden_size: got '32'; expected a int"),
        ({"vocab_size": None}, r"vocab_size: got None"),
        ({"num_key_value_heads": 3}, r"num_heads 4 is no multiple of num_kv_heads 3"),
        ({"num_hidden_layers": 1}, r"holds unexpected weights model\.layers\.1\.\S+, .* and \d+ more"),
        ({"intermediate_size": 39}, r"gate_proj\.weight has shape \(40, 32\), config\.json says \(39, 32\)"),
        ({"rope_scaling": {"type": "yarn"}}, r"rope_scaling: got .*; this version computes None only"),
        ({"attention_bias": True}, r"attention_bias: got True; this version computes False only"),
        ({"vocab_size": 290}, r"has shape \(300, 32\), config\.json says \(290, 32\)"),
    ],
)
def test_a_configuration_that_is_not_the_weights_is_refused(saved: Path, changes: Any, message: str) -> None:
    edit_config(saved, **changes)
    with pytest.raises(UserError, match=message) as refused:
        load_model(saved)
    assert "\n" not in str(refused.value)


def test_missing_and_torn_weights_are_refused(saved: Path) -> None:
    whole = (saved / "model.safetensors").read_bytes()
    edit_weights(saved, lambda weights: weights.update(extra=torch.zeros(99_999)))
    edit_weights(saved, lambda weights: weights.__delitem__("model.norm.weight"))
    with pytest.raises(UserError, match=r"has no weights model\.norm\.weight"):
        load_model(saved)
    for length in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        (saved / "model.safetensors").write_bytes(whole[:length])
        with pytest.raises(UserError, match="not a whole safetensors file"):
            load_model(saved)


@pytest.mark.parametrize("name", ["../model.safetensors", "/etc/passwd"])
def test_an_index_that_points_elsewhere_is_refused(saved: Path, name: str) -> None:
    (saved / "model.safetensors").rename(saved.parent / "model.safetensors")
    (saved / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"model.norm.weight": name}}))
    with pytest.raises(UserError, match="does not name files beside it"):
        load_model(saved)


def test_a_lost_shard_is_named(saved: Path) -> None:
    (saved / "model.safetensors").unlink()
    (saved / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "model-1.safetensors"}}))
    with pytest.raises(UserError, match=r"model-1\.safetensors: no such file"):
        load_model(saved)


def test_a_tokenizer_larger_than_the_model_is_refused(saved: Path, tmp_path: Path) -> None:
    larger = train_tokenizer(["the quick brown fox jumps over the lazy dog; many more words follow here. " * 9], 302)
    with pytest.raises(UserError, match="they do not belong together"):
        save_model(tmp_path / "other", build("gpt2"), larger, {})
    assert not (tmp_path / "other").exists()
    larger.save(saved)
    with pytest.raises(UserError, match="302 tokens and the model 300: they do not belong together"):
        load_model(saved)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_not_saved(tmp_path: Path, value: float) -> None:
    model = build("gpt2")
    with torch.no_grad():
        model.blocks[1].mlp.down.weight[3, 4] = value
    with pytest.raises(RunFailed, match=r"blocks\.1\.mlp\.down\.weight holds a value that is not finite"):
        save_model(tmp_path / "bad", model, None, {})
    assert not (tmp_path / "bad").exists()


def test_both_generations_of_transformers_find_their_keys(tmp_path: Path) -> None:
    save_model(tmp_path / "gpt2", build("gpt2"), None, {})
    save_model(tmp_path / "qwen3", build("qwen3"), None, {})
    gpt2 = json.loads((tmp_path / "gpt2" / "config.json").read_text())
    qwen3 = json.loads((tmp_path / "qwen3" / "config.json").read_text())
    assert gpt2["n_ctx"] == gpt2["n_positions"] == 48
    assert qwen3["rope_theta"] == qwen3["rope_parameters"]["rope_theta"]
    assert qwen3["dtype"] == qwen3["torch_dtype"] == "float32"
    assert "lm_head.weight" not in load_file(tmp_path / "qwen3" / "model.safetensors")
