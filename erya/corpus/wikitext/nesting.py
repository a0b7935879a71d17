"""What nests, rendered from the inside out: templates, links that hold other markup, language variants.

A few rounds of regular expressions take what has nothing nested in it any more, which is quick and leaves most pages
done. The rest, deep or broken, takes one walk with a stack. Linear: where each template ends is found first, so one
that shows nothing is passed over in one leap; every other token is looked at once, and depth is bounded.
"""

import re
from dataclasses import dataclass, field

from erya.corpus.wikitext.links import link_text
from erya.corpus.wikitext.marks import EQUALS, HOLE, PIPE
from erya.corpus.wikitext.site import Site
from erya.corpus.wikitext.variants import Variants

MAX_DEPTH = 100
MAX_ARGUMENTS = 500
LEAF_ROUNDS = 4  # from the inside out, as deep as nearly all pages go; `_walk` takes what is deeper or broken

# A template without another in it, which most are; not the inner braces of a parameter, `{{{1}}}`.
_LEAF = re.compile(r"\{\{(?<!\{\{\{)([^{}|\[\]<]*+)([^{}]*+)\}\}")
_LEAF_LINK = re.compile(r"\[\[([^\[\]{}]*+)\]\]")
_BRACES = re.compile(r"\{\{+|\}\}+|-\{(?=\{\{[^{])")  # the last begins a variant whose first word is a template
_TOKEN = re.compile(r"\{\{+|\[\[|\]\]|\}\}+")
_TOKEN_OR_VARIANT = re.compile(rf"{_TOKEN.pattern}|-\{{(?![{{|])|-\{{(?=\{{\{{[^{{])|\}}-")
_TEMPLATE_NAME = re.compile(r"[^{}|\[\]<]*")


@dataclass(slots=True)
class _Frame:
    """Something opened and not yet closed: its kind, where its pieces begin, and where a template ends."""

    kind: str
    first: int
    end: int = 0


