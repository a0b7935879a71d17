"""Translation word by word: a dictionary learned by IBM Model 1, a bigram model of the target choosing among its words.

Pairs in, a system out that gives each source word one target word, in the order of the source. Source: Brown et al.
1993, "The Mathematics of Statistical Machine Translation". The dictionary is learned in both directions.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from erya.core.errors import UserError
from erya.core.progress import warn
from erya.corpus.records import Pair
from erya.evaluate.learners.segmentation import learn_segmenter
from erya.tasks.base.prediction import Prediction, Record, System

ITERATIONS = 6
CANDIDATES = 16
MOST_LINKS = 15_000_000  # what 2 GB of memory and a minute allow
DISCOUNT = 0.75
END, UNKNOWN = 0, 1

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Vocabulary:
    """Words by number; END is the end of a sentence, UNKNOWN a word that is not among them."""

    def __init__(self, sentences: Sequence[Sequence[str]]) -> None:
        words = sorted({word for sentence in sentences for word in sentence})
        self.words = ["", "", *words]
        self._numbers = {word: number for number, word in enumerate(words, start=2)}

    def __len__(self) -> int:
        return len(self.words)

    def numbers(self, sentence: Sequence[str]) -> Ints:
        """The numbers of words."""
        return np.array([self._numbers.get(word, UNKNOWN) for word in sentence], dtype=np.int64)


class Bigrams:
    """How likely a word is after another: interpolated Kneser–Ney with one discount. Source: Kneser & Ney 1995."""

    def __init__(self, sentences: Sequence[Ints], vocab_size: int) -> None:
        end = np.array([END])
        stream = np.concatenate([end, *(part for sentence in sentences for part in (sentence, end))])
        self.vocab_size = vocab_size
        self.keys, counts = np.unique(stream[:-1] * vocab_size + stream[1:], return_counts=True)
        before, after = np.divmod(self.keys, vocab_size)
        totals = np.bincount(before, counts, vocab_size)
        followers = np.bincount(before, minlength=vocab_size)
        self._share = (counts - DISCOUNT) / totals[before]
        self._left = np.where(totals > 0, DISCOUNT * followers / np.maximum(totals, 1), 1.0)
        lower = np.bincount(after, minlength=vocab_size) + 0.5  # so that UNKNOWN has some
        self._lower = lower / lower.sum()

    def log_probabilities(self, before: Ints, after: Ints) -> Floats:
        """ln p of each word of `after` [M] after each of `before` [N], as [N, M]."""
        wanted = before[:, None] * self.vocab_size + after
        places = np.searchsorted(self.keys, wanted).clip(max=len(self.keys) - 1)
        seen = np.where(self.keys[places] == wanted, self._share[places], 0.0)
        return np.asarray(np.log(seen + self._left[before][:, None] * self._lower[after]))


class Dictionary:
    """The likeliest target words of each source word, by both directions' probabilities."""

    def __init__(self, sources: Sequence[Ints], targets: Sequence[Ints], vocab_sizes: tuple[int, int]) -> None:
        links = _links(sources, targets)
        keys, pair = np.unique(links[0] * vocab_sizes[1] + links[1], return_inverse=True)
        source, target = np.divmod(keys, vocab_sizes[1])
        to_target = expectation_maximization(pair, links[3], source)
        to_source = expectation_maximization(pair, links[2], target)
        with np.errstate(divide="ignore"):
            scores = (np.log(to_target) + np.log(to_source)) / 2
        order = np.lexsort((target, -scores, source))
        self._targets, self._scores = target[order], scores[order]
        self._starts = np.searchsorted(source[order], np.arange(vocab_sizes[0] + 1))

    def candidates(self, word: int) -> tuple[Ints, Floats]:
        """The best target words with their scores, in nats; for an unknown word UNKNOWN alone."""
        low, high = self._starts[word], self._starts[word + 1]
        if low == high:
            return np.array([UNKNOWN]), np.zeros(1)
        best = slice(low, min(high, low + CANDIDATES))
        return self._targets[best], self._scores[best]


