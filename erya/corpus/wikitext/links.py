"""Internal links: `[[target|label]]` shows its label; files, categories and other languages' pages show nothing."""

import re
from collections.abc import Sequence

from erya.corpus.wikitext.site import Site

_LANGUAGE = re.compile(r"(?:[a-z]{2,3}|simple|zh-[a-z-]+|be-[a-z-]+|roa-[a-z]+|bat-smg|fiu-vro|nds-nl|map-bms)$")
_QUALIFIER = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")


def link_text(arguments: Sequence[str], site: Site) -> str | None:
    """What a link shows, or None when it shows nothing."""
    target = arguments[0].strip()
    prefix, colon, _ = target.partition(":")
    if colon and (site.hides(prefix) or (_LANGUAGE.match(prefix) and len(arguments) == 1)):
        return None
    shown = target.removeprefix(":")
    if len(arguments) == 1:
        return shown
    label = "|".join(arguments[1:])
    return label if label.strip() else _QUALIFIER.sub("", shown)
