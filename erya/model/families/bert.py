"""BERT: learned positions, segments, post-norm, GELU, biases; `BertForMaskedLM` and its like by head outside.

Source: Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers", arXiv:1810.04805.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.model.architectures.encoder import Encoder, EncoderConfig, HeadName
from erya.model.family import Family, Rename, Shape, Vocabulary, Width, outside_value, require, validated

INITIAL_DEVIATION = 0.02
EMBEDDING_LENGTH = 0.8
"""About how long the vectors of tokens and places are at the start. BERT-base's deviation makes them 0.55; in a narrow
model it would make them so short that attention does not begin (LOG.md)."""
ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "relu": "relu", "silu": "silu", "swish": "silu"}
"""Outside names and ours; of several for one of ours, the first is written."""
HEADS: dict[str, HeadName | None] = {
    "BertForMaskedLM": "masked_lm",
    "BertForPreTraining": "masked_lm",
    "BertForQuestionAnswering": "span",
    "BertForSequenceClassification": "label",
    "BertModel": None,
}
"""The classes outside and their heads; of several for one of ours, the first is written."""
OTHER_NAMES = {
    "LayerNorm.gamma": "LayerNorm.weight",
    "LayerNorm.beta": "LayerNorm.bias",
    "cls.predictions.decoder.bias": "cls.predictions.bias",
}
"""What older files call a tensor, and what files of today do."""
POOLER = tuple(f"bert.pooler.dense.{kind}" for kind in ("weight", "bias"))
NEXT_SENTENCE = tuple(f"cls.seq_relationship.{kind}" for kind in ("weight", "bias"))
DECODER = "cls.predictions.decoder.weight"


class Bert(Family[EncoderConfig, Encoder]):
    """The BERT family with any of its heads."""

    name = "bert"
    architecture = "BertForMaskedLM"
    model_class = Encoder
    ignored = ("embeddings.position_ids", "embeddings.token_type_ids")

    def shape(self, width: Width) -> dict[str, int]:
        """Every head has its own keys and values; the feed-forward is four times as wide.

        In a shallow model it is a quarter of a width narrower, which makes up for the matrix that the head has besides.
        """
        quarters = round(16 - 2 / width.num_layers)
        return {
            "hidden_size": width.hidden_size,
            "num_layers": width.num_layers,
            "num_heads": width.hidden_size // width.head_dim,
            "intermediate_size": quarters * width.hidden_size // 4,
        }

    def vocabulary(self, vocabulary: Vocabulary) -> dict[str, int]:
        """The id that fills up its rows as well."""
        return {"vocab_size": vocabulary.size, "pad_id": vocabulary.pad_id}

    def configure(self, shape: Shape) -> EncoderConfig:
        """Heads share the hidden state out evenly; a label head has labels, no other has."""
        config = validated(EncoderConfig, self.name, shape)
        if config.hidden_size % config.num_heads:
            raise UserError(
                f"bert model: hidden_size: got {config.hidden_size}; expected a multiple of num_heads "
                f"{config.num_heads}"
            )
        if (config.head == "label") != bool(config.labels) or len(set(config.labels)) < len(config.labels):
            raise UserError(
                f"bert model: labels: got {list(config.labels)} for the head {config.head}; a label head needs labels, "
                "each once, and no other head has any"
            )
        return config

    def initial(
        self,
        config: EncoderConfig,  # noqa: ARG002 - for families whose deviation depends on the depth
        name: str,
        shape: torch.Size,
        generator: torch.Generator,
    ) -> Tensor:
        """Normal of deviation 0.02; the vectors of tokens and places have the same length in every width.

        Source: the initializer_range of BERT's published configuration.
        """
        if len(shape) == 1:
            return torch.zeros(shape) if name.endswith("bias") else torch.ones(shape)
        if name.startswith("embedding."):
            return torch.randn(shape, generator=generator) * (EMBEDDING_LENGTH / math.sqrt(shape[1]))
        return torch.randn(shape, generator=generator) * INITIAL_DEVIATION

    def outside_class(self, config: EncoderConfig) -> str:
        """The class with this head."""
        return next(name for name, head in HEADS.items() if head == config.head)

    def to_outside(self, config: EncoderConfig) -> dict[str, Any]:
        """BertConfig, with the names of the labels where there are any."""
        labels = {
            "id2label": {str(number): label for number, label in enumerate(config.labels)},
            "label2id": {label: number for number, label in enumerate(config.labels)},
        }
        return {
            "architectures": [self.outside_class(config)],
            "attention_probs_dropout_prob": config.dropout,
            "hidden_act": next(theirs for theirs, ours in ACTIVATIONS.items() if ours == config.activation),
            "hidden_dropout_prob": config.dropout,
            "hidden_size": config.hidden_size,
            "initializer_range": INITIAL_DEVIATION,
            "intermediate_size": config.intermediate_size,
            "is_decoder": False,
            "layer_norm_eps": config.norm_epsilon,
            "max_position_embeddings": config.context_length,
            "num_attention_heads": config.num_heads,
            "num_hidden_layers": config.num_layers,
            "pad_token_id": config.pad_id,
            "position_embedding_type": "absolute",
            "tie_word_embeddings": True,
            "type_vocab_size": config.segments,
            "vocab_size": config.vocab_size,
            **(labels if config.labels else {}),
        }

    def from_outside(self, outside: Mapping[str, Any]) -> EncoderConfig:
        """The shape BertConfig says, with the head of the class it names."""
        require(
            outside,
            {
                "hidden_act": tuple(ACTIVATIONS),
                "position_embedding_type": ("absolute",),
                "is_decoder": (False,),
                "add_cross_attention": (False,),
                "tie_word_embeddings": (True,),
                "problem_type": (None, "single_label_classification"),
            },
        )
        head = _head(outside)
        return self.configure(
            {
                "vocab_size": outside_value(outside, "vocab_size", int),
                "context_length": outside_value(outside, "max_position_embeddings", int),
                "hidden_size": outside_value(outside, "hidden_size", int),
                "num_layers": outside_value(outside, "num_hidden_layers", int),
                "num_heads": outside_value(outside, "num_attention_heads", int),
                "intermediate_size": outside_value(outside, "intermediate_size", int),
                "dropout": float(outside.get("hidden_dropout_prob", 0.1)),
                "norm_epsilon": outside.get("layer_norm_eps", 1e-12),
                "activation": ACTIVATIONS[outside.get("hidden_act", "gelu")],
                "segments": outside.get("type_vocab_size", 2),
                "pad_id": outside.get("pad_token_id") or 0,
                "head": head,
                "labels": _labels(outside) if head == "label" else (),
            }
        )

    def copies(self, config: EncoderConfig) -> frozenset[str]:
        """The tied decoder, and what BERT's own pretraining leaves in a file and this head has no use for."""
        return frozenset((DECODER, *NEXT_SENTENCE, *(() if config.head == "label" else POOLER)))

    def renames(self, config: EncoderConfig) -> list[Rename]:
        """Outside, the projections we fuse stand apart."""
        table = _pairs({"embedding_norm": "bert.embeddings.LayerNorm"})
        tables = {"embedding.tokens": "word", "embedding.positions": "position", "segments": "token_type"}
        for ours, theirs in tables.items():
            table.append(Rename(f"{ours}.weight", (f"bert.embeddings.{theirs}_embeddings.weight",)))
        for layer in range(config.num_layers):
            here, there = f"blocks.{layer}", f"bert.encoder.layer.{layer}"
            table += _pairs(
                {
                    f"{here}.attention.output": f"{there}.attention.output.dense",
                    f"{here}.attention_norm": f"{there}.attention.output.LayerNorm",
                    f"{here}.mlp.up": f"{there}.intermediate.dense",
                    f"{here}.mlp.down": f"{there}.output.dense",
                    f"{here}.mlp_norm": f"{there}.output.LayerNorm",
                }
            )
            for kind in ("weight", "bias"):
                qkv = tuple(f"{there}.attention.self.{part}.{kind}" for part in ("query", "key", "value"))
                table.append(Rename(f"{here}.attention.qkv.{kind}", qkv, (config.hidden_size,) * 3))
        return table + _head_renames(config)

    def outside_name(self, name: str) -> str:
        """The body alone is saved without its prefix; the first published files call gains and biases otherwise."""
        for old, new in OTHER_NAMES.items():
            name = name.replace(old, new)
        return name if name.startswith(("bert.", "cls.", "qa_outputs.", "classifier.")) else f"bert.{name}"


