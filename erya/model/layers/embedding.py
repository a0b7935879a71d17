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

    def forward(self, tokens: Int[Tensor, "B T"], positions: Int[Tensor, "#B T"]) -> Float[Tensor, "B T D"]:
        """The vectors the first block reads."""
        vectors: Tensor = self.tokens(tokens)
        if self.positions is not None:
            vectors = vectors + self.positions(positions)
        return vectors


def restarting_positions(documents: Int[Tensor, "B T"]) -> Int[Tensor, "B T"]:
    """The position of each token within its document, where a row holds several."""
    index = torch.arange(documents.shape[1], device=documents.device)
    first = torch.ones_like(documents[:, :1], dtype=torch.bool)
    starts = torch.cat((first, documents[:, 1:] != documents[:, :-1]), dim=1)
    return index - torch.where(starts, index, 0).cummax(dim=1).values
