"""Where sentences begin and end: a text in, spans that cover all of it out.

Rules, not a model: a Latin full stop ends a sentence only before a space and something that can begin one, and not
after an abbreviation or an initial; 。！？ end one by themselves, with the closing quotes after them.
"""

import re
from collections.abc import Iterator

UNSPACED = frozenset({"zh", "ja"})
"""Languages written without spaces between words."""


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words after whose full stop a sentence goes on whatever follows: titles and words that point at what comes next.
_INNER = _words(
    "mr mrs ms mm mme mlle dr prof st gen col sgt capt lt cmdr maj adm rev hon gov sen rep pres messrs mt ft fr vs cf "
    "e.g i.e viz ca approx fig figs eq sec ch vol vols pp ed eds al nr bzw z.b d.h u.a art arts resp"
)
# Words whose full stop may also end the sentence: only a usual first word after it says so.
_EITHER = _words(
    "etc inc ltd co corp bros jr sr esq ave blvd rd dept est govt univ assn a.m p.m u.s u.k u.n d.c e.u ph.d m.d b.a "
    "m.a b.c a.d b.c.e c.e jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun "
    "usw z.t"
)
_FIRST_WORDS = _words(
    "the a an this that these those it its he she they we i you his her their our my your there here in on at by for "
    "from with after before when while where as if since until although though however but and so because then thus "
    "what who why how which both each some many most all no not one two other another during under to of also "
    "please thanks der die das es er sie wir ich ein eine le la les il elle ils nous"
)
_INTRODUCES_NUMBER = frozenset({"no", "nos", "p", "art", "nr", "op", "ver"})

_CLOSING = "\"'”’»)\\]}」』）》】〉＂＇"
# what stands before a run is looked at first, so that a run of thousands is tried once
_LATIN_END = re.compile(rf"(?<![.!?…])[.!?…]+(?:[{_CLOSING}]|\[\d+\])*(?=\s|\Z)")
_UNSPACED_END = re.compile(
    rf"《[^《》\n]{{1,60}}》|(?:[。！？｡]|[!?](?!\w))[。！？｡!?…]*[{_CLOSING}]*|…+[{_CLOSING}]+|…{{2,}}"
)
_GOES_ON = re.compile(r"\s*[，、；：,;:)）》」』]")
_WORD_BEFORE = re.compile(r"[^\s(\[{\"“‘'«（「]*\Z")
_WORD_AFTER = re.compile(r"\s*[\"'“‘«(\[{]*(\w*)")
_ENUMERATION = re.compile(r"\s*[(（]?(?:\d{1,3}|[A-Za-z]|[ivxlcIVXLC]{1,5})\Z")
_BLANK_LINE = re.compile(r"(?<!\s)\s*\n[^\S\n]*\n\s*")
_LINE_BREAK = re.compile(r"(?<!\s)\s*\n\s*")
_SPACE = re.compile(r"\s*")


def sentence_spans(text: str, language: str) -> list[tuple[int, int]]:
    """The sentences of a text in order, each with the white space after it; joined they are the text.

    `language` is an ISO 639-1 code: in `zh` and `ja` every line break ends a sentence, elsewhere a blank line does,
    for lines there may be wrapped. White space at the beginning belongs to the first sentence.
    """
    spans = []
    start = 0
    for end in sorted(set(_ends(text, language))):
        if text[start:end].strip():
            spans.append((start, end))
            start = end
    if text[start:].strip() or (text and not spans):
        spans.append((start, len(text)))
    elif spans:
        spans[-1] = (spans[-1][0], len(text))
    return spans


def sentences(text: str, language: str) -> list[str]:
    """The sentences of a text without the white space around them."""
    return [text[start:end].strip() for start, end in sentence_spans(text, language) if text[start:end].strip()]


def _ends(text: str, language: str) -> Iterator[int]:
    """Where sentences may end, white space after them included; not in order."""
    unspaced = language in UNSPACED
    for match in (_LINE_BREAK if unspaced else _BLANK_LINE).finditer(text):
        yield match.end()
    for match in _UNSPACED_END.finditer(text):
        mark = text[match.start()]
        if mark == "《" or (mark in "!?…" and not unspaced):
            continue  # a title is no sentence, and Latin marks have their own rule
        if not _GOES_ON.match(text, match.end()):
            yield _after_space(text, match.end())
    line_start = 0
    for match in _LATIN_END.finditer(text):
        end = _after_space(text, match.end())
        if _ends_latin(text, line_start, match):
            yield end
            line_start = end
        elif "\n" in text[match.end() : end]:
            line_start = end


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    assert found is not None
    return found.end()


def _ends_latin(text: str, sentence_start: int, match: re.Match[str]) -> bool:
    """Whether a Latin mark before a space ends the sentence that began at `sentence_start` or later."""
    after = _WORD_AFTER.match(text, match.end())
    assert after is not None
    following = after[1]
    if following[:1].islower() or _GOES_ON.match(text, match.end()):
        return False
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    found = _WORD_BEFORE.search(text, max(sentence_start, match.start() - 40), match.start())
    assert found is not None
    word = found.group()
    if match.start() - sentence_start < 40 and _ENUMERATION.match(text[sentence_start : match.start()]):
        return False
    lower = word.lower()
    if lower in _INNER or (lower in _INTRODUCES_NUMBER and following[:1].isdigit()):
        return False
    either = lower in _EITHER or (len(word) == 1 and word.isupper()) or re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word)
    return not either or not following or following.lower() in _FIRST_WORDS
