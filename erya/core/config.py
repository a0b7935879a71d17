"""Configuration: TOML tables merged key by key, then validated into one frozen model that remembers its origins.

In: a preset name or a TOML file, `key=value` overrides, and layers a command computes itself.
Out: a `Resolved` with the frozen model and, for every value, where it came from.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from erya.core.errors import UserError, did_you_mean

Table = dict[str, Any]
NONE = "none"  # TOML has no null: this word, in a file or on the command line, says that a value is absent


class Section(BaseModel):
    """A frozen, strict part of the configuration: an unknown key or a wrong type is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=())


S = TypeVar("S", bound=Section)


@dataclass(frozen=True)
class Resolved(Generic[S]):
    """A validated configuration and, by dotted key, the origin of each value that is not a default."""

    config: S
    origins: dict[str, str]

    def origin(self, key: str) -> str:
        """Where the value of a dotted key came from: a file, `command line`, another layer, or `default`."""
        return self.origins.get(key, "default")


def preset_names(folder: str = "") -> list[str]:
    """The names of the presets that come with the package; those in a folder of them are called `folder/name`."""
    place = files("erya") / "presets" / folder
    names = [entry.name for entry in place.iterdir()] if place.is_dir() else []
    prefix = f"{folder}/" if folder else ""
    return sorted(f"{prefix}{name.removesuffix('.toml')}" for name in names if name.endswith(".toml"))


def read_toml(source: str | Path) -> list[tuple[str, Table]]:
    """A preset or TOML file as layers, its `extends` chain first.

    Raises: UserError for an unknown preset, an unreadable file, bad TOML or a circle of `extends`.
    """
    layers: list[tuple[str, Table]] = []
    seen: set[str] = set()
    current: str | Path | None = source
    while current is not None:
        label, text, folder = _read_text(current)
        if label in seen:
            raise UserError(f"{label}: `extends` goes round in a circle")
        seen.add(label)
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UserError(f"{label}: not valid TOML: {error}") from None
        parent = table.pop("extends", None)
        layers.insert(0, (label, table))
        current = _parent(parent, folder, label)
    return layers


def _read_text(source: str | Path) -> tuple[str, str, Path | None]:
    path = Path(source)
    folder = str(source).rpartition("/")[0]
    presets = preset_names(folder if folder.isidentifier() else "")
    if path.suffix != ".toml" and str(source) in presets:
        return f"preset {source}", (files("erya") / "presets" / f"{source}.toml").read_text(encoding="utf-8"), None
    if not path.is_file():
        hint = did_you_mean(str(source), presets) if path.suffix != ".toml" else ""
        raise UserError(f"{source}: no such configuration file or preset{hint}")
    try:
        return str(path), path.read_text(encoding="utf-8"), path.parent
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text ({error})") from None


def _parent(parent: Any, folder: Path | None, label: str) -> str | Path | None:
    if parent is None:
        return None
    if not isinstance(parent, str):
        raise UserError(f"{label}: extends: got {parent!r}, expected the name of a preset or file")
    if folder is not None and (folder / parent).is_file():
        return folder / parent
    return parent


def parse_overrides(pairs: Sequence[str]) -> Table:
    """`a.b=1e-3` arguments as nested tables; a value is read as TOML, else as a plain string."""
    table: Table = {}
    for pair in pairs:
        key, separator, text = pair.partition("=")
        if not separator or not key.strip():
            raise UserError(f"'{pair}': expected KEY=VALUE, for example optimizer.learning_rate=1e-3")
        _merge(table, _nested(key.strip().split("."), _parse_value(text.strip())))
    return table


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _nested(parts: Sequence[str], value: Any) -> Table:
    for part in reversed(parts):
        value = {part: value}
    return dict(value)


def _merge(into: Table, other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = _copy(value)


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return None if value == NONE else value


def leaves(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested table as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            flat.update(leaves(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def resolve(schema: type[S], layers: Sequence[tuple[str, Mapping[str, Any]]]) -> Resolved[S]:
    """Merge layers (later wins, key by key) and validate them against `schema`.

    Raises: UserError with the origin, the key, what was got and what is allowed.
    """
    merged: Table = {}
    origins: dict[str, str] = {}
    for label, table in layers:
        _merge(merged, table)
        origins.update(dict.fromkeys(leaves(table), label))
    try:
        config = schema.model_validate_json(json.dumps(merged, default=str))
    except ValidationError as error:
        raise UserError(_explain(schema, error, origins)) from None
    return Resolved(config, origins)


def load(schema: type[S], source: str | Path | None, overrides: Sequence[str] = ()) -> Resolved[S]:
    """A preset or file plus `key=value` overrides, validated."""
    layers = read_toml(source) if source is not None else []
    return resolve(schema, [*layers, ("command line", parse_overrides(overrides))])


def _explain(schema: type[BaseModel], error: ValidationError, origins: Mapping[str, str]) -> str:
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    near = (
        label for known, label in origins.items() if f"{known}.".startswith(f"{key}.") or key.startswith(f"{known}.")
    )
    where = next(near, None)
    prefix = f"{where}: {key}" if where else key
    if first["type"] == "extra_forbidden":
        return f"{prefix}: unknown key{did_you_mean(path[-1], _fields(schema, path[:-1]))}"
    if first["type"] == "missing" and isinstance(first["loc"][-1], int):
        return f"{prefix}: missing; the list is too short"
    if first["type"] == "missing":
        return f"{prefix}: missing; set it in the file or as {key}=VALUE"
    return f"{prefix}: got {first['input']!r}; {first['msg'].removeprefix('Value error, ')}"


def _fields(schema: type[BaseModel], path: Sequence[str]) -> list[str]:
    for part in path:
        annotation = schema.model_fields[part].annotation if part in schema.model_fields else None
        kinds = (annotation, *get_args(annotation))  # a section may be one of several: itself or None
        section = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if section is None:
            return []
        schema = section
    return list(schema.model_fields)


def to_toml(config: Section) -> str:
    """The configuration as TOML that is itself a valid input; a value absent by default is left out."""
    import tomli_w

    return tomli_w.dumps(_table(config))


def _table(config: Section) -> Table:
    table: Table = config.model_dump(mode="json", exclude_none=True)
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Section):
            table[name] = _table(value)
        elif value is None and field.default is not None:
            table[name] = NONE
    return table
