"""Internal links: `[[target|label]]` shows its label; files, categories and other languages' pages show nothing."""

import re

from erya.corpus.wikitext.site import Site

_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}|simple|zh-[a-z-]+|be-[a-z-]+|roa-[a-z]+|bat-smg|fiu-vro|nds-nl|map-bms|cbk-zam)$"
)
_QUALIFIER = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")


def link_text(content: str, site: Site) -> str | None:
    """What the inside of a link shows, or None when it shows nothing."""
    target, bar, label = content.partition("|")
    target = target.strip()
    prefix, colon, _ = target.partition(":")
    if colon and prefix and (site.hides(prefix, bool(label.strip())) or (not bar and _LANGUAGE.match(prefix))):
        return None
    if label.strip():
        return label
    shown = target.removeprefix(":")
    return _QUALIFIER.sub("", shown.rpartition(":")[2]) if bar else shown
