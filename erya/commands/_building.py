"""What `erya corpus build` was asked for, as inputs, options and who does the work."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from erya.core.config import leaves, parse_overrides, resolve
from erya.core.errors import UserError
from erya.corpus.build import BuildOptions
from erya.corpus.inputs import STDIN
from erya.corpus.recipe import commands, read_recipe
from erya.corpus.runner import LocalRunner, Runner, usable_cores

_OVERRIDE = re.compile(r"[a-z_]+(\.[a-z_]+)*=")
_RENDERING = ("script", "math", "tables")


def plan(
    arguments: Sequence[str], recipe: str | None, given: Mapping[str, Any]
) -> tuple[Sequence[str | Path], BuildOptions]:
    """The inputs and options of a build: a recipe's, if there is one, and over them what the command line says.

    Raises: UserError for an unknown recipe or key, for a wrong value, and for a recipe that is a mixture.
    """
    pairs = [argument for argument in arguments if _OVERRIDE.match(argument) and not Path(argument).exists()]
    inputs = [argument for argument in arguments if argument not in pairs]
    if recipe is None and inputs and Path(inputs[0]).suffix == ".toml":
        recipe = inputs.pop(0)
    table = _table(given)
    if recipe is None:
        layers = [("command line", table), ("command line", parse_overrides(pairs))]
        return inputs, resolve(BuildOptions, layers).config
    overrides = [f"options.{key}={json.dumps(value)}" for key, value in leaves(table).items()]
    chosen = read_recipe(recipe, (*overrides, *(f"options.{pair}" for pair in pairs))).config
    if chosen.mixture:
        raise UserError(f"{recipe}: is a mixture of corpora; make it by: {' && '.join(commands(chosen))}")
    title = chosen.options.title or chosen.title
    return inputs or chosen.files(), chosen.options.model_copy(update={"title": title})


def _table(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the command line that were given, as a table of BuildOptions."""
    table = {name: value for name, value in given.items() if value is not None and value is not False and value != ()}
    rendering = {name: table.pop(name) for name in _RENDERING if name in table}
    if rendering:
        table["rendering"] = rendering
    if "rules" in table:
        table["quality"] = {"rules": table.pop("rules")}
    if table.pop("near_duplicates", False):
        table["near"] = {}
    if "against" in table:
        table["against"] = list(table["against"])
    return table


def runner_of(inputs: Sequence[str | Path], processes: int | None, cluster: str | None) -> Runner:
    """Who does the work: so many processes of this machine, or a cluster.

    Raises: UserError when both are asked for, when the cluster cannot be reached, and for inputs that its nodes cannot
    see.
    """
    if cluster is None:
        return LocalRunner(processes or usable_cores())
    if processes is not None:
        raise UserError("--processes and --cluster: choose one; a cluster uses all the cores that it was started with")
    if STDIN in inputs:
        raise UserError("--cluster: other nodes cannot read the standard input; save it on the disk that all share")
    from erya.corpus.runner.cluster import RayRunner

    return RayRunner(cluster)
