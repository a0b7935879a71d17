"""Laws of generation: batched = alone, cached = uncached, streamed = whole, and every row ends where it should."""

import random

import pytest
import torch

from erya.core.errors import UserError
from erya.generate.engine import Completion, Engine, GenerationConfig
from erya.generate.text import Writer
from tests.generate.small import END, SHAPE, ByteTokenizer, small_model

CONTEXT = SHAPE["context_length"]
GREEDY = GenerationConfig(temperature=0, max_new_tokens=24)


def prompts(seed: int, count: int) -> list[list[int]]:
    source = random.Random(seed)
    return [[source.randrange(256) for _ in range(source.randint(1, 30))] for _ in range(count)]


def engine(family: str = "qwen3", rows: int = 16, seed: int = 0) -> Engine:
    return Engine(small_model(family, seed), ByteTokenizer(), rows)


@pytest.mark.parametrize("family", ["gpt2", "qwen3"])
@pytest.mark.parametrize("rows", [2, 7, 16])
def test_a_prompt_writes_the_same_alone_and_in_a_batch(family: str, rows: int) -> None:
    many = prompts(rows, 20)
    config = GREEDY.model_copy(update={"max_new_tokens": 40})
    alone = [engine(family, 1).complete([prompt], config)[0] for prompt in many]
    assert engine(family, rows).complete(many, config) == alone
    assert len({tuple(completion.tokens) for completion in alone}) > 15


def test_drawn_texts_do_not_depend_on_the_batch() -> None:
    many = prompts(1, 20)
    config = GenerationConfig(temperature=1.0, top_p=0.9, seed=3, repetition_penalty=1.1, max_new_tokens=20)
    one_by_one = engine(rows=1).complete(many, config)
    assert engine(rows=8).complete(many, config) == one_by_one
    assert engine(rows=20).complete(many, config) == one_by_one
    other = engine(rows=8).complete(many, config.model_copy(update={"seed": 4}))
    assert [completion.tokens for completion in other] != [completion.tokens for completion in one_by_one]


@pytest.mark.parametrize("family", ["gpt2", "qwen3"])
def test_cached_steps_write_what_whole_forward_passes_write(family: str) -> None:
    model = small_model(family)
    for prompt in prompts(2, 5):
        written = list(prompt)
        with torch.inference_mode():
            for _ in range(20):
                written.append(int(model(torch.tensor([written]))[0, -1].argmax()))
        done = engine(family).complete([prompt], GREEDY.model_copy(update={"stop_at_end_of_text": False}))[0]
        assert done.tokens[:20] == written[len(prompt) :]


def test_a_stream_adds_up_to_its_completion() -> None:
    config = GenerationConfig(temperature=1.2, max_new_tokens=30, stop=("a", "\n"))
    many = prompts(3, 12)
    pieces = [""] * len(many)
    found: dict[int, Completion] = {}
    for event in engine(rows=5).stream(many, config):
        assert event.index not in found
        pieces[event.index] += event.text
        if event.completion is not None:
            found[event.index] = event.completion
    assert pieces == [found[index].text for index in range(len(many))]


class Script:
    """A model that writes given tokens, to see what the engine makes of them."""

    def __init__(self, *rows: list[int]) -> None:
        self.rows = rows
        self.config = type("Config", (), {"context_length": CONTEXT, "vocab_size": 260})
        self.kept = list(range(len(rows)))
        self.written = 0
        self.computed: list[int] = []

    def capacity(self, prompt_tokens: int, new_tokens: int) -> int:
        return prompt_tokens + new_tokens

    def begin(self, prompts: list[list[int]], capacity: int) -> tuple["Script", torch.Tensor]:
        return self, self._logits()

    def step(self, state: "Script", tokens: torch.Tensor) -> torch.Tensor:
        self.written += 1
        self.computed.append(len(tokens))
        return self._logits()

    def select(self, rows: torch.Tensor) -> None:
        self.kept = [self.kept[row] for row in rows.tolist()]

    def _logits(self) -> torch.Tensor:
        wanted = [self.rows[row][self.written] for row in self.kept]
        return torch.nn.functional.one_hot(torch.tensor(wanted), 260).float()


def scripted(*texts: list[int], **config: object) -> list[Completion]:
    settings = GREEDY.model_copy(update=config)
    return Engine(Script(*texts), ByteTokenizer()).complete([[1]] * len(texts), settings)


def test_end_of_text_ends_a_row_and_the_others_go_on_without_it() -> None:
    script = Script([*b"ab", END], [*b"abcdef"], [*b"abcd", END])
    done = Engine(script, ByteTokenizer()).complete([[1]] * 3, GREEDY.model_copy(update={"max_new_tokens": 6}))
    assert [(it.text, it.finish_reason) for it in done] == [("ab", "stop"), ("abcdef", "length"), ("abcd", "stop")]
    assert script.computed == [3, 3, 2, 2, 1]


def test_end_of_text_can_be_written_over() -> None:
    done = scripted([97, END, 98], stop_at_end_of_text=False, max_new_tokens=3)[0]
    assert (done.text, done.finish_reason, done.tokens) == ("ab", "length", [97, END, 98])


def test_a_stop_text_across_tokens_is_trimmed() -> None:
    done = scripted([*b"one\nQ: two"], stop=("\nQ:",))[0]
    assert (done.text, done.finish_reason) == ("one", "stop")
    assert len(done.tokens) == len(b"one\nQ:")


def test_control_tokens_are_not_shown() -> None:
    assert scripted([97, 257, 98, END])[0].text == "ab"


def test_half_a_character_is_never_shown() -> None:
    whole = list("雅".encode())
    assert scripted(whole, max_new_tokens=3)[0].text == "雅"
    assert scripted(whole, max_new_tokens=2)[0].text == ""


def test_a_full_context_ends_a_row() -> None:
    prompt = prompts(5, 1)[0][:1] * (CONTEXT - 5)
    config = GREEDY.model_copy(update={"max_new_tokens": 100, "stop_at_end_of_text": False})
    done = engine().complete([prompt, prompt[:10]], config)
    assert [len(it.tokens) for it in done] == [5, CONTEXT - 10]
    assert [it.finish_reason for it in done] == ["length", "length"]


def test_a_prompt_that_fills_the_context_is_refused_with_the_numbers() -> None:
    with pytest.raises(UserError, match=rf"prompt 2 has {CONTEXT} tokens and the model reads at most {CONTEXT}"):
        engine().complete([[1], [1] * CONTEXT], GREEDY)


def test_an_empty_prompt_begins_a_document() -> None:
    assert engine().complete([[]], GREEDY)[0].tokens == engine().complete([[END]], GREEDY)[0].tokens


def test_no_prompts_give_no_completions() -> None:
    assert engine().complete([], GREEDY) == []


def test_leaving_a_stream_early_leaves_no_mode_behind() -> None:
    for _ in engine().stream([[1]], GREEDY):
        break
    assert not torch.is_inference_mode_enabled()
    for _ in engine().stream([[1]], GREEDY):
        assert not torch.is_inference_mode_enabled()


def test_the_latest_of_a_text_leaves_room_to_write() -> None:
    writer = Writer(small_model(), ByteTokenizer())
    config = GenerationConfig(max_new_tokens=20)
    assert writer.latest("abc", config) == ([END, *b"abc"], False)
    ids, cut = writer.latest("x" * 100, config)
    assert cut
    assert len(ids) == CONTEXT - 20
    with pytest.raises(UserError, match="at most 63"):
        writer.latest("abc", GenerationConfig(max_new_tokens=CONTEXT))
