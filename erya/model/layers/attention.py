"""Attention, to a text itself or to another one: the textbook form, and the fast form every model uses."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from erya.model.layers.dropout import dropout
from erya.model.layers.norm import RMSNorm
from erya.model.layers.rotary import Rotation, rotate

SHORT = 128
"""Tokens up to which a CPU's plain products train faster: 3 to 8 times at 16, 1 to 3 times at 128, slower from 256."""

FEW = 1024
"""Scores of a head up to which they read faster too: 2 to 3 times with two threads, which its kernels stumble over."""

Memory = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""What attention needs of a cache: take new keys and values, give all of them, the new ones last."""


def reference_attention(
    queries: Float[Tensor, "B H T E"],
    keys: Float[Tensor, "B K S E"],
    values: Float[Tensor, "B K S E"],
    visible: Bool[Tensor, "#B 1 T S"],
) -> Float[Tensor, "B H T E"]:
    """Attention as the textbook writes it, softmax(Q Kᵀ / √E) V; tests hold the fast form to it.

    Source: Vaswani et al. 2017, arXiv:1706.03762, equation 1; each key and value serves H / K queries as in
    Ainslie et al. 2023, arXiv:2305.13245, section 2.2.
    """
    group = queries.shape[1] // keys.shape[1]
    keys, values = keys.repeat_interleave(group, dim=1), values.repeat_interleave(group, dim=1)
    scores = queries @ keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
    return torch.softmax(scores.masked_fill(~visible, -math.inf), dim=-1) @ values


def fast_attention(
    queries: Float[Tensor, "B H T E"],
    keys: Float[Tensor, "B K S E"],
    values: Float[Tensor, "B K S E"],
    mask: Bool[Tensor, "#B 1 #T S"] | None = None,
    dropout_rate: float = 0.0,
    causal: bool = True,
) -> Float[Tensor, "B H T E"]:
    """The same by PyTorch's fused kernels; without a mask, `causal` or not, one query alone sees everything."""
    rows, heads, length, size = queries.shape
    if length == 1 and not dropout_rate:
        # The queries of one group stand beside each other as if they were positions: no key is ever repeated.
        grouped = queries.reshape(rows, keys.shape[1], -1, size)
        return F.scaled_dot_product_attention(grouped, keys, values, attn_mask=mask).reshape(rows, heads, 1, size)
    if _is_plain_faster(queries, keys, dropout_rate):
        return _plain_attention(queries, keys, values, mask, dropout_rate, causal)
    return F.scaled_dot_product_attention(
        queries,
        keys,
        values,
        attn_mask=mask,
        dropout_p=dropout_rate,
        is_causal=causal and mask is None and length > 1,
        enable_gqa=heads != keys.shape[1],
    )


def _is_plain_faster(queries: Float[Tensor, "B H T E"], keys: Float[Tensor, "B K S E"], dropout_rate: float) -> bool:
    """Whether a CPU's fused kernel is not worth it: on short texts, whose backward pass is slow, or with
    dropout, for which there is none: PyTorch then draws a number for every score.
    """
    if queries.device.type != "cpu" or queries.shape[1] != keys.shape[1]:
        return False
    if dropout_rate:
        return True
    length, seen = queries.shape[2], keys.shape[2]
    trains = torch.is_grad_enabled() and queries.requires_grad
    return max(length, seen) <= SHORT if trains else length * seen <= FEW


def _plain_attention(
    queries: Float[Tensor, "B H T E"],
    keys: Float[Tensor, "B H S E"],
    values: Float[Tensor, "B H S E"],
    mask: Bool[Tensor, "#B 1 #T S"] | None,
    dropout_rate: float,
    causal: bool,
) -> Float[Tensor, "B H T E"]:
    scores = (queries / math.sqrt(queries.shape[-1])) @ keys.transpose(-2, -1)
    if mask is None and causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()[None, None]
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return dropout(torch.softmax(scores, dim=-1), dropout_rate) @ values


