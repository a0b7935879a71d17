"""Make one model of several that began as one: the mean of their weights."""

from pathlib import Path

import click


@click.command("average")
@click.argument("models", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="MODEL MODEL...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The new model's directory.")
def COMMAND(models: tuple[Path, ...], out: Path) -> None:  # noqa: N802 - every command module offers COMMAND
    """Write the mean of the weights of several models: one model, often better than any of them.

    They must have begun as one model and learned the same task, with other seeds or from other data. Measure the mean
    on validation data: after long runs at high rates it is worse at first, and better than they are once it has been
    fine-tuned for some minutes at a fifth of the rates.

    \b
    erya finetune runs/base/model ... training.seed=1 --out runs/one
    erya finetune runs/base/model ... training.seed=2 --out runs/two
    erya average runs/one/model runs/two/model --out runs/mean/model
    erya evaluate runs/mean/model --on val.jsonl
    """
    from erya.tasks.base.loaded import LEARNED
    from erya.train.averaging import average_models

    average_models(models, out, LEARNED)
    click.echo(f"{out}: the mean of {len(models)} models")
    click.echo(f"next: erya evaluate {out} --on FILE")
