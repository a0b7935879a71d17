"""Tiny models of each architecture with a byte-level tokenizer, random but not silent."""

from functools import cache

import torch

from erya.core import registry
from erya.model.architectures.base import Transformer
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer

SENTENCE = "the old bridge was built by Ada in 1815 near a river mill while Tom sold red apples to nine monks"
WORDS = SENTENCE.split()
CHINESE = "桥是谁建的？一八一五年，艾达在河边造了这座桥。汤姆卖苹果给九个和尚。"
SHAPES = {
    "bert": {"num_layers": 1, "num_heads": 2, "intermediate_size": 32},
    "qwen3": {"num_layers": 1, "num_heads": 2, "num_kv_heads": 1, "head_dim": 8, "intermediate_size": 32},
    "marian": {"num_layers": 1, "num_decoder_layers": 1, "num_heads": 2, "intermediate_size": 32},
}


@cache
def tokenizer() -> Tokenizer:
    return train_tokenizer([SENTENCE + ". " + CHINESE] * 4, 300)


def build(family: str, context_length: int = 64, seed: int = 0, **more: object) -> Transformer:
    entry = registry.pick("erya.model.families", "FAMILY", family)
    own = tokenizer()
    from erya.model.family import Vocabulary

    vocabulary = entry.vocabulary(Vocabulary(own.vocab_size, own.pad_id, own.end_of_text_id))
    shape = {**SHAPES[family], **vocabulary, "hidden_size": 16, "context_length": context_length, **more}
    model: Transformer = entry.new(entry.configure(shape), seed).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in model.parameters():
            if value.ndim == 2:  # fresh weights hardly tell texts apart
                value.normal_(0, 0.4, generator=generator)
    return model
