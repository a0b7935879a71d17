"""GPT-2: learned positions, LayerNorm, GELU, biases; `GPT2LMHeadModel` outside.

Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.model.architectures.decoder import Decoder, DecoderConfig
from erya.model.family import Family, Rename, Shape, Width, outside_value, require, validated

STYLE = {
    "norm": "layer",
    "norm_epsilon": 1e-5,
    "positions": "learned",
    "mlp": "gelu",
    "qk_norm": False,
    "bias": True,
}
INITIAL_DEVIATION = 0.02


class GPT2(Family[DecoderConfig, Decoder]):
    """The GPT-2 family."""

    name = "gpt2"
    architecture = "GPT2LMHeadModel"
    model_class = Decoder
    ignored = (".attn.bias", ".attn.masked_bias")  # old files hold the causal mask

    def shape(self, width: Width) -> dict[str, int]:
        """Every head has its own keys and values; the feed-forward is four times as wide."""
        heads = width.hidden_size // width.head_dim
        return {
            "hidden_size": width.hidden_size,
            "num_layers": width.num_layers,
            "num_heads": heads,
            "num_kv_heads": heads,
            "head_dim": width.head_dim,
            "intermediate_size": 4 * width.hidden_size,
        }

    def configure(self, shape: Shape) -> DecoderConfig:
        """One key and value head for each query head, together as wide as the hidden state."""
        config = validated(DecoderConfig, self.name, {**STYLE, **shape})
        if config.num_kv_heads != config.num_heads:
            raise UserError(
                f"gpt2 model: got num_kv_heads {config.num_kv_heads}; GPT-2 has as many as num_heads, "
                f"{config.num_heads}; leave it out or choose model.family=qwen3"
            )
        if config.num_heads * config.head_dim != config.hidden_size:
            raise UserError(
                f"gpt2 model: num_heads {config.num_heads} x head_dim {config.head_dim} must be "
                f"hidden_size {config.hidden_size}"
            )
        return config

    def initial(self, config: DecoderConfig, name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
        """Normal of deviation 0.02, narrowed for what is added to the residual stream.

        Source: Radford et al. 2019, section 2.3 (the factor for N residual layers; there are two in a block).
        """
        if len(shape) == 1:
            return torch.zeros(shape) if name.endswith("bias") else torch.ones(shape)
        residual = name.endswith(("attention.output.weight", "mlp.down.weight"))
        deviation = INITIAL_DEVIATION / math.sqrt(2 * config.num_layers) if residual else INITIAL_DEVIATION
        return torch.randn(shape, generator=generator) * deviation

    def to_outside(self, config: DecoderConfig) -> dict[str, Any]:
        """GPT2Config; `n_ctx` is what converters to other formats read."""
        return {
            "activation_function": "gelu_new",
            "attn_pdrop": config.dropout,
            "embd_pdrop": config.dropout,
            "resid_pdrop": config.dropout,
            "initializer_range": INITIAL_DEVIATION,
            "layer_norm_epsilon": config.norm_epsilon,
            "n_ctx": config.context_length,
            "n_positions": config.context_length,
            "n_embd": config.hidden_size,
            "n_head": config.num_heads,
            "n_inner": config.intermediate_size,
            "n_layer": config.num_layers,
            "tie_word_embeddings": config.tie_embeddings,
            "vocab_size": config.vocab_size,
        }

    def from_outside(self, outside: Mapping[str, Any]) -> DecoderConfig:
        """The shape GPT2Config says."""
        require(
            outside,
            {
                "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
                "scale_attn_weights": (True,),
                "scale_attn_by_inverse_layer_idx": (False,),
                "add_cross_attention": (False,),
            },
        )
        hidden_size, heads = outside_value(outside, "n_embd", int), outside_value(outside, "n_head", int)
        return self.configure(
            {
                "vocab_size": outside_value(outside, "vocab_size", int),
                "context_length": outside_value(outside, "n_positions", int),
                "hidden_size": hidden_size,
                "num_layers": outside_value(outside, "n_layer", int),
                "num_heads": heads,
                "num_kv_heads": heads,
                "head_dim": hidden_size // max(heads, 1),
                "intermediate_size": outside.get("n_inner") or 4 * hidden_size,
                "norm_epsilon": outside.get("layer_norm_epsilon", 1e-5),
                "dropout": float(outside.get("resid_pdrop", 0.0)),
                "tie_embeddings": outside.get("tie_word_embeddings", True),
            }
        )

    def copies(self, config: DecoderConfig) -> frozenset[str]:
        """The head, where it is tied."""
        return frozenset({"lm_head.weight"} if config.tie_embeddings else ())

    def renames(self, config: DecoderConfig) -> list[Rename]:
        """`Conv1D` outside holds its weights [in, out]."""
        table = [
            Rename("embedding.tokens.weight", ("transformer.wte.weight",)),
            Rename("embedding.positions.weight", ("transformer.wpe.weight",)),
        ]
        parts = {
            "attention_norm": "ln_1",
            "attention.qkv": "attn.c_attn",
            "attention.output": "attn.c_proj",
            "mlp_norm": "ln_2",
            "mlp.up": "mlp.c_fc",
            "mlp.down": "mlp.c_proj",
        }
        for layer in range(config.num_layers):
            for ours, theirs in parts.items():
                here, there = f"blocks.{layer}.{ours}", f"transformer.h.{layer}.{theirs}"
                table.append(Rename(f"{here}.weight", (f"{there}.weight",), transposed=not ours.endswith("norm")))
                table.append(Rename(f"{here}.bias", (f"{there}.bias",)))
        table.append(Rename("norm.weight", ("transformer.ln_f.weight",)))
        table.append(Rename("norm.bias", ("transformer.ln_f.bias",)))
        if not config.tie_embeddings:
            table.append(Rename("head.weight", ("lm_head.weight",)))
        return table

    def outside_name(self, name: str) -> str:
        """The first published files lack the prefix."""
        return name if name.startswith(("transformer.", "lm_head.")) else f"transformer.{name}"


FAMILY = GPT2()