def _pairs(names: Mapping[str, str]) -> list[Rename]:
    kinds = ("weight", "bias")
    return [Rename(f"{ours}.{kind}", (f"{theirs}.{kind}",)) for ours, theirs in names.items() for kind in kinds]


def _head_renames(config: EncoderConfig) -> list[Rename]:
    if config.head == "masked_lm":
        transform = "cls.predictions.transform"
        names = {"head.dense": f"{transform}.dense", "head.norm": f"{transform}.LayerNorm"}
        return [*_pairs(names), Rename("head.bias", ("cls.predictions.bias",))]
    if config.head == "span":
        return _pairs({"head.output": "qa_outputs"})
    if config.head == "label":
        return _pairs({"head.dense": "bert.pooler.dense", "head.output": "classifier"})
    return []


def _head(outside: Mapping[str, Any]) -> HeadName | None:
    name = (outside.get("architectures") or ["BertForMaskedLM"])[0]
    if name not in HEADS:
        raise UserError(f"config.json: architectures: got {name!r}; this version computes {', '.join(HEADS)} only")
    return HEADS[name]


def _labels(outside: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels by number; `transformers` leaves them out when they are its two default ones."""
    named = outside.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    try:
        by_number = {int(number): str(label) for number, label in named.items()}
        return tuple(by_number[number] for number in range(len(by_number)))
    except (AttributeError, KeyError, ValueError):
        raise UserError(f"config.json: id2label: got {named!r}; expected a name for each number from 0") from None


FAMILY = Bert()