@dataclass(slots=True)
class Walk:
    """One walk over a text; `pieces` is what it shows so far."""

    site: Site
    variants: Variants
    pieces: list[str] = field(default_factory=list)
    stack: list[_Frame] = field(default_factory=list)

    def drop(self, text: str) -> str:
        """The text without the innermost templates that show nothing, which are most; `run` takes those around them."""

        def drop_or_leave(template: re.Match[str]) -> str:
            if rules[template[1]] is not None:
                return template[0]
            if learns:
                self.variants.learn(template[1], template[1] + template[2])
            return HOLE

        rules, learns = self.site.rules, self.variants.script != "as-is"
        return _LEAF.sub(drop_or_leave, text)

    def run(self, text: str) -> str:
        """What the text shows; HOLE stands where something was dropped."""
        for _ in range(LEAF_ROUNDS):
            braces, brackets = _has_double(text, "{"), _has_double(text, "[")
            if braces:
                text = _LEAF.sub(self._leaf, text)
            if brackets:
                text = _LEAF_LINK.sub(self._leaf_link, text)
            if not (braces or brackets):
                break
        undone = any(_has_double(text, mark) for mark in "{[]}") or ("{" in text and "-{" in text)
        return self._walk(text) if undone else text

    def _leaf(self, template: re.Match[str]) -> str:
        name, rest = template.groups()
        if "[[" in rest and self.site.rules[name] is not None:
            return template[0]
        return self._protected("template", name + rest)

    def _leaf_link(self, link: re.Match[str]) -> str:
        return self._protected("link", link[1])

    def _protected(self, kind: str, content: str) -> str:
        """What a frame shows, not to be taken apart by what it is in."""
        return (self._shown(kind, content) or HOLE).replace("|", PIPE).replace("=", EQUALS)

    def _walk(self, text: str) -> str:
        ends = _template_ends(text)
        search = (_TOKEN_OR_VARIANT if "-{" in text else _TOKEN).search
        put = self.pieces.append
        position = 0
        while token := search(text, position):
            start, after = token.span()
            put(text[position:start])
            two = text[start : start + 2]
            if two == "{{":
                position = self._braces(text, start, after, ends)
            elif two == "[[":
                position = after
                self._open("link")
            elif two == "]]":
                position = after
                self._close("link")
            elif two == "}}":
                position = self._end_templates(after) or after
            elif two == "-{":
                position = after
                self._open("variant")
            else:
                position = after
                if not self._close("variant"):
                    put("}-")
        put(text[position:])
        return "".join(self.pieces)

    def _open(self, kind: str, end: int = 0) -> None:
        if len(self.stack) < MAX_DEPTH:
            self.stack.append(_Frame(kind, len(self.pieces), end))

    def _braces(self, text: str, start: int, after: int, ends: dict[int, int]) -> int:
        """Open the templates that a run of braces begins, or leap over all of one that shows nothing."""
        for at in range(start, after - 1):
            end = ends.get(at)
            if end is None:
                continue
            if end < 0:
                self._open("parameter", -end)
                continue
            name = _TEMPLATE_NAME.match(text, at + 2)
            assert name is not None
            if self.site.rules[name[0]] is None:
                self.pieces.append(HOLE)
                return end
            self._open("template", end)
        return after

    def _end_templates(self, after: int) -> int:
        """Close the templates that end before `after`; the end of the last one, 0 when there is none."""
        last = 0
        for depth in range(len(self.stack) - 1, -1, -1):
            frame = self.stack[depth]
            if frame.end > after:
                break
            if frame.end:
                last = frame.end
                self._take(depth)
        return last

    def _close(self, kind: str) -> bool:
        """Close the innermost frame of a kind, unless it lies beyond the template that this mark is in."""
        for depth in range(len(self.stack) - 1, -1, -1):
            frame = self.stack[depth]
            if frame.kind == kind:
                self._take(depth)
                return True
            if frame.end:
                break
        return False

    def _take(self, depth: int) -> None:
        """Render a frame; those within it that were never closed are text without the marks that opened them."""
        frame = self.stack[depth]
        del self.stack[depth:]
        content = "".join(self.pieces[frame.first :])
        del self.pieces[frame.first :]
        self.pieces.append(self._protected(frame.kind, content))

    def _shown(self, kind: str, content: str) -> str | None:
        if kind == "link":
            return link_text(content, self.site)
        if kind == "variant":
            return self.variants.show(content)
        if kind == "parameter":
            return content.partition("|")[2]
        parts = content.split("|", MAX_ARGUMENTS)
        rule = self.site.rules[parts[0]]
        if rule is None:
            self.variants.learn(parts[0], content)
            return None
        return rule(arguments(self.site.rules.argument_of(parts[0]), parts[1:]))


_NAMED = re.compile(r"\s*([\w \-]{1,40}?)\s*=")


def arguments(of_function: str | None, parts: list[str]) -> dict[str, str]:
    """Arguments by name; those without one under "1", "2", …, the first of a parser function from behind its colon."""
    found: dict[str, str] = {}
    position = 0
    if of_function is not None:
        position = 1
        found["1"] = of_function.strip()
    for part in parts:
        named = _NAMED.match(part) if "=" in part else None
        if named:
            found[named[1]] = part[named.end() :].strip()
        else:
            position += 1
            found[str(position)] = part.strip()
    return found


def _template_ends(text: str) -> dict[int, int]:
    """Where each template that is closed begins and ends; the end of a parameter, in three braces, is negative."""
    ends: dict[int, int] = {}
    open_runs: list[list[int]] = []  # begin and number of the braces not yet closed
    for run in _BRACES.finditer(text):
        start, end = run.span()
        if text[start] == "{":
            open_runs.append([start, end - start])
        if text[start] != "}":
            continue
        while end - start >= 2 and open_runs:
            innermost = open_runs[-1]
            count = 3 if innermost[1] >= 3 and end - start >= 3 else 2
            innermost[1] -= count
            start += count
            ends[innermost[0] + innermost[1]] = start if count == 2 else -start
            if innermost[1] < 2:
                open_runs.pop()
    return ends


def _has_double(text: str, mark: str) -> bool:
    """Whether a character stands twice in a row, for which `in` takes many times as long as for one."""
    at = text.find(mark)
    while at >= 0 and text[at + 1 : at + 2] != mark:
        at = text.find(mark, at + 1)
    return at >= 0
