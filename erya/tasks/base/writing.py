"""Tasks whose answer is a text: what a model learns from a given and a wanted text, and how it writes the wanted one.

An encoder–decoder reads the given text and writes the wanted one. A decoder reads the given text as a turn, from
`<|im_start|>` to `<|im_end|>`, and goes on with the wanted one.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch

import numpy as np
import torch
from torch import Tensor

from erya.core.errors import UserError
from erya.core.progress import track
from erya.dataset.examples import Example, bucketed
from erya.dataset.rows import NOT_SCORED
from erya.generate.beam import BeamConfig, Copied, Hypothesis, beam_search
from erya.model.architectures.base import Transformer
from erya.model.architectures.decoder import Decoder
from erya.model.architectures.encoder_decoder import EncoderDecoder
from erya.tasks.base.markup import SIGNS, Aside
from erya.tasks.base.prediction import Prediction, surest
from erya.tokenizer.special import TURN_END, TURN_START
from erya.tokenizer.tokenizer import Tokenizer

BATCH_TOKENS = 8192  # places of sources read at once, beams not counted
SPARE_TOKENS = 16  # a short text may have a longer answer


@singledispatch
def prompt(model: Transformer, tokenizer: Tokenizer, given: list[int]) -> list[int]:
    """What the model reads before it writes.

    Raises: UserError for an architecture that cannot write.
    """
    del tokenizer, given
    raise UserError(
        f"this task writes text, and the family {model.config.family} is an {model.kind}, which cannot; "
        "start from a decoder or an encoder–decoder"
    )


@prompt.register
def _(model: EncoderDecoder, tokenizer: Tokenizer, given: list[int]) -> list[int]:
    del tokenizer
    return [*given, model.config.end_id]


@prompt.register
def _(model: Decoder, tokenizer: Tokenizer, given: list[int]) -> list[int]:
    del model
    missing = [name for name in (TURN_START, TURN_END) if name not in tokenizer.special]
    if missing:
        raise UserError(f"the tokenizer has no {missing[0]}, which a decoder needs to tell the given from the wanted")
    return [tokenizer.special[TURN_START], *given, tokenizer.special[TURN_END]]


@singledispatch
def example(model: Transformer, tokenizer: Tokenizer, given: list[int], wanted: list[int]) -> Example:
    """What the model learns: the wanted text and its end, nothing of the given one.

    Raises: UserError for an architecture that cannot write.
    """
    del wanted
    prompt(model, tokenizer, given)
    raise AssertionError(f"an {model.kind} has a prompt and no examples")


@example.register
def _(model: EncoderDecoder, tokenizer: Tokenizer, given: list[int], wanted: list[int]) -> Example:
    config = model.config
    source = prompt(model, tokenizer, given)
    return {"source": source, "tokens": [config.pad_id, *wanted], "targets": [*wanted, config.end_id]}


@example.register
def _(model: Decoder, tokenizer: Tokenizer, given: list[int], wanted: list[int]) -> Example:
    before = prompt(model, tokenizer, given)
    targets = [NOT_SCORED] * (len(before) - 1) + [*wanted, tokenizer.end_of_text_id]
    return {"tokens": before + wanted, "targets": targets}


@singledispatch
def room(model: Transformer) -> int:
    """The most tokens of a given text the model reads whole."""
    return model.config.context_length


@room.register
def _(model: EncoderDecoder) -> int:
    return model.config.context_length - 1  # the end


@room.register
def _(model: Decoder) -> int:
    return model.config.context_length // 2 - 2  # as much is left for the answer


def examples(
    model: Transformer, tokenizer: Tokenizer, given: Sequence[str], wanted: Sequence[str]
) -> Iterator[Example]:
    """An example for each pair of texts that fits the model's context whole."""
    for source, target in zip(tokenizer.encode_batch(given), tokenizer.encode_wanted(wanted), strict=True):
        made = example(model, tokenizer, source, target)
        if max(map(len, made.values())) <= model.config.context_length:
            yield made


