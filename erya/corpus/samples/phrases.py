"""Noun phrases in both languages at once, and how English words bend.

A phrase is made by choosing a noun, what stands before it and what describes it; every choice is written into both
languages. The writer notes each pair of words that it puts together, so that chosen pairs can be held out.
"""

import random
from dataclasses import dataclass

from erya.corpus.samples import vocabulary
from erya.corpus.samples.vocabulary import Noun, Word

VOWEL_SOUNDS = ("a", "e", "i", "o", "umb", "unu", "hon", "hou")
CONSONANT_SOUNDS = ("use", "uni", "eu", "one")
# fmt: off
LONG_ADJECTIVES = frozenset((
    "famous", "polite", "patient", "honest", "careful", "cheerful", "tired", "dangerous", "expensive",
    "beautiful", "interesting", "boring", "useful", "difficult", "important", "fashionable", "comfortable",
    "crowded", "modern", "delicious", "solid",
))
# fmt: on
OWNERS = (("my", "我"), ("your", "你"), ("his", "他"), ("her", "她"), ("our", "我们"), ("their", "他们"))
PRONOUNS = (
    ("I", "me", "我"),
    ("you", "you", "你"),
    ("he", "him", "他"),
    ("she", "her", "她"),
    ("we", "us", "我们"),
    ("they", "them", "他们"),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: its English as subject and as object, its Chinese, and what a verb must agree with."""

    english: str
    chinese: str
    plural: bool = False
    object_form: str = ""
    all_of_them: bool = False

    @property
    def as_object(self) -> str:
        """Its English after a verb or preposition."""
        return self.object_form or self.english

    @property
    def third(self) -> bool:
        """Whether an English verb takes its -s after it."""
        return not self.plural and self.english not in ("I", "you")


def article(word: str) -> str:
    """`a` or `an`, by the sound that the next word begins with."""
    word = word.lower()
    return "an" if word.startswith(VOWEL_SOUNDS) and not word.startswith(CONSONANT_SOUNDS) else "a"


def with_s(verb: str) -> str:
    """The third person singular of a verb."""
    if verb.endswith(("s", "x", "ch", "sh", "o")):
        return f"{verb}es"
    return f"{verb[:-1]}ies" if verb.endswith("y") and verb[-2] not in "aeiou" else f"{verb}s"


def with_ing(verb: str) -> str:
    """The present participle of a verb."""
    if verb in ("cut", "run", "swim", "chat", "put"):
        return f"{verb}{verb[-1]}ing"
    return f"{verb[:-1]}ing" if verb.endswith("e") and not verb.endswith(("ee", "ie")) else f"{verb}ing"


def comparative(adjective: str) -> str:
    """`bigger`, `more famous`."""
    if adjective in LONG_ADJECTIVES:
        return f"more {adjective}"
    if adjective in ("big", "fat", "thin", "hot"):
        return f"{adjective}{adjective[-1]}er"
    if adjective.endswith("y") and adjective != "shy":
        return f"{adjective[:-1]}ier"
    return f"{adjective}r" if adjective.endswith("e") else f"{adjective}er"


def superlative(adjective: str) -> str:
    """`biggest`, `most famous`."""
    return f"most {adjective}" if adjective in LONG_ADJECTIVES else f"{comparative(adjective)[:-1]}st"


class PhraseWriter:
    """Chooses phrases by a random generator; `parts` holds the word pairs put together since it was made."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.parts: set[str] = set()

    def pronoun(self) -> Phrase:
        """I, you, he, she, we or they."""
        english, as_object, chinese = self.chance.choice(PRONOUNS)
        return Phrase(english, chinese, english in ("we", "they"), as_object)

    def name(self) -> Phrase:
        """A person's name."""
        name = self.chance.choice(vocabulary.names())
        return Phrase(name.english, name.chinese)

    def person(self) -> Phrase:
        """Someone who can act."""
        draw = self.chance.random()
        if draw < 0.2:
            return self.pronoun()
        if draw < 0.4:
            return self.name()
        return self.relative() if draw < 0.55 else self.of_kind("person", "subject")

    def relative(self) -> Phrase:
        """`my mother`, `Tom's friend`."""
        return self._owned(self.chance.choice(vocabulary.nouns()["kin"]))

    def of_kind(self, kind: str, style: str) -> Phrase:
        """A phrase with a noun of a kind; `style` is subject, any, definite or general (no article)."""
        if kind == "kin":
            return self.relative()
        return self.of_noun(self.chance.choice(vocabulary.nouns()[kind]), style)

    def of_noun(self, noun: Noun, style: str, plain: bool = False) -> Phrase:
        """A phrase with that noun, in a style of `of_kind` or indefinite; a plain one has no adjective."""
        describing = self._adjective(noun) if not plain and self.chance.random() < 0.35 else None
        if style == "general":
            return self._joined("", "", noun, describing, many=True)
        draw = self.chance.random()
        if style == "subject" and draw < 0.35:
            chinese = f"那{noun.measure}" if describing or noun.kind != "person" else ""
            return self._joined("the", chinese, noun, describing)
        if style == "subject" and draw < 0.45:
            return self._joined("every", f"每{noun.measure}", noun, describing)
        if style in ("definite", "subject") or (style == "any" and draw < 0.45):
            return self._definite(noun, describing)
        return self._indefinite(noun, describing)

    def _indefinite(self, noun: Noun, describing: Word | None) -> Phrase:
        draw = self.chance.random()
        if draw < 0.55:
            return self._joined("a", f"一{noun.measure}", noun, describing)
        if draw < 0.85:
            number = self.chance.choice(vocabulary.numbers())
            return self._joined(number.english, f"{number.chinese}{noun.measure}", noun, describing, many=True)
        english, chinese = ("many", "很多") if draw < 0.92 and not noun.portion else ("some", "一些")
        return self._joined(english, chinese, noun, describing, many=True, whole=True)

    def _definite(self, noun: Noun, describing: Word | None) -> Phrase:
        draw = self.chance.random()
        if draw < 0.3 and not noun.portion and noun.kind != "person":
            return self._owned(noun, describing)
        many = self.chance.random() < 0.2 and not noun.portion
        english, chinese = self.chance.choice((("the", "那"), ("this", "这"), ("that", "那")))
        if many:
            english = {"the": "the", "this": "these", "that": "those"}[english]
        return self._joined(english, f"{chinese}些" if many else f"{chinese}{noun.measure}", noun, describing, many)

    def _owned(self, noun: Noun, describing: Word | None = None) -> Phrase:
        if self.chance.random() < 0.25:
            name = self.chance.choice(vocabulary.names())
            english, chinese = f"{name.english}'s", name.chinese
        else:
            english, chinese = self.chance.choice(OWNERS)
        short = noun.kind == "kin" and len(chinese) == 1 and english in dict(OWNERS)
        link = f"那{noun.measure}" if describing else "" if short else "的"  # one 的 is enough
        return self._joined(english, f"{chinese}{link}", noun, describing)

    def _adjective(self, noun: Noun) -> Word:
        describing = self.chance.choice(vocabulary.adjectives()[noun.kind])
        self.parts.add(f"{describing.english} {noun.english}")
        return describing

    def _joined(
        self,
        english: str,
        chinese: str,
        noun: Noun,
        describing: Word | None,
        many: bool = False,
        whole: bool = False,
    ) -> Phrase:
        words = [describing.english] if describing else []
        words.append(noun.plural if many else noun.english)
        if noun.portion and (english and not whole):
            words = [vocabulary.plural(noun.portion) if many else noun.portion, "of", *words]
        if english == "a":
            english = article(words[0])
        text = " ".join([english, *words] if english else words)
        described = f"{describing.chinese}的" if describing else ""
        every = english == "every"
        uncounted = bool(noun.portion) and (whole or not english)
        return Phrase(text, f"{chinese}{described}{noun.chinese}", many and not uncounted, "", every)

    def described(self, phrase: Phrase, english: str, chinese: str) -> Phrase:
        """A phrase followed in English, preceded in Chinese, by a clause or place that tells which one is meant."""
        return Phrase(f"{phrase.english} {english}", f"{chinese}的{phrase.chinese}", phrase.plural)
