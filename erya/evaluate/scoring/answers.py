"""How answers are compared: predictions and records in, each question's best score over its accepted answers out.

English and other languages follow SQuAD's official definition, Chinese and Japanese that of CMRC2018.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from erya import __version__
from erya.core.errors import UserError
from erya.corpus.records import Question
from erya.evaluate.task import Measured
from erya.tasks.base.prediction import Prediction, Record

Score = Callable[[str, str], float]
"""How well a prediction, first, equals an accepted answer, from 0 to 1."""

_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
# CMRC2018's own list: ASCII's comma and full stop are not in it, nor is a single …
_CHINESE_PUNCTUATION = "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』"
_NO_CHINESE_PUNCTUATION = str.maketrans("", "", _CHINESE_PUNCTUATION)
_IDEOGRAPH = re.compile(r"([\u4e00-\u9fa5])")
_IDEOGRAPH_OR_KANA = re.compile(r"([\u4e00-\u9fa5\u3040-\u30ff])")


def measure_answers(
    predictions: Sequence[Prediction], records: Sequence[Record], language: str, name: str, scores: Mapping[str, Score]
) -> Measured:
    """The mean over questions, in per cent, of the best score over the accepted answers.

    `scores` holds one score for each definition, see `definition`. A question without an answer accepts only "".
    Raises: UserError when the predictions are fewer or more than the questions, or there are none.
    """
    questions = [record for record in records if isinstance(record, Question)]
    assert len(questions) == len(records), "only questions have answers"
    if len(predictions) != len(questions) or not questions:
        raise UserError(
            f"{len(predictions):,} predictions for {len(questions):,} questions; give one for each, at least one"
        )
    chosen = definition(questions, language)
    score = scores[chosen]
    best = [
        max(score(prediction.text, answer) for answer in _accepted(question, chosen))
        for prediction, question in zip(predictions, questions, strict=True)
    ]
    signature = f"metric:{name}|definition:{chosen}|language:{language}|items:{len(best)}|erya:{__version__}"
    return Measured(np.stack([np.asarray(best, dtype=np.float64), np.ones(len(best))], axis=1), _percent, signature)


def definition(questions: Sequence[Question], language: str) -> str:
    """The definition that scores these questions: `cmrc2018`, with kana for Japanese, `squad-v1.1`, or `squad-v2.0`.

    SQuAD's second definition, which drops accepted answers that normalise to nothing, is for sets with questions that
    have no answer, as its first is for those without.
    """
    if language in ("zh", "ja"):
        return "cmrc2018" if language == "zh" else "cmrc2018+kana"
    return "squad-v1.1" if all(question.answers for question in questions) else "squad-v2.0"


def _percent(sums: Any) -> Any:
    return 100.0 * sums[..., 0] / sums[..., 1]


def _accepted(question: Question, chosen: str) -> Sequence[str]:
    answers = question.answers
    if chosen == "squad-v2.0":
        answers = tuple(answer for answer in answers if normalise_english(answer))
    return answers or ("",)


@lru_cache(2**16)
def normalise_english(text: str) -> str:
    """Lower case, without ASCII punctuation and articles, words one space apart.

    Source: SQuAD's evaluate-v1.1.py and evaluate-v2.0.py, https://rajpurkar.github.io/SQuAD-explorer/
    """
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


@lru_cache(2**16)
def normalise_chinese(text: str) -> str:
    """Lower case, without the punctuation that CMRC2018 lists.

    Source: cmrc2018_evaluate.py (v5), https://github.com/ymcui/cmrc2018
    """
    return text.lower().strip().translate(_NO_CHINESE_PUNCTUATION)


@lru_cache(2**16)
def mixed_segments(text: str, kana: bool) -> tuple[str, ...]:
    """Each Chinese character by itself, what stands between them as English words; no punctuation of CMRC2018's list.

    With `kana` each kana is a segment too. Source: cmrc2018_evaluate.py (v5), https://github.com/ymcui/cmrc2018
    """
    from nltk.tokenize import NLTKWordTokenizer  # type: ignore[import-untyped]

    words = NLTKWordTokenizer()
    alone = _IDEOGRAPH_OR_KANA if kana else _IDEOGRAPH
    segments: list[str] = []
    for part in alone.split(normalise_chinese(text)):
        segments += [part] if alone.fullmatch(part) else words.tokenize(part)
    return tuple(segments)


def exact(normalise: Callable[[str], str]) -> Score:
    """1 for a prediction equal to the answer after normalisation, else 0."""
    return lambda prediction, answer: float(normalise(prediction) == normalise(answer))


def shared_words(prediction: str, answer: str, empty_equals: bool) -> float:
    """F1 of the normalised English words the two share, each as often as both have it.

    `empty_equals`: two without words score 1, as in SQuAD v2.0, and not 0, as in v1.1.
    """
    got, wanted = normalise_english(prediction).split(), normalise_english(answer).split()
    if not got or not wanted:
        return float(empty_equals and got == wanted)
    return _f1((Counter(got) & Counter(wanted)).total(), len(got), len(wanted))


def longest_segment(prediction: str, answer: str, kana: bool) -> float:
    """F1 of the longest run of mixed segments the two have in common; "" for no answer scores 1 for no prediction."""
    got, wanted = mixed_segments(prediction, kana), mixed_segments(answer, kana)
    if not answer:
        return float(not got)
    lengths = [0] * (len(wanted) + 1)  # of the common run that ends before each place of `wanted`
    longest = 0
    for segment in got:
        for place in range(len(wanted), 0, -1):
            lengths[place] = lengths[place - 1] + 1 if wanted[place - 1] == segment else 0
        longest = max(longest, *lengths)
    return _f1(longest, len(got), len(wanted))


def _f1(common: int, got: int, wanted: int) -> float:
    return 2.0 * common / (got + wanted) if common else 0.0
