"""`--set task.KEY=VALUE`: a setting of a trained model's task, as it is to be this time; the model stays as it is."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

C = TypeVar("C", bound=Callable[..., Any])


def settings_option(command: C) -> C:
    """Add the option to a command that answers with a trained model; it gets `settings`, a table without `task`."""
    return click.option(
        "--set",
        "settings",
        multiple=True,
        callback=_table,
        metavar="task.KEY=VALUE",
        help="A setting instead of the one MODEL was trained with, such as task.beams.num_beams=5; repeat.",
    )(command)


def _table(context: click.Context, option: click.Parameter, pairs: Sequence[str]) -> dict[str, Any]:
    """What was given, by name.

    Raises: UserError for what is no setting of a task.
    """
    del context, option
    if not pairs:
        return {}
    from erya.core.config import leaves, parse_overrides
    from erya.core.errors import UserError

    table = parse_overrides(pairs)
    for key in leaves(table):
        if not key.startswith("task."):
            raise UserError(f"--set {key}: a trained model has settings of its task only; say task.KEY=VALUE")
    found: dict[str, Any] = table["task"]
    return found
