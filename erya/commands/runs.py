"""List training runs, compare their curves in the terminal, or plot them on a page."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from erya.core.errors import UserError
from erya.core.page import Page
from erya.core.runs import RunDirectory, list_runs
from erya.core.storage import write_atomic

BARS = "▁▂▃▄▅▆▇█"
SPARK_WIDTH = 32
CURVES = {
    "loss": "Training loss (nats per token)",
    "validation_loss": "Validation loss (nats per token)",
    "validation_bits_per_byte": "Validation bits per byte",
    "learning_rate": "Learning rate",
    "gradient_norm": "Gradient norm",
    "tokens_per_second": "Tokens per second",
}


@click.command("runs")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[DIR|RUN...]")
@click.option("--html", type=click.Path(path_type=Path), help="Write a self-contained page with the curves.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def COMMAND(paths: tuple[Path, ...], html: Path | None, as_json: bool) -> None:  # noqa: N802 - every command module offers COMMAND
    """List training runs, or compare the ones named.

    \b
    erya runs                                 every run below ./runs
    erya runs runs/first runs/second          their figures and curves
    erya runs runs --html runs.html           the same as a page
    """
    runs = _find(paths or (Path("runs"),))
    records = {str(run.path): run.read_metrics() for run in runs}
    rows = [_figures(run, records[str(run.path)]) for run in runs]
    if html is not None:
        write_atomic(html, _page(rows, records).html().encode())
        click.echo(f"{html}: {len(runs)} runs", err=True)
    if as_json:
        click.echo(json.dumps(rows))
        return
    curves = bool(paths) and all((path / "run.json").is_file() for path in paths)
    click.echo(_table(rows, records if curves else {}))


def _find(paths: Sequence[Path]) -> list[RunDirectory]:
    runs: list[RunDirectory] = []
    for path in paths:
        runs += [RunDirectory.open(path)] if (path / "run.json").is_file() else list_runs(path)
    if not runs:
        places = ", ".join(str(path) for path in paths)
        raise UserError(f"{places}: no runs here; start one with `erya pretrain --out runs/NAME`")
    return runs


def _figures(run: RunDirectory, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One run in figures: how it stands, and the latest of each measure."""
    info = run.info
    return {
        "run": str(run.path),
        "status": info.get("status"),
        "parameters": info.get("parameters"),
        "step": max((record.get("step", 0) for record in records), default=0),
        "tokens": _last(records, "tokens"),
        "loss": _last(records, "loss"),
        "validation_loss": _least(records, "validation_loss"),
        "bits_per_byte": _least(records, "validation_bits_per_byte"),
        "tokens_per_second": _last(records, "tokens_per_second"),
        "mfu": _last(records, "mfu"),
        "seconds": _last(records, "seconds"),
        "skipped": _last(records, "skipped"),
    }


def _values(records: Sequence[dict[str, Any]], name: str) -> list[float]:
    return [record[name] for record in records if record.get(name) is not None]


def _last(records: Sequence[dict[str, Any]], name: str) -> float | None:
    return next(iter(reversed(_values(records, name))), None)


def _least(records: Sequence[dict[str, Any]], name: str) -> float | None:
    return min(_values(records, name), default=None)


def spark(values: Sequence[float], width: int = SPARK_WIDTH) -> str:
    """A curve in one line of block characters, the lowest value the lowest block."""
    if not values:
        return ""
    count = min(width, len(values))
    edges = [round(place * len(values) / count) for place in range(count + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((mean - low) * scale)] for mean in means)


HEADERS = ("run", "status", "parameters", "step", "loss", "validation", "bits/byte", "tokens/s", "time")


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        row["run"],
        str(row["status"]),
        _number(row["parameters"], ",.0f"),
        _number(row["step"], ",.0f"),
        _number(row["loss"], ".4f"),
        _number(row["validation_loss"], ".4f"),
        _number(row["bits_per_byte"], ".4f"),
        _number(row["tokens_per_second"], ",.0f"),
        _time(row["seconds"]),
    ]


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _table(rows: Sequence[dict[str, Any]], records: dict[str, list[dict[str, Any]]]) -> str:
    """The runs line by line; with records, the curve of the loss at the end of each line."""
    lines = [list(HEADERS), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    curves = ["loss curve", *(spark(_values(records.get(row["run"], []), "loss")) for row in rows)]
    aligns = [str.ljust, str.ljust, *[str.rjust] * (len(HEADERS) - 2)]
    table = []
    for cells, curve in zip(lines, curves, strict=True):
        aligned = [align(cell, width) for align, cell, width in zip(aligns, cells, widths, strict=True)]
        table.append("  ".join([*aligned, *([curve] if records else [])]).rstrip())
    return "\n".join(table)


def _page(rows: Sequence[dict[str, Any]], records: dict[str, list[dict[str, Any]]]) -> Page:
    import plotly.graph_objects as go

    page = Page("Training runs", f"{len(rows)} runs")
    page.table(HEADERS, [_cells(row) for row in rows])
    for name, title in CURVES.items():
        figure = go.Figure()
        for run, lines in records.items():
            points = [(line["step"], line[name]) for line in lines if line.get(name) is not None]
            if points:
                steps, values = zip(*points, strict=True)
                figure.add_scatter(x=steps, y=values, name=run, mode="lines+markers" if len(points) < 50 else "lines")
        if figure.data:
            page.heading(title)
            figure.update_layout(xaxis_title="step", showlegend=True, height=380)
            page.figure(figure)
    return page