def write(
    model: Transformer,
    tokenizer: Tokenizer,
    given: Sequence[str],
    config: BeamConfig,
    growth: float,
    title: str = "",
    signs: Sequence[Aside] | None = None,
) -> list[list[Hypothesis]]:
    """The best texts for each given one, best first; each is at most `growth` times as long in tokens, and a few more.

    Given texts must fit the model. Those of like length are written together. With a `title` a bar is shown. With
    `signs`, each text that was set aside is given with its signs: those it has are written once each, no others are.
    """
    assert isinstance(model, EncoderDecoder | Decoder)
    prompts = [prompt(model, tokenizer, ids) for ids in tokenizer.encode_batch(given)]
    lengths = np.array([len(ids) for ids in prompts], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")  # the longest first: what does not fit is known at once
    batches = bucketed(order, lengths, max(1, BATCH_TOKENS // config.num_beams))
    found: list[list[Hypothesis]] = [[]] * len(prompts)
    in_token = None if signs is None else _held(map(tokenizer.token_bytes, range(tokenizer.vocab_size)))
    forbidden = sorted(set(tokenizer.special.values()) - {tokenizer.end_of_text_id})
    places = ([one for (one,) in batch] for batch in batches)
    for batch in track(places, title, len(prompts), "texts", len) if title else places:
        most = int(lengths[batch[0]] * growth) + SPARE_TOKENS
        limits = config.model_copy(update={"max_new_tokens": min(most, config.max_new_tokens)})
        copied = None
        if signs is not None and in_token is not None:
            copied = _copied(in_token, [(given[one], signs[one]) for one in batch], next(model.parameters()).device)
        texts = beam_search(model, [prompts[one] for one in batch], _end(model, tokenizer), forbidden, limits, copied)
        for one, own in zip(batch, texts, strict=True):
            found[one] = own
    return found


def _copied(in_token: Tensor, texts: Sequence[tuple[str, Aside]], device: torch.device) -> Copied:
    """The signs that texts hold; a closing one comes after the one that opens."""
    before = torch.zeros(len(texts), len(in_token), dtype=torch.int64)
    for row, (_, aside) in enumerate(texts):
        for closing, opening in aside.opened.items():
            before[row, (in_token >> SIGNS.index(closing) & 1).bool()] |= 1 << SIGNS.index(opening)
    wanted = _held(text.encode() for text, _ in texts)
    return Copied(in_token.to(device), wanted.to(device), (before & ~in_token).to(device))


def _held(texts: Iterable[bytes]) -> Tensor:
    """Which signs each text holds, as bits [N]; a bit that is no sign's where it holds one twice."""
    codes = SIGNS.encode("ascii")
    never = 1 << len(codes)
    return torch.tensor(
        [
            sum(1 << bit for bit, code in enumerate(codes) if code in text)
            | (never if any(text.count(code) > 1 for code in codes) else 0)
            for text in texts
        ],
        dtype=torch.int64,
    )


def write_best(
    model: Transformer,
    tokenizer: Tokenizer,
    windows: Sequence[Sequence[str]],
    config: BeamConfig,
    growth: float,
    title: str,
) -> list[Prediction]:
    """For each text, given as windows that fit the model, what the model writes on the window it is surest of.

    Of equals it is the first, and nothing written is taken only where nothing is written on any window.
    """
    found = iter(write(model, tokenizer, [window for own in windows for window in own], config, growth, title))
    predictions = []
    for own in windows:
        written = [next(found)[0] for _ in own]
        answers = [Prediction(tokenizer.decode(it.tokens).strip(), it.score) for it in written]
        predictions.append(surest(answers))
    return predictions


def _end(model: EncoderDecoder | Decoder, tokenizer: Tokenizer) -> int:
    return model.config.end_id if isinstance(model, EncoderDecoder) else tokenizer.end_of_text_id
