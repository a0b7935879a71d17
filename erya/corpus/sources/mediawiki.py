"""MediaWiki dumps (`pages-articles`): every article as a document of its title and readable text.

Redirects, disambiguation pages, pages outside the article namespace and pages that are not wikitext are left out and
counted. A dump that is cut off or damaged gives its whole pages, with a note that says so.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from erya.core.storage import read_json
from erya.corpus.mediawiki.disambiguation import is_disambiguation
from erya.corpus.mediawiki.dump import Dump, Head
from erya.corpus.mediawiki.pages import Page
from erya.corpus.opening import InputFile
from erya.corpus.records import Document
from erya.corpus.source import ReadOptions, Source
from erya.corpus.wikitext import Site, simple_definition, to_text
from erya.corpus.wikitext.site import TEMPLATE

SHARE, SMALLEST = 8, 8  # a part is at most an eighth of what is left, at least an eighth of the largest part
_REDIRECT = re.compile(r"\s*#\S+\s*:?\s*\[\[")
_HEADS = tuple("<mediawiki".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def read(file: InputFile, options: ReadOptions) -> Iterator[Document]:
    """The articles of a dump, in order."""
    dump = Dump(file, options.encoding_errors)
    head = dump.head
    site = Site(head.namespaces, head.language, _definitions(file.definitions))
    origin = head.name or file.name
    for page in dump.pages():
        reason = _not_an_article(page, head)
        if reason is not None:
            file.leave_out(reason)
            continue
        yield Document(
            f"{page.title}\n\n{to_text(page.text, site, options.rendering)}",
            f"{origin}:{page.id}",
            source=options.source or origin,
            licence=options.licence or ("CC-BY-SA" if ".wikipedia.org/" in head.base else "unknown"),
            language=head.language,
            title=page.title,
            revision=page.revision or None,
            timestamp=page.timestamp or None,
        )


def define(file: InputFile, options: ReadOptions) -> dict[str, str]:
    """The simple templates of a dump, by the key of their name."""
    pages = Dump(file, options.encoding_errors).pages()
    found = (simple_definition(page.title, page.text) for page in pages if page.namespace == TEMPLATE)
    return dict(definition for definition in found if definition is not None)


@lru_cache(maxsize=1)
def _definitions(path: Path | None) -> dict[str, str]:
    known: dict[str, str] = read_json(path) if path else {}
    return known


def _not_an_article(page: Page, head: Head) -> str | None:
    if page.namespace is None:  # schemas before 0.6 name the namespace in the title only
        prefix = page.title.partition(":")[0].casefold()
        names = {name.casefold() for key, name in head.namespaces.items() if key != 0}
        outside = ":" in page.title and prefix in names
    else:
        outside = page.namespace != 0
    if outside:
        return "page outside the article namespace"
    if page.is_redirect or _REDIRECT.match(page.text):
        return "redirect"
    if page.model not in ("", "wikitext"):
        return f"page of {page.model}, not wikitext"
    if not page.text.strip():
        return "page without text"
    return "disambiguation page" if is_disambiguation(page.title, page.text, head.language) else None


def cut(file: InputFile, part_bytes: int) -> list[tuple[int, int | None]]:
    """Where parts of at most `part_bytes` begin and end, the last of them at the end of the file.

    Towards the end they are smaller, so that no process has much left to do when the others are done.
    """
    if not Dump(file).can_be_cut():
        return [(0, None)]
    size = file.path.stat().st_size
    places, least = [0], max(1, part_bytes // SMALLEST)
    while (left := size - places[-1]) > least:
        places.append(places[-1] + min(part_bytes, max(left // SHARE, least)))
    return list(zip(places, [*places[1:], None], strict=True))


SOURCE = Source("mediawiki", (".xml",), lambda head: any(start in head[:1024] for start in _HEADS), read, cut, define)
