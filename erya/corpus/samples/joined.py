"""Sentence patterns of more than one clause: relative clauses, causes, conditions, order in time, reported speech."""

from dataclasses import replace

from erya.corpus.samples import vocabulary
from erya.corpus.samples.clauses import TENSES, Clause, ClauseWriter, Text
from erya.corpus.samples.patterns import ask, be, one, stop
from erya.corpus.samples.phrases import Phrase, with_s

SAYING = (("say", "说"), ("think", "觉得"), ("know", "知道"), ("hope", "希望"), ("believe", "相信"))
WEATHER = (
    ("rains", "下雨"),
    ("snows", "下雪"),
    ("is cold", "天气很冷"),
    ("is hot", "天气很热"),
    ("is sunny", "天气晴朗"),
)


def person_who(w: ClauseWriter) -> Text:
    """`The man who bought the book …`."""
    which = _which(w)
    clause = w.clause("past", style="any", timed=w.chance.random() < 0.3, subject=which)
    told = clause.who()
    subject = w.described(which, told.english, told.chinese)
    if w.chance.random() < 0.5:
        adjective = w.chance.choice(vocabulary.adjectives()["person"])
        return stop(Text(f"{subject.english} is very {adjective.english}", f"{subject.chinese}很{adjective.chinese}"))
    return stop(w.action(w.chance.choice(("future", "progressive", "want")), subject, timed=False).said())


def thing_that(w: ClauseWriter) -> Text:
    """`The book that my sister bought …`."""
    kinds = ("reading", "clothes", "tool", "food")
    clause = w.bare(w.chance.choice(("past", "past", "progressive")), one(w), timed=False, kinds=kinds)
    noun = w.chance.choice([noun for noun in vocabulary.nouns()[clause.verb.kind] if not noun.portion])
    w.parts.add(f"{clause.verb.english} {noun.english}")
    told = clause.whom()
    thing = w.described(Phrase(f"the {noun.english}", f"那{noun.measure}{noun.chinese}"), told.english, told.chinese)
    if w.chance.random() < 0.5:
        fitting = [word for word in vocabulary.adjectives()[noun.kind] if word.english not in vocabulary.COLOURS]
        adjective = w.chance.choice(fitting)
        w.parts.add(f"{adjective.english} {noun.english}")
        return stop(Text(f"{thing.english} is very {adjective.english}", f"{thing.chinese}很{adjective.chinese}"))
    subject = one(w)
    verb, chinese = w.chance.choice((("like", "喜欢"), ("want", "想要"), ("need", "需要")))
    form = with_s(verb) if subject.third else verb
    return stop(Text(f"{subject.english} {form} {thing.english}", f"{subject.chinese}{chinese}{thing.chinese}"))


def because(w: ClauseWriter) -> Text:
    """A cause and what follows from it."""
    subject = one(w)
    adjective = w.chance.choice(
        [word for word in vocabulary.adjectives()["person"] if word.english in ("tired", "busy", "shy")]
    )
    cause = Text(f"{subject.english} {be(subject)} {adjective.english}", f"{subject.chinese}很{adjective.chinese}")
    clause = w.clause(w.chance.choice(("want", "future", "can")), one(w), negative=True, timed=False)
    result = clause.said()
    return stop(Text(f"{result.english} because {cause.english}", f"因为{cause.chinese}，所以{result.chinese}"))


def although(w: ClauseWriter) -> Text:
    """Something in spite of another."""
    subject = one(w)
    adjective = w.chance.choice(vocabulary.adjectives()["person"])
    cause = Text(f"{subject.english} {be(subject)} very {adjective.english}", f"{subject.chinese}很{adjective.chinese}")
    result = w.clause("past", one(w), negative=w.chance.random() < 0.5).said()
    return stop(Text(f"although {cause.english}, {result.english}", f"虽然{cause.chinese}，但是{result.chinese}"))


def condition(w: ClauseWriter) -> Text:
    """What happens if something else does."""
    time = w.time("future")
    assert time is not None
    if w.chance.random() < 0.5:
        english, chinese = w.chance.choice(WEATHER)
        cause = Text(f"it {english} {time.english}", f"{time.chinese}{chinese}")
    else:
        clause = w.bare("present", one(w), timed=False)
        cause = replace(clause, thing=w.object_of(clause.verb, "definite"), place=None).said()
    result = w.clause("future", one(w), timed=False, negative=w.chance.random() < 0.3).said()
    return stop(Text(f"if {cause.english}, {result.english}", f"如果{cause.chinese}，{result.chinese}"))


