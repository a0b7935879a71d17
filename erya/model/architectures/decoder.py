"""The decoder: a causal language model that scores text, trains on it and writes more of it.

In: token ids. Out: logits, a summed loss, or, step by step, the logits of each next token.
"""

from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from erya.core.errors import UserError
from erya.model.architectures.base import BaseConfig, Batch, Loss, Transformer, count
from erya.model.layers.attention import Attention, document_mask
from erya.model.layers.block import Block, dropped
from erya.model.layers.cache import LayerCache, State
from erya.model.layers.cross_entropy import IGNORED, linear_cross_entropy, target_nats
from erya.model.layers.embedding import Embedding, restarting_positions
from erya.model.layers.mlp import MLP, SwiGLU
from erya.model.layers.norm import LayerNorm, RMSNorm
from erya.model.layers.packed import can_pack, pack, packed
from erya.model.layers.rotary import Rotary


class DecoderConfig(BaseConfig):
    """The shape and style of a decoder."""

    num_kv_heads: int = Field(ge=1, le=1 << 12, description="Number of key and value heads; divides num_heads.")
    head_dim: int = Field(ge=2, le=1 << 12, description="Size of each head.")
    tie_embeddings: bool = Field(True, description="Whether the output head is the token embedding.")
    norm: Literal["rms", "layer"] = Field(description="The normalisation.")
    norm_epsilon: float = Field(gt=0, lt=1, description="What keeps the normalisation from dividing by zero.")
    positions: Literal["rotary", "learned"] = Field(description="How positions are told apart.")
    rope_theta: float = Field(10_000.0, gt=0, description="Base of the rotary wavelengths.")
    mlp: Literal["gelu", "swiglu"] = Field(description="The feed-forward.")
    qk_norm: bool = Field(description="Whether each head's queries and keys are normalised.")
    bias: bool = Field(description="Whether the projections have a bias.")


