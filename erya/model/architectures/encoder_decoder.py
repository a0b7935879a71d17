"""The encoder–decoder: reads a source text both ways at once and writes a target text from it.

In: ids of a source and of the target so far. Out: logits, a summed loss, or, step by step, the logits of each next
token. Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762.
"""

import math
from functools import partial
from typing import Literal, cast

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor, nn

from erya.core.errors import UserError
from erya.model.architectures.base import BaseConfig, Batch, Loss, Transformer, count
from erya.model.layers.attention import Attention, CrossAttention, KeysValues, padding_mask
from erya.model.layers.block import PostNormBlock, dropped
from erya.model.layers.cache import LayerCache, SourceState
from erya.model.layers.cross_entropy import IGNORED, linear_cross_entropy, target_nats
from erya.model.layers.embedding import sinusoids
from erya.model.layers.mlp import MLP
from erya.model.layers.norm import LayerNorm
from erya.model.layers.packed import PackedLinear, can_pack, pack


class EncoderDecoderConfig(BaseConfig):
    """The shape and style of an encoder–decoder; `num_layers` are the encoder's."""

    num_decoder_layers: int = Field(ge=1, le=1 << 12, description="Number of the decoder's blocks.")
    activation: Literal["relu", "silu", "gelu"] = Field("relu", description="How the feed-forward bends.")
    norm_epsilon: float = Field(1e-5, gt=0, lt=1, description="What keeps the normalisation from dividing by zero.")
    scale_embedding: bool = Field(True, description="Whether token vectors are multiplied by √hidden_size.")
    pad_id: int = Field(ge=0, description="The id that fills a batch's shorter rows; it also opens every target.")
    end_id: int = Field(ge=0, description="The id that ends a source and a target.")


