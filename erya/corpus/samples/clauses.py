"""Clauses in both languages at once: who does what, where and when, in every tense, negated, asked or relative."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from erya.corpus.samples import vocabulary
from erya.corpus.samples.phrases import Phrase, PhraseWriter, with_ing, with_s
from erya.corpus.samples.vocabulary import Verb, Word

MOMENTARY = {"find", "lose", "break", "steal", "catch", "finish"}  # done in an instant: never going on


class Text(NamedTuple):
    """The same words in English and Chinese, without a full stop."""

    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class Tense:
    """How a tense speaks: the auxiliary before the subject of a question, the verb after it, and the Chinese around it.

    `chinese` holds what comes before the place and what comes after the verb, `negated` the same when denied; no
    `negated` means that the tense is not used so.
    """

    name: str
    auxiliary: Callable[[Phrase], str]
    form: Callable[[Verb], str]
    chinese: tuple[str, str]
    negated: tuple[str, str] | None = None
    plain: Callable[[Verb, Phrase], str] | None = None


def _be(subject: Phrase) -> str:
    return "am" if subject.english == "I" else "is" if subject.third else "are"


def _base(verb: Verb) -> str:
    return verb.english


TENSES = {
    "past": Tense("past", lambda _: "did", _base, ("", "了"), ("没有", ""), lambda verb, _: verb.past),
    "present": Tense(
        "present",
        lambda subject: "does" if subject.third else "do",
        _base,
        ("", ""),
        ("不", ""),
        lambda verb, subject: with_s(verb.english) if subject.third else verb.english,
    ),
    "future": Tense("future", lambda _: "will", _base, ("会", ""), ("不会", "")),
    "progressive": Tense("progressive", _be, lambda verb: with_ing(verb.english), ("正在", "")),
    "experience": Tense(
        "experience",
        lambda subject: "has" if subject.third else "have",
        lambda verb: verb.participle,
        ("", "过"),
        ("从来没有", "过"),
    ),
    "can": Tense("can", lambda _: "can", _base, ("能", ""), ("不能", "")),
    "should": Tense("should", lambda _: "should", _base, ("应该", ""), ("不应该", "")),
    "must": Tense("must", lambda _: "must", _base, ("必须", "")),
    "want": Tense(
        "want",
        lambda subject: "does" if subject.third else "do",
        lambda verb: f"want to {verb.english}",
        ("想", ""),
        ("不想", ""),
        lambda verb, subject: f"{'wants' if subject.third else 'want'} to {verb.english}",
    ),
}
NOT = {
    "did": "did not",
    "does": "does not",
    "do": "do not",
    "will": "will not",
    "can": "cannot",
    "should": "should not",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """Someone doing something, somewhere, some time."""

    subject: Phrase
    verb: Verb
    tense: Tense
    thing: Phrase | None = None
    place: Word | None = None
    time: Word | None = None
    negative: bool = False

    def said(self) -> Text:
        """As a statement."""
        return Text(
            self._english(self.subject.english, self._group()),
            f"{self.subject.chinese}{self._when()}{self._predicate()}",
        )

    def asked(self) -> Text:
        """As a question for yes or no."""
        rest = self.tense.form(self.verb)
        before = " ever" if self.tense.name == "experience" else ""
        english = self._english(f"{self.tense.auxiliary(self.subject)} {self.subject.english}{before}", rest)
        return Text(english, f"{self.subject.chinese}{self._when()}{self._predicate()}吗")

    def asked_for(self, word: str, chinese: str) -> Text:
        """As a question for the place, time or reason: English word first, Chinese before the verb."""
        auxiliary = self.tense.auxiliary(self.subject)
        english = self._english(f"{word} {auxiliary} {self.subject.english}", self.tense.form(self.verb))
        told = "是" if self.tense.name == "past" and word != "why" else ""
        before, after = self.tense.chinese
        thing = self.thing.chinese if self.thing else ""
        if told:
            return Text(
                english, f"{self.subject.chinese}{self._when()}是{chinese}{self._where()}{self.verb.chinese}{thing}的"
            )
        lead = f"{chinese}{before}" if word == "why" or word == "when" else f"{before}{chinese}"
        return Text(
            english, f"{self.subject.chinese}{self._when()}{lead}{self._where()}{self.verb.chinese}{after}{thing}"
        )

    def who(self, english: str = "who", chinese: str = "") -> Text:
        """Without its subject: after `who`, or before 的."""
        return Text(self._english(english, self._group()), f"{chinese}{self._when()}{self._predicate()}")

    def whom(self) -> Text:
        """Without its object: what is said of a thing, as in `that my sister bought`."""
        word = "which" if self.subject.english.startswith("that ") else "that"
        english = self._english(f"{word} {self.subject.english}", self._group())
        before, after = self.tense.chinese
        after = "" if after == "了" else after
        return Text(english, f"{self.subject.chinese}{self._when()}{self._led(before)}{self.verb.chinese}{after}")

    def _group(self) -> str:
        tense, auxiliary = self.tense, self.tense.auxiliary(self.subject)
        if self.negative and tense.name == "experience":
            return f"{auxiliary} never {tense.form(self.verb)}"
        if self.negative:
            return f"{NOT[auxiliary]} {tense.form(self.verb)}"
        return tense.plain(self.verb, self.subject) if tense.plain else f"{auxiliary} {tense.form(self.verb)}"

    def _english(self, *start: str) -> str:
        words = list(start)
        if self.thing:
            words.append(self.thing.as_object)
        if self.place:
            words.append(f"{self.place.kind} the {self.place.english}")
        if self.time:
            words.append(self.time.english)
        if self.tense.name == "experience" and not self.negative and start[0].split()[0] not in ("has", "have"):
            words.append("before")
        return " ".join(words)

    def _when(self) -> str:
        return self.time.chinese if self.time else ""

    def _where(self) -> str:
        return f"在{self.place.chinese}{self.place.extra}" if self.place else ""

    def _led(self, before: str) -> str:
        where = self._where()
        return f"{before}{where.removeprefix('在') if before == '正在' else where}"

    def _predicate(self) -> str:
        assert self.tense.negated is not None or not self.negative
        before, after = (self.tense.negated or ("", "")) if self.negative else self.tense.chinese
        every = "都" if self.subject.all_of_them else ""
        if not self.thing:  # 睡觉了 and not 睡觉了…: the ending follows the whole verb
            after = "" if after == "过" else after
        thing = self.thing.chinese if self.thing else ""
        return f"{every}{self._led(before)}{self.verb.chinese}{after}{thing}"


class ClauseWriter(PhraseWriter):
    """Chooses clauses by a random generator."""

    def clause(
        self,
        tense: str,
        subject: Phrase | None = None,
        negative: bool = False,
        style: str = "any",
        timed: bool | None = None,
        kinds: Sequence[str] = (),
    ) -> Clause:
        """Someone doing something to a thing of one of the kinds (or any), perhaps somewhere, perhaps at a time."""
        bare = self.bare(tense, subject, negative, timed, kinds)
        if tense == "present":
            style = "general"
        elif tense == "experience" and style == "any":
            style = self.chance.choice(("any", "definite", "general"))
        return replace(bare, thing=self.object_of(bare.verb, "definite" if negative and style == "any" else style))

    def bare(
        self,
        tense: str,
        subject: Phrase | None = None,
        negative: bool = False,
        timed: bool | None = None,
        kinds: Sequence[str] = (),
    ) -> Clause:
        """The same before the thing is named."""
        verb = self.transitive(tense, kinds)
        place = self.chance.choice(vocabulary.places()) if self._has_place(verb) else None
        time = self.time(tense) if timed or (timed is None and self.chance.random() < 0.6) else None
        if negative and tense in ("present", "experience"):
            time = None
        return Clause(subject or self.person(), verb, TENSES[tense], None, place, time, negative)

    def action(self, tense: str, subject: Phrase | None = None, negative: bool = False, timed: bool = True) -> Clause:
        """Someone doing something without an object."""
        verb = self.chance.choice(vocabulary.actions())
        place = self.chance.choice(vocabulary.places()) if self.chance.random() < 0.6 else None
        if place:
            self.parts.add(f"{verb.english} {place.english}")
        time = None if negative and tense == "present" else self.time(tense) if timed else None
        return Clause(subject or self.person(), verb, TENSES[tense], None, place, time, negative)

    def transitive(self, tense: str = "past", kinds: Sequence[str] = ()) -> Verb:
        """A verb with an object of one of the kinds that can be said in that tense."""
        fitting = [
            verb
            for verb in vocabulary.verbs()
            if (not kinds or verb.kind in kinds) and not (tense == "progressive" and verb.english in MOMENTARY)
        ]
        return self.chance.choice(fitting)

    def object_of(self, verb: Verb, style: str) -> Phrase:
        """A phrase that the verb can be said of; the pair is noted."""
        if verb.kind in ("person", "kin") and self.chance.random() < 0.3:
            return self.name()
        if verb.kind == "kin":
            return self.relative()
        noun = self.chance.choice(vocabulary.nouns()[verb.kind])
        self.parts.add(f"{verb.english} {noun.english}")
        return self.of_noun(noun, style)

    def time(self, tense: str) -> Word | None:
        """When something of a tense happens, where the tense has words for it."""
        if tense in ("can", "should", "must", "want"):
            return self.chance.choice([time for time in vocabulary.times("future") if time.english != "soon"])
        times = vocabulary.times(tense)
        return self.chance.choice(times) if times else None

    def _has_place(self, verb: Verb) -> bool:
        return verb.kind not in ("vehicle", "furniture", "kin") and self.chance.random() < 0.25
