"""Scores of many rows: those of like length computed together, each given back at its place."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from erya.dataset.examples import Examples, bucketed
from erya.dataset.rows import Batch
from erya.model.architectures.base import Transformer

BATCH_TOKENS = 8192  # places read at once


@torch.no_grad()
def scores_of(model: Transformer, rows: Examples, score: Callable[[Batch], Tensor]) -> list[np.ndarray]:
    """What `score` gives for each row, [B, …] for a batch of them; places that fill up a row are not taken off."""
    device = next(model.parameters()).device
    found: dict[int, np.ndarray] = {}
    for batch in bucketed(np.argsort(rows.lengths, kind="stable"), rows.lengths, BATCH_TOKENS):
        tensors = {name: tensor.to(device) for name, tensor in rows.batch(batch).items()}
        found.update(zip((one for (one,) in batch), score(tensors).float().cpu().numpy(), strict=True))
    return [found[place] for place in range(len(rows))]
