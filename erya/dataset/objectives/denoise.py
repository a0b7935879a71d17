"""Denoising: a text with spans hidden in, the whole text to be written from it.

Each span, of a length drawn from a Poisson distribution, is replaced by one mask, so that how much is missing is to be
told too; a span of no length is a mask put in. Source: Lewis et al. 2020 (BART), arXiv:1910.13461, text infilling.
"""

from dataclasses import dataclass

import numpy as np
import torch

from erya.core.errors import UserError
from erya.dataset.objective import Objective, Setting, require_mask, row_random
from erya.dataset.rows import NOT_SCORED, Batch, Ints, Rows

HIDDEN_FRACTION = 0.3
MEAN_LENGTH = 3.0


@dataclass(frozen=True)
class Denoise:
    """Batches of a source with hidden spans and of the text as target, both closed by `end_id`.

    The target's tokens are its own shifted right, opened by the padding, as the architecture begins to write.
    """

    hidden_fraction: float
    seed: int
    mask_id: int
    pad_id: int
    end_id: int

    def __call__(self, rows: Rows) -> Batch:
        """The batch: ids, source [B, S], tokens [B, T], targets [B, T]."""
        count, width = rows.tokens.shape[0], rows.tokens.shape[1] - 1
        tokens, targets = np.full((count, width), self.pad_id), np.full((count, width), NOT_SCORED)
        sources = []
        for number, (row, id_) in enumerate(zip(rows.tokens, rows.ids, strict=True)):
            # The last token is the next row's first; one place is needed for the end.
            kept = width if number < count - 1 else min(width, width + 1 - rows.filled)
            text = row[1:kept]
            tokens[number, 1 : len(text) + 1] = text
            targets[number, : len(text)] = text
            targets[number, len(text)] = self.end_id
            sources.append(self._hide(text, row_random(self.seed, int(id_))))
        source = np.full((count, max(map(len, sources))), self.pad_id)
        for number, hidden in enumerate(sources):
            source[number, : len(hidden)] = hidden
        arrays = {"ids": rows.ids, "source": source, "tokens": tokens, "targets": targets}
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def _hide(self, text: Ints, random: np.random.Generator) -> Ints:
        lengths = span_lengths(int(self.hidden_fraction * len(text) + random.random()), random)
        # Different gaps between the tokens that stay, one for each span: no two masks stand side by side.
        stay = len(text) - int(lengths.sum())
        lengths = lengths[: stay + 1]
        gaps = np.sort(random.choice(stay + 1, len(lengths), replace=False))
        starts = gaps + np.cumsum(lengths) - lengths
        ends = starts + lengths
        parts, last = [], 0
        for start, end in zip(starts, ends, strict=True):
            parts += [text[last:start], [self.mask_id]]
            last = end
        return np.concatenate([*parts, text[last:], [self.end_id]]).astype(np.int64)


def span_lengths(total: int, random: np.random.Generator) -> Ints:
    """Lengths of spans, `total` together, the last one cut; never more spans than tokens in them."""
    drawn = random.poisson(MEAN_LENGTH, size=total + 1)
    sums = np.cumsum(drawn)
    count = int(np.searchsorted(sums, total)) + 1 if total else 0
    lengths = drawn[:count].astype(np.int64)
    lengths[-1:] -= max(0, int(lengths.sum()) - total)
    # A source is never longer than its target: the model may have no more places.
    return lengths if count <= lengths.sum() else lengths[lengths > 0]


def prepare(setting: Setting) -> Denoise:
    """The tokenizer says what hides, fills up and ends.

    Raises: UserError when it has no mask token, or when documents are to be kept apart, which this model cannot do.
    """
    if setting.document_mask:
        raise UserError("training.document_mask: an encoder–decoder cannot keep documents apart; leave it out")
    tokenizer = setting.tokenizer
    fraction = setting.config.hidden_fraction or HIDDEN_FRACTION
    return Denoise(fraction, setting.seed, require_mask(tokenizer), tokenizer.pad_id, tokenizer.end_of_text_id)


OBJECTIVE = Objective("denoise", prepare, scores_text=False)
