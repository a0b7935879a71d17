"""A fresh head on a pretrained encoder, for fine-tuning."""

from typing import Any

from erya.core import registry
from erya.model.architectures.encoder import Encoder, HeadName
from erya.model.family import Family

FAMILIES = "erya.model.families"


def with_head(model: Encoder, head: HeadName, labels: tuple[str, ...] = (), seed: int = 0) -> Encoder:
    """A new model with the same body and a fresh head, the same for the same seed; the given model stays as it is.

    Raises: UserError when a label head has no labels, or another head has some.
    """
    family: Family[Any, Any] = registry.pick(FAMILIES, "FAMILY", model.config.family)
    config = family.configure({**model.config.model_dump(), "head": head, "labels": labels})
    fresh: Encoder = family.new(config, seed).to(device=model.segments.weight.device, dtype=model.dtype)
    body = {name: value for name, value in model.state_dict().items() if not name.startswith("head.")}
    missing, unexpected = fresh.load_state_dict(body, strict=False)
    assert not unexpected, unexpected
    assert all(name.startswith("head.") for name in missing), missing
    return fresh.train(model.training)
