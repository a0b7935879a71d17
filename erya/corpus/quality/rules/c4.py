"""C4's rules on whole pages; those on single lines are in `quality/lines.py`.

Source: Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer" (JMLR),
section 2.2. A sentence is counted by the mark that ends it. C4's list of bad words is the option `toxic_words`.
"""

import re

from erya.corpus.quality.rule import Rule
from erya.corpus.quality.text import WITHOUT_END_MARKS, Text

SOURCE = "Raffel et al. 2020, section 2.2"
_SPACED_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s|\Z)")
_UNSPACED_END = re.compile(r"[。！？｡…!?]+")


def sentences(text: Text) -> int | None:
    """How many sentences end in a text; None for a language whose sentences end without a mark."""
    if text.language in WITHOUT_END_MARKS:
        return None
    return len((_UNSPACED_END if text.unspaced else _SPACED_END).findall(text.text))


RULES = (
    Rule("c4_lorem_ipsum", "'lorem ipsum', times", SOURCE, lambda text: text.text.lower().count("lorem ipsum"), most=0),
    Rule("c4_curly_brackets", "curly brackets", SOURCE, lambda text: text.text.count("{"), most=0),
    Rule("c4_sentences", "sentences", SOURCE, sentences, least=3),
)
