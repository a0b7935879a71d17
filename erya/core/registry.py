"""The folder is the registry: every module of a package defines the object asked for; a folder within is no entry."""

import importlib
import pkgutil
from typing import Any

from erya.core.errors import UserError, did_you_mean


def names(package: str) -> list[str]:
    """The module names of a package, sorted; one module is one entry. Imports none of them."""
    modules = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_") and not module.ispkg)


def pick(package: str, attribute: str, name: str) -> Any:
    """The object `attribute` of the module `name` in `package`.

    Raises: UserError naming the closest entry when there is none of that name.
    """
    known = names(package)
    if name not in known:
        kind = attribute.lower()
        raise UserError(f"unknown {kind} '{name}'{did_you_mean(name, known)}")
    return getattr(importlib.import_module(f"{package}.{name}"), attribute)


def discover(package: str, attribute: str) -> dict[str, Any]:
    """Every entry of a package by name, in sorted order."""
    return {name: pick(package, attribute, name) for name in names(package)}
