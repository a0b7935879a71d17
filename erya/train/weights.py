"""How a run keeps what it learns: as a whole model, or as the parts that are trained beside a base that is not.

A checkpoint holds either; what is published at the end is a whole model in both cases.
"""

import copy
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from safetensors.torch import load_file, save_file
from torch import Tensor

from erya.core.errors import UserError
from erya.core.manifest import NAME
from erya.core.progress import say
from erya.core.storage import disk_errors, fsync_path, read_json, write_json
from erya.model.architectures.base import Transformer
from erya.model.files import load_model, save_model
from erya.model.lora.files import save_lora
from erya.model.lora.parts import merge_lora
from erya.tokenizer.tokenizer import Tokenizer

PARTS, PROVENANCE, ADAPTER = "parts.safetensors", "parts.json", "adapter"


class Weights(Protocol):
    """What a run asks: save into a checkpoint, read back by parameter name, publish one checkpoint's model."""

    def save(
        self, directory: Path, model: Transformer, tokenizer: Tokenizer | None, provenance: Mapping[str, Any]
    ) -> None:
        """Write what is learned."""

    def read(self, directory: Path) -> dict[str, Tensor]:
        """What is learned, by parameter name."""

    def publish(self, checkpoint: Path, model: Path) -> None:
        """Put the checkpoint's model at `model`, as a whole or not at all."""


class WholeModel:
    """Every checkpoint is a model directory."""

    def save(
        self, directory: Path, model: Transformer, tokenizer: Tokenizer | None, provenance: Mapping[str, Any]
    ) -> None:
        """Write the model."""
        save_model(directory, model, tokenizer, provenance)

    def read(self, directory: Path) -> dict[str, Tensor]:
        """Every weight."""
        return dict(load_model(directory).model.state_dict())

    def publish(self, checkpoint: Path, model: Path) -> None:
        """Copy the model of a checkpoint, without its training state."""
        with appearing(model) as temporary:
            for path in checkpoint.iterdir():
                if path.name != NAME and not path.name.startswith("training."):
                    fsync_path(Path(shutil.copy2(path, temporary)))


@dataclass(frozen=True)
class TrainedParts:
    """A checkpoint holds the parameters that are trained; the model is the base they are put into."""

    model: Transformer
    tokenizer: Tokenizer
    base: Path

    def save(
        self, directory: Path, model: Transformer, tokenizer: Tokenizer | None, provenance: Mapping[str, Any]
    ) -> None:
        """Write the parameters that are trained."""
        del tokenizer
        trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
        save_file({name: value.detach().cpu().contiguous() for name, value in trained.items()}, directory / PARTS)
        write_json(directory / PROVENANCE, dict(provenance))

    def read(self, directory: Path) -> dict[str, Tensor]:
        """The parameters that are trained."""
        return load_file(directory / PARTS)

    def publish(self, checkpoint: Path, model: Path) -> None:
        """Merge the parts into the base, and where LoRA is all there is, lay it beside in PEFT's layout."""
        whole = copy.deepcopy(self.model)
        whole.load_state_dict(self.read(checkpoint), strict=False)
        provenance = read_json(checkpoint / PROVENANCE)
        with appearing(model.with_name(ADAPTER)) as temporary:
            try:
                save_lora(temporary, whole, self.base, provenance)
            except UserError as error:
                say(f"  no adapter is written, the merged model alone: {error}")
        merge_lora(whole)
        with appearing(model) as temporary:
            save_model(temporary, whole, self.tokenizer, provenance)


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A directory that is written under another name and appears as a whole, in the place of an older one, or not."""
    temporary = path.with_name(f".{path.name}.tmp")
    with disk_errors(path):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        if any(temporary.iterdir()):
            shutil.rmtree(path, ignore_errors=True)
            temporary.rename(path)
            fsync_path(path.parent)
        shutil.rmtree(temporary, ignore_errors=True)