class Decoder(Transformer):
    """A causal transformer; its parameters are as its family initialises or a file gives them."""

    kind = "decoder"
    objective = "next_token"
    config: DecoderConfig

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config, self.dropout = config, config.dropout
        learned = config.context_length if config.positions == "learned" else None
        self.embedding = Embedding(config.vocab_size, config.hidden_size, learned)
        self.rotary = (
            Rotary(config.head_dim, config.context_length, config.rope_theta) if config.positions == "rotary" else None
        )
        self.blocks = nn.ModuleList(_block(config) for _ in range(config.num_layers))
        self.norm = _norm(config)
        self.head = None if config.tie_embeddings else nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.packed_head: nn.Module | None = None

    @property
    def embedding_weight(self) -> Float[Tensor, "V D"]:
        """The vector each token is read as."""
        weight: Tensor = self.embedding.tokens.weight
        return weight

    @property
    def head_weight(self) -> Float[Tensor, "V D"]:
        """The matrix whose product with the hidden state is the logits."""
        return self.embedding_weight if self.head is None else self.head.weight

    def hidden(self, tokens: Int[Tensor, "B T"], documents: Int[Tensor, "B T"] | None = None) -> Float[Tensor, "B T D"]:
        """The last hidden state; with `documents`, no position sees another document than its own.

        Raises: UserError when a row is longer than the context.
        """
        if tokens.shape[1] > self.config.context_length:
            raise UserError(f"a text of {tokens.shape[1]} tokens: the model reads at most {self.config.context_length}")
        if documents is None:
            positions, mask = torch.arange(tokens.shape[1], device=tokens.device)[None], None
        else:
            positions, mask = restarting_positions(documents), document_mask(documents)
        x = self._embed(tokens, positions)
        rotation = self.rotary(positions) if self.rotary is not None else None
        for block in self.blocks:
            x = block(x, rotation, mask)
        last: Tensor = self.norm(x)
        return last

    def forward(
        self, tokens: Int[Tensor, "B T"], documents: Int[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B T V"]:
        """The logits of the token after each position."""
        return F.linear(self.hidden(tokens, documents), self.head_weight)

    def loss(self, batch: Batch) -> Loss:
        """The loss of the batch's supervised targets, summed; the head sees no other position."""
        hidden, targets, _ = self._supervised(batch)
        smoothing = self.label_smoothing if self.training else 0.0
        return Loss(linear_cross_entropy(hidden, self.head_weight, targets, smoothing=smoothing), count(targets))

    @torch.no_grad()
    def token_losses(self, batch: Batch) -> Float[Tensor, "B T"]:
        """The nats of each target, 0 where it is not supervised."""
        hidden, targets, supervised = self._supervised(batch)
        losses = torch.zeros(supervised.shape, device=targets.device)
        losses[supervised] = target_nats(hidden, self.head_weight, targets)
        return losses

    def capacity(self, prompt_tokens: int, new_tokens: int) -> int:
        """The room a row needs to write so many tokens after its prompt, as far as the context allows."""
        return min(prompt_tokens + new_tokens, self.config.context_length)

    @torch.inference_mode()
    def begin(self, prompts: list[list[int]], capacity: int) -> tuple[State, Float[Tensor, "B V"]]:
        """Read the prompts; give what is remembered, with room for `capacity` tokens a row, and the next logits."""
        assert prompts, "no prompts"
        assert all(prompts), "an empty prompt; begin with the end-of-text token"
        lengths = [len(prompt) for prompt in prompts]
        longest, uniform = max(lengths), min(lengths) == max(lengths)
        if not longest <= capacity <= self.config.context_length:
            raise UserError(
                f"{longest} prompt tokens and room for {capacity} in all: "
                f"the model reads at most {self.config.context_length}; shorten the prompt or write fewer tokens"
            )
        device = self.head_weight.device
        padded = [prompt + [0] * (longest - len(prompt)) for prompt in prompts]
        state = self._new_state(len(prompts), capacity)
        hidden = self._continue(state, torch.tensor(padded, device=device))
        state.length = longest
        if uniform:
            return state, self._logits(hidden[:, -1])
        state.lengths = torch.tensor(lengths, device=device)
        return state, self._logits(hidden[torch.arange(len(prompts), device=device), state.lengths - 1])

    @torch.inference_mode()
    def step(self, state: State, tokens: Int[Tensor, " N"]) -> Float[Tensor, "N V"]:
        """Append one token to every row, or to every way of every row; the logits of the one after it."""
        rows = tokens.view(state.rows, -1)
        assert state.length + rows.shape[1] <= state.capacity, f"the state has {state.capacity} places only"
        hidden = self._continue(state, rows).flatten(0, 1)
        state.advance()
        return self._logits(hidden)

    def pack(self, *, alone: bool = False) -> None:
        """Lay the weights out for writing one text `alone` or several: faster steps, no training or saving any more.

        Does nothing where the place or the type of the weights has no such layout.
        """
        if can_pack(self.head_weight):
            pack(self.blocks, alone=alone)
            self.packed_head = packed(self.head_weight, None, alone)

    def matrix_parts(self) -> dict[str, tuple[int, ...]]:
        """The blocks' matrices by parameter name, each with the output sizes of the projections fused in it."""
        config = self.config
        kv_size = config.num_kv_heads * config.head_dim
        fused = {
            "attention.qkv": (config.num_heads * config.head_dim, kv_size, kv_size),
            "attention.output": (config.hidden_size,),
            "mlp.gate_up": (config.intermediate_size, config.intermediate_size),
            "mlp.up": (config.intermediate_size,),
            "mlp.down": (config.hidden_size,),
        }
        names = [name for name, value in self.blocks.named_parameters() if value.ndim == 2]
        return {f"blocks.{name}": fused[name.split(".", 1)[1].removesuffix(".weight")] for name in names}

    def _embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        x: Tensor = self.embedding(tokens, positions)
        return dropped(x, self)

    def _supervised(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self.hidden(batch["tokens"], batch.get("documents"))
        supervised = batch["targets"] != IGNORED
        if supervised.all():  # nothing to select: plain text without padding
            return hidden.flatten(0, 1), batch["targets"].flatten(), supervised
        return hidden[supervised], batch["targets"][supervised], supervised

    def _logits(self, hidden: Float[Tensor, "B D"]) -> Float[Tensor, "B V"]:
        if self.packed_head is not None:
            logits: Tensor = self.packed_head(hidden)
            return logits
        return F.linear(hidden, self.head_weight).float()

    def _new_state(self, rows: int, capacity: int) -> State:
        config = self.config
        caches = [LayerCache(rows, config.num_kv_heads, capacity, config.head_dim) for _ in self.blocks]
        return State(caches, capacity)

    def _continue(self, state: State, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        assert not (self.training and self.config.dropout), "generation in training mode would drop activations"
        positions = state.positions(tokens.shape[1], tokens.device)
        mask = state.mask()
        x = self.embedding(tokens, positions)
        rotation = self.rotary(positions) if self.rotary is not None else None
        for block, cache in zip(self.blocks, state.layers, strict=True):
            x = block(x, rotation, mask, partial(cache.append, start=state.length, lengths=state.lengths))
        last: Tensor = self.norm(x)
        return last


def _norm(config: DecoderConfig) -> nn.Module:
    kind = RMSNorm if config.norm == "rms" else LayerNorm
    return kind(config.hidden_size, config.norm_epsilon)


def _block(config: DecoderConfig) -> Block:
    attention = Attention(
        config.hidden_size,
        config.num_heads,
        config.num_kv_heads,
        config.head_dim,
        config.bias,
        config.norm_epsilon if config.qk_norm else None,
        config.dropout,
    )
    sizes = config.hidden_size, config.intermediate_size, config.bias
    feed_forward = SwiGLU(*sizes) if config.mlp == "swiglu" else MLP(*sizes, "gelu_tanh")
    return Block(_norm(config), attention, _norm(config), feed_forward, config.dropout)
