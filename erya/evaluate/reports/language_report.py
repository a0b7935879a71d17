"""The report of a language model: an assessment in, a report out."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from erya.evaluate.assess import Assessment, Block
from erya.evaluate.metric import Table
from erya.evaluate.reports.board import Board, Entry, score_table
from erya.evaluate.reports.report import Chart, Listing, Report, Section, learning_charts

ABOUT_SCORES = (
    "Intervals are 95 % bootstrap intervals over items. p is the share of resamples in which a baseline's order "
    "to the model, by the headline figure, is not the one seen."
)


def report(assessment: Assessment) -> Report:
    """What a person reads of a language model, and what a program does."""
    charts = learning_charts(assessment.learning_curve)
    samples = [Listing(f"{prompt}▸{text}") for prompt, text in assessment.samples]
    sections = [Section("Scores", [ABOUT_SCORES, score_table([board(block) for block in assessment.blocks])])]
    for block in assessment.blocks:
        sections += _block_sections(block)
    sections += [Section("How it learned", charts)] if charts else []
    sections += [Section("How it continues", samples)] if samples else []
    sections.append(Section("What it cost", [_cost(assessment)]))
    sections.append(Section("Signatures", [Listing("\n".join(_signatures(assessment)))]))
    return Report(f"Evaluation of {assessment.model}", assessment.facts, sections, as_json(assessment))


def board(block: Block) -> Board:
    """The figures of a block."""
    entries = [Entry(it.scorer, it.result.figures, it.p_value) for it in block.scored]
    return Board(block.name, block.metric, block.headline, entries)


def _block_sections(block: Block) -> Iterator[Section]:
    first = block.scored[0].result
    for name, table in first.tables.items():
        yield Section(f"{block.name}: {name.lower()}", [table])
    for name in first.curves:
        curves = {it.scorer: it.result.curves[name] for it in block.scored}
        yield Section(f"{block.name}: {name.lower()}", [Chart(curves, log_x=True)])


def _cost(assessment: Assessment) -> Table:
    return Table(
        ("set", "scorer", "tokens", "seconds", "tokens/s"),
        [
            (block.name, it.scorer, f"{it.tokens:,}", f"{it.seconds:.1f}", f"{it.tokens / max(it.seconds, 1e-9):,.0f}")
            for block in assessment.blocks
            for it in block.scored
        ],
    )


def _signatures(assessment: Assessment) -> Iterator[str]:
    for block in assessment.blocks:
        for scored in block.scored:
            yield f"{block.name}, {scored.scorer}: {scored.result.signature}"


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