class EncoderDecoder(Transformer):
    """A transformer with two sides; its parameters are as its family initialises or a file gives them."""

    kind = "encoder–decoder"
    objective = "denoise"
    config: EncoderDecoderConfig
    positions: Float[Tensor, "context D"]

    def __init__(self, config: EncoderDecoderConfig) -> None:
        super().__init__()
        self.config, self.dropout = config, config.dropout
        self.embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.register_buffer("positions", sinusoids(config.context_length, config.hidden_size), persistent=False)
        self.encoder = nn.ModuleList(_block(config, crossed=False) for _ in range(config.num_layers))
        self.decoder = nn.ModuleList(_block(config, crossed=True) for _ in range(config.num_decoder_layers))
        self.head_bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.packed_head: PackedLinear | None = None

    @property
    def embedding_weight(self) -> Float[Tensor, "V D"]:
        """The vector each token is read as."""
        return self.embedding.weight

    @property
    def head_weight(self) -> Float[Tensor, "V D"]:
        """The matrix whose product with the hidden state is the logits: the token embedding."""
        return self.embedding_weight

    def encode(self, source: Int[Tensor, "B S"]) -> tuple[Float[Tensor, "B S D"], Bool[Tensor, "B 1 1 S"] | None]:
        """The source's last hidden state, and which of its places are no padding."""
        mask = padding_mask(source, self.config.pad_id)
        x = self._embed(source)
        for block in self.encoder:
            x = block(x, mask)
        return x, mask

    def hidden(self, source: Int[Tensor, "B S"], tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        """The last hidden state at each place of a target.

        Raises: UserError when a row is longer than the context.
        """
        read, source_mask = self.encode(source)
        x = self._embed(tokens)
        for block in cast(list[PostNormBlock], self.decoder):
            x = block(x, None, None, block.source(read), source_mask)
        return x

    def forward(self, source: Int[Tensor, "B S"], tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        """The logits of the token after each place of a target."""
        return F.linear(self.hidden(source, tokens), self.head_weight, self.head_bias)

    def loss(self, batch: Batch) -> Loss:
        """The loss of the batch's supervised targets, summed; in training with the model's label smoothing."""
        hidden, targets, _ = self._supervised(batch)
        smoothing = self.label_smoothing if self.training else 0.0
        nats = linear_cross_entropy(hidden, self.head_weight, targets, bias=self.head_bias, smoothing=smoothing)
        return Loss(nats, count(targets))

    @torch.no_grad()
    def token_losses(self, batch: Batch) -> Float[Tensor, "B T"]:
        """The nats of each target, 0 where it is not supervised."""
        hidden, targets, supervised = self._supervised(batch)
        losses = torch.zeros(supervised.shape, device=targets.device)
        losses[supervised] = target_nats(hidden, self.head_weight, targets, bias=self.head_bias)
        return losses

    def capacity(self, prompt_tokens: int, new_tokens: int) -> int:  # noqa: ARG002 - the source is apart
        """The room a target of so many tokens needs, as far as the context allows."""
        return min(new_tokens, self.config.context_length - 1)

    @torch.inference_mode()
    def begin(self, prompts: list[list[int]], capacity: int) -> tuple[SourceState, Float[Tensor, "B V"]]:
        """Read the sources; give what is remembered, with room for `capacity` target tokens, and the first logits."""
        assert prompts, "no sources"
        assert capacity < self.config.context_length, "no room for the token that opens the target"
        device, longest = self.embedding.weight.device, max(map(len, prompts))
        padded = [prompt + [self.config.pad_id] * (longest - len(prompt)) for prompt in prompts]
        read, mask = self.encode(torch.tensor(padded, device=device))
        sources: list[KeysValues] = [block.source(read) for block in cast(list[PostNormBlock], self.decoder)]
        head_dim = self.config.hidden_size // self.config.num_heads
        caches = [LayerCache(len(prompts), self.config.num_heads, capacity + 1, head_dim) for _ in self.decoder]
        state = SourceState(caches, capacity + 1, sources, mask)
        return state, self.step(state, torch.full((len(prompts),), self.config.pad_id, device=device))

    @torch.inference_mode()
    def step(self, state: SourceState, tokens: Int[Tensor, " N"]) -> Float[Tensor, "N V"]:
        """Append one token to every row, or to every way of every row; the logits of the one after it."""
        rows = tokens.view(state.rows, -1)
        assert state.length + rows.shape[1] <= state.capacity, f"the state has {state.capacity} places only"
        assert not (self.training and self.dropout), "generation in training mode would drop activations"
        x = self._embed(rows, state.positions(1, tokens.device))
        mask = state.mask()
        for block, cache, source in zip(self.decoder, state.layers, state.sources, strict=True):
            x = block(x, mask, partial(cache.append, start=state.length, lengths=None), source, state.source_mask)
        state.advance()
        hidden = x.flatten(0, 1)
        if self.packed_head is not None:
            packed: Tensor = self.packed_head(hidden)
            return packed
        return F.linear(hidden, self.head_weight, self.head_bias).float()

    def pack(self) -> None:
        """Lay the weights out for writing text: faster steps, no training and no saving any more.

        Does nothing where the place or the type of the weights has no such layout.
        """
        if can_pack(self.head_weight):
            pack(self.encoder)
            pack(self.decoder)
            self.packed_head = PackedLinear(self.head_weight, self.head_bias)

    def matrix_parts(self) -> dict[str, tuple[int, ...]]:
        """The blocks' matrices by parameter name, each with the output sizes of the projections fused in it."""
        size, inner = self.config.hidden_size, self.config.intermediate_size
        fused = {
            "attention.qkv": (size, size, size),
            "attention.output": (size,),
            "cross.query": (size,),
            "cross.key_value": (size, size),
            "cross.output": (size,),
            "mlp.up": (inner,),
            "mlp.down": (size,),
        }
        named = {name: value for name, value in self.named_parameters() if value.ndim == 2 and "coder." in name}
        return {name: fused[name.split(".", 2)[2].removesuffix(".weight")] for name in named}

    def _embed(self, tokens: Int[Tensor, "B T"], places: Int[Tensor, "#B #T"] | None = None) -> Float[Tensor, "B T D"]:
        """The vectors the first block reads; where `places` does not say, the tokens stand one after the other."""
        if places is None:
            length = tokens.shape[1]
            if length > self.config.context_length:
                raise UserError(f"a text of {length} tokens: the model reads at most {self.config.context_length}")
            places = torch.arange(length, device=tokens.device)[None]
        vectors: Tensor = self.embedding(tokens)
        scale = math.sqrt(self.config.hidden_size) if self.config.scale_embedding else 1.0
        return dropped(vectors * scale + self.positions[places], self)

    def _supervised(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self.hidden(batch["source"], batch["tokens"])
        supervised = batch["targets"] != IGNORED
        return hidden[supervised], batch["targets"][supervised], supervised


def _block(config: EncoderDecoderConfig, crossed: bool) -> PostNormBlock:
    size, heads, epsilon = config.hidden_size, config.num_heads, config.norm_epsilon
    attention = Attention(size, heads, heads, size // heads, bias=True, norm_epsilon=None, dropout=0.0, causal=crossed)
    cross = CrossAttention(size, heads, bias=True) if crossed else None
    mlp = MLP(size, config.intermediate_size, bias=True, activation=config.activation)
    norms: list[nn.Module] = [LayerNorm(size, epsilon) for _ in range(3 if crossed else 2)]
    return PostNormBlock(attention, cross, mlp, norms, config.dropout)
