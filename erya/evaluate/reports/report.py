"""A report of any evaluation, written as JSON, Markdown and one self-contained HTML page.

In: facts, sections of text, tables and charts, and what a program should read. Out: three files that say the same; a
chart stands on the page alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from erya.core.page import Page
from erya.core.storage import disk_errors, write_atomic, write_json
from erya.evaluate.metric import Curve, Table


@dataclass(frozen=True)
class Listing:
    """Text shown as it stands: a sample, a signature."""

    text: str


@dataclass(frozen=True)
class Chart:
    """Curves over one axis, by name."""

    curves: Mapping[str, Curve]
    log_x: bool = False


FEW_POINTS = 20

Part: TypeAlias = str | Listing | Table | Chart


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Report:
    """What a person reads, and `data`, what a program does."""

    title: str
    facts: Mapping[str, Any]
    sections: Sequence[Section]
    data: Mapping[str, Any] = field(default_factory=dict)


def markdown(report: Report) -> str:
    """The report as Markdown; a section of charts alone is left out."""
    lines = [f"# {report.title}", "", *(f"- {fact}" for fact in _facts(report))]
    for section in report.sections:
        shown = [part for part in section.parts if not isinstance(part, Chart)]
        if shown:
            lines += ["", f"## {section.title}"]
        for part in shown:
            lines += ["", *_markdown(part)]
    return "\n".join([*lines, ""])


def _markdown(part: Part) -> Iterator[str]:
    if isinstance(part, Table):
        yield f"| {' | '.join(part.headers)} |"
        yield f"|{'---|' * len(part.headers)}"
        for row in part.rows:
            yield f"| {' | '.join(' '.join(str(cell).split()).replace('|', '¦') for cell in row)} |"
    elif isinstance(part, Listing):
        yield from ("```text", part.text.replace("```", "ˋˋˋ"), "```")
    else:
        assert isinstance(part, str)
        yield part


def _facts(report: Report) -> list[str]:
    return [f"{name}: {f'{it:,}' if isinstance(it, int) else it}" for name, it in report.facts.items()]


def page(report: Report) -> str:
    """The report as one HTML page that opens anywhere."""
    result = Page(report.title, " · ".join(_facts(report)))
    for section in report.sections:
        result.heading(section.title)
        for part in section.parts:
            if isinstance(part, Table):
                result.table(part.headers, part.rows)
            elif isinstance(part, Listing):
                result.pre(part.text)
            elif isinstance(part, Chart):
                result.figure(_figure(part))
            else:
                result.text(part)
    return result.html()


def _figure(chart: Chart) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, curve in chart.curves.items():
        mode = "lines+markers" if len(curve.x) <= FEW_POINTS else "lines"  # a line of one point is not seen
        figure.add_scatter(x=list(curve.x), y=list(curve.y), name=name, mode=mode)
        figure.update_layout(xaxis_title=curve.x_name, yaxis_title=curve.y_name)
    if chart.log_x:
        figure.update_xaxes(type="log")
    return figure


def learning_charts(records: Sequence[Mapping[str, Any]]) -> list[Chart]:
    """A run's metrics as charts: the losses, then each figure that the task's own metric had on the validation set."""
    losses: dict[str, Curve] = {}
    for key, name in (("loss", "training"), ("validation_loss", "validation")):
        losses |= _curve(records, key, name, "loss, nats per token")
    own = {key for record in records for key in record if key.startswith("validation_")}
    charts = [Chart(losses)] if losses else []
    for key in sorted(own - {"validation_loss", "validation_bits_per_byte"}):
        name = key.removeprefix("validation_")
        charts.append(Chart(_curve(records, key, "validation", f"{name} of a quick answer")))
    return charts


def _curve(records: Sequence[Mapping[str, Any]], key: str, name: str, y_name: str) -> dict[str, Curve]:
    points = [(record["step"], record[key]) for record in records if record.get(key) is not None]
    if not points:
        return {}
    steps, values = zip(*points, strict=True)
    return {name: Curve("step", y_name, steps, values)}


def write_report(report: Report, out: Path) -> None:
    """Write report.json, report.md and report.html into a directory."""
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    write_json(out / "report.json", json.loads(json.dumps(report.data, default=str)))
    write_atomic(out / "report.md", markdown(report).encode())
    write_atomic(out / "report.html", page(report).encode())
