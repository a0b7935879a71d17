"""How every benchmark ends: one table for people, then one JSON line for machines."""

import json
from collections.abc import Sequence
from typing import Any


def finish(bench: str, peer: str, ratio: float, rows: Sequence[dict[str, Any]], **facts: Any) -> None:
    """Print the rows as a table and, last, the JSON object with `bench`, `peer`, `ratio` (above 1: Erya ahead)."""
    from rich.console import Console  # not for the contestants, whose start-up is counted
    from rich.table import Table

    headers = list(dict.fromkeys(key for row in rows for key in row))
    table = Table(title=f"{bench}: {ratio:.2f}x against {peer}", title_justify="left")
    for number, name in enumerate(headers):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in headers))
    Console(width=140).print(table)
    print(json.dumps({"bench": bench, "peer": peer, "ratio": round(ratio, 3), **facts, "rows": list(rows)}))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
