"""Several models on the same items: every pair compared, and one sentence on which is better.

In: the figures of each model and how any two differ. Out: a `Comparison`, its JSON, and its lines for the terminal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from erya.evaluate.reports.board import Board, figure_text, number_text
from erya.evaluate.trial import LEVEL, Difference


@dataclass(frozen=True)
class Comparison:
    """Models on one set, the best first, and the difference of every two, the better named first."""

    board: Board
    differences: Sequence[Difference]
    signatures: Sequence[str]

    @property
    def verdict(self) -> str:
        """One sentence: which model is better and on what evidence, or that they cannot be told apart."""
        best = self.board.entries[0].name
        of_best = [it for it in self.differences if it.names[0] == best]
        level = [it for it in of_best if it.two_sided is None or it.two_sided > LEVEL]
        if not level:
            nearest, others = of_best[0], len(of_best) - 1
            more = f", and than {others} other{'s' * (others > 1)}" if others else ""
            return f"{best} is better than {nearest.names[1]}{more}: {_evidence(nearest)}."
        names = ", ".join(it.names[1] for it in level)
        beaten = ", ".join(it.names[1] for it in of_best if it not in level)
        more = f"; it is better than {beaten}" if beaten else ""
        return f"{best} cannot be told apart from {names}: {_evidence(level[0])}{more}."


def _evidence(it: Difference) -> str:
    return it.evidence(it.two_sided, "two-sided paired bootstrap")


def compare(board: Board, difference: Callable[[str, str], Difference], signatures: Sequence[str]) -> Comparison:
    """Compare every two systems of a board that names the best first."""
    pairs = combinations([entry.name for entry in board.entries], 2)
    return Comparison(board, [difference(*pair) for pair in pairs], signatures)


def comparison_json(it: Comparison, more: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Figures by model, with what `more` adds to each, the pairs, and the sentence."""
    systems = {
        entry.name: {"figures": {name: asdict(it) for name, it in entry.figures.items()}, **more[entry.name]}
        for entry in it.board.entries
    }
    pairs = [
        {
            "better": pair.names[0],
            "worse": pair.names[1],
            "difference": None if pair.gap is None else asdict(pair.gap),
            "p_value": pair.two_sided,
        }
        for pair in it.differences
    ]
    named = {"name": it.board.name, "metric": it.board.metric, "headline": it.board.headline}
    return {**named, "models": systems, "pairs": pairs, "verdict": it.verdict}


def comparison_text(it: Comparison) -> str:
    """Models across, figures with their intervals down, then every pair and the sentence."""
    rows = [["", *(entry.name for entry in it.board.entries)]]
    for name in it.board.entries[0].figures:
        found = [figure_text(entry.figures[name]) for entry in it.board.entries]
        rows.append([name, *(f"{value} ({ends})" for value, ends in found)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"{it.board.name}: {it.board.metric}"]
    for first, *cells in rows:
        shown = "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        lines.append(f"  {first:<{widths[0]}}{shown}")
    lines += ["", f"by {it.board.headline}, p two-sided:"]
    lines += [f"  {pair.names[0]} – {pair.names[1]}: {_pair(pair)}" for pair in it.differences]
    lines += ["", it.verdict, "", "signatures:", *(f"  {line}" for line in it.signatures)]
    return "\n".join(lines)


def _pair(pair: Difference) -> str:
    p = "one item" if pair.two_sided is None else f"p {pair.two_sided:.3f}"
    if pair.gap is None or pair.gap.low is None or pair.gap.high is None:
        return p
    value, low, high = (number_text(it, pair.figures[0].unit) for it in (pair.gap.value, pair.gap.low, pair.gap.high))
    return f"{value} ({low} to {high}), {p}"
