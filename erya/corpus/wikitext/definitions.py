"""A wiki's own templates, as far as they are simple: another name of a template, or a few words with parameters."""

import re

from erya.corpus.wikitext.inline import flatten
from erya.corpus.wikitext.rules import Arguments, Rule

REDIRECT = "#redirect "
MAX_PAGE_CHARACTERS = 10_000
MAX_OWN_CHARACTERS = 60  # longer ones are notices, stubs and navigation
_REDIRECT = re.compile(r"\s*#[^\s\[{]+\s*:?\s*\[\[[^\[\]|{}:]+:([^\[\]|{}#]+)")
_ASIDE = re.compile(r"<!--.*?-->|<noinclude\s*>.*?</noinclude\s*>|</?includeonly\s*>", re.DOTALL | re.IGNORECASE)
_ONLY = re.compile(r"<onlyinclude\s*>(.*?)</onlyinclude\s*>", re.DOTALL | re.IGNORECASE)
_PARAMETER = re.compile(r"\{\{\{([^{}|]{1,40})(?:\|([^{}|]*))?\}\}\}")
_MARKUP = re.compile(r"[{}<>\[\]|\n\x05]|__|^[*#:;=!]")


def template_key(name: str) -> str:
    """The name under which a template is known, whatever its case, underscores and spaces."""
    return " ".join(name.replace("_", " ").split()).casefold()


def simple_definition(title: str, text: str) -> tuple[str, str] | None:
    """The name and definition of a template page (namespace 10), for `Site.templates`; None when it is not simple."""
    key = template_key(title.partition(":")[2] or title)
    redirect = _REDIRECT.match(text)
    if redirect:
        target = template_key(redirect[1])
        return (key, REDIRECT + target) if target and target != key else None
    if len(text) > MAX_PAGE_CHARACTERS:
        return None
    only = _ONLY.findall(text)
    body = flatten(_ASIDE.sub("", "".join(only) if only else text)).strip()
    own = body
    for _ in range(3):  # a parameter may be another's default
        own = _PARAMETER.sub("", own)
    if not body or len(own) > MAX_OWN_CHARACTERS or _MARKUP.search(own):
        return None
    return key, body


def from_definition(definition: str) -> Rule:
    """The rule that a simple definition gives."""

    def rule(arguments: Arguments) -> str:
        def fill(parameter: re.Match[str]) -> str:
            given: str | None = arguments.get(parameter[1].strip())
            return str(parameter[2] or "") if given is None else given.replace("{", "").replace("}", "")

        text = definition
        for _ in range(3):
            text = _PARAMETER.sub(fill, text)
        return text

    return rule
