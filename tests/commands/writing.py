"""A tiny model directory with a tokenizer of bytes, and the tokens and corpus it could have been trained from."""

from pathlib import Path

import torch

from erya.core import registry
from erya.corpus.build import BuildOptions, build_corpus
from erya.dataset.build import build_tokens
from erya.model.family import Family
from erya.model.files import save_model
from erya.tokenizer.tokenizer import Tokenizer, train_tokenizer

VOCAB = 300
CONTEXT = 64


def text(number: int) -> str:
    return f"Story {number}. The fox of house {number * 7} saw the hen, and the hen saw fox {number % 5}. 狐狸。\n" * 4


def make_tokenizer() -> Tokenizer:
    return train_tokenizer([text(number) for number in range(40)], VOCAB)


def make_model(directory: Path, tokenizer: Tokenizer, tokens: Path | None = None) -> Path:
    family: Family = registry.pick("erya.model.families", "FAMILY", "qwen3")
    shape = {"hidden_size": 16, "num_layers": 1, "num_heads": 2, "num_kv_heads": 1, "head_dim": 8}
    config = family.configure(
        {**shape, "vocab_size": VOCAB, "context_length": CONTEXT, "intermediate_size": 24, "tie_embeddings": True}
    )
    provenance = {"config": {"data": {"tokens": [str(tokens)]}}} if tokens is not None else {}
    model = family.new(config, 0)
    with torch.no_grad():
        for value in model.parameters():
            if value.ndim == 2:  # fresh weights only repeat the last token
                value.normal_(0, 0.5, generator=torch.Generator().manual_seed(value.numel()))
    save_model(directory, model, tokenizer, provenance)
    return directory


def make_corpus(directory: Path) -> Path:
    source = directory / "stories"
    source.mkdir(parents=True)
    for number in range(60):
        (source / f"{number}.txt").write_text(text(number), encoding="utf-8")
    out = directory / "corpus"
    build_corpus([str(source)], out, BuildOptions(validation_fraction=0.1, test_fraction=0.2))
    return out


def make_tokens(corpus: Path, tokenizer: Tokenizer) -> Path:
    build_tokens(corpus, tokenizer, corpus.parent / "tokens")
    return corpus.parent / "tokens"
