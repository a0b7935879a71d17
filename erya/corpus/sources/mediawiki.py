"""MediaWiki dumps (`pages-articles`): every article as a document of its title and readable text.

Redirects, pages outside the article namespace and pages that are not wikitext are left out and counted. A dump that
is cut off or damaged gives its whole pages, with a warning that says where it ends.
"""

import re
from collections.abc import Iterator

from erya.core.progress import warn
from erya.corpus.dump import CutOff, Dump, Page
from erya.corpus.opening import InputFile
from erya.corpus.records import Document
from erya.corpus.source import ReadOptions, Source
from erya.corpus.wikitext import Site, to_text

_REDIRECT = re.compile(r"\s*#\S+\s*:?\s*\[\[")
_HEADS = tuple("<mediawiki".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def read(file: InputFile, options: ReadOptions) -> Iterator[Document]:
    """The articles of a dump, in order."""
    dump = Dump(file)
    try:
        for page in dump.pages():
            reason = _not_an_article(page, dump)
            if reason is not None:
                file.leave_out(reason)
                continue
            body = to_text(page.text, Site(dump.namespaces))
            yield Document(
                f"{page.title}\n\n{body}",
                f"{dump.name or file.name}:{page.id}",
                source=options.source or dump.name or file.name,
                licence=options.licence or ("CC-BY-SA" if ".wikipedia.org/" in dump.base else "unknown"),
                language=dump.language,
            )
    except CutOff as cut:
        file.leave_out("the rest of a cut-off dump")
        warn(str(cut))


def _not_an_article(page: Page, dump: Dump) -> str | None:
    if page.namespace is None:  # schemas before 0.6 name the namespace in the title only
        prefix = page.title.partition(":")[0].casefold()
        names = {name.casefold() for key, name in dump.namespaces.items() if key != 0}
        outside = ":" in page.title and prefix in names
    else:
        outside = page.namespace != 0
    if outside:
        return "page outside the article namespace"
    if page.is_redirect or _REDIRECT.match(page.text):
        return "redirect"
    if page.model not in ("", "wikitext"):
        return f"page of {page.model}, not wikitext"
    return None if page.text.strip() else "page without text"


SOURCE = Source("mediawiki", (".xml",), lambda head: any(start in head[:1024] for start in _HEADS), read)