def order(w: ClauseWriter) -> Text:
    """One thing before, after or while another."""
    first = w.clause("past", one(w), timed=False)
    if w.chance.random() < 0.4:
        going_on = w.action("progressive", one(w), timed=False)
        was = "was" if be(going_on.subject) in ("is", "am") else "were"
        background = going_on.said()
        english = background.english.replace(
            f"{going_on.subject.english} {be(going_on.subject)}", f"{going_on.subject.english} {was}", 1
        )
        told = first.said()
        return stop(Text(f"while {english}, {told.english}", f"{background.chinese}的时候，{told.chinese}"))
    word, chinese = w.chance.choice((("before", "之前"), ("after", "之后")))
    second = w.clause("past", one(w), style="definite", timed=False)
    plain = Clause(second.subject, second.verb, TENSES["present"], second.thing, second.place, None)
    told = first.said()
    return stop(
        Text(f"{word} {second.said().english}, {told.english}", f"在{plain.said().chinese}{chinese}，{told.chinese}")
    )


def contrast(w: ClauseWriter) -> Text:
    """Two people who do not do the same."""
    tense = w.chance.choice(("past", "future", "want", "can"))
    left = w.clause(tense, one(w)).said()
    right = w.clause(tense, one(w), negative=True, timed=False).said()
    return stop(Text(f"{left.english}, but {right.english}", f"{left.chinese}，但是{right.chinese}"))


def both(w: ClauseWriter) -> Text:
    """Two people who each do something."""
    tense = w.chance.choice(("past", "future", "progressive", "want"))
    left = w.clause(tense, one(w), timed=False).said()
    right = w.clause(tense, one(w), timed=False).said()
    return stop(Text(f"{left.english}, and {right.english}", f"{left.chinese}，{right.chinese}"))


def reported(w: ClauseWriter) -> Text:
    """What someone says or thinks."""
    subject = one(w)
    verb, chinese = w.chance.choice(SAYING)
    tense = "future" if verb == "hope" else w.chance.choice(("past", "future", "should", "can", "want"))
    clause = w.clause(tense, one(w), negative=w.chance.random() < 0.25)
    while clause.subject.english.startswith("that "):  # no `says that that man`
        clause = replace(clause, subject=one(w))
    told = clause.said()
    form = with_s(verb) if subject.third else verb
    return stop(Text(f"{subject.english} {form} that {told.english}", f"{subject.chinese}{chinese}{told.chinese}"))


def errand(w: ClauseWriter) -> Text:
    """Going somewhere to do something."""
    subject = one(w)
    verb = w.transitive("past", ("food", "drink", "reading", "clothes", "tool"))
    thing = w.object_of(verb, "any")
    place = w.chance.choice(vocabulary.places())
    w.parts.add(f"{verb.english} {place.english}")
    to, chinese = f"to the {place.english} to {verb.english} {thing.as_object}", f"去{place.chinese}{verb.chinese}"
    if w.chance.random() < 0.5:
        time = w.time("past")
        assert time is not None
        return stop(
            Text(
                f"{subject.english} went {to} {time.english}",
                f"{subject.chinese}{time.chinese}{chinese}了{thing.chinese}",
            )
        )
    time = w.time("future")
    assert time is not None
    return stop(
        Text(
            f"{subject.english} will go {to} {time.english}",
            f"{subject.chinese}{time.chinese}会{chinese}{thing.chinese}",
        )
    )


def proposal(w: ClauseWriter) -> Text:
    """Asking someone to do something, or not to."""
    verb = w.transitive()
    thing = w.object_of(verb, "definite")
    what, chinese = f"{verb.english} {thing.as_object}", f"{verb.chinese}{thing.chinese}"
    draw = w.chance.random()
    if draw < 0.3:
        return stop(Text(f"please do not {what}", f"请不要{chinese}"))
    if draw < 0.5:
        return stop(Text(f"let us {what} together", f"我们一起{chinese}吧"))
    if draw < 0.75:
        subject = one(w)
        return ask(Text(f"could you help {subject.as_object} {what}", f"你能帮{subject.chinese}{chinese}吗"))
    subject = one(w)
    return stop(Text(f"{subject.english} asked me to {what}", f"{subject.chinese}让我{chinese}"))


def _which(w: ClauseWriter) -> Phrase:
    noun = w.chance.choice(vocabulary.nouns()["person"])
    return Phrase(f"the {noun.english}", f"那{noun.measure}{noun.chinese}")
