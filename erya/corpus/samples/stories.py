"""Short made-up stories with questions, in English and Chinese: each answer is a span of its story.

A story puts people, places, things, days and prices together by chance; a question asks for one of them in other words
than the story tells it. A share of the questions has no answer in the story.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from erya.corpus.records import Question
from erya.corpus.samples import vocabulary
from erya.corpus.samples.phrases import article
from erya.corpus.samples.vocabulary import Noun, Word

SOURCE = "synthetic: short stories"
LICENCE = "Apache-2.0"
UNANSWERABLE_SHARE = 0.1
DAYS = (
    ("Monday", "星期一"),
    ("Tuesday", "星期二"),
    ("Wednesday", "星期三"),
    ("Thursday", "星期四"),
    ("Friday", "星期五"),
)
WEATHER = (("sunny", "晴朗"), ("cold", "寒冷"), ("warm", "暖和"), ("hot", "炎热"))
REASONS = (
    ("the old one was broken", "旧的坏了"),
    ("it was cheap", "价钱便宜"),
    ("it was beautiful", "它很漂亮"),
    ("it was a birthday present", "那是一份生日礼物"),
)
JOBS = ("teacher", "doctor", "nurse", "farmer", "driver", "writer", "singer", "cook", "lawyer", "engineer", "painter")


@dataclass(frozen=True, slots=True)
class Story:
    """A story as sentences, and questions on it: question and answer, None when the story does not tell."""

    sentences: tuple[str, ...]
    questions: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class _Cast:
    """What one story is about."""

    hero: Word
    friend: Word
    stranger: Word
    job: Noun
    things: tuple[Noun, Noun]
    places: tuple[Word, Word, Word]
    colours: tuple[Word, Word]
    day: tuple[str, str]
    weather: tuple[str, str]
    reason: tuple[str, str]
    hour: int
    price: int


def questions(count: int, seed: int = 0, language: Literal["en", "zh"] = "en") -> list[Question]:
    """Questions on made-up stories with the character at which each answer begins; the same for the same seed."""
    made = _questions(seed, language)
    return [next(made) for _ in range(count)]


def stories(seed: int = 0, language: Literal["en", "zh"] = "en") -> Iterator[str]:
    """The stories without questions, without end."""
    gap = " " if language == "en" else ""
    return (gap.join(story.sentences) for story in _stories(seed, language))


def _questions(seed: int, language: Literal["en", "zh"]) -> Iterator[Question]:
    chance = random.Random(seed)
    gap = " " if language == "en" else ""
    for number, story in enumerate(_stories(seed, language)):
        context = gap.join(story.sentences)
        told = [entry for entry in story.questions if entry[1] is not None]
        untold = [entry for entry in story.questions if entry[1] is None]
        chosen = chance.sample(told, 3)
        if chance.random() < 3 * UNANSWERABLE_SHARE:
            chosen[-1] = chance.choice(untold)
        for place, (question, answer) in enumerate(chosen):
            answers = (answer,) if answer is not None else ()
            starts = (_start(context, answer),) if answer is not None else ()
            yield Question(context, question, answers, f"stories/{language}/{seed}/{number}/{place}", starts)


def _start(context: str, answer: str) -> int:
    """Where an answer stands in its story as whole words: `hot`, and not the beginning of `hotel`."""
    found = re.search(rf"(?<![A-Za-z0-9]){re.escape(answer)}(?![A-Za-z0-9])", context)
    assert found is not None
    return found.start()


def _stories(seed: int, language: Literal["en", "zh"]) -> Iterator[Story]:
    chance = random.Random(seed)
    tell: dict[str, tuple[Callable[[_Cast, random.Random], Story], ...]] = {
        "en": (_shopping_english, _loss_english),
        "zh": (_shopping_chinese, _loss_chinese),
    }
    while True:
        yield chance.choice(tell[language])(_cast(chance), chance)


def _cast(chance: random.Random) -> _Cast:
    hero, friend, stranger = chance.sample(vocabulary.names(), 3)
    nouns = vocabulary.nouns()
    colours = [word for word in vocabulary.adjectives()["tool"] if word.english in vocabulary.COLOURS]
    first, second = chance.sample(colours, 2)
    shops = [word for word in vocabulary.places() if word.english in ("shop", "market", "supermarket", "bookstore")]
    rest = chance.sample([word for word in vocabulary.places() if word not in shops and word.english != "city"], 2)
    return _Cast(
        hero,
        friend,
        stranger,
        chance.choice([noun for noun in nouns["person"] if noun.english in JOBS]),
        (chance.choice(nouns["tool"]), chance.choice(nouns["clothes"])),
        (chance.choice(shops), rest[0], rest[1]),
        (first, second),
        chance.choice(DAYS),
        chance.choice(WEATHER),
        chance.choice(REASONS),
        chance.randrange(2, 12),
        chance.randrange(6, 99),
    )


def _shopping_english(cast: _Cast, chance: random.Random) -> Story:
    he = cast.hero.extra
    (thing, other), (shop, work, home) = cast.things, cast.places
    a_thing = f"{article(cast.colours[0].english)} {cast.colours[0].english} {thing.english}"
    an_other = f"{article(cast.colours[1].english)} {cast.colours[1].english} {other.english}"
    where = f"{work.kind} the {work.english}"
    job = f"{article(cast.job.english)} {cast.job.english}"
    told = (
        f"{cast.hero.english} is {job} and works {where}.",
        f"On {cast.day[0]} the weather was {cast.weather[0]}, so {he} walked to the {shop.english}.",
        f"{he.capitalize()} bought {a_thing} for {cast.price} yuan, because {cast.reason[0]}.",
        f"{he.capitalize()} also saw {an_other}, but it was too expensive.",
        f"At {cast.hour} o'clock {he} met {cast.friend.english}, an old friend, near the {home.english}.",
        f"They drank tea together, and {cast.hero.english} told {cast.friend.english} about the {thing.english}.",
    )
    name = cast.hero.english
    asked: tuple[tuple[str, str | None], ...] = (
        (f"What is {name}'s job?", job),
        (f"Where does {name} work?", where),
        (f"On which day did {name} go to the {shop.english}?", cast.day[0]),
        ("How was the weather?", cast.weather[0]),
        (f"What did {name} buy?", a_thing),
        (f"How much did the {thing.english} cost?", f"{cast.price} yuan"),
        (f"Why did {name} buy the {thing.english}?", cast.reason[0]),
        ("What was too expensive?", an_other),
        (f"Whom did {name} meet?", cast.friend.english),
        ("When did the two friends meet?", f"{cast.hour} o'clock"),
        (f"What colour was the {other.english}?", cast.colours[1].english),
        (f"What did {cast.stranger.english} buy?", None),
        (f"How much did the {other.english} cost?", None),
        (f"Where does {cast.friend.english} work?", None),
    )
    return Story(_mixed(told, chance), asked)


def _loss_english(cast: _Cast, _: random.Random) -> Story:
    he = cast.hero.extra
    his = "his" if he == "he" else "her"
    (thing, _other), (shop, lost, found) = cast.things, cast.places
    the_thing = f"{cast.colours[0].english} {thing.english}"
    lost_at, found_at = f"{lost.kind} the {lost.english}", f"{found.kind} the {found.english}"
    told = (
        f"Last {cast.day[0]} {cast.hero.english} lost {his} {the_thing}.",
        f"It had cost {cast.price} yuan at the {shop.english}, and {he} was very sad.",
        f"First {he} looked for it {lost_at}, but it was not there.",
        f"Then the weather turned {cast.weather[0]}, and {he} asked {cast.friend.english} for help.",
        f"After {cast.hour} hours they found it {found_at}.",
        f"{cast.hero.english} thanked {cast.friend.english} and went home happily.",
    )
    name = cast.hero.english
    asked: tuple[tuple[str, str | None], ...] = (
        (f"What did {name} lose?", f"{his} {the_thing}"),
        (f"When did {name} lose the {thing.english}?", f"Last {cast.day[0]}"),
        (f"What had the {thing.english} cost?", f"{cast.price} yuan"),
        (f"Where did {name} look first?", lost_at),
        (f"Whom did {name} ask for help?", cast.friend.english),
        (f"How long did they look for the {thing.english}?", f"{cast.hour} hours"),
        (f"Where was the {thing.english} found?", found_at),
        (f"What colour was the {thing.english}?", cast.colours[0].english),
        (f"What did {cast.friend.english} lose?", None),
        (f"What is {name}'s job?", None),
        (f"Where was {cast.stranger.english}?", None),
    )
    return Story(told, asked)


def _shopping_chinese(cast: _Cast, chance: random.Random) -> Story:
    he = "他" if cast.hero.extra == "he" else "她"
    (thing, other), (shop, work, home) = cast.things, cast.places
    a_thing = f"一{thing.measure}{cast.colours[0].chinese}的{thing.chinese}"
    an_other = f"一{other.measure}{cast.colours[1].chinese}的{other.chinese}"
    where = f"{work.chinese}{work.extra}"
    name = cast.hero.chinese
    told = (
        f"{name}是一{cast.job.measure}{cast.job.chinese}，在{where}工作。",
        f"{cast.day[1]}天气{cast.weather[1]}，{he}走路去了{shop.chinese}。",
        f"因为{cast.reason[1]}，{he}花{cast.price}元买了{a_thing}。",
        f"{he}还看到了{an_other}，但是太贵了。",
        f"{cast.hour}点的时候，{he}在{home.chinese}附近遇见了老朋友{cast.friend.chinese}。",
        f"他们一起喝了茶，{name}说起了那{thing.measure}{thing.chinese}。",
    )
    asked: tuple[tuple[str, str | None], ...] = (
        (f"{name}做什么工作？", cast.job.chinese),
        (f"{name}在哪里工作？", where),
        (f"{name}星期几去了{shop.chinese}？", cast.day[1]),
        ("那天天气怎么样？", cast.weather[1]),
        (f"{name}买了什么？", a_thing),
        (f"买{thing.chinese}花了多少钱？", f"{cast.price}元"),
        (f"{name}为什么买{thing.chinese}？", cast.reason[1]),
        ("什么东西太贵了？", an_other),
        (f"{name}遇见了谁？", cast.friend.chinese),
        ("两个朋友是几点见面的？", f"{cast.hour}点"),
        (f"{other.chinese}是什么颜色的？", cast.colours[1].chinese),
        (f"{cast.stranger.chinese}买了什么？", None),
        (f"{other.chinese}多少钱？", None),
        (f"{cast.friend.chinese}在哪里工作？", None),
    )
    return Story(_mixed(told, chance), asked)


def _mixed(told: tuple[str, ...], chance: random.Random) -> tuple[str, ...]:
    """The sentences with the middle in the other order half of the time, so that no answer has its fixed place."""
    return (*told[:2], *reversed(told[2:-1]), told[-1]) if chance.random() < 0.5 else told


def _loss_chinese(cast: _Cast, _: random.Random) -> Story:
    he = "他" if cast.hero.extra == "he" else "她"
    (thing, _other), (shop, lost, found) = cast.things, cast.places
    name = cast.hero.chinese
    the_thing = f"{cast.colours[0].chinese}的{thing.chinese}"
    lost_at, found_at = f"{lost.chinese}{lost.extra}", f"{found.chinese}{found.extra}"
    told = (
        f"上个{cast.day[1]}，{name}把{the_thing}弄丢了。",
        f"那{thing.measure}{thing.chinese}是在{shop.chinese}花{cast.price}元买的，{he}很难过。",
        f"{he}先去{lost_at}找，可是没有找到。",
        f"天气变得很{cast.weather[1]}，{he}请{cast.friend.chinese}来帮忙。",
        f"过了{cast.hour}个小时，他们在{found_at}找到了。",
        f"{name}谢了{cast.friend.chinese}，高兴地回家了。",
    )
    asked: tuple[tuple[str, str | None], ...] = (
        (f"{name}弄丢了什么？", the_thing),
        (f"{name}是什么时候弄丢{thing.chinese}的？", f"上个{cast.day[1]}"),
        (f"{thing.chinese}花了多少钱？", f"{cast.price}元"),
        (f"{name}先去哪里找？", lost_at),
        (f"{name}请谁帮忙？", cast.friend.chinese),
        ("他们找了多长时间？", f"{cast.hour}个小时"),
        (f"{thing.chinese}是在哪里找到的？", found_at),
        (f"{thing.chinese}是什么颜色的？", cast.colours[0].chinese),
        (f"{cast.friend.chinese}弄丢了什么？", None),
        (f"{name}做什么工作？", None),
        (f"{cast.stranger.chinese}在哪里？", None),
    )
    return Story(told, asked)
