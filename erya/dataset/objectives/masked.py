"""Masked tokens: a row in which some are hidden, and those to be told from all others.

Of the tokens that are to be told 80 % are replaced by the mask, 10 % by any other token and 10 % left as they are.
Source: Devlin et al. 2019 (BERT), arXiv:1810.04805, section 3.1; hidden anew in every epoch as in Liu et al. 2019
(RoBERTa), arXiv:1907.11692.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from erya.dataset.objective import Objective, Setting, require_mask, row_random
from erya.dataset.rows import NOT_SCORED, Batch, Ints, Rows

HIDDEN_FRACTION = 0.15
MASKED, REPLACED = 0.8, 0.1
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Masked:
    """Batches of rows with hidden tokens; each row, and with `document_mask` each document, is opened by `cls_id`."""

    hidden_fraction: float
    seed: int
    document_mask: bool
    mask_id: int
    cls_id: int
    pad_id: int
    ordinary: Ints
    """The ids that may stand for another: all but control tokens."""
    control: Flags
    """Whether an id is a control token's: it is never hidden."""
    begins: Flags
    """Whether an id begins a word: what goes on with it is hidden with it."""

    def __call__(self, rows: Rows) -> Batch:
        """The batch: ids, tokens, targets, and documents when they are masked."""
        tokens = rows.tokens[:, :-1].copy()
        tokens[:, 0] = self.cls_id
        if rows.filled > 1:  # the last token of all is not read
            tokens.reshape(-1)[1 - rows.filled :] = self.pad_id
        batch = {"ids": torch.from_numpy(rows.ids)}
        if self.document_mask:
            # The end-of-text before a document opens it, as in the other objectives.
            documents = rows.documents[:, 1:] - rows.documents[:, 1:2]
            tokens[:, 1:][documents[:, 1:] != documents[:, :-1]] = self.cls_id
            batch["documents"] = torch.from_numpy(documents)
        targets = np.full_like(tokens, NOT_SCORED)
        for row, wanted, id_ in zip(tokens, targets, rows.ids, strict=True):
            self._hide(row, wanted, row_random(self.seed, int(id_)))
        return batch | {"tokens": torch.from_numpy(tokens), "targets": torch.from_numpy(targets)}

    def _hide(self, row: Ints, targets: Ints, random: np.random.Generator) -> None:
        places = self._choose(row, random)
        targets[places] = row[places]
        fate = random.random(len(places))
        row[places[fate < MASKED]] = self.mask_id
        replaced = places[(fate >= MASKED) & (fate < MASKED + REPLACED)]
        row[replaced] = self.ordinary[random.integers(len(self.ordinary), size=len(replaced))]

    def _choose(self, row: Ints, random: np.random.Generator) -> Ints:
        """The places of whole words, drawn until they are about the share of tokens that is to be hidden."""
        free = ~self.control[row]
        after_control = np.concatenate([[True], ~free[:-1]])
        words = np.cumsum(self.begins[row] | after_control | ~free) - 1
        sizes = np.bincount(words, weights=free).astype(np.int64)
        drawn = random.permutation(np.flatnonzero(sizes))
        # Rounded up or down by chance, so that short rows have the same share.
        wanted = max(1, int(self.hidden_fraction * free.sum() + random.random()))
        hidden = np.zeros(len(sizes), dtype=np.bool_)
        if drawn.size:
            nearest = int(np.abs(np.cumsum(sizes[drawn]) - wanted).argmin())
            hidden[drawn[: nearest + 1]] = True
        return np.flatnonzero(hidden[words] & free)


def prepare(setting: Setting) -> Masked:
    """The tokenizer says which tokens may be hidden, and where words begin.

    Raises: UserError when it has no mask token.
    """
    tokenizer, config = setting.tokenizer, setting.config
    mask_id = require_mask(tokenizer)
    control = np.zeros(tokenizer.vocab_size, dtype=np.bool_)
    control[list(tokenizer.special.values())] = True
    ids = range(tokenizer.vocab_size)
    begins = [tokenizer.begins_word(id_) for id_ in ids] if config.whole_words else [True] * len(ids)
    return Masked(
        config.hidden_fraction or HIDDEN_FRACTION,
        setting.seed,
        setting.document_mask,
        mask_id,
        tokenizer.cls_id,
        tokenizer.pad_id,
        np.flatnonzero(~control),
        control,
        np.array(begins),
    )


OBJECTIVE = Objective("masked", prepare, scores_text=False)