def document_mask(documents: Int[Tensor, "B T"], causal: bool = True) -> Bool[Tensor, "B 1 T T"]:
    """Which positions each position sees: those in its own document, and, when `causal`, not after it."""
    seen = documents[:, :, None] == documents[:, None, :]
    return (seen.tril() if causal else seen)[:, None]


def padding_mask(tokens: Int[Tensor, "B S"], pad_id: int) -> Bool[Tensor, "B 1 1 S"] | None:
    """Which tokens everyone sees: those that are no padding; None where there is none."""
    real = tokens != pad_id
    return None if bool(real.all()) else real[:, None, None]


class Attention(nn.Module):
    """Self-attention with one fused projection to queries, keys and values, and optionally normalised queries and keys.

    Source of the query and key norm: Henry et al. 2020, arXiv:2010.04245, as Qwen3 has it (RMSNorm of each head).
    """

    def __init__(
        self,
        hidden_size: int,
        num_heads: int,
        num_kv_heads: int,
        head_dim: int,
        bias: bool,
        norm_epsilon: float | None,
        dropout: float,
        causal: bool = True,
    ) -> None:
        super().__init__()
        self.causal = causal
        self.num_heads, self.num_kv_heads, self.head_dim, self.dropout = num_heads, num_kv_heads, head_dim, dropout
        self.qkv = nn.Linear(hidden_size, (num_heads + 2 * num_kv_heads) * head_dim, bias=bias)
        self.output = nn.Linear(num_heads * head_dim, hidden_size, bias=bias)
        self.query_norm = RMSNorm(head_dim, norm_epsilon) if norm_epsilon is not None else None
        self.key_norm = RMSNorm(head_dim, norm_epsilon) if norm_epsilon is not None else None

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        rotation: Rotation | None = None,
        mask: Bool[Tensor, "#B 1 #T S"] | None = None,
        memory: Memory | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Every position's mixture of what it sees; with `memory`, of what came before `x` too."""
        heads = self.qkv(x).view(*x.shape[:-1], -1, self.head_dim).transpose(1, 2)
        queries, keys, values = heads.split_with_sizes((self.num_heads, self.num_kv_heads, self.num_kv_heads), dim=1)
        if self.query_norm is not None and self.key_norm is not None:
            queries, keys = self.query_norm(queries), self.key_norm(keys)
        if rotation is not None:
            queries, keys = rotate(queries, rotation), rotate(keys, rotation)
        if memory is not None:
            keys, values = memory(keys, values)
        mixed = fast_attention(queries, keys, values, mask, self.dropout if self.training else 0.0, self.causal)
        output: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return output


KeysValues = tuple[Tensor, Tensor]
"""The keys and values of a text that is attended to, [B, H, S, E] each."""


class CrossAttention(nn.Module):
    """Attention from one text to another: its queries, the other's keys and values.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.3.
    """

    def __init__(self, hidden_size: int, num_heads: int, bias: bool) -> None:
        super().__init__()
        self.head_dim = hidden_size // num_heads
        self.query = nn.Linear(hidden_size, hidden_size, bias=bias)
        self.key_value = nn.Linear(hidden_size, 2 * hidden_size, bias=bias)
        self.output = nn.Linear(hidden_size, hidden_size, bias=bias)

    def keys_values(self, source: Float[Tensor, "B S D"]) -> KeysValues:
        """What of the other text is attended to; it is the same for every position and step, so laid out once."""
        heads = self.key_value(source).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
        keys, values = heads.chunk(2, dim=1)
        return keys.contiguous(), values.contiguous()

    def forward(
        self, x: Float[Tensor, "B T D"], source: KeysValues, mask: Bool[Tensor, "#B 1 1 S"] | None = None
    ) -> Float[Tensor, "B T D"]:
        """Every position's mixture of the other text, as far as `mask` lets it see."""
        queries = self.query(x).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
        mixed = fast_attention(queries, *source, mask, causal=False)
        output: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return output
