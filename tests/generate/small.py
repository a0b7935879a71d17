"""Small decoders with lively random weights, and a tokenizer in which a token is a byte."""

from dataclasses import dataclass, field

import torch

from erya.core import registry
from erya.model.architectures.decoder import Decoder
from erya.model.family import Family

SHAPE = {
    "vocab_size": 260,
    "context_length": 64,
    "hidden_size": 32,
    "num_layers": 2,
    "num_heads": 4,
    "head_dim": 8,
    "intermediate_size": 48,
}
KV_HEADS = {"gpt2": 4, "qwen3": 2}
LIVELY = 12  # fresh weights nearly repeat one token; these write something else at each place
END = 256


@dataclass
class ByteTokenizer:
    """Ids 0–255 are bytes, 256 is the end of text, 257–259 other control tokens."""

    end_of_text_id: int = END
    sha256: str = "0" * 64
    special: dict[str, int] = field(default_factory=lambda: {"<|end|>": END, "<|a|>": 257, "<|b|>": 258, "<|c|>": 259})

    def token_bytes(self, id_: int) -> bytes:
        return bytes([id_]) if id_ < END else b"<|control|>"

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def encode_batch(self, texts: list[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]


def small_model(family_name: str = "qwen3", seed: int = 0) -> Decoder:
    family: Family = registry.pick("erya.model.families", "FAMILY", family_name)
    config = family.configure({**SHAPE, "num_kv_heads": KV_HEADS[family_name], "tie_embeddings": True})
    model = family.new(config, seed).eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim == 2 and "blocks" in name:
                value *= LIVELY
    return model
