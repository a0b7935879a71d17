"""The unigram: how often each token comes, blind to everything before it. The floor under every language model."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from erya.evaluate.baseline import Baseline, Corpus, padded_stream
from erya.evaluate.scorer import Advance, Ending, Ids, Nats


class Unigram:
    """Relative frequencies with one added to every count."""

    name = "unigram"

    def __init__(self, corpus: Corpus) -> None:
        stream, predicted = padded_stream(corpus.documents, corpus.end_of_text_id, context=0, ends=True)
        counts = np.bincount(stream[predicted], minlength=corpus.vocab_size) + 1.0
        self.tokens = int(predicted.sum())
        self.probabilities: npt.NDArray[np.float64] = counts / counts.sum()
        self.signature = f"order:1|smoothing:add-one|trained-on:{self.tokens}tokens"

    def nats(self, texts: Sequence[Ids], advance: Advance) -> list[Nats]:
        """-ln p of each token of each text."""
        table = -np.log(self.probabilities)
        advance(sum(len(text) for text in texts))
        return [table[np.asarray(text, dtype=np.int64)] for text in texts]

    def endings(self, texts: Sequence[Ids], last: Sequence[int], advance: Advance) -> list[Ending]:
        """The last tokens of each text; only the one most frequent token is ever the likeliest."""
        best = int(self.probabilities.argmax())
        parts = [text[len(text) - count :] for text, count in zip(texts, last, strict=True)]
        nats = self.nats(parts, lambda _: None)
        advance(sum(len(text) for text in texts))
        return [
            Ending(float(cost.sum()), all(int(token) == best for token in part))
            for part, cost in zip(parts, nats, strict=True)
        ]


BASELINE = Baseline(name="unigram", train=Unigram)
