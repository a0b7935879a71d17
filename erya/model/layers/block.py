"""One transformer block: attention and a feed-forward, each added to the residual stream, which is normalised."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from erya.model.layers.attention import Attention, CrossAttention, KeysValues, Memory
from erya.model.layers.dropout import dropout
from erya.model.layers.rotary import Rotation


class Block(nn.Module):
    """The pre-norm block.

    Source: Radford et al. 2019 (GPT-2), section 2.3; Xiong et al. 2020, arXiv:2002.04745, figure 1b.
    """

    def __init__(
        self, attention_norm: nn.Module, attention: Attention, mlp_norm: nn.Module, mlp: nn.Module, dropout: float
    ) -> None:
        super().__init__()
        self.attention_norm, self.attention = attention_norm, attention
        self.mlp_norm, self.mlp = mlp_norm, mlp
        self.dropout = dropout

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        rotation: Rotation | None = None,
        mask: Bool[Tensor, "#B 1 #T S"] | None = None,
        memory: Memory | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The residual stream after this block."""
        x = x + dropped(self.attention(self.attention_norm(x), rotation, mask, memory), self)
        return x + dropped(self.mlp(self.mlp_norm(x)), self)


class PostNormBlock(nn.Module):
    """The post-norm block, with attention to another text between its parts where it has one.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.1; Devlin et al. 2019 (BERT) keep it.
    """

    def __init__(
        self, attention: Attention, cross: CrossAttention | None, mlp: nn.Module, norms: list[nn.Module], dropout: float
    ) -> None:
        super().__init__()
        self.attention, self.attention_norm = attention, norms[0]
        self.cross, self.cross_norm = cross, norms[1] if cross is not None else None
        self.mlp, self.mlp_norm = mlp, norms[-1]
        self.dropout = dropout

    def source(self, read: Float[Tensor, "B S D"]) -> KeysValues:
        """What this block attends to of the other text."""
        assert self.cross is not None, "this block attends to no other text"
        return self.cross.keys_values(read)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        mask: Bool[Tensor, "#B 1 #T S"] | None = None,
        memory: Memory | None = None,
        source: KeysValues | None = None,
        source_mask: Bool[Tensor, "B 1 1 Z"] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The residual stream after this block."""
        x = self.attention_norm(x + dropped(self.attention(x, None, mask, memory), self))
        if self.cross is not None and self.cross_norm is not None:
            x = self.cross_norm(x + dropped(self.cross(x, source, source_mask), self))
        normed: Tensor = self.mlp_norm(x + dropped(self.mlp(x), self))
        return normed


def dropped(x: Float[Tensor, "*rows D"], module: nn.Module) -> Float[Tensor, "*rows D"]:
    """The vectors as a module in training hands them on: some of their numbers dropped, at its rate."""
    return dropout(x, float(module.dropout)) if module.training else x  # type: ignore[arg-type]
