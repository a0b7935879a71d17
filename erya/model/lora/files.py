"""A LoRA's directory: PEFT's layout, plus `erya.json` with the digest of the weights it was trained beside.

In: a model with parts, or a directory, ours or PEFT's own. Out: a directory `peft` reads, or parts in a model they were
made for; or one line that says why not. A head that is new for the task was trained whole and goes with the parts
(PEFT's modules_to_save). Never a pickle.
Source: https://huggingface.co/docs/peft/developer_guides/checkpoint
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from erya import __version__
from erya.core.errors import RunFailed, UserError
from erya.core.storage import disk_errors, read_json, require_space, sha256_json, write_json
from erya.model.architectures.base import Transformer
from erya.model.architectures.decoder import Decoder
from erya.model.architectures.encoder_decoder import EncoderDecoder
from erya.model.files import PICKLES, PROVENANCE
from erya.model.lora.head import PREFIX, fill_head, head_weights, trained_head
from erya.model.lora.parts import Slot, attach, family_of, lora_parts, slots

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
TENSOR = re.compile(r"base_model\.model\.(.+)\.lora_([AB])\.weight")
TASK_TYPES = {Decoder.kind: "CAUSAL_LM", EncoderDecoder.kind: "SEQ_2_SEQ_LM"}
"""PEFT's classes that write; for others it takes any model as it is, whatever its head."""
HARMLESS = {
    *("auto_mapping", "exclude_modules", "fan_in_fan_out", "inference_mode", "layers_pattern", "layers_to_transform"),
    *("megatron_core", "peft_version", "revision", "runtime_config", "target_modules", "task_type"),
    *("corda_config", "eva_config", "loftq_config", "lora_ga_config", "qalora_group_size"),
}
"""Keys that do not change what the tensors beside them mean."""
PLAIN = (("bias", "none"), *(("init_lora_weights", way) for way in (True, "gaussian", "eva", "orthogonal")))
"""The values of other keys that do not either; other ways to begin change the base itself."""


