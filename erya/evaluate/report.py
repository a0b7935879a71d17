"""An assessment as JSON, Markdown and one self-contained HTML page."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from erya.core.page import Page
from erya.core.storage import disk_errors, write_atomic, write_json
from erya.evaluate.assess import Assessment, Block
from erya.evaluate.metric import Curve, Figure

HEADERS = ("set", "figure", "scorer", "value", "95 % interval", "p")


def figure_text(figure: Figure) -> tuple[str, str]:
    """A figure's value and interval, with as many digits as a person needs."""
    value = _number(figure.value)
    if figure.low is None or figure.high is None:
        return value, "one item"
    return value, f"{_number(figure.low)}–{_number(figure.high)}"


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}" if abs(value) < 1e6 else f"{value:.3g}"


def score_rows(assessment: Assessment) -> list[tuple[str, str, str, str, str, str]]:
    """The table of all figures, the baselines below the model; p is of the headline's difference from the model."""
    rows = []
    for block in assessment.blocks:
        for name in block.scored[0].result.figures:
            for scored in block.scored:
                p = scored.p_value if name == block.headline else None
                cells = (*figure_text(scored.result.figures[name]), "" if p is None else f"{p:.3f}")
                rows.append((block.name, name, scored.scorer, *cells))
    return rows


def as_json(assessment: Assessment) -> dict[str, Any]:
    """Everything but the per-item arrays."""
    blocks = [_block_json(block) for block in assessment.blocks]
    samples = [{"prompt": prompt, "text": text} for prompt, text in assessment.samples]
    return {"model": assessment.model, **assessment.facts, "sets": blocks, "samples": samples}


def _block_json(block: Block) -> dict[str, Any]:
    scorers = {
        scored.scorer: {
            "figures": {name: asdict(figure) for name, figure in scored.result.figures.items()},
            "p_value": scored.p_value,
            "signature": scored.result.signature,
            "tokens": scored.tokens,
            "seconds": round(scored.seconds, 3),
            "tables": {name: asdict(table) for name, table in scored.result.tables.items()},
            "curves": {name: asdict(curve) for name, curve in scored.result.curves.items()},
        }
        for scored in block.scored
    }
    return {"name": block.name, "metric": block.metric, "headline": block.headline, "scorers": scorers}


def markdown(assessment: Assessment) -> str:
    """The report as Markdown."""
    lines = [f"# Evaluation of {assessment.model}", ""]
    lines += [f"- {name}: {value}" for name, value in assessment.facts.items()]
    lines += ["", "## Scores", "", *_markdown_table(HEADERS, score_rows(assessment))]
    for block in assessment.blocks:
        for name, table in block.scored[0].result.tables.items():
            lines += ["", f"## {block.name}: {name.lower()}", "", *_markdown_table(table.headers, table.rows)]
    if assessment.samples:
        lines += ["", "## Samples", ""]
        for prompt, text in assessment.samples:
            lines += ["```text", f"{prompt}▸{text}".replace("```", "ˋˋˋ"), "```", ""]
    lines += ["", "## Signatures", "", *(f"- `{line}`" for line in _signatures(assessment)), ""]
    return "\n".join(lines)


def _markdown_table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(headers)} |"
    yield f"|{'---|' * len(headers)}"
    for row in rows:
        yield f"| {' | '.join(' '.join(str(cell).split()).replace('|', '¦') for cell in row)} |"


def _signatures(assessment: Assessment) -> Iterator[str]:
    for block in assessment.blocks:
        for scored in block.scored:
            yield f"{block.name}, {scored.scorer}: {scored.result.signature}"


def page(assessment: Assessment) -> str:
    """The report as one HTML page that opens anywhere."""
    result = Page(f"Evaluation of {assessment.model}", " · ".join(f"{k}: {v}" for k, v in assessment.facts.items()))
    result.heading("Scores")
    result.text(
        "Intervals are 95 % bootstrap intervals over items. p is the share of resamples in which a baseline's order "
        "to the model, by the headline figure, is not the one seen."
    )
    result.table(HEADERS, score_rows(assessment))
    for block in assessment.blocks:
        _block_page(result, block)
    if assessment.learning_curve:
        result.heading("How it learned")
        result.figure(_lines(_learning_curves(assessment.learning_curve)))
    if assessment.samples:
        result.heading("How it continues")
        for prompt, text in assessment.samples:
            result.pre(f"{prompt}▸{text}")
    result.heading("What it cost")
    result.table(
        ("set", "scorer", "tokens", "seconds", "tokens/s"),
        [
            (block.name, it.scorer, f"{it.tokens:,}", f"{it.seconds:.1f}", f"{it.tokens / max(it.seconds, 1e-9):,.0f}")
            for block in assessment.blocks
            for it in block.scored
        ],
    )
    result.heading("Signatures")
    result.pre("\n".join(_signatures(assessment)))
    return result.html()


def _block_page(result: Page, block: Block) -> None:
    first = block.scored[0].result
    for name, table in first.tables.items():
        result.heading(f"{block.name}: {name.lower()}")
        result.table(table.headers, table.rows)
    for name in first.curves:
        result.heading(f"{block.name}: {name.lower()}")
        result.figure(_lines({scored.scorer: scored.result.curves[name] for scored in block.scored}, log_x=True))


def _lines(curves: dict[str, Curve], log_x: bool = False) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, curve in curves.items():
        figure.add_scatter(x=list(curve.x), y=list(curve.y), name=name, mode="lines")
        figure.update_layout(xaxis_title=curve.x_name, yaxis_title=curve.y_name)
    if log_x:
        figure.update_xaxes(type="log")
    return figure


def _learning_curves(records: Sequence[dict[str, Any]]) -> dict[str, Curve]:
    curves = {}
    for key, name in (("loss", "training"), ("validation_loss", "validation")):
        points = [(record["step"], record[key]) for record in records if record.get(key) is not None]
        if points:
            steps, losses = zip(*points, strict=True)
            curves[name] = Curve("step", "loss, nats per token", steps, losses)
    return curves


def write_report(assessment: Assessment, out: Path) -> None:
    """Write report.json, report.md and report.html into a directory."""
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    write_json(out / "report.json", json.loads(json.dumps(as_json(assessment), default=str)))
    write_atomic(out / "report.md", markdown(assessment).encode())
    write_atomic(out / "report.html", page(assessment).encode())
