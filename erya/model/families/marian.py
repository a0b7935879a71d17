"""Marian: the encoder–decoder of Vaswani et al. 2017 with one shared embedding; `MarianMTModel` outside.

Source: Junczys-Dowmunt et al. 2018, "Marian: Fast Neural Machine Translation in C++", arXiv:1804.00344; the published
OPUS-MT models are of this family.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.model.architectures.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from erya.model.family import Family, Rename, Shape, Vocabulary, Width, outside_value, require, validated

ACTIVATIONS = {"relu": "relu", "swish": "silu", "silu": "silu", "gelu": "gelu"}
"""Outside names and ours."""


class Marian(Family[EncoderDecoderConfig, EncoderDecoder]):
    """The Marian family with shared, tied embeddings."""

    name = "marian"
    architecture = "MarianMTModel"
    model_class = EncoderDecoder
    ignored = ("embed_positions.weight",)  # sines, computed anew

    def shape(self, width: Width) -> dict[str, int]:
        """Half of the layers on each side, for the decoder's are larger and there are two stacks."""
        layers = max(1, round(width.num_layers / 2))
        return {
            "hidden_size": width.hidden_size,
            "num_layers": layers,
            "num_decoder_layers": layers,
            "num_heads": width.hidden_size // width.head_dim,
            "intermediate_size": 4 * width.hidden_size,
        }

    def vocabulary(self, vocabulary: Vocabulary) -> dict[str, int]:
        """The ids that fill up and end its rows as well."""
        return {"vocab_size": vocabulary.size, "pad_id": vocabulary.pad_id, "end_id": vocabulary.end_id}

    def configure(self, shape: Shape) -> EncoderDecoderConfig:
        """Heads share the hidden state out evenly."""
        config = validated(EncoderDecoderConfig, self.name, shape)
        if config.hidden_size % config.num_heads or config.hidden_size % 2:
            raise UserError(
                f"marian model: hidden_size: got {config.hidden_size}; expected an even multiple of num_heads "
                f"{config.num_heads}"
            )
        return config

    def initial(self, config: EncoderDecoderConfig, name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
        """Glorot's uniform for matrices; token vectors of unit length once scaled.

        Source: Glorot and Bengio 2010, equation 16, each fused projection by itself.
        """
        if len(shape) == 1:
            return torch.ones(shape) if name.endswith("norm.weight") else torch.zeros(shape)
        if name.startswith("embedding"):
            return torch.randn(shape, generator=generator) / math.sqrt(config.hidden_size)
        outputs = config.hidden_size if name.endswith(("qkv.weight", "key_value.weight")) else shape[0]
        bound = math.sqrt(6 / (outputs + shape[1]))
        return torch.empty(shape).uniform_(-bound, bound, generator=generator)

    def to_outside(self, config: EncoderDecoderConfig) -> dict[str, Any]:
        """MarianConfig; both sides have the same heads and the same inner size."""
        return {
            "activation_dropout": 0.0,
            "activation_function": {ours: theirs for theirs, ours in ACTIVATIONS.items()}[config.activation],
            "attention_dropout": 0.0,
            "d_model": config.hidden_size,
            "decoder_attention_heads": config.num_heads,
            "decoder_ffn_dim": config.intermediate_size,
            "decoder_layers": config.num_decoder_layers,
            "decoder_start_token_id": config.pad_id,
            "decoder_vocab_size": config.vocab_size,
            "dropout": config.dropout,
            "encoder_attention_heads": config.num_heads,
            "encoder_ffn_dim": config.intermediate_size,
            "encoder_layers": config.num_layers,
            "eos_token_id": config.end_id,
            "forced_eos_token_id": config.end_id,
            "is_encoder_decoder": True,
            "max_position_embeddings": config.context_length,
            "normalize_before": False,
            "num_hidden_layers": config.num_layers,
            "pad_token_id": config.pad_id,
            "scale_embedding": config.scale_embedding,
            "share_encoder_decoder_embeddings": True,
            "static_position_embeddings": True,
            "tie_word_embeddings": True,
            "vocab_size": config.vocab_size,
        }

    def from_outside(self, outside: Mapping[str, Any]) -> EncoderDecoderConfig:
        """The shape MarianConfig says."""
        heads, inner = (outside_value(outside, f"encoder_{part}", int) for part in ("attention_heads", "ffn_dim"))
        pad, size = outside_value(outside, "pad_token_id", int), outside_value(outside, "vocab_size", int)
        require(
            outside,
            {
                "activation_function": tuple(ACTIVATIONS),
                "decoder_attention_heads": (heads,),
                "decoder_ffn_dim": (inner,),
                "decoder_start_token_id": (pad,),
                "decoder_vocab_size": (size, None),
                "normalize_before": (False,),
                "normalize_embedding": (False,),
                "share_encoder_decoder_embeddings": (True,),
                "tie_word_embeddings": (True,),
            },
        )
        return self.configure(
            {
                "vocab_size": size,
                "context_length": outside_value(outside, "max_position_embeddings", int),
                "hidden_size": outside_value(outside, "d_model", int),
                "num_layers": outside_value(outside, "encoder_layers", int),
                "num_decoder_layers": outside_value(outside, "decoder_layers", int),
                "num_heads": heads,
                "intermediate_size": inner,
                "activation": ACTIVATIONS[outside.get("activation_function", "gelu")],
                "scale_embedding": outside.get("scale_embedding", False),
                "dropout": float(outside.get("dropout", 0.1)),
                "pad_id": pad,
                "end_id": outside_value(outside, "eos_token_id", int),
            }
        )

    def renames(self, config: EncoderDecoderConfig) -> list[Rename]:
        """Outside, the projections we fuse stand apart, and the two sides' blocks are called layers."""
        size = config.hidden_size
        table = [
            Rename("embedding.weight", ("model.shared.weight",)),
            Rename("head_bias", ("final_logits_bias",), row=True),
        ]
        for side, layers in (("encoder", config.num_layers), ("decoder", config.num_decoder_layers)):
            for layer in range(layers):
                here, there = f"{side}.{layer}", f"model.{side}.layers.{layer}"
                parts = [
                    ("attention.qkv", tuple(f"self_attn.{part}_proj" for part in "qkv"), (size, size, size)),
                    ("attention.output", ("self_attn.out_proj",), ()),
                    ("attention_norm", ("self_attn_layer_norm",), ()),
                    ("mlp.up", ("fc1",), ()),
                    ("mlp.down", ("fc2",), ()),
                    ("mlp_norm", ("final_layer_norm",), ()),
                ]
                if side == "decoder":
                    parts += [
                        ("cross.query", ("encoder_attn.q_proj",), ()),
                        ("cross.key_value", tuple(f"encoder_attn.{part}_proj" for part in "kv"), (size, size)),
                        ("cross.output", ("encoder_attn.out_proj",), ()),
                        ("cross_norm", ("encoder_attn_layer_norm",), ()),
                    ]
                table += [
                    Rename(f"{here}.{ours}.{kind}", tuple(f"{there}.{name}.{kind}" for name in theirs), sizes)
                    for ours, theirs, sizes in parts
                    for kind in ("weight", "bias")
                ]
        return table

    def generation(self, config: EncoderDecoderConfig) -> dict[str, Any]:
        """Beams of four, as the published models; the token that fills up is never written."""
        ends = {"eos_token_id": config.end_id, "forced_eos_token_id": config.end_id}
        starts = {"decoder_start_token_id": config.pad_id, "pad_token_id": config.pad_id}
        return {
            **starts,
            **ends,
            "bad_words_ids": [[config.pad_id]],
            "max_length": config.context_length,
            "num_beams": 4,
        }

    def copies(self, config: EncoderDecoderConfig) -> frozenset[str]:  # noqa: ARG002 - always these
        """The shared embedding under its other names."""
        return frozenset({"lm_head.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"})


FAMILY = Marian()
