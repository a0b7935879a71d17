"""Wikitext in, readable text out, in linear time: one walk over the markup, then one over the lines.

`markup` walks the tokens with a stack and renders what nests; `templates` says which templates become text; `links`
and `variants` do the same for `[[…]]` and `-{…}-`; `lines` handles what a line's beginning means and closes the
holes that dropped markup leaves.
"""

from erya.corpus.wikitext.definitions import simple_definition
from erya.corpus.wikitext.lines import tidy
from erya.corpus.wikitext.markup import render
from erya.corpus.wikitext.rendering import Rendering
from erya.corpus.wikitext.site import Site

__all__ = ["Rendering", "Site", "simple_definition", "to_text"]

_DEFAULT = Rendering()


def to_text(markup: str, site: Site, rendering: Rendering = _DEFAULT) -> str:
    """The readable text of a page: prose, headings and lists; no templates, tables, references, files or markup."""
    return tidy(render(markup, site))
