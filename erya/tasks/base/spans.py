"""Questions and contexts as an encoder reads them, and answers as spans of a context.

In: questions with their contexts. Out: windows `[CLS] question [SEP] part of the context [SEP]` that overlap, each
knowing which characters its tokens are of; so an answer is cut out of the context itself, never put together of tokens.
Tokens of the context whose words the question has as well are kinds of their own, and so are those of the sentence that
has most of the question, where the model has just these kinds.
Source: Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers", arXiv:1810.04805, 4.2 and 4.3.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from erya.core.errors import UserError
from erya.corpus.records import Question
from erya.dataset.examples import Example, Examples
from erya.model.architectures.base import Transformer
from erya.model.architectures.encoder import Encoder
from erya.tasks.base.batching import scores_of
from erya.tasks.base.matching import in_question, nearest_sentence
from erya.tokenizer.tokenizer import Tokenizer

NOWHERE = (0, 0)
"""The place of no answer: the first token, which is of neither text."""
QUESTION, CONTEXT, SHARED, NEAR = 0, 1, 2, 2
"""The kinds of text, segments to an encoder; in the sentence nearest to the question NEAR is added to the last two."""
KINDS = SHARED + NEAR + 1
MOST_OF_QUESTION = 0.5  # of the context; a longer question is cut at its end


@dataclass(frozen=True)
class Window:
    """What the model reads at once; `kinds` and `spans`, the characters, are of each token of the context.

    The context begins at place `first`.
    """

    tokens: list[int]
    first: int
    kinds: Sequence[int]
    spans: Sequence[tuple[int, int]]

    def row(self) -> dict[str, list[int]]:
        """The tokens, and the kind of text each is of."""
        return {"tokens": self.tokens, "segments": [QUESTION] * self.first + [*self.kinds, CONTEXT]}

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The first and last place of the tokens that hold the characters [start, end); NOWHERE if not all are here."""
        if not self.spans or start < self.spans[0][0] or end > self.spans[-1][1]:
            return NOWHERE
        inside = [at for at, (begin, stop) in enumerate(self.spans) if stop > start and begin < end]
        return (self.first + inside[0], self.first + inside[-1]) if inside else NOWHERE

    def cut(self, context: str, first: int, last: int) -> str:
        """The text of the context from one place to another, both included."""
        start, end = self.spans[first - self.first][0], self.spans[last - self.first][1]
        return context[start:end].strip()


