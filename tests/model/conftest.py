"""Small models of every family and shape that matters, with weights large enough that each part of them shows."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from erya.core import registry
from erya.model.architectures.decoder import Decoder
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer

SHAPE = {
    "vocab_size": 300,
    "context_length": 48,
    "hidden_size": 32,
    "num_layers": 2,
    "num_heads": 4,
    "num_kv_heads": 4,
    "head_dim": 8,
    "intermediate_size": 40,
}
VARIANTS = {
    "gpt2": ("gpt2", {}),
    "gpt2-untied": ("gpt2", {"tie_embeddings": False}),
    "qwen3": ("qwen3", {}),
    "qwen3-grouped": ("qwen3", {"num_kv_heads": 2, "head_dim": 12}),
    "qwen3-grouped-untied": ("qwen3", {"num_kv_heads": 1, "tie_embeddings": False}),
}


def build(family: str, seed: int = 0, **changes: Any) -> Decoder:
    """A fresh model of the small shape."""
    chosen = registry.pick("erya.model.families", "FAMILY", family)
    return chosen.new(chosen.configure({**SHAPE, **changes}), seed).eval()


def disturbed(model: Decoder) -> Decoder:
    """The model with every parameter moved, so that nothing is zero, one or of no effect."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in model.parameters():
            value += 0.2 * torch.randn(value.shape, generator=generator)
    return model


@pytest.fixture(params=VARIANTS)
def model(request: pytest.FixtureRequest) -> Decoder:
    """A disturbed small model, once for each variant."""
    family, changes = VARIANTS[request.param]
    return disturbed(build(family, **changes))


@pytest.fixture
def tokens() -> Callable[..., torch.Tensor]:
    """Random token ids of a shape."""
    generator = torch.Generator().manual_seed(2)
    return lambda *shape: torch.randint(SHAPE["vocab_size"], shape, generator=generator)


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """A tokenizer that fits the small models."""
    return train_tokenizer(["a small text about a small fox, a small dog and other small beings. " * 20], 280)
