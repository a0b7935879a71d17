"""Pages that only list what a title may mean: told by their templates, their title, or the magic word `__DISAMBIG__`.

A dump does not mark them, so the names wikis give to the template and to the title's ending stand here by language.
A language that is missing is known by the common names and the magic word.
"""

import re
from functools import cache

_REACH = 10_000  # characters from either end of a page, where wikis put the template: a long article is not searched
_COMMON = r"disambig(?:uation)?|disamb|dab"
# Language: template names (a regular expression, any case), endings of titles.
_NAMES = {
    "ar": ("توضيح|صفحة توضيح", "توضيح"),
    "bg": ("пояснение|пояснителна страница", "пояснение"),
    "ca": ("desambiguació", "desambiguació"),
    "cs": ("rozcestník", "rozcestník"),
    "de": ("begriffsklärung|bks", "Begriffsklärung"),
    "en": (
        r"[\w –-]+ disambiguation|disambig(?:uation)?[- ]cleanup|hndis|geodis|numberdis|roaddis|schooldis|mathdab"
        r"|mil-unit-dis|letter-numbercombdisambig",
        "disambiguation",
    ),
    "es": ("desambiguaci[óo]n|desambig|desamb", "desambiguación"),
    "fa": ("ابهام‌زدایی", "ابهام‌زدایی"),
    "fi": ("täsmennyssivu|täsmennys", "täsmennyssivu"),
    "fr": (r"homonymie(?: [^|{}]+)?|paronymie|internationalisation", "homonymie"),
    "he": ("פירושונים", "פירושונים"),
    "hu": ("egyért|egyértelműsítő lap", "egyértelműsítő lap"),
    "id": ("disambiguasi", "disambiguasi"),
    "it": ("disambigua", "disambigua"),
    "ja": ("[^|{}]*曖昧さ回避|aimai", "曖昧さ回避"),
    "ko": ("동음이의|동명이인", "동음이의"),
    "nl": ("dp|dpintro", "doorverwijspagina"),
    "pl": ("ujednoznacznienie", "ujednoznacznienie"),
    "pt": ("desambiguação|desambig", "desambiguação"),
    "ru": ("неоднозначность|многозначность", "значения"),
    "sv": ("förgrening|gren|efternamn-gren", "olika betydelser"),
    "tr": ("anlam ayrımı", "anlam ayrımı"),
    "uk": ("багатозначність|неоднозначність|багатозначність2", "значення"),
    "vi": ("(?:trang )?định hướng", "định hướng"),
    "zh": ("[^|{}]*消歧[义義][页頁]?|歧[义義][页頁]?|hndis|geodis", "消歧义|消歧義|消歧義頁"),
}


@cache
def _patterns(language: str | None) -> tuple[re.Pattern[str], re.Pattern[str]]:
    names, endings = _NAMES.get(language or "", ("", ""))
    template = "|".join(filter(None, (_COMMON, names)))
    ending = "|".join(filter(None, ("disambiguation", endings)))
    return re.compile(rf"\{{\{{\s*(?i:{template})\s*[|}}]"), re.compile(rf"\((?:{ending})\)$")


def is_disambiguation(title: str, markup: str, language: str | None) -> bool:
    """Whether a page of a wiki in this language lists meanings of its title."""
    template, ending = _patterns(language)
    ends = markup if len(markup) <= 2 * _REACH else f"{markup[:_REACH]}\n{markup[-_REACH:]}"
    # The magic word apart: a pattern with one beginning is searched several times as fast as one with two.
    return bool(ending.search(title) or "__DISAMBIG__" in ends or template.search(ends))
