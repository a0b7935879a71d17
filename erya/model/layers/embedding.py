"""Tokens, and for some families their positions, as vectors."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class Embedding(nn.Module):
    """One learned vector for each token, plus one for each position where positions are learned."""

    def __init__(self, vocab_size: int, hidden_size: int, learned_positions: int | None) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, hidden_size)
        self.positions = nn.Embedding(learned_positions, hidden_size) if learned_positions else None

    def forward(self, tokens: Int[Tensor, "B T"], positions: Int[Tensor, "#B #T"]) -> Float[Tensor, "B T D"]:
        """The vectors the first block reads."""
        vectors: Tensor = self.tokens(tokens)
        if self.positions is not None:
            vectors = vectors + self.positions(positions)
        return vectors


def sinusoids(positions: int, size: int) -> Float[Tensor, "positions D"]:
    """One fixed vector for each position: sines of falling frequencies, then their cosines, as Marian orders them.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
    """
    # The device is named because a model is built on the meta device before its weights are read.
    exponents = torch.arange(0, size, 2, dtype=torch.float64, device="cpu") / size
    angles = torch.outer(torch.arange(positions, dtype=torch.float64, device="cpu"), 10_000**-exponents)
    return torch.cat((angles.sin(), angles.cos()), dim=1).float()


def restarting_positions(documents: Int[Tensor, "B T"]) -> Int[Tensor, "B T"]:
    """The position of each token within its document, where a row holds several."""
    index = torch.arange(documents.shape[1], device=documents.device)
    first = torch.ones_like(documents[:, :1], dtype=torch.bool)
    starts = torch.cat((first, documents[:, 1:] != documents[:, :-1]), dim=1)
    return index - torch.where(starts, index, 0).cummax(dim=1).values