class _PeftConfig(BaseModel):
    """What we read of `adapter_config.json`; any other key must be absent, empty or harmless."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    peft_type: Literal["LORA"]
    r: int = Field(gt=0)
    lora_alpha: float = Field(gt=0)
    lora_dropout: float = Field(0.0, ge=0, lt=1)
    base_model_name_or_path: str | None = None
    modules_to_save: list[str] | None = None


def save_lora(directory: Path, model: Transformer, base: Path | str, provenance: Mapping[str, Any]) -> None:
    """Write the model's parts as PEFT does; `base` is where the model without them is found.

    Raises: UserError when more than the parts and a head was trained; RunFailed when a number is not finite or the disk
    is full.
    """
    parts = lora_parts(model)
    assert parts, "the model has no LoRA to save"
    head = trained_head(model)
    tensors = {
        f"{part.slot.outside}.lora_{side}.weight": factor
        for part in parts
        for side, factor in (("A", part.A), ("B", part.B))
    } | head
    tensors = {f"{PREFIX}{name}": tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise RunFailed(f"LoRA weight {name} holds a value that is not finite; this LoRA was not saved")
    described = {"erya": __version__, "family": model.config.family, "base_sha256": weights_sha256(model, head)}
    config = {
        "base_model_name_or_path": str(base),
        "bias": "none",
        "fan_in_fan_out": any(part.slot.transposed for part in parts),
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": int(parts[0].alpha) if parts[0].alpha.is_integer() else parts[0].alpha,
        "lora_dropout": parts[0].dropout,
        "modules_to_save": sorted({name.rpartition(".")[0] for name in head}) or None,
        "peft_type": "LORA",
        "r": parts[0].rank,
        "target_modules": _target_modules(model, {part.slot.outside for part in parts}),
        "task_type": TASK_TYPES.get(model.kind),
    }
    with disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        require_space(directory, sum(tensor.nbytes for tensor in tensors.values()))
        save_file(tensors, directory / WEIGHTS, metadata={"format": "pt"})
        write_json(directory / CONFIG, config)
        write_json(directory / PROVENANCE, {**described, "provenance": dict(provenance)})


def load_lora(directory: Path, model: Transformer) -> dict[str, Any]:
    """Put the parts of a directory, ours or PEFT's, beside the model's matrices; gives their provenance.

    The model is then frozen and the parts trainable, as after `add_lora`, and so is a head that came with them. Where
    it has just such parts already, they take the values: so a run goes on.
    Raises: UserError for a pickle, a missing or torn file, an option we do not compute, or a LoRA of another base.
    """
    config, described = _read_config(directory), _described(directory)
    tensors = _read_tensors(directory)
    head = head_weights(directory, config.modules_to_save or (), tensors, model)
    _check_base(directory, described, model, head)
    factors = _factors(directory, config.r, {name: tensors[name] for name in tensors.keys() - head.values()}, model)
    if lora_parts(model):
        _refill(directory, model, factors, config)
    else:
        attach(model, factors, config.lora_alpha, config.lora_dropout)
    fill_head(model, {outside: tensors[name] for outside, name in head.items()})
    return dict(described.get("provenance", {}))


def is_lora(directory: Path) -> bool:
    """Whether a directory is a LoRA's and not a whole model's."""
    return (directory / CONFIG).is_file()


def lora_provenance(directory: Path) -> dict[str, Any]:
    """Where a LoRA came from, without reading it; empty where PEFT made it."""
    return dict(_described(directory).get("provenance", {}))


def _described(directory: Path) -> dict[str, Any]:
    described: dict[str, Any] = read_json(directory / PROVENANCE) if (directory / PROVENANCE).is_file() else {}
    return described


def lora_base(directory: Path) -> str:
    """Where the model is found that the LoRA of a directory belongs to, as its configuration says.

    Raises: UserError when it is no LoRA that can be read, or names no base.
    """
    base = _read_config(directory).base_model_name_or_path
    if not base:
        raise UserError(
            f"{directory / CONFIG}: base_model_name_or_path: got {base!r}; write the base's directory there"
        )
    return str(base)


def weights_sha256(model: Transformer, without: Collection[str] = ()) -> str:
    """The identity of the model's weights without its parts, the same whether they are held in 32 or in 16 bits.

    `without` names weights, as they are called outside, that came with the parts.
    """
    family = family_of(model)
    ours = dict(model.named_parameters())
    digests = {}
    for rename in family.renames(model.config):
        for name, tensor in rename.export(ours[rename.ours].detach().to(torch.bfloat16)).items():
            if name not in without:
                digests[name] = hashlib.sha256(tensor.cpu().view(torch.uint8).numpy().data).hexdigest()
    return sha256_json(digests)


def _target_modules(model: Transformer, chosen: set[str]) -> list[str]:
    """The shortest ends of outside names that PEFT finds the chosen matrices by, and nothing else."""
    family = family_of(model)
    theirs = {name for rename in family.renames(model.config) for name in rename.theirs}
    paths = [name.split(".") for name in theirs | family.copies(model.config)]
    modules = {".".join(path[:length]) for path in paths for length in range(1, len(path))}

    def end(name: str) -> str:
        path = name.split(".")
        ends = (".".join(path[-length:]) for length in range(1, len(path)))
        return next((it for it in ends if {m for m in modules if m == it or m.endswith(f".{it}")} <= chosen), name)

    return sorted({end(name) for name in chosen})


def _read_config(directory: Path) -> _PeftConfig:
    if directory.suffix in PICKLES and directory.is_file():
        raise UserError(f"{directory}: is a pickle, which can run code when read; expected a LoRA's directory")
    if not (directory / CONFIG).is_file():
        raise UserError(f"{directory}: has no {CONFIG}; expected the directory of a LoRA, ours or PEFT's")
    outside = read_json(directory / CONFIG)
    try:
        config = _PeftConfig.model_validate(outside)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "LoRA"
        raise UserError(f"{directory / CONFIG}: {key}: got {first['input']!r}; {first['msg']}") from None
    for key, value in outside.items():
        if value and key not in HARMLESS | _PeftConfig.model_fields.keys() and (key, value) not in PLAIN:
            raise UserError(
                f"{directory / CONFIG}: {key}: got {value!r}; this version computes plain LoRA only; merge this one "
                "into its base with peft (merge_and_unload) and use the whole model"
            )
    return config


def _check_base(directory: Path, described: Mapping[str, Any], model: Transformer, head: Collection[str]) -> None:
    family, recorded = described.get("family"), described.get("base_sha256")
    if family is not None and family != model.config.family:
        raise UserError(
            f"{directory}: this LoRA was made for a {family} model and this one is {model.config.family}; load it "
            "with its own base"
        )
    if recorded is not None and recorded != (own := weights_sha256(model, head)):
        raise UserError(
            f"{directory}: this LoRA was made for other weights (sha256 {recorded[:12]}…, these are {own[:12]}…); "
            "load it with its own base"
        )


def _factors(
    directory: Path, rank: int, tensors: Mapping[str, Tensor], model: Transformer
) -> dict[Slot, tuple[Tensor, Tensor]]:
    known = {slot.outside: slot for slot in slots(model)}
    family = family_of(model)
    found: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        match = TENSOR.fullmatch(name)
        outside = family.outside_name(f"{match[1]}.weight").removesuffix(".weight") if match else None
        if match is None or outside not in known:
            raise UserError(
                f"{directory}: holds {name}, which belongs to no matrix of this {model.config.family} model's blocks; "
                "load it with its own base, or merge it there with peft (merge_and_unload)"
            )
        found.setdefault(outside, {})[match[2]] = tensor
    for outside, pair in found.items():
        wanted = {"A": (rank, known[outside].inputs), "B": (known[outside].outputs, rank)}
        got = {side: tuple(tensor.shape) for side, tensor in pair.items()}
        if got != wanted:
            raise UserError(
                f"{directory}: the LoRA of {outside} has shapes {got}, this model and rank {rank} need {wanted}; load "
                "it with its own base"
            )
    return {slot: (found[name]["A"], found[name]["B"]) for name, slot in known.items() if name in found}


@torch.no_grad()
def _refill(
    directory: Path, model: Transformer, factors: Mapping[Slot, tuple[Tensor, Tensor]], config: _PeftConfig
) -> None:
    parts = {part.slot: part for part in lora_parts(model)}
    sizes = {(part.rank, part.alpha) for part in parts.values()}
    if parts.keys() != factors.keys() or sizes != {(config.r, config.lora_alpha)}:
        raise UserError(f"{directory}: this LoRA has other targets, rank or alpha than the one the model has")
    for slot, (inner, outer) in factors.items():
        parts[slot].A.copy_(inner)
        parts[slot].B.copy_(outer)


def _read_tensors(directory: Path) -> dict[str, Tensor]:
    path = directory / WEIGHTS
    if not path.is_file():
        pickles = sorted(entry.name for entry in directory.iterdir() if entry.suffix in PICKLES)
        if pickles:
            raise UserError(
                f"{directory}: {pickles[0]} is a pickle, which can run code when read; convert it to safetensors where "
                "you trust it (peft: save_pretrained(..., safe_serialization=True))"
            )
        raise UserError(f"{directory}: no {WEIGHTS}; copy the whole LoRA again")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: not a whole safetensors file ({error}); copy the LoRA again") from None
    if not tensors:
        raise UserError(f"{path}: holds no tensors; copy the LoRA again")
    return tensors
