"""Which templates become text: a language's rules, else the English ones, else simple definitions of the wiki's own."""

import re
from collections.abc import Mapping
from functools import cache

from erya.core import registry
from erya.corpus.wikitext.definitions import REDIRECT, from_definition, template_key
from erya.corpus.wikitext.rules import Language, Rule

PACKAGE = "erya.corpus.wikitext.languages"
SHARED = "en"
MAX_REDIRECTS = 4
MAX_KNOWN = 50_000


@cache
def _languages() -> dict[str, Language]:
    languages: dict[str, Language] = registry.discover(PACKAGE, "LANGUAGE")
    return languages


def _chain(code: str | None) -> list[Language]:
    """The tables to look into, in order: the wiki's own and the shared one; all of them when it is not known."""
    known = _languages()
    if code is None:
        return [known[SHARED], *(known[name] for name in sorted(known) if name != SHARED)]
    own = known.get(code) or known.get(code.partition("-")[0])
    return [own, known[SHARED]] if own and own is not known[SHARED] else [known[SHARED]]


class Templates(dict[str, Rule | None]):
    """The rules of one wiki by what pages write for a template (`Lang_ `) or parser function (`formatnum:1`).

    None for what shows nothing. A name is looked up once, after which it costs no more than an entry of a dictionary.
    """

    def __init__(self, language: str | None, own_name: str, definitions: Mapping[str, str]) -> None:
        super().__init__()
        self._chain = _chain(language)
        self._definitions = definitions
        self._own = {own_name.casefold(), "template", "subst", "safesubst"}  # what may stand before a name

    def __missing__(self, name: str) -> Rule | None:
        if len(self) >= MAX_KNOWN:
            self.clear()
        rule = self[name] = self._find(name.strip())
        return rule

    def argument_of(self, name: str) -> str | None:
        """What stands behind the colon of a parser function (`1` in `formatnum:1`); None for a template's name."""
        if ":" not in name:
            return None
        prefix, _, rest = name.partition(":")
        return rest if prefix.strip().casefold() not in self._own else None

    def _find(self, name: str) -> Rule | None:
        prefix, colon, rest = name.partition(":")
        if self.argument_of(name) is not None:
            key = template_key(prefix)
            return next((table.functions[key] for table in self._chain if key in table.functions), None)
        key = template_key(rest if colon else name)
        for _ in range(MAX_REDIRECTS):
            rule = self._in_tables(key)
            definition = self._definitions.get(key)
            if rule or definition is None:
                return rule
            if not definition.startswith(REDIRECT):
                return from_definition(definition)
            key = definition.removeprefix(REDIRECT)
        return None

    def _in_tables(self, key: str) -> Rule | None:
        for table in self._chain:
            if key in table.rules:
                return table.rules[key]
            for pattern, build in table.families.items():
                found = re.fullmatch(pattern, key)
                if found:
                    return build(found)
        return None