def windows(
    model: Encoder, tokenizer: Tokenizer, question: Question, language: str, stride_tokens: int | None
) -> list[Window]:
    """The windows of a question's context, each `stride_tokens` after the one before, or half a window.

    Raises: UserError when the tokenizer opens texts with what fills up rows, which the model does not see.
    """
    if model.config.pad_id in (tokenizer.cls_id, tokenizer.sep_id):
        raise UserError("the tokenizer has no token of its own for padding, which an encoder needs; give it one")
    length = model.config.context_length
    asked = tokenizer.encode(question.question)[: int(length * MOST_OF_QUESTION)]
    before = [tokenizer.cls_id, *asked, tokenizer.sep_id]
    ids, spans = tokenizer.encode_spans(question.context)
    kinds = _kinds(model, question, language, spans)
    room = length - len(before) - 1
    if room < 1:
        raise UserError(f"the model reads at most {length} tokens, which is too little for a question and a context")
    step = min(room, stride_tokens or max(1, room // 2))
    starts = range(0, max(len(ids) - room, 0) + step, step)
    return [
        Window(
            [*before, *ids[at : at + room], tokenizer.sep_id],
            len(before),
            kinds[at : at + room],
            spans[at : at + room],
        )
        for at in starts
    ]


def _kinds(model: Encoder, question: Question, language: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """What kind of text each token of the context is; a model of other kinds tells no tokens of a context apart."""
    if model.config.segments != KINDS:
        return [CONTEXT] * len(spans)
    shared = in_question(question.question, question.context)
    first, last = nearest_sentence(question.question, question.context, language)
    return [
        (SHARED if shared[start:end].any() else CONTEXT) + (NEAR if start < last and end > first else 0)
        for start, end in spans
    ]


def examples(
    model: Encoder, tokenizer: Tokenizer, records: Sequence[Question], language: str, stride_tokens: int | None
) -> Iterator[Example]:
    """Every window that holds the answer, and at most one of each question that does not, to keep them balanced.

    Which one without follows from the question's number. A question whose answer's place is unknown gives none.
    """
    for number, question in enumerate(records):
        if question.answers and not question.starts:
            continue
        found = windows(model, tokenizer, question, language, stride_tokens)
        start, end = _most_given(question)
        places = [window.place(start, end) for window in found]
        without = [at for at, place in enumerate(places) if place == NOWHERE]
        taught = set(without[number % len(without) :][:1]) if without else set()
        for at, (window, place) in enumerate(zip(found, places, strict=True)):
            if place != NOWHERE or at in taught:
                yield {**window.row(), "targets": place}


def _most_given(question: Question) -> tuple[int, int]:
    """The characters of the answer that most people gave, the first of equals; an empty stretch where none is known."""
    given = Counter(zip(question.starts, question.answers, strict=False))
    (start, answer), _ = given.most_common(1)[0] if given else ((0, ""), 0)
    return start, start + len(answer)


@dataclass(frozen=True)
class Span:
    """The best span of a context; `margin` is its score less that of no answer, in nats."""

    text: str
    margin: float


def best_spans(
    model: Transformer,
    tokenizer: Tokenizer,
    records: Sequence[Question],
    language: str,
    stride_tokens: int | None,
    most_tokens: int,
) -> list[Span | None]:
    """The best span of each context over its windows, of at most so many tokens; None for a blank context.

    The score of a span is the sum of the logits of its begin and end, that of no answer the sum at the first token,
    the lowest over the windows.
    Raises: UserError for a model that does not mark spans.
    """
    if not isinstance(model, Encoder) or model.config.head != "span":
        kind = f"an {model.kind}" if not isinstance(model, Encoder) else f"an encoder with the head {model.config.head}"
        raise UserError(f"spans are marked by an encoder with a head for them; this model is {kind}")
    cut = [windows(model, tokenizer, it, language, stride_tokens) if it.context.strip() else [] for it in records]
    rows = Examples((window.row() for own in cut for window in own), model.config.pad_id)
    logits = iter(scores_of(model, rows, lambda batch: model(batch["tokens"], batch["segments"])))
    found: list[Span | None] = []
    for question, own in zip(records, cut, strict=True):
        scored = [(window, next(logits)) for window in own]
        nothing = min((float(it[0].sum()) for _, it in scored), default=0.0)
        best = [(*best_place(it[window.first :][: len(window.spans)], most_tokens), window) for window, it in scored]
        usable = [it for it in best if it[2].spans]
        if not usable:
            found.append(None)
            continue
        score, (first, last), window = max(usable, key=lambda it: it[0])
        text = window.cut(question.context, window.first + first, window.first + last)
        found.append(Span(text, score - nothing))
    return found


def best_place(logits: Float[np.ndarray, "T 2"], most_tokens: int) -> tuple[float, tuple[int, int]]:
    """The greatest sum of a begin and an end not before it nor `most_tokens` or more behind it, and the two places."""
    length = len(logits)
    most = min(most_tokens, length)
    ends = np.full((length, most), -np.inf, np.float64)
    for behind in range(most):
        ends[: length - behind, behind] = logits[behind:, 1]
    sums = logits[:, :1] + ends
    if not sums.size:
        return -np.inf, NOWHERE
    first, behind = divmod(int(sums.argmax()), most)
    return float(sums[first, behind]), (first, first + behind)


def best_threshold(margins: Sequence[float], answered: Sequence[float], empty: Sequence[float]) -> float:
    """The margin above which to answer, so that the figures sum to the most.

    `answered` says what each question's figure is when the span is given, `empty` when nothing is. It lies midway
    between two margins, the lowest of equals.
    Raises: UserError when there is no question.
    """
    if not len(margins):
        raise UserError("no question to choose the threshold on")
    order = np.argsort(margins, kind="stable")
    ordered = np.asarray(margins, np.float64)[order]
    gains = (np.asarray(empty, np.float64) - np.asarray(answered, np.float64))[order]
    totals = np.concatenate([[0.0], np.cumsum(gains)])
    bounds = np.concatenate([[ordered[0] - 1.0], (ordered[:-1] + ordered[1:]) / 2, [ordered[-1] + 1.0]])
    # Equal margins cannot be parted.
    possible = np.concatenate([[True], ordered[:-1] < ordered[1:], [True]])
    return float(bounds[np.where(possible, totals, -np.inf).argmax()])
