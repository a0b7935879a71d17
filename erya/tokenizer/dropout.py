"""BPE-dropout: the words of a text cut into tokens by chance, most as ever, some finer.

A model that reads a word in several cuttings learns how its parts mean together, and learns no sentence by heart: for
training only, of small data above all. Source: Provilkov, Emelianenko and Voita 2020, "BPE-Dropout: Simple and
Effective Subword Regularization", arXiv:1910.13267, algorithm 1: at every step each possible merge is left out with a
chance, and of the rest the first learned is made, until none is left. Two things differ: a character that is a token
stays whole, as bytes of Chinese mean nothing alone, and each word has only so many cuttings, drawn once.
"""

from collections.abc import Mapping
from itertools import pairwise
from random import Random

import tokenizers
from tokenizers import pre_tokenizers

from erya.tokenizer.encoder import Encoder, byte_spans, replace_surrogates

CUTTINGS = 32
"""How many each word has: to draw a word anew each time would take ten times as long."""

LONGEST = 64
"""Characters of a word that is cut by chance; longer ones, which are hardly words, would take long."""


class Cuttings:
    """The cuttings of each word, drawn when they are first asked for; `rate` is the chance that a merge is left out."""

    def __init__(self, ordinary: Encoder, ranks: Mapping[bytes, int], pattern: str, rate: float, seed: int) -> None:
        self.ordinary, self.ranks, self.rate, self.seed = ordinary, ranks, rate, seed
        self.sizes = {id_: len(token) for token, id_ in ranks.items()}
        self._split = pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated")
        self._drawn: dict[tuple[str, int], list[int]] = {}

    def words(self, text: str) -> list[str]:
        """The pieces of a text that are cut each on its own."""
        return [word for word, _ in self._split.pre_tokenize_str(text)]

    def of(self, word: str, number: int) -> list[int]:
        """One of its cuttings, from 0 to CUTTINGS - 1; it depends on the seed, the word and the number alone."""
        found = self._drawn.get((word, number))
        if found is None:
            ordinary = len(word) > LONGEST
            found = (
                self.ordinary.encode_ordinary(word)
                if ordinary
                else self._cut(word, Random(f"{self.seed} {number} {word}"))
            )
            self._drawn[word, number] = found
        return found

    def _cut(self, word: str, random: Random) -> list[int]:
        parts: list[bytes] = []
        for letter in word:
            bytes_ = letter.encode()
            parts += [bytes_] if bytes_ in self.ranks else [bytes([byte]) for byte in bytes_]
        while True:
            merges = [
                (self.ranks[left + right], at)
                for at, (left, right) in enumerate(pairwise(parts))
                if left + right in self.ranks and random.random() >= self.rate
            ]
            if not merges:
                return [self.ranks[part] for part in parts]
            _, at = min(merges)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]


class DropoutEncoder:
    """Text to ids by chance; in one epoch the same text has the same ids, whichever was encoded before it."""

    def __init__(self, cuttings: Cuttings, epoch: int) -> None:
        self.cuttings, self.epoch = cuttings, epoch

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of one text."""
        text = replace_surrogates(text)
        random = Random(f"{self.cuttings.seed} {self.epoch} {text}")
        ids: list[int] = []
        for word in self.cuttings.words(text):
            ids += self.cuttings.of(word, int(random.random() * CUTTINGS))
        return ids

    def encode_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of one text and, for each, the characters [begin, end) of the text it is of."""
        ids = self.encode_ordinary(text)
        return ids, byte_spans(text, [self.cuttings.sizes[id_] for id_ in ids])
