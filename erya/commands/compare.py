"""Measure several models on the same items side by side, and say which is better on what evidence."""

import json
from pathlib import Path

import click

from erya.core.errors import UserError


@click.command("compare")
@click.argument("models", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="MODEL MODEL...")
@click.option(
    "--on", "paths", type=click.Path(path_type=Path), multiple=True, required=True, help="What to measure on; repeat."
)
@click.option("--task", help="complete, to compare as language models, or the task.  [default: what they learned]")
@click.option("--metric", help="The metric that decides.  [default: the task's first; for texts, told by each file]")
@click.option("--max-documents", type=click.IntRange(min=1), help="At most so many items of each path, evenly spread.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as one JSON object.")
def COMMAND(  # noqa: N802 - the name the command line looks for
    models: tuple[Path, ...],
    paths: tuple[Path, ...],
    task: str | None,
    metric: str | None,
    max_documents: int | None,
    device: str,
    as_json: bool,
) -> None:
    """Compare two or more models of one task, or language models, on the same items.

    Each two are compared by the paired bootstrap; p is two-sided, and not corrected for the number of pairs.

    \b
    erya compare runs/a/model runs/b/model --on test.en --on test.de
    erya compare runs/small/model runs/large/model --on data/novel --json
    """
    from erya.commands._comparing import compare_languages, compare_tasks
    from erya.commands._evaluating import LANGUAGE, chosen_task
    from erya.evaluate.comparison import comparison_text

    if len(set(models)) < max(2, len(models)):
        raise UserError(f"got {len(models)} model(s), {len(set(models))} different; name two or more different ones")
    tasks = [chosen_task(model, task) for model in models]
    if len(set(tasks)) > 1:
        other = next(at for at, name in enumerate(tasks) if name != tasks[0])
        raise UserError(
            f"{models[0]} is measured on {tasks[0]}, {models[other]} on {tasks[other]}; give models of one task"
        )
    together = compare_languages if tasks[0] == LANGUAGE else compare_tasks
    found, data = together(models, paths, metric, max_documents, device)
    if as_json:
        click.echo(json.dumps({"task": tasks[0], "sets": data}, ensure_ascii=False))
    else:
        click.echo("\n\n".join(comparison_text(it) for it in found))
