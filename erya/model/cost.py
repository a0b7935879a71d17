"""What a model costs, by arithmetic on its shape alone: parameters, operations, bytes."""

from functools import singledispatch
from typing import NamedTuple

from erya.model.architectures.base import BaseConfig, Batch
from erya.model.architectures.decoder import DecoderConfig
from erya.model.architectures.encoder import EncoderConfig
from erya.model.architectures.encoder_decoder import EncoderDecoderConfig

FLOAT32_BYTES = 4
ADAMW_FLOATS = 4
"""Per parameter: weight, gradient, two moments."""
MUON_FLOATS = 3
"""Per parameter: weight, gradient, one momentum."""


class Parameters(NamedTuple):
    """How many parameters a model has, counted in the three ways that papers use."""

    total: int
    non_embedding: int
    """All but token and position vectors and an untied head."""
    matmul: int
    """Those multiplied with every token: the blocks' matrices and the head, tied or not, no table that is looked up."""


@singledispatch
def parameters(config: BaseConfig) -> Parameters:
    """The parameter counts; `total` is exactly what a built model holds."""
    raise NotImplementedError(type(config).__name__)


@parameters.register
def _(config: DecoderConfig) -> Parameters:
    matrices = config.num_layers * _matrices_per_layer(config)
    vectors = config.num_layers * _vectors_per_layer(config) + _norm_size(config)
    table = config.vocab_size * config.hidden_size
    positions = config.context_length * config.hidden_size if config.positions == "learned" else 0
    heads = 1 if config.tie_embeddings else 2
    return Parameters(heads * table + positions + matrices + vectors, matrices + vectors, matrices + table)


@parameters.register
def _(config: EncoderDecoderConfig) -> Parameters:
    size, inner, table = config.hidden_size, config.intermediate_size, config.vocab_size * config.hidden_size
    encoder, decoder = config.num_layers, config.num_decoder_layers
    matrices = encoder * (4 * size * size + 2 * size * inner) + decoder * (8 * size * size + 2 * size * inner)
    # Biases of 4 or 8 projections and of the feed-forward; gain and bias of 2 or 3 norms.
    vectors = encoder * (9 * size + inner) + decoder * (15 * size + inner) + config.vocab_size
    return Parameters(table + matrices + vectors, matrices + vectors, matrices + table)


@parameters.register
def _(config: EncoderConfig) -> Parameters:
    size, inner, table = config.hidden_size, config.intermediate_size, config.vocab_size * config.hidden_size
    head = {"masked_lm": size * size, "span": 2 * size, "label": size * size + size * len(config.labels), None: 0}
    head_vectors = {"masked_lm": 3 * size + config.vocab_size, "span": 2, "label": size + len(config.labels), None: 0}
    matrices = config.num_layers * (4 * size * size + 2 * size * inner) + head[config.head]
    vectors = config.num_layers * (9 * size + inner) + 2 * size + head_vectors[config.head]
    looked_up = table + (config.context_length + config.segments) * size
    multiplied = matrices + (table if config.head == "masked_lm" else 0)
    return Parameters(looked_up + matrices + vectors, matrices + vectors, multiplied)


def _matrices_per_layer(config: DecoderConfig) -> int:
    heads = 2 * config.num_heads + 2 * config.num_kv_heads
    inner = 3 if config.mlp == "swiglu" else 2
    return config.hidden_size * (heads * config.head_dim + inner * config.intermediate_size)


def _vectors_per_layer(config: DecoderConfig) -> int:
    inner = 2 if config.mlp == "swiglu" else 1
    qkv_size = (config.num_heads + 2 * config.num_kv_heads) * config.head_dim
    biases = qkv_size + inner * config.intermediate_size + 2 * config.hidden_size if config.bias else 0
    return 2 * _norm_size(config) + biases + (2 * config.head_dim if config.qk_norm else 0)


def _norm_size(config: DecoderConfig) -> int:
    return config.hidden_size * (2 if config.norm == "layer" else 1)


@singledispatch
def training_flops(config: BaseConfig, batch: Batch) -> int:
    """Operations of one forward and backward pass over a batch, padding included, for it is computed too."""
    raise NotImplementedError(type(config).__name__)


@training_flops.register
def _(config: DecoderConfig, batch: Batch) -> int:
    rows, length = batch["tokens"].shape
    return rows * length * training_flops_per_token(config, length)


@training_flops.register
def _(config: EncoderConfig, batch: Batch) -> int:
    rows, length = batch["tokens"].shape
    size, inner = config.hidden_size, config.intermediate_size
    block = 4 * size * size + 2 * size * inner + 2 * length * size
    # The head that tells masked tokens sees those alone; the others are too small to count.
    masked = int((batch["targets"] >= 0).sum()) if config.head == "masked_lm" else 0
    return 6 * (rows * length * config.num_layers * block + masked * (size * size + config.vocab_size * size))


@training_flops.register
def _(config: EncoderDecoderConfig, batch: Batch) -> int:
    (rows, read), written = batch["source"].shape, batch["tokens"].shape[1]
    size, inner = config.hidden_size, config.intermediate_size
    encoder = config.num_layers * read * (4 * size * size + 2 * size * inner + 2 * read * size)
    keys_values = config.num_decoder_layers * read * 2 * size * size
    block = 6 * size * size + 2 * size * inner + 2 * (written + read) * size
    decoder = written * (config.num_decoder_layers * block + config.vocab_size * size)
    return 6 * rows * (encoder + keys_values + decoder)


def training_flops_per_token(config: DecoderConfig, context_length: int) -> int:
    """Operations of one trained token, forward and backward: 6 N + 12 L H E T, with N the `matmul` parameters.

    The attention term counts all T positions, as the published figures of utilisation do; a causal kernel needs about
    half of it.
    Source: Chowdhery et al. 2022 (PaLM), arXiv:2204.02311, appendix B.
    """
    attention = 12 * config.num_layers * config.num_heads * config.head_dim * context_length
    return 6 * parameters(config).matmul + attention


def inference_flops_per_token(config: DecoderConfig, context_length: int) -> int:
    """Operations of one written token after `context_length` others: 2 N + 4 L H E T.

    Source: Kaplan et al. 2020, arXiv:2001.08361, table 1 (forward pass).
    """
    attention = 4 * config.num_layers * config.num_heads * config.head_dim * context_length
    return 2 * parameters(config).matmul + attention


def training_state_bytes(config: DecoderConfig, muon: bool) -> int:
    """Bytes of weights, gradients and optimizer moments in float32, without activations."""
    total = parameters(config).total
    matrices = config.num_layers * _matrices_per_layer(config) if muon else 0
    return FLOAT32_BYTES * (ADAMW_FLOATS * (total - matrices) + MUON_FLOATS * matrices)


def kv_bytes_per_token(config: DecoderConfig, element_bytes: int = FLOAT32_BYTES) -> int:
    """Bytes the cache keeps of one token of one text: a key and a value for each layer and head."""
    return 2 * config.num_layers * config.num_kv_heads * config.head_dim * element_bytes
