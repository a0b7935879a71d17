"""Qwen3: rotary positions, RMSNorm, normalised queries and keys, SwiGLU, grouped queries; `Qwen3ForCausalLM` outside.

Source: Yang et al. 2025, "Qwen3 Technical Report", arXiv:2505.09388, section 2.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.model.architectures.decoder import Decoder, DecoderConfig
from erya.model.family import Family, Rename, Shape, Width, outside_value, require, validated

STYLE = {
    "norm": "rms",
    "norm_epsilon": 1e-6,
    "positions": "rotary",
    "mlp": "swiglu",
    "qk_norm": True,
    "bias": False,
}
EMBEDDING_DEVIATION = 0.02


def swiglu_size(hidden_size: int) -> int:
    """Two thirds of 4 D, in multiples of 64, so that three matrices hold what two of a GELU hold.

    Source: Shazeer 2020, arXiv:2002.05202, section 2.
    """
    return 64 * round(8 * hidden_size / 3 / 64)


class Qwen3(Family[DecoderConfig, Decoder]):
    """The Qwen3 family, dense."""

    name = "qwen3"
    architecture = "Qwen3ForCausalLM"
    model_class = Decoder
    ignored = (".rotary_emb.inv_freq",)

    def shape(self, width: Width) -> dict[str, int]:
        """Heads may share keys and values; the feed-forward is gated."""
        heads = width.hidden_size // width.head_dim
        return {
            "hidden_size": width.hidden_size,
            "num_layers": width.num_layers,
            "num_heads": heads,
            "num_kv_heads": heads // width.kv_share,
            "head_dim": width.head_dim,
            "intermediate_size": swiglu_size(width.hidden_size),
        }

    def configure(self, shape: Shape) -> DecoderConfig:
        """Heads may be fewer for keys and values, and together wider or narrower than the hidden state."""
        config = validated(DecoderConfig, self.name, {**STYLE, **shape})
        if config.num_heads % config.num_kv_heads:
            raise UserError(
                f"qwen3 model: num_heads {config.num_heads} is no multiple of num_kv_heads {config.num_kv_heads}"
            )
        if config.head_dim % 2:
            raise UserError(f"qwen3 model: head_dim: got {config.head_dim}; rotary positions need an even one")
        return config

    def initial(self, config: DecoderConfig, name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
        """Deviation 1/√inputs, zero for what is added to the residual stream, so that a new block is the identity.

        With tied embeddings such a model would predict the token it has just read; the last gain is made small
        enough that its first logits are of size one at most, hence the first loss ln V.
        Source: Goyal et al. 2017, arXiv:1706.02677, section 5.1, and Zhang et al. 2019, arXiv:1901.09321 (zero
        residual branches); Yang et al. 2022, arXiv:2203.03466, table 3 (deviation by width).
        """
        if name == "norm.weight" and config.tie_embeddings:
            return torch.full(shape, min(1.0, 1 / (EMBEDDING_DEVIATION * config.hidden_size)))
        if len(shape) == 1:
            return torch.ones(shape)
        if name.endswith(("attention.output.weight", "mlp.down.weight", "head.weight")):
            return torch.zeros(shape)
        deviation = EMBEDDING_DEVIATION if name.startswith("embedding") else shape[1] ** -0.5
        return torch.randn(shape, generator=generator) * deviation

    def to_outside(self, config: DecoderConfig) -> dict[str, Any]:
        """Qwen3Config, the rotary base and the type of the weights as both transformers 4 and 5 read them."""
        return {
            "attention_bias": False,
            "attention_dropout": config.dropout,
            "head_dim": config.head_dim,
            "hidden_act": "silu",
            "hidden_size": config.hidden_size,
            "initializer_range": EMBEDDING_DEVIATION,
            "intermediate_size": config.intermediate_size,
            "layer_types": ["full_attention"] * config.num_layers,
            "max_position_embeddings": config.context_length,
            "max_window_layers": config.num_layers,
            "num_attention_heads": config.num_heads,
            "num_hidden_layers": config.num_layers,
            "num_key_value_heads": config.num_kv_heads,
            "rms_norm_eps": config.norm_epsilon,
            "rope_parameters": {"rope_theta": config.rope_theta, "rope_type": "default"},
            "rope_theta": config.rope_theta,
            "sliding_window": None,
            "tie_word_embeddings": config.tie_embeddings,
            "use_sliding_window": False,
            "vocab_size": config.vocab_size,
        }

    def from_outside(self, outside: Mapping[str, Any]) -> DecoderConfig:
        """The shape Qwen3Config says."""
        require(
            outside,
            {
                "attention_bias": (False,),
                "hidden_act": ("silu",),
                "use_sliding_window": (False,),
                "rope_scaling": (None,),
            },
        )
        rope = outside.get("rope_parameters") or {"rope_theta": outside.get("rope_theta", 10_000.0)}
        require(rope, {"rope_type": ("default",)})
        heads = outside_value(outside, "num_attention_heads", int)
        return self.configure(
            {
                "vocab_size": outside_value(outside, "vocab_size", int),
                "context_length": outside_value(outside, "max_position_embeddings", int),
                "hidden_size": outside_value(outside, "hidden_size", int),
                "num_layers": outside_value(outside, "num_hidden_layers", int),
                "num_heads": heads,
                "num_kv_heads": outside.get("num_key_value_heads") or heads,
                "head_dim": outside.get("head_dim") or 128,
                "intermediate_size": outside_value(outside, "intermediate_size", int),
                "norm_epsilon": outside.get("rms_norm_eps", 1e-6),
                "rope_theta": outside_value(rope, "rope_theta", float),
                "dropout": float(outside.get("attention_dropout", 0.0)),
                "tie_embeddings": outside.get("tie_word_embeddings", False),
            }
        )

    def copies(self, config: DecoderConfig) -> frozenset[str]:
        """The head, where it is tied."""
        return frozenset({"lm_head.weight"} if config.tie_embeddings else ())

    def renames(self, config: DecoderConfig) -> list[Rename]:
        """Outside, the projections we fuse stand apart."""
        query_size, kv_size = config.num_heads * config.head_dim, config.num_kv_heads * config.head_dim
        table = [Rename("embedding.tokens.weight", ("model.embed_tokens.weight",))]
        for layer in range(config.num_layers):
            here, there = f"blocks.{layer}", f"model.layers.{layer}"
            qkv = tuple(f"{there}.self_attn.{part}_proj.weight" for part in "qkv")
            gate_up = tuple(f"{there}.mlp.{part}_proj.weight" for part in ("gate", "up"))
            table += [
                Rename(f"{here}.attention_norm.weight", (f"{there}.input_layernorm.weight",)),
                Rename(f"{here}.attention.qkv.weight", qkv, (query_size, kv_size, kv_size)),
                Rename(f"{here}.attention.output.weight", (f"{there}.self_attn.o_proj.weight",)),
                Rename(f"{here}.attention.query_norm.weight", (f"{there}.self_attn.q_norm.weight",)),
                Rename(f"{here}.attention.key_norm.weight", (f"{there}.self_attn.k_norm.weight",)),
                Rename(f"{here}.mlp_norm.weight", (f"{there}.post_attention_layernorm.weight",)),
                Rename(f"{here}.mlp.gate_up.weight", gate_up, (config.intermediate_size, config.intermediate_size)),
                Rename(f"{here}.mlp.down.weight", (f"{there}.mlp.down_proj.weight",)),
            ]
        table.append(Rename("norm.weight", ("model.norm.weight",)))
        if not config.tie_embeddings:
            table.append(Rename("head.weight", ("lm_head.weight",)))
        return table


FAMILY = Qwen3()
