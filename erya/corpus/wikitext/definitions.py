"""A wiki's own templates, as far as they are simple: another name of a template, or plain text with parameters."""

import re

MAX_CHARACTERS = 1_000
_REDIRECT = re.compile(r"\s*#[^\s\[{]+\s*:?\s*\[\[([^\[\]|{}]+)")
_ASIDE = re.compile(r"<!--.*?-->|<noinclude>.*?</noinclude>|</?includeonly>", re.DOTALL)
_PARAMETER = re.compile(r"\{\{\{[^{}|]{1,40}(?:\|[^{}|\[\]<]*)?\}\}\}")
_MARKUP = re.compile(r"[{}<>]|\[\[|__|^[*#:;=|!]|\n[*#:;=|!]")


def template_key(name: str) -> str:
    """The name under which a template is known, whatever its case, underscores and spaces."""
    return " ".join(name.replace("_", " ").split()).casefold()


def simple_definition(title: str, text: str) -> tuple[str, str] | None:
    """The name and definition of a template page (namespace 10) for `Site.templates`; None when it is not simple."""
    key = template_key(title.partition(":")[2])
    redirect = _REDIRECT.match(text)
    if redirect:
        target = template_key(redirect[1].partition(":")[2])
        return (key, f"#redirect {target}") if target else None
    if len(text) > MAX_CHARACTERS * 20:
        return None
    body = _ASIDE.sub("", text).strip()
    plain = _PARAMETER.sub("", body)
    if len(body) > MAX_CHARACTERS or not plain.strip() or _MARKUP.search(plain):
        return None
    return key, body
