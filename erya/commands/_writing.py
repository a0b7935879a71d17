"""What `erya generate` and `erya chat` share: the options that choose tokens, and opening a model to write with."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from erya.core.errors import UserError

if TYPE_CHECKING:
    from erya.generate.engine import GenerationConfig
    from erya.generate.text import Writer
    from erya.model.files import LoadedModel

C = TypeVar("C", bound=Callable[..., Any])

OPTIONS = (
    click.option("--max-new-tokens", type=int, default=128, show_default=True, help="Most tokens to write."),
    click.option("--temperature", type=float, default=0.8, show_default=True, help="0 always takes the likeliest."),
    click.option("--top-k", type=int, help="Draw from the k likeliest tokens only."),
    click.option("--top-p", type=float, help="Draw from the fewest tokens that reach this share."),
    click.option("--min-p", type=float, help="Drop tokens below this share of the likeliest one's probability."),
    click.option("--repetition-penalty", type=float, help="Above 1 makes tokens that already came less likely."),
    click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same text."),
    click.option("--stop", multiple=True, help="A text that ends the writing and is not shown; may be repeated."),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps."),
)


def writing_options(command: C) -> C:
    """Add the options that choose tokens to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def writing_config(options: dict[str, Any]) -> "GenerationConfig":
    """The options given, checked.

    Raises: UserError for a value out of range.
    """
    from erya.core.config import resolve
    from erya.generate.engine import GenerationConfig

    given = {name: list(value) if name == "stop" else value for name, value in options.items() if value is not None}
    if "" in given.get("stop", []):
        raise UserError("stop: got an empty text, which would end every text at once; leave it out")
    return resolve(GenerationConfig, [("command line", given)]).config


def open_writer(model: Path, device: str, *, alone: bool) -> "tuple[LoadedModel, Writer]":
    """A model directory, ready to write: float32 on a CPU, what the hardware does best elsewhere.

    With `alone`, one text at a time is written fastest.
    Raises: UserError when it is no model, or has no tokenizer.
    """
    import torch

    from erya.core.device import choose_device, choose_precision
    from erya.generate.text import Writer
    from erya.model.architectures.decoder import Decoder
    from erya.model.files import load_model
    from erya.model.layers.packed import RowLinear

    place = choose_device(device)
    dtype = torch.float32 if place.type == "cpu" else choose_precision(place)
    loaded = load_model(model, place, dtype)
    if loaded.tokenizer is None:
        raise UserError(f"{model}: has no tokenizer.json, so text cannot be read; copy the tokenizer's files into it")
    decoder = loaded.expect(Decoder)
    decoder.pack(alone=alone)
    if isinstance(decoder.packed_head, RowLinear):
        torch.set_num_threads(1)  # the products have NumPy's threads, which PyTorch's would only disturb
    return loaded, Writer(decoder, loaded.tokenizer)
