"""Quality rules: a document in, the first rule it breaks out, or nothing when it is good enough to keep.

Each file of `rules/` holds the rules of one publication, with its thresholds; English and other spaced languages are
measured in words, Chinese and other unspaced ones in characters.
"""

from erya.corpus.quality.judge import Finding, judge
from erya.corpus.quality.lines import mend
from erya.corpus.quality.options import QualityOptions

__all__ = ["Finding", "QualityOptions", "judge", "mend"]
