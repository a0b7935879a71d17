"""The model directory: what Hugging Face reads, plus `erya.json`; never a pickle.

In: a directory with `config.json` and safetensors weights, ours or another's. Out: a model, its tokenizer and its
provenance; or one line that says why not, before any memory is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from erya import __version__
from erya.core import registry
from erya.core.errors import RunFailed, UserError, did_you_mean
from erya.core.storage import disk_errors, read_json, require_space, write_json
from erya.model import cost
from erya.model.architectures.base import BaseConfig, Transformer
from erya.model.family import Family, filled
from erya.tokenizer.files import has_tokenizer
from erya.tokenizer.tokenizer import Tokenizer

WEIGHTS, INDEX, CONFIG, PROVENANCE = "model.safetensors", "model.safetensors.index.json", "config.json", "erya.json"
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
DTYPES = ("F64", "F32", "F16", "BF16")
FAMILIES = "erya.model.families"
NAMED_AT_MOST = 3
AnyFamily = Family[Any, Any]
M = TypeVar("M", bound=Transformer)


@dataclass(frozen=True)
class LoadedModel:
    """A model read from a directory, with its tokenizer where there is one, and where it came from."""

    path: Path
    model: Transformer
    tokenizer: Tokenizer | None
    provenance: dict[str, Any]

    def expect(self, kind: type[M]) -> M:
        """The model, when it is of that architecture.

        Raises: UserError when it is of another.
        """
        if not isinstance(self.model, kind):
            family = self.model.config.family
            raise UserError(f"{self.path}: is of the family {family}, an {self.model.kind}; expected a {kind.kind}")
        return self.model


@dataclass(frozen=True)
class _Stored:
    """A tensor in a file, not read yet."""

    path: Path
    name: str
    shape: tuple[int, ...]


def save_model(directory: Path, model: Transformer, tokenizer: Tokenizer | None, provenance: Mapping[str, Any]) -> None:
    """Write the model as a Hugging Face directory; the same model gives the same bytes.

    Raises: UserError when the tokenizer is not the model's; RunFailed when a weight is not finite or the disk is full.
    """
    family: AnyFamily = registry.pick(FAMILIES, "FAMILY", model.config.family)
    _check_tokenizer(directory, model.config, tokenizer)
    weights = _exported(family, model)
    with disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        require_space(directory, sum(tensor.nbytes for tensor in weights.values()))
        save_file(weights, directory / WEIGHTS, metadata={"format": "pt"})
        special = _special_ids(tokenizer)
        dtype = str(model.dtype).removeprefix("torch.")
        config: dict[str, Any] = {
            "architectures": [family.outside_class(model.config)],
            "model_type": family.name,
            "dtype": dtype,
        }
        config |= {"torch_dtype": dtype, "use_cache": True, **special, **family.to_outside(model.config)}
        write_json(directory / CONFIG, config)
        write_json(
            directory / "generation_config.json", {**special, "use_cache": True, **family.generation(model.config)}
        )
        write_json(directory / PROVENANCE, {"erya": __version__, "family": family.name, "provenance": dict(provenance)})
        if tokenizer is not None:
            tokenizer.save(directory)


def load_model(directory: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> LoadedModel:
    """Read a model directory, ours or one that `transformers` wrote.

    Raises: UserError for a pickle, a missing or torn file, an unknown family, tensors that are missing, unexpected or
    of another shape than the configuration says, or a tokenizer with more tokens than the model has.
    """
    _check_directory(directory)
    family, config = _read_config(directory)
    stored = _headers(directory, family)
    _check_size(directory, config, stored)
    model = family.empty(config)
    _check_names(directory, family, model, stored)
    tokenizer = Tokenizer.load(directory) if has_tokenizer(directory) else None
    _check_tokenizer(directory, config, tokenizer)
    tensors = _read_tensors(directory, stored, device, dtype)
    filled(model, {rename.ours: rename.read(tensors) for rename in family.renames(config)})
    described = read_json(directory / PROVENANCE) if (directory / PROVENANCE).is_file() else {}
    return LoadedModel(directory, model.to(device).eval(), tokenizer, described.get("provenance", {}))


def _exported(family: AnyFamily, model: Transformer) -> dict[str, Tensor]:
    ours = dict(model.named_parameters())
    renames = family.renames(model.config)
    homeless = ours.keys() - {rename.ours for rename in renames}
    assert not homeless, f"a whole model's files have no place for {min(homeless)}; merge a LoRA first"
    for name, value in ours.items():
        if not bool(value.isfinite().all()):
            raise RunFailed(f"weight {name} holds a value that is not finite; this model was not saved")
    weights: dict[str, Tensor] = {}
    for rename in renames:
        weights |= rename.export(ours[rename.ours].detach())
    return weights


def _special_ids(tokenizer: Tokenizer | None) -> dict[str, int | None]:
    end, pad = (tokenizer.end_of_text_id, tokenizer.pad_id) if tokenizer is not None else (None, None)
    return {"bos_token_id": end, "eos_token_id": end, "pad_token_id": pad}


def _check_tokenizer(directory: Path, config: BaseConfig, tokenizer: Tokenizer | None) -> None:
    if tokenizer is not None and tokenizer.vocab_size > config.vocab_size:
        raise UserError(
            f"{directory}: the tokenizer has {tokenizer.vocab_size:,} tokens and the model {config.vocab_size:,}: "
            "they do not belong together; use the tokenizer the model was trained with"
        )


def _check_directory(directory: Path) -> None:
    if directory.is_file():
        reason = "is a pickle, which can run code when read" if directory.suffix in PICKLES else "is a file"
        raise UserError(f"{directory}: {reason}; expected a model directory with {CONFIG} and safetensors weights")
    if not directory.is_dir():
        raise UserError(f"{directory}: no such directory; expected a model directory with {CONFIG} and {WEIGHTS}")
    if not (directory / WEIGHTS).is_file() and not (directory / INDEX).is_file():
        pickles = sorted(path.name for path in directory.iterdir() if path.suffix in PICKLES)
        if pickles:
            raise UserError(
                f"{directory}: {pickles[0]} is a pickle, which can run code when read; convert it to safetensors where "
                "you trust it (transformers: save_pretrained(..., safe_serialization=True))"
            )
        raise UserError(f"{directory}: no {WEIGHTS}; expected a model directory as `erya pretrain` writes it")


def _read_config(directory: Path) -> tuple[AnyFamily, BaseConfig]:
    outside = read_json(directory / CONFIG)
    kind = outside.get("model_type") if isinstance(outside, dict) else None
    known = registry.names(FAMILIES)
    if kind not in known:
        raise UserError(f"{directory / CONFIG}: model_type {kind!r} is no family{did_you_mean(str(kind), known)}")
    family: AnyFamily = registry.pick(FAMILIES, "FAMILY", kind)
    try:
        return family, family.from_outside(outside)
    except UserError as error:
        raise UserError(f"{directory}: {error}") from None


def _headers(directory: Path, family: AnyFamily) -> dict[str, _Stored]:
    stored = {}
    for path in _weight_files(directory):
        try:
            with safe_open(path, "pt") as file:
                for name in file.keys():  # noqa: SIM118 - not a dict
                    part = file.get_slice(name)
                    if part.get_dtype() in DTYPES and not name.endswith(family.ignored):
                        stored[family.outside_name(name)] = _Stored(path, name, tuple(part.get_shape()))
        except FileNotFoundError:
            raise UserError(f"{path}: no such file, though {INDEX} names it; copy the whole model again") from None
        except (SafetensorError, OSError) as error:
            raise UserError(f"{path}: not a whole safetensors file ({error}); copy the model again") from None
    return stored


def _weight_files(directory: Path) -> list[Path]:
    if (directory / WEIGHTS).is_file():
        return [directory / WEIGHTS]
    index = read_json(directory / INDEX)
    names = sorted(set(index.get("weight_map", {}).values())) if isinstance(index, dict) else []
    if not names or any(Path(name).name != name for name in names):
        raise UserError(f"{directory / INDEX}: weight_map does not name files beside it; copy the model again")
    return [directory / name for name in names]


def _check_size(directory: Path, config: BaseConfig, stored: Mapping[str, _Stored]) -> None:
    wanted, there = cost.parameters(config).total, sum(prod(entry.shape) for entry in stored.values())
    if wanted > there:
        raise UserError(
            f"{directory}: {CONFIG} describes {wanted:,} parameters and the weights are {there:,}; "
            "they do not belong together"
        )


def _check_names(directory: Path, family: AnyFamily, model: Transformer, stored: Mapping[str, _Stored]) -> None:
    shapes = {name: value.shape for name, value in model.named_parameters()}
    wanted: dict[str, tuple[int, ...]] = {}
    for rename in family.renames(model.config):
        wanted |= rename.outside_shapes(tuple(shapes[rename.ours]))
    _refuse_names(directory, "has no weights", sorted(wanted.keys() - stored.keys()))
    _refuse_names(
        directory, "holds unexpected weights", sorted(stored.keys() - wanted.keys() - family.copies(model.config))
    )
    for name, shape in wanted.items():
        if stored[name].shape != shape:
            raise UserError(f"{directory}: {name} has shape {stored[name].shape}, {CONFIG} says {shape}")


def _refuse_names(directory: Path, problem: str, names: list[str]) -> None:
    if names:
        more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
        raise UserError(f"{directory}: {problem} {', '.join(names[:NAMED_AT_MOST])}{more}; it is not this {CONFIG}'s")


def _read_tensors(
    directory: Path, stored: Mapping[str, _Stored], device: torch.device | str, dtype: torch.dtype
) -> dict[str, Tensor]:
    tensors = {}
    for path in _weight_files(directory):
        with safe_open(path, "pt", device=str(device)) as file:
            for name, entry in stored.items():
                if entry.path == path:
                    tensors[name] = file.get_tensor(entry.name).to(dtype, copy=True)
    return tensors
