"""Bag of words with multinomial naive Bayes by scikit-learn; characters one to three long for Chinese and Japanese."""

from collections.abc import Sequence

from erya.corpus.sentences import UNSPACED
from erya.evaluate.learners.text_classifier import TextClassifier, fit, texts_and_labels
from erya.tasks.base.prediction import Record, System


class NaiveBayes:
    """The bag-of-words baseline."""

    name = "bag of words + naive Bayes"

    def train(self, records: Sequence[Record], language: str) -> System:
        """Count words by label, one added to each count.

        Raises: UserError when there are less than two labels.
        """
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.naive_bayes import MultinomialNB
        from sklearn.pipeline import make_pipeline

        words = (
            CountVectorizer(analyzer="char", ngram_range=(1, 3))
            if language in UNSPACED
            else CountVectorizer(token_pattern=r"[^\W_]+|[^\w\s]")
        )
        return TextClassifier(fit(make_pipeline(words, MultinomialNB()), *texts_and_labels(records)))


BASELINE = NaiveBayes()
