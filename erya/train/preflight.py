"""Checks made before the first step, each quick: what is wrong here would otherwise be silently wrong for hours.

In: the model, one micro-batch and the tokenizer. Out: one line for each check passed; the first that fails is an error.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.tokenizer.tokenizer import Tokenizer
from erya.train.loop import Batch, Model

ROUND_TRIP = "The cat — naïve, 3.14 €!\n\t猫坐在垫子上。🙂 <|endoftext|>"
INIT_TOLERANCE = 1.0  # nats: a start further than this from a uniform guess is no start
RELATIVE_TOLERANCE = 1e-3  # sums of float32 in another order differ by far less, a leak between documents by far more
MAX_ROWS = 4  # enough rows for every law below, few enough to take no time


def preflight(model: Model, batch: Batch, vocab_size: int, tokenizer: Tokenizer, *, fresh: bool) -> Iterator[str]:
    """Yield what was checked and found right; `fresh` says that the weights are newly initialised.

    Raises: UserError naming the first check that fails and what to do.
    """
    yield check_supervised(batch)
    yield check_ids(batch, vocab_size)
    yield check_round_trip(tokenizer)
    device = next(model.parameters()).device
    small = {name: tensor[:MAX_ROWS].to(device) for name, tensor in batch.items()}
    model.eval()
    try:
        with torch.no_grad():
            if fresh:
                yield check_init(model, small)
            yield check_accumulation(model, small)
            if "documents" in small:
                yield check_packing(model, small)
    finally:
        model.train()


def check_supervised(batch: Batch) -> str:
    """Some targets are supervised."""
    share = float((batch["targets"] >= 0).float().mean())
    if share == 0:
        raise UserError(
            "preflight: no target in the first batch is supervised, nothing could be learned; check the data"
        )
    return f"supervised tokens: {share:.1%} of the batch"


def check_ids(batch: Batch, vocab_size: int) -> str:
    """No token id is outside the model's vocabulary."""
    largest = max(int(batch["tokens"].max()), int(batch["targets"].max()))
    if largest >= vocab_size:
        raise UserError(
            f"preflight: token id {largest} in the data, but the model knows {vocab_size}; "
            "build the tokens with the model's tokenizer"
        )
    return f"token ids: largest {largest} < vocabulary {vocab_size}"


def check_round_trip(tokenizer: Tokenizer) -> str:
    """Text survives encoding and decoding, where the tokenizer is made for that, and no control id comes from it."""
    if not tokenizer.lossless:
        return "tokenizer: an imported one that changes the text, taken as it is"
    ids = tokenizer.encode(ROUND_TRIP)
    if tokenizer.decode(ids) != ROUND_TRIP or set(ids) & set(tokenizer.special.values()):
        raise UserError("preflight: the tokenizer does not give a text back as it was; train it again")
    return "tokenizer: decode(encode(text)) = text, no control id from text"


def check_init(model: Model, batch: Batch) -> str:
    """A new model guesses about uniformly: its loss is about ln V."""
    found = model.loss(batch)
    choices = model.choices(batch)
    loss, uniform = float(found.nats) / int(found.tokens), math.log(choices)
    if not abs(loss - uniform) <= INIT_TOLERANCE:
        raise UserError(
            f"preflight: loss at the start is {loss:.3f}, a uniform guess has ln {choices} = {uniform:.3f}; "
            "the initialisation or the targets are wrong"
        )
    return f"loss at the start: {loss:.3f}, ln {choices} = {uniform:.3f}"


def check_accumulation(model: Model, batch: Batch) -> str:
    """Rows taken one by one have the loss they have together."""
    together = float(model.loss(batch).nats)
    rows = len(batch["tokens"])
    apart = sum(float(model.loss(_row(batch, row, slice(None))).nats) for row in range(rows) if _scored(batch, row))
    _require_equal("one by one and together, the rows of a batch", apart, together)
    return f"accumulation: {rows} rows together = one by one"


def check_packing(model: Model, batch: Batch) -> str:
    """A document in a packed row has the loss it has alone."""
    documents = batch["documents"]
    packed_rows = (documents != documents[:, :1]).any(dim=1).nonzero().flatten().tolist()
    if not packed_rows:
        return "packing: no row with two documents in the first batch"
    row = packed_rows[0]
    last = documents[row] == documents[row, -1]
    alone = _row(batch, row, last)
    packed = _row(batch, row, slice(None))
    packed["targets"] = packed["targets"].masked_fill(~last[None], -100)
    if bool((alone["targets"] >= 0).any()):
        _require_equal("packed and alone, a document", float(model.loss(packed).nats), float(model.loss(alone).nats))
    return "packing: a document packed = the same alone"


def _row(batch: Batch, row: int, columns: slice | Tensor) -> Batch:
    wide = {name: tensor for name, tensor in batch.items() if tensor.ndim == 2}
    return {name: tensor[row : row + 1][:, columns] for name, tensor in wide.items()}


def _scored(batch: Batch, row: int) -> bool:
    return bool((batch["targets"][row] >= 0).any())


def _require_equal(what: str, got: float, expected: float) -> None:
    if not math.isclose(got, expected, rel_tol=RELATIVE_TOLERANCE, abs_tol=RELATIVE_TOLERANCE):
        raise UserError(f"preflight: {what} should have the same loss, got {got:.5f} and {expected:.5f} nats")
