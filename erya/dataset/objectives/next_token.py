"""The next token: a row in, each of its tokens to be told from those before it."""

from dataclasses import dataclass

import torch

from erya.dataset.objective import Objective, Setting
from erya.dataset.rows import NOT_SCORED, Batch, Rows


@dataclass(frozen=True)
class NextToken:
    """Batches of tokens and, as targets, the tokens after them.

    With `document_mask` each position belongs to the document of its target: the end-of-text before a document opens
    it, so its first token is learned from where generation and evaluation start too, and no target is lost.
    """

    document_mask: bool = False

    def __call__(self, rows: Rows) -> Batch:
        """The batch: ids, tokens, targets, and documents when they are masked."""
        tokens = rows.tokens
        batch = {"ids": torch.from_numpy(rows.ids), "tokens": torch.from_numpy(tokens[:, :-1].copy())}
        if self.document_mask:
            batch["documents"] = torch.from_numpy(rows.documents[:, 1:] - rows.documents[:, 1:2])
        targets = torch.from_numpy(tokens[:, 1:].copy())
        if rows.filled:
            targets.view(-1)[-rows.filled :] = NOT_SCORED
        return batch | {"targets": targets}


def prepare(setting: Setting) -> NextToken:
    """Every token of the text is told: nothing of the tokenizer is needed."""
    return NextToken(setting.document_mask)


OBJECTIVE = Objective("next_token", prepare, scores_text=True)
