"""What stands on an encoder's hidden states: masked tokens told, a span of the text marked, the text labelled.

In: the hidden states of a batch. Out: logits, or the summed loss of the batch's targets.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from erya.model.layers.block import dropped
from erya.model.layers.cross_entropy import IGNORED, linear_cross_entropy
from erya.model.layers.mlp import ACTIVATIONS
from erya.model.layers.norm import LayerNorm


class MaskedLMHead(nn.Module):
    """Tells a token from its place's hidden state; the output matrix is the token embedding, with a bias of its own.

    Source: Devlin et al. 2019 (BERT), arXiv:1810.04805, section 3.1, task 1; the transform is in their code only.
    """

    def __init__(self, hidden_size: int, vocab_size: int, activation: str, norm_epsilon: float) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        self.dense = nn.Linear(hidden_size, hidden_size)
        self.norm = LayerNorm(hidden_size, norm_epsilon)
        self.bias = nn.Parameter(torch.zeros(vocab_size))

    def forward(self, hidden: Float[Tensor, "*rows D"], table: Float[Tensor, "V D"]) -> Float[Tensor, "*rows V"]:
        """The logits of the token at each place; `table` is the token embedding."""
        return F.linear(self._transformed(hidden), table, self.bias)

    def nats(
        self, hidden: Float[Tensor, "B T D"], targets: Int[Tensor, "B T"], table: Float[Tensor, "V D"]
    ) -> Float[Tensor, ""]:
        """The summed loss of the supervised places; the head sees no other."""
        supervised = targets != IGNORED
        return linear_cross_entropy(self._transformed(hidden[supervised]), table, targets[supervised], bias=self.bias)

    def _transformed(self, hidden: Tensor) -> Tensor:
        transformed: Tensor = self.norm(self.activation(self.dense(hidden)))
        return transformed


class SpanHead(nn.Module):
    """Marks where a span of the text begins and where it ends, its last token included.

    Source: Devlin et al. 2019, arXiv:1810.04805, section 4.2.
    """

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.output = nn.Linear(hidden_size, 2)

    def forward(self, hidden: Float[Tensor, "B T D"]) -> Float[Tensor, "B T 2"]:
        """The logits of each place as the begin and as the end."""
        logits: Tensor = self.output(hidden)
        return logits

    def nats(
        self, hidden: Float[Tensor, "B T D"], targets: Int[Tensor, "B 2"], places: Bool[Tensor, "B T"]
    ) -> Float[Tensor, ""]:
        """The summed loss of the begins and of the ends, each among the row's allowed places."""
        logits = self(hidden).float().masked_fill(~places[..., None], -math.inf)
        return F.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum")


class LabelHead(nn.Module):
    """Labels the text from the hidden state of its first token.

    Source: Devlin et al. 2019, arXiv:1810.04805, section 4.1; the dense layer before it is BERT's pooler.
    """

    def __init__(self, hidden_size: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.dense = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, labels)

    def forward(self, hidden: Float[Tensor, "B T D"]) -> Float[Tensor, "B L"]:
        """The logits of each label."""
        pooled = torch.tanh(self.dense(hidden[:, 0]))
        logits: Tensor = self.output(dropped(pooled, self))
        return logits

    def nats(self, hidden: Float[Tensor, "B T D"], targets: Int[Tensor, "B 1"]) -> Float[Tensor, ""]:
        """The summed loss of the labels."""
        return F.cross_entropy(self(hidden).float(), targets[:, 0], ignore_index=IGNORED, reduction="sum")
