"""C4's rules on whole pages.

Source: Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer",
section 2.2. Its rules on single lines are in `quality/lines.py`.
"""

from erya.corpus.quality.rule import Rule

SOURCE = "Raffel et al. 2020, section 2.2"

RULES = (
    Rule("c4_lorem_ipsum", "'lorem ipsum', times", SOURCE, lambda text: text.text.lower().count("lorem ipsum"), most=0),
    Rule("c4_curly_brackets", "'{', times", SOURCE, lambda text: text.text.count("{"), most=0),
)
