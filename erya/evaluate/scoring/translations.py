"""How translations are compared: predictions and pairs in, each sentence's sufficient statistics out, by sacrebleu.

The corpus figure is a function of the sentences' sum, written here for many sums at once; what sacrebleu's own corpus
functions give is its oracle. The signature is sacrebleu's own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from erya.core.errors import UserError
from erya.corpus.records import Pair
from erya.evaluate.significance import Array
from erya.evaluate.task import Measured
from erya.tasks.base.prediction import Prediction, Record

BLEU_ORDER = 4
LEAST_CHINESE = 0.1  # of the letters of Chinese text; names and code are the rest
MOST_CHINESE = 0.5  # of the letters of any other text
MOST_ATTACHED = 0.1  # of tokenized sentences: abbreviations keep their full stop

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_LETTER = re.compile(r"[^\W\d_]")
_ATTACHED = re.compile(r"\w[.,!?;:](?:\s|$)")


@dataclass(frozen=True)
class TranslationMetric:
    """A metric of sacrebleu; `scorer` makes its object for a language, `value` its figure of sums of statistics."""

    name: str
    scorer: Callable[[str], Any]
    value: Callable[[Array], Array]
    higher_is_better: bool = True
    unit: str = "%"

    def measure(self, predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> Measured:
        """Compare translations with their references.

        Raises: UserError when their numbers differ, there are none, a reference is empty, or the references are
        surely not in `language`.
        """
        references = references_of(predictions, records)
        require_language(references, language)
        scorer = self.scorer(language)
        found = scorer._extract_corpus_statistics(  # noqa: SLF001 - chrF gives its counts in no other way
            [prediction.text for prediction in predictions], [references]
        )
        return Measured(np.asarray(found, dtype=np.float64), self.value, str(scorer.get_signature()))


def references_of(predictions: Sequence[Prediction], records: Sequence[Record]) -> list[str]:
    """The references of as many predictions.

    Raises: UserError when their numbers differ, there are none, or a reference is empty.
    """
    pairs = [record for record in records if isinstance(record, Pair)]
    assert len(pairs) == len(records), "only pairs are compared as translations"
    if len(predictions) != len(pairs) or not pairs:
        raise UserError(
            f"{len(predictions):,} predictions for {len(pairs):,} pairs; give one for each, and one at least"
        )
    empty = [pair.id for pair in pairs if not pair.target.strip()]
    if empty:
        raise UserError(f"{len(empty):,} reference translations are empty (the first: {empty[0]}); leave those out")
    return [pair.target for pair in pairs]


def require_language(references: Sequence[str], language: str) -> None:
    """Refuse references whose script is not that of `language`: the tokenizer is chosen from it.

    Raises: UserError saying how many of their letters are Chinese characters.
    """
    text = "\n".join(references)
    letters = len(_LETTER.findall(text))
    share = len(_CHINESE.findall(text)) / max(letters, 1)
    if language == "zh" and letters and share < LEAST_CHINESE:
        raise UserError(
            f"{share:.0%} of the references' letters are Chinese characters, yet their language is said to be zh;"
            " name the language they are in, or check that source and target are not exchanged"
        )
    if language not in ("zh", "ja") and share > MOST_CHINESE and not _KANA.search(text):
        raise UserError(
            f"{share:.0%} of the references' letters are Chinese characters, yet their language is said to be"
            f" {language}; say zh, or check that source and target are not exchanged"
        )


def looks_tokenized(texts: Sequence[str]) -> bool:
    """Whether punctuation stands apart from words, as in text that a tokenizer has been over."""
    attached = sum(bool(_ATTACHED.search(text)) for text in texts)
    return attached <= MOST_ATTACHED * len(texts) and any(" ." in text or " ," in text for text in texts)


def bleu_scorer(language: str) -> Any:
    """Cased BLEU with the tokenizer of the language: `zh`, `ja-mecab`, `ko-mecab`, else `13a`.

    Raises: UserError when the tokenizer's packages are not installed.
    """
    from sacrebleu.metrics.bleu import BLEU

    try:
        return BLEU(trg_lang=language, force=True)  # force: no remark each time a judge asks
    except RuntimeError:
        raise UserError(
            f"BLEU of {language} needs a word segmenter that is not installed; run: pip install 'sacrebleu[{language}]'"
        ) from None


def bleu_of(sums: Array) -> Array:
    """BLEU of sums [..., 10]: both lengths, then matched and given n-grams of each order; exponential smoothing.

    Source: Papineni et al. 2002; smoothing method 3 of Chen & Cherry 2014.
    """
    hypothesis, reference = sums[..., 0], sums[..., 1]
    matched, given = sums[..., 2 : 2 + BLEU_ORDER], sums[..., 2 + BLEU_ORDER :]
    halvings = np.where(matched > 0, 0, np.cumsum(matched == 0, axis=-1))
    whole = (given > 0).all(axis=-1) & (matched > 0).any(axis=-1)
    precision = np.where(matched > 0, matched, 0.5**halvings) / np.maximum(given, 1)
    brevity = np.minimum(0.0, 1 - reference / np.maximum(hypothesis, 1))
    return np.asarray(np.where(whole, 100 * np.exp(brevity + np.log(precision).mean(axis=-1)), 0.0))


def nearest(predictions: Sequence[Prediction], records: Sequence[Record], language: str) -> list[str]:
    """Of each prediction's candidates the one of the highest BLEU against its reference, the likelier one of equals.

    A sentence's BLEU has no orders of n-grams that are longer than the sentence.

    Raises: UserError for an empty reference.
    """
    references = references_of(predictions, records)
    scorer = bleu_scorer(language)
    scorer.effective_order = True
    return [
        max(it.candidates, key=lambda text: scorer.sentence_score(text, [reference]).score)
        for it, reference in zip(predictions, references, strict=True)
    ]


def chrf_of(sums: Array, beta: float = 2.0) -> Array:
    """chrF of sums [..., 3n]: for each order the n-grams of hypothesis and reference and those matched.

    Source: Popović 2015, averaged over the orders that both have, as sacrebleu does.
    """
    hypothesis, reference, matched = (sums[..., start::3] for start in range(3))
    counted = (hypothesis > 0) & (reference > 0)
    orders = np.maximum(counted.sum(axis=-1), 1)
    precision = np.where(counted, matched / np.maximum(hypothesis, 1), 0).sum(axis=-1) / orders
    recall = np.where(counted, matched / np.maximum(reference, 1), 0).sum(axis=-1) / orders
    below = beta**2 * precision + recall
    return np.asarray(100 * (1 + beta**2) * precision * recall / np.where(below > 0, below, 1))


def ter_of(sums: Array) -> Array:
    """Translation edit rate of sums [..., 2]: edits and reference words. Source: Snover et al. 2006."""
    edits, words = sums[..., 0], sums[..., 1]
    return np.asarray(100 * np.where(words > 0, edits / np.where(words > 0, words, 1), edits > 0))
