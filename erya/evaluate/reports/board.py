"""A score board: figures down, systems across; the model first, and beside each other how sure the difference is.

In: each system's figures. Out: the rows of a table, or a table for the terminal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erya.evaluate.metric import Figure, Table

HEADERS = ("set", "figure", "scorer", "value", "95 % interval", "p")
NAME_WIDTH, VALUE_WIDTH = 18, 14  # at least


@dataclass(frozen=True)
class Entry:
    """A system's figures by name; `p_value` is of the headline's difference from the first system."""

    name: str
    figures: Mapping[str, Figure]
    p_value: float | None = None


@dataclass(frozen=True)
class Board:
    """All systems on one set."""

    name: str
    metric: str
    headline: str
    entries: Sequence[Entry]


def figure_text(figure: Figure) -> tuple[str, str]:
    """A figure's value and interval, with as many digits as a person needs."""
    value = number_text(figure.value, figure.unit)
    if figure.low is None or figure.high is None:
        return value, "one item"
    return value, f"{number_text(figure.low, figure.unit)}–{number_text(figure.high, figure.unit)}"


def number_text(value: float, unit: str = "") -> str:
    """A number with four decimals, percentages with two; the greater, the fewer."""
    if unit == "%":
        return f"{value:.2f}"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}" if abs(value) < 1e6 else f"{value:.3g}"


def score_table(boards: Sequence[Board]) -> Table:
    """All figures of some boards, the others' below the first system's."""
    rows = []
    for board in boards:
        for name in board.entries[0].figures:
            for entry in board.entries:
                if name in entry.figures:
                    p = entry.p_value if name == board.headline else None
                    cells = (*figure_text(entry.figures[name]), "" if p is None else f"{p:.3f}")
                    rows.append((board.name, name, entry.name, *cells))
    return Table(HEADERS, rows)


def terminal_table(board: Board) -> str:
    """Figures down, systems across, the first system's interval beside."""
    first, others = board.entries[0], board.entries[1:]
    left = max(NAME_WIDTH, *map(len, first.figures))
    own = max(VALUE_WIDTH - 2, len(first.name))
    widths = [max(VALUE_WIDTH, len(it.name) + 2) for it in others]
    heads = "".join(f"{it.name:>{width}}" for it, width in zip(others, widths, strict=True))
    lines = [f"{board.name}: {board.metric}", f"  {'':<{left}}{first.name:>{own}}  {'95 % interval':<22}{heads}"]
    for name, figure in first.figures.items():
        value, interval = figure_text(figure)
        values = [figure_text(it.figures[name])[0] if name in it.figures else "" for it in others]
        cells = "".join(f"{cell:>{width}}" for cell, width in zip(values, widths, strict=True))
        lines.append(f"  {name:<{left}}{value:>{own}}  {interval:<22}{cells}")
    if others:
        chances = ["" if it.p_value is None else f"{it.p_value:.3f}" for it in others]
        cells = "".join(f"{cell:>{width}}" for cell, width in zip(chances, widths, strict=True))
        lines.append(f"  {'p, by ' + board.headline:<{left}}{'':>{own}}  {'':<22}{cells}".rstrip())
    return "\n".join(lines)
