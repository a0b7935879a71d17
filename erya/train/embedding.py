"""Token vectors that are counted: what a new model's embedding begins with, before its first step."""

from collections.abc import Sequence

import torch

from erya.core.progress import say
from erya.dataset.cooccurrence import token_vectors
from erya.dataset.examples import Texts
from erya.model.architectures.base import Transformer


def begin_counted(model: Transformer, sides: Sequence[Texts], where: str) -> None:
    """Let the token vectors begin with which tokens stand together in texts, or across in aligned ones.

    Attention begins with them where it would not by itself.
    """
    vectors = torch.from_numpy(token_vectors(sides, model.config.vocab_size, model.config.hidden_size))
    model.begin_embedding(vectors)
    model.begin_attention()
    say(f"  token vectors: {int(vectors.any(dim=1).sum()):,} begin with what stands beside what in {where}")
