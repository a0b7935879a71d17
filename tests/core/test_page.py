"""The HTML page: self-contained, escaped, the same from run to run."""

import re

import plotly.graph_objects as go

from erya.core.page import Page


def build() -> str:
    page = Page("Run <1>", "三分钟 & more")
    page.heading("Loss")
    page.figure(go.Figure(go.Scatter(y=[3.0, 2.0, 1.5])))
    page.table(["name", "value"], [["<script>alert(1)</script>", 3]])
    page.pre("</pre><b>bold</b>")
    return page.html()


def test_page_loads_nothing_from_elsewhere() -> None:
    head_and_body = re.sub(r"<script>.*?</script>", "", build(), flags=re.DOTALL)
    assert not re.search(r"""(src|href)\s*=\s*["']?https?:""", head_and_body)
    assert "plotly" in build()


def test_text_is_escaped() -> None:
    text = build()
    assert "<script>alert(1)" not in text
    assert "</pre><b>" not in text
    assert "Run &lt;1&gt;" in text
    assert "三分钟 &amp; more" in text


def test_page_is_deterministic() -> None:
    assert build() == build()


def test_page_without_figures_carries_no_script() -> None:
    page = Page("Text")
    page.text("plain")
    assert "<script" not in page.html()
