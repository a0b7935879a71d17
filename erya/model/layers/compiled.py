"""What a step with one row runs when it is compiled: norms, products and activations in one loop over the weights.

Compiled are one block, whose code serves all of them, and the head; attention and the cache stay calls within.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.model.layers.block import Block
from erya.model.layers.packed import RowLinear


class CompiledStep(NamedTuple):
    """The forward passes, the module to run being their first argument."""

    block: Callable[..., Tensor]
    head: Callable[..., Tensor]


def compiled_step() -> CompiledStep:
    """A step that compiles itself where it first runs; lengths are symbols in it, so that once is enough."""
    return CompiledStep(torch.compile(Block.forward, dynamic=True), torch.compile(RowLinear.forward, dynamic=True))


@contextmanager
def compiling() -> Iterator[None]:
    """Within, what runs for the first time is compiled for other lengths too.

    Raises: UserError when compiling fails, as it does where there is no C++ compiler.
    """
    from torch._dynamo.exc import BackendCompilerFailed  # takes a second
    from torch.fx.experimental import _config

    # A length that equals a head count now is not always equal to it.
    symbols: AbstractContextManager[None] = _config.patch(use_duck_shape=False)  # type: ignore[attr-defined]
    try:
        with symbols:
            yield
    except BackendCompilerFailed as error:
        reason = str(error).strip().partition("\n")[0]
        raise UserError(f"compile: {reason}; install one (g++), or write without --compile") from None
