"""The encoder: reads a text both ways at once, to tell its masked tokens, mark a span of it or label it.

In: token ids, optionally their segments and the documents they belong to. Out: the logits of its head, or a summed
loss. Source: Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers", arXiv:1810.04805.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from erya.core.errors import UserError
from erya.model.architectures.base import BaseConfig, Batch, Loss, Transformer, count
from erya.model.layers.attention import Attention, document_mask, padding_mask
from erya.model.layers.block import PostNormBlock, dropped
from erya.model.layers.cross_entropy import IGNORED
from erya.model.layers.embedding import Embedding, restarting_positions, sinusoids
from erya.model.layers.head import LabelHead, MaskedLMHead, SpanHead
from erya.model.layers.mlp import MLP
from erya.model.layers.norm import LayerNorm

HeadName = Literal["masked_lm", "span", "label"]


class EncoderConfig(BaseConfig):
    """The shape and style of an encoder, and the head it has."""

    norm_epsilon: float = Field(1e-12, gt=0, lt=1, description="What keeps the normalisation from dividing by zero.")
    activation: Literal["relu", "silu", "gelu", "gelu_tanh"] = Field("gelu", description="How the feed-forward bends.")
    segments: int = Field(
        5,
        ge=1,
        le=1 << 12,
        description="Number of kinds of text a token may be of: one or a question, a context, words of both, and the "
        "last two in the sentence nearest to the question.",
    )
    pad_id: int = Field(ge=0, description="The id that fills a batch's shorter rows; no position sees it.")
    head: HeadName | None = Field("masked_lm", description="What stands on the body; none: the body alone.")
    labels: tuple[str, ...] = Field((), description="Names of the labels of a label head, in the order of its logits.")


class Encoder(Transformer):
    """A bidirectional transformer; its parameters are as its family initialises or a file gives them."""

    kind = "encoder"
    objective = "masked"
    begins_counted = True  # it tells a token from others alone: until it attends, it learns how often tokens come
    config: EncoderConfig

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config, self.dropout = config, config.dropout
        self.embedding = Embedding(config.vocab_size, config.hidden_size, config.context_length)
        self.segments = nn.Embedding(config.segments, config.hidden_size)
        self.embedding_norm = LayerNorm(config.hidden_size, config.norm_epsilon)
        self.blocks = nn.ModuleList(_block(config) for _ in range(config.num_layers))
        self.head = _head(config)

    @property
    def embedding_weight(self) -> Float[Tensor, "V D"]:
        """The vector each token is read as."""
        weight: Tensor = self.embedding.tokens.weight
        return weight

    @torch.no_grad()
    def begin_attention(self) -> None:
        """Let attention begin with what is near and alike: positions are sinusoids, to tell tokens queries are keys.

        Without it an encoder of few parameters hardly begins to attend (LOG.md). Labels come from words wherever they
        stand, so for them positions stay as they are.
        Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5, of sinusoids; Trockman and Kolter 2023,
        arXiv:2305.09828, of queries like keys.
        """
        positions = self.embedding.positions
        if self.config.head == "label" or positions is None:
            return
        # A number, not a tensor: the model may be on a GPU, and the sinusoids are made on the CPU.
        length = float(positions.weight.norm(dim=1).mean()) / math.sqrt(self.config.hidden_size / 2)
        positions.weight.copy_(sinusoids(*positions.weight.shape)[:, : self.config.hidden_size] * length)
        if self.config.head == "masked_lm":
            for name, value in self.blocks.named_parameters():
                if name.endswith("attention.qkv.weight"):
                    queries, keys, _ = value.chunk(3)
                    queries *= self.config.hidden_size**-0.5 / queries.std()
                    keys.copy_(queries)

    def hidden(
        self,
        tokens: Int[Tensor, "B T"],
        segments: Int[Tensor, "B T"] | None = None,
        documents: Int[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The last hidden state; no position sees padding nor, with `documents`, another document than its own.

        Raises: UserError when a row is longer than the context.
        """
        if tokens.shape[1] > self.config.context_length:
            raise UserError(f"a text of {tokens.shape[1]} tokens: the model reads at most {self.config.context_length}")
        if documents is None:
            positions = torch.arange(tokens.shape[1], device=tokens.device)[None]
            mask = padding_mask(tokens, self.config.pad_id)
        else:
            positions = restarting_positions(documents)
            # Padding is a document of its own: nothing else sees it, and it has something to see.
            mask = document_mask(documents.masked_fill(tokens == self.config.pad_id, -1), causal=False)
        kinds = self.segments(segments) if segments is not None else self.segments.weight[0]
        x = dropped(self.embedding_norm(self.embedding(tokens, positions) + kinds), self)
        for block in self.blocks:
            x = block(x, mask)
        return x

    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        segments: Int[Tensor, "B T"] | None = None,
        documents: Int[Tensor, "B T"] | None = None,
    ) -> Tensor:
        """The head's logits: [B, T, V] of masked tokens, [B, T, 2] of begins and ends, or [B, L] of labels."""
        hidden, head = self.hidden(tokens, segments, documents), self._own_head()
        logits: Tensor = head(hidden, self.embedding_weight) if isinstance(head, MaskedLMHead) else head(hidden)
        return logits

    def choices(self, batch: Batch) -> int:
        """The tokens, the labels, or the places of a row that may be one, as the head chooses."""
        if self.config.head == "label":
            return len(self.config.labels)
        if self.config.head == "span":
            allowed = batch["places"] if "places" in batch else batch["tokens"] != self.config.pad_id
            return max(1, round(float(allowed.sum()) / len(allowed)))
        return self.config.vocab_size

    def loss(self, batch: Batch) -> Loss:
        """The summed loss of the batch's `targets`: [B, T] masked tokens, [B, 2] first and last place of a span, or
        [B, 1] labels; −100 is not scored.

        A span has two targets, its begin and its end, each a place in the row; the optional `places` [B, T] says which
        places may be one, else all that are no padding.
        """
        hidden = self.hidden(batch["tokens"], batch.get("segments"), batch.get("documents"))
        targets, head = batch["targets"], self._own_head()
        if isinstance(head, MaskedLMHead):
            nats = head.nats(hidden, targets, self.embedding_weight)
        elif isinstance(head, SpanHead):
            places = batch.get("places")
            nats = head.nats(hidden, targets, batch["tokens"] != self.config.pad_id if places is None else places)
        else:
            nats = head.nats(hidden, targets)
        return Loss(nats, count(targets[targets != IGNORED]))

    def matrix_parts(self) -> dict[str, tuple[int, ...]]:
        """The hidden matrices by parameter name, each with the output sizes of the projections fused in it."""
        size = self.config.hidden_size
        fused = {
            "attention.qkv": (size, size, size),
            "attention.output": (size,),
            "mlp.up": (self.config.intermediate_size,),
            "mlp.down": (size,),
        }
        names = [name for name, value in self.blocks.named_parameters() if value.ndim == 2]
        parts = {f"blocks.{name}": fused[name.split(".", 1)[1].removesuffix(".weight")] for name in names}
        return parts if isinstance(self.head, SpanHead | None) else parts | {"head.dense.weight": (size,)}

    def _own_head(self) -> MaskedLMHead | SpanHead | LabelHead:
        if self.head is None:
            raise UserError("this encoder has no head, so it tells nothing yet; fine-tune it for a task first")
        return self.head


def _block(config: EncoderConfig) -> PostNormBlock:
    size, heads = config.hidden_size, config.num_heads
    attention = Attention(
        size, heads, heads, size // heads, bias=True, norm_epsilon=None, dropout=config.dropout, causal=False
    )
    mlp = MLP(size, config.intermediate_size, bias=True, activation=config.activation)
    norms: list[nn.Module] = [LayerNorm(size, config.norm_epsilon) for _ in range(2)]
    return PostNormBlock(attention, None, mlp, norms, config.dropout)


def _head(config: EncoderConfig) -> MaskedLMHead | SpanHead | LabelHead | None:
    if config.head == "masked_lm":
        return MaskedLMHead(config.hidden_size, config.vocab_size, config.activation, config.norm_epsilon)
    if config.head == "span":
        return SpanHead(config.hidden_size)
    if config.head == "label":
        return LabelHead(config.hidden_size, len(config.labels), config.dropout)
    return None
