"""One self-contained HTML page: text, tables and plotly figures, its script inlined, so it opens anywhere offline."""

import html
import re
from collections.abc import Sequence
from typing import Any

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #ffffff; --line: #d9dce1; --soft: #f5f6f8; --mark: #2a63c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e6ea; --paper: #16181c; --line: #363a42; --soft: #1f2228; --mark: #82aef5; }
}
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.2rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.subtitle { opacity: .7; margin: 0 0 1.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem; }
th, td { padding: .35rem .8rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child, .words { text-align: left; } th { background: var(--soft); font-weight: 600; }
td:not(.long) { white-space: nowrap; }
td.long { text-align: left; max-width: 40rem; white-space: pre-wrap; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; overflow-x: auto;
  white-space: pre-wrap; font: .87rem/1.5 ui-monospace, Menlo, Consolas, "Noto Sans Mono CJK SC", monospace; }
"""
LONG_CELL = 60
FIGURE = re.compile(r"[-+\d.,%e()[\]≥≤<>≈×–−… ]*")
"""A cell of figures, such as a number with its interval; other cells are words, and a column of words begins left."""
BARE = {"displayModeBar": False, "responsive": True}  # the toolbar would lie over the plot


class Page:
    """A page put together from the top down; everything given is escaped."""

    def __init__(self, title: str, subtitle: str = "") -> None:
        self.title, self.subtitle = title, subtitle
        self._parts: list[str] = []
        self._figures = 0

    def heading(self, text: str) -> None:
        """Start a section."""
        self._parts.append(f"<h2>{html.escape(text)}</h2>")

    def text(self, text: str) -> None:
        """Add a paragraph."""
        self._parts.append(f"<p>{html.escape(text)}</p>")

    def pre(self, text: str) -> None:
        """Add text as it stands: a sample, a command, a signature."""
        self._parts.append(f"<pre>{html.escape(text)}</pre>")

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Add a table; cells are shown as `str` gives them."""
        words = [not all(FIGURE.fullmatch(str(row[at])) for row in rows) for at in range(len(headers))]
        head = "".join(_cell(name, "th", left) for name, left in zip(headers, words, strict=True))
        cells = ([_cell(value, "td", left) for value, left in zip(row, words, strict=True)] for row in rows)
        body = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
        self._parts.append(
            f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        )

    def figure(self, figure: Any) -> None:
        """Add a plotly figure, made transparent so that it fits a light and a dark page."""
        import plotly.io

        figure.update_layout(
            paper_bgcolor="rgba(0,0,0,0)",
            plot_bgcolor="rgba(0,0,0,0)",
            font={"color": "#808890"},
            margin={"l": 60, "r": 20, "t": 50, "b": 50},
        )
        figure.update_xaxes(gridcolor="rgba(128,136,144,.25)", zerolinecolor="rgba(128,136,144,.4)")
        figure.update_yaxes(gridcolor="rgba(128,136,144,.25)", zerolinecolor="rgba(128,136,144,.4)")
        self._figures += 1
        name = f"figure-{self._figures}"  # a fixed name keeps the page the same from run to run
        made = plotly.io.to_html(figure, include_plotlyjs=False, full_html=False, div_id=name, config=BARE)
        self._parts.append(made)

    def html(self) -> str:
        """The whole page; the plotting script is inlined only when there is a figure."""
        script = ""
        if self._figures:
            from plotly.offline import get_plotlyjs

            script = f"<script>{get_plotlyjs()}</script>"
        subtitle = f'<p class="subtitle">{html.escape(self.subtitle)}</p>' if self.subtitle else ""
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self.title)}</title><style>{STYLE}</style>{script}</head>"
            f"<body><h1>{html.escape(self.title)}</h1>{subtitle}{''.join(self._parts)}</body></html>\n"
        )


def _cell(value: Any, tag: str, words: bool) -> str:
    text = str(value)
    kinds = [*(["words"] if words else []), *(["long"] if tag == "td" and len(text) > LONG_CELL else [])]
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    return f"<{tag}{kind}>{html.escape(text)}</{tag}>"