def expectation_maximization(pair: Ints, place: Ints, given: Ints) -> Floats:
    """p of one side's word given the other's, for each pair of words, by IBM Model 1.

    Each link between two words of a sentence pair has its `pair` of words and the `place` of the generated one, which
    its links share; `given` is the generating word of each pair.
    """
    probability = np.ones(len(given))
    for _ in range(ITERATIONS):
        share = probability[pair]
        share /= np.bincount(place, share)[place]
        expected = np.bincount(pair, share, len(given))
        probability = expected / np.bincount(given, expected)[given]
    return probability


def _links(sources: Sequence[Ints], targets: Sequence[Ints]) -> tuple[Ints, Ints, Ints, Ints]:
    """Every source word beside every target word of its pair: both words, then both places in the whole text."""
    lengths = np.array([len(sentence) for sentence in sources])
    spans = np.array([len(sentence) for sentence in targets])
    source = np.repeat(np.arange(lengths.sum()), np.repeat(spans, lengths))
    first = np.repeat(np.repeat(np.cumsum(spans) - spans, lengths), np.repeat(spans, lengths))
    target = first + _ranks(np.repeat(spans, lengths))
    return np.concatenate(sources)[source], np.concatenate(targets)[target], source, target


def _ranks(sizes: Ints) -> Ints:
    """0, 1, … for each of several groups in a row."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


class WordByWord:
    """A trained baseline: a system for pairs."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.source_segmenter = learn_segmenter([pair.source for pair in pairs])
        self.target_segmenter = learn_segmenter([pair.target for pair in pairs])
        sources = [self.source_segmenter.cut(pair.source) for pair in pairs]
        targets = [self.target_segmenter.cut(pair.target) for pair in pairs]
        self.source, self.target = Vocabulary(sources), Vocabulary(targets)
        source_ids = [self.source.numbers(sentence) for sentence in sources]
        target_ids = [self.target.numbers(sentence) for sentence in targets]
        self.bigrams = Bigrams(target_ids, len(self.target))
        chosen = _within_budget(source_ids, target_ids)
        self.dictionary = Dictionary(
            [source_ids[at] for at in chosen],
            [target_ids[at] for at in chosen],
            (len(self.source), len(self.target)),
        )

    def __call__(self, records: Sequence[Record]) -> list[Prediction]:
        """The translation of each pair's source."""
        return [Prediction(self.translate(record.source)) for record in records if isinstance(record, Pair)]

    def translate(self, text: str) -> str:
        """The likeliest choice of one target word for each source word, by Viterbi; unknown words stay as they are."""
        words = self.source_segmenter.cut(text)
        options = [self.dictionary.candidates(int(word)) for word in self.source.numbers(words)]
        before, score = np.array([END]), np.zeros(1)
        came: list[Ints] = []
        for targets, scores in options:
            reached = score[:, None] + self.bigrams.log_probabilities(before, targets) + scores
            came.append(reached.argmax(axis=0))
            before, score = targets, reached.max(axis=0)
        at = int((score + self.bigrams.log_probabilities(before, np.array([END]))[:, 0]).argmax())
        found: list[str] = []
        for word, (targets, _), previous in zip(reversed(words), reversed(options), reversed(came), strict=True):
            found.append(word if targets[at] == UNKNOWN else self.target.words[targets[at]])
            at = int(previous[at])
        return self.target_segmenter.join(found[::-1])


def _within_budget(sources: Sequence[Ints], targets: Sequence[Ints]) -> list[int]:
    """The pairs to learn the dictionary from: the shortest, which say most about their words, as many as fit."""
    links = np.array([len(source) * len(target) for source, target in zip(sources, targets, strict=True)])
    if not links.any():
        raise UserError("the word-by-word baseline has no pair with words on both sides to learn from")
    order = np.argsort(links, kind="stable")
    kept = order[np.cumsum(links[order]) <= max(MOST_LINKS, links[order[0]])]
    if len(kept) < len(order):
        warn(f"the word-by-word baseline learns its dictionary from the {len(kept):,} shortest of {len(order):,} pairs")
    return [int(at) for at in np.sort(kept) if links[at]]


class Ibm1:
    """The word-by-word baseline."""

    name = "word by word (IBM Model 1)"

    def train(self, records: Sequence[Record], language: str) -> System:  # noqa: ARG002 - the texts say how to cut them
        """Learn a dictionary and a bigram model from pairs."""
        return WordByWord([record for record in records if isinstance(record, Pair)])


BASELINE = Ibm1()
