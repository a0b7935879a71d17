"""What does not nest, rendered by a few passes of regular expressions: tags, quotes, plain links, external links."""

import re

from erya.corpus.wikitext.marks import HOLE, PIPE
from erya.corpus.wikitext.rules import words

_BREAKS = dict.fromkeys(
    words("br, p, div, blockquote, ul, ol, dl, center, hr, poem, caption, tbody, thead, tfoot"), "\n"
)
# HTML, what extensions add, and marks of elements that were not closed.
_NOTHING = dict.fromkeys(
    words(
        """abbr, b, bdi, bdo, big, cite, code, data, del, dfn, em, font, i, ins, kbd, link, mark, meta, q, rb,
        rbc, rp, rt, rtc, ruby, s, samp, small, span, strike, strong, sub, sup, time, tt, u, var, wbr, nobr,
        img, a, noinclude, onlyinclude, translate, tvar, languages, section, ref, references, gallery, math,
        nowiki, pre, syntaxhighlight, source, includeonly, timeline, imagemap, score"""
    ),
    "",
)
_LEVELS = range(1, 7)
_OPENING = {
    **_BREAKS,
    **_NOTHING,
    **{f"h{level}": f"\n{'=' * level} " for level in _LEVELS},
    "li": "\n* ",
    "dt": "\n; ",
    "dd": "\n: ",
    "table": f"\n{{{PIPE}\n",
    "tr": f"\n{PIPE}-\n",
    "td": f"\n{PIPE} ",
    "th": f"\n{PIPE} ",
}
_CLOSING = {
    **_BREAKS,
    **_NOTHING,
    **{f"h{level}": f" {'=' * level}\n" for level in _LEVELS},
    "li": "\n",
    "dt": "\n",
    "dd": "\n",
    "table": f"\n{PIPE}}}\n",
    "tr": "",
    "td": "",
    "th": "",
}
_TAG = re.compile(
    r"<(?:(su[bp])(?:\s[^<>]*)?>([-+−–0-9n]{1,12})</su[bp]>|(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[\s/][^<>]*)?>)", re.IGNORECASE
)
_RAISED = str.maketrans("0123456789+-−–n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-−–n", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋ₙ")

_MANY_QUOTES = re.compile(r"''''+")
_IN_A_WORD = re.compile(r"'''(?<=\w''')(?!')(?=\w)")
_QUOTES = re.compile(r"''+")
_BOLD = re.compile(r"(?<!')'''(?!')")

# A link without namespace, template or nested link: what it shows is its label, else its target.
_PLAIN_LINK = re.compile(r"\[\[(?:[^\[\]{}|<:\n\x05]++\|)?([^\[\]{}|<:=]++)\]\]")
_EXTERNAL = re.compile(
    r"\[(?:https?:|ftps?:|mailto:|news:|irc:|git:|//)[^\s\[\]<>{}\x05]*+([^\[\]\n{}]*+)\]", re.IGNORECASE
)
_MAGIC_WORD = re.compile(r"__(?:[^\W\d_a-z]{3,30}(?:_[^\W\d_a-z]{1,30}){0,4})__")


def flatten(text: str) -> str:
    """The text without tags, quotes, magic words, plain links and external links; what they show stays."""
    if "<" in text:
        text = _TAG.sub(_tag, text)
    if "''" in text:
        text = _without_quotes(text)
    if "_" in text:
        text = _MAGIC_WORD.sub("", text)
    if "[[" in text:
        text = "".join(_PLAIN_LINK.split(text))
    return external_links(text)


def external_links(text: str) -> str:
    """The text with the labels of its external links in their place."""
    return _EXTERNAL.sub(_external, text) if "[" in text else text


def _external(link: re.Match[str]) -> str:
    return link[1].strip() or HOLE


def _tag(tag: re.Match[str]) -> str:
    level, digits, slash, name = tag.groups()
    if level:
        return str(digits.translate(_RAISED if level in ("sup", "SUP") else _LOWERED))
    return (_CLOSING if slash else _OPENING).get(name.lower(), tag[0])  # unknown tags are text, as in MediaWiki


def _without_quotes(text: str) -> str:
    if "'''" in text:
        text = _mend_apostrophes(text)
        if "''''" in text:  # four are an apostrophe and bold, five bold and italics, six an apostrophe and those
            text = _MANY_QUOTES.sub(lambda run: "'" if len(run[0]) in (4, 6) else "", text)
    return _QUOTES.sub("", text)


def _mend_apostrophes(text: str) -> str:
    """`l'''Étranger''` is an apostrophe and italics: so MediaWiki reads a line whose bold and italics do not pair."""
    pieces: list[str] = []
    position = 0
    for quotes in _IN_A_WORD.finditer(text):
        start = quotes.start()
        if start >= position:
            begin, end = text.rfind("\n", 0, start) + 1, text.find("\n", start)
            end = len(text) if end < 0 else end
            pieces += (text[position:begin], _mend_line(text[begin:end]))
            position = end
    return "".join((*pieces, text[position:]))


def _mend_line(line: str) -> str:
    lengths = [len(run) for run in _QUOTES.findall(line)]
    both = sum(length >= 5 for length in lengths)
    bold, italic = both + sum(length in (3, 4) for length in lengths), both + lengths.count(2)
    if bold % 2 == 0 or italic % 2 == 0:
        return line
    starts = [run.start() for run in _BOLD.finditer(line) if run.start()]
    single = (at for at in starts if line[at - 1].isalnum() and (at < 2 or line[at - 2] in f" (\n{HOLE}"))
    word = (at for at in starts if line[at - 1] != " ")
    at = next(single, None) or next(word, None)
    return line if at is None else f"{line[:at]}'{line[at + 3 :]}"
