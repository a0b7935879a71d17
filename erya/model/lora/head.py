"""A head that is new for a task: trained whole beside a LoRA, and kept with it as PEFT's modules_to_save.

In: a model with a trained head, or the tensors of a LoRA's file. Out: the head's weights by their outside names, or a
model that has them.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.model.architectures.base import Transformer
from erya.model.lora.parts import family_of

PREFIX = "base_model.model."
HEAD = "head."
"""What our names of a head's weights begin with."""


def trained_head(model: Transformer) -> dict[str, Tensor]:
    """The weights of the head's modules that were trained beside the parts, by their outside names.

    Raises: UserError when anything else was trained, or a module of the head only in part.
    """
    ours = dict(model.named_parameters())
    trained = {name for name, value in ours.items() if value.requires_grad and not name.startswith("lora.")}
    modules = {_module(name) for name in trained}
    for name in sorted(trained):
        whole = {other for other in ours if _module(other) == _module(name)} <= trained
        if not name.startswith(HEAD) or not whole:
            raise UserError(
                f"{name} was trained beside the LoRA, whose files hold no such thing; merge the LoRA and save the "
                "whole model"
            )
    head: dict[str, Tensor] = {}
    for rename in family_of(model).renames(model.config):
        if _module(rename.ours) in modules:
            head |= rename.export(ours[rename.ours].detach())
    return head


def head_weights(
    directory: Path, modules: Collection[str], tensors: Mapping[str, Tensor], model: Transformer
) -> dict[str, str]:
    """The weights of a file that are the model's head's: their outside names, and their names in the file.

    Raises: UserError for a module trained whole that is no part of the model's head, or is not in the file.
    """
    family, shapes, found = family_of(model), _shapes(model), {}
    for name, tensor in tensors.items():
        outside = family.outside_name(name.removeprefix(PREFIX))
        if not any(_module(outside).endswith(module) for module in modules):
            continue
        if shapes.get(outside) != tensor.shape:
            expected = f"has shape {shapes[outside]} there" if outside in shapes else "is not there"
            raise UserError(
                f"{directory}: holds {name} of shape {tuple(tensor.shape)}, which {expected} in this {family.name} "
                "model's head; load it with its own base and the head of its task"
            )
        found[outside] = name
    if modules and not found:
        raise UserError(
            f"{directory}: modules_to_save: got {list(modules)}, of which it holds no weights; copy it again"
        )
    return found


@torch.no_grad()
def fill_head(model: Transformer, head: Mapping[str, Tensor]) -> None:
    """Give the model's head the weights that came with the parts, and let them be trained."""
    for rename in family_of(model).renames(model.config):
        if set(rename.theirs) & head.keys():
            parameter = model.get_parameter(rename.ours)
            parameter.copy_(rename.read(head))
            parameter.requires_grad_()


def _module(name: str) -> str:
    return name.rpartition(".")[0]


def _shapes(model: Transformer) -> dict[str, tuple[int, ...]]:
    """The shapes of the head's weights, by their outside names."""
    shapes: dict[str, tuple[int, ...]] = {}
    for rename in family_of(model).renames(model.config):
        if rename.ours.startswith(HEAD):
            shapes |= rename.outside_shapes(tuple(model.get_parameter(rename.ours).shape))
    return shapes
