"""One transformer block: attention and a feed-forward, each on a normalised input and added to the residual stream."""

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from erya.model.layers.attention import Attention, Memory
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
        mask: Bool[Tensor, "#B 1 T S"] | None = None,
        memory: Memory | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The residual stream after this block."""
        x = x + self._drop(self.attention(self.attention_norm(x), rotation, mask, memory))
        return x + self._drop(self.mlp(self.mlp_norm(x)))

    def _drop(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        return F.dropout(x, self.dropout) if self.training and self.dropout else x
