"""Sentence patterns about things: what they are like, where they are, what is done with them."""

from erya.corpus.samples import vocabulary
from erya.corpus.samples.clauses import ClauseWriter, Text
from erya.corpus.samples.patterns import ask, be, one, stop
from erya.corpus.samples.phrases import Phrase, comparative, superlative, with_s
from erya.corpus.samples.vocabulary import Word

SMALL = ("food", "reading", "clothes", "tool")
NO_PASSIVE = ("画好", "缝好", "准备好", "选好", "养大", "喂饱")


def quality(w: ClauseWriter) -> Text:
    """What something is like."""
    subject, adjective = _described(w)
    if adjective.english in vocabulary.COLOURS:
        return stop(
            Text(f"{subject.english} {be(subject)} {adjective.english}", f"{subject.chinese}是{adjective.chinese}的")
        )
    degree, chinese = w.chance.choice((("very ", "很"), ("", "很"), ("not ", "不"), ("too ", "太"), ("really ", "真")))
    if w.chance.random() < 0.2:
        return ask(
            Text(f"{be(subject)} {subject.english} {adjective.english}", f"{subject.chinese}{adjective.chinese}吗")
        )
    ending = "了" if chinese == "太" else ""
    return stop(
        Text(
            f"{subject.english} {be(subject)} {degree}{adjective.english}",
            f"{subject.chinese}{chinese}{adjective.chinese}{ending}",
        )
    )


def comparison(w: ClauseWriter) -> Text:
    """One thing beside another."""
    subject, adjective = _described(w, graded=True)
    noun = w.chance.choice([noun for noun in vocabulary.nouns()[adjective.kind] if not noun.portion])
    other = w.of_noun(noun, "definite", plain=True)
    more = comparative(adjective.english)
    left, right = f"{subject.english} {be(subject)}", other.as_object
    a, b, quality = subject.chinese, other.chinese, adjective.chinese
    return stop(
        w.chance.choice(
            (
                Text(f"{left} {more} than {right}", f"{a}比{b}{quality}"),
                Text(f"{left} much {more} than {right}", f"{a}比{b}{quality}得多"),
                Text(f"{left} a little {more} than {right}", f"{a}比{b}{quality}一点"),
                Text(f"{left} as {adjective.english} as {right}", f"{a}和{b}一样{quality}"),
                Text(f"{left} not as {adjective.english} as {right}", f"{a}没有{b}那么{quality}"),
            )
        )
    )


def most(w: ClauseWriter) -> Text:
    """The one of its kind in a place."""
    kind = w.chance.choice(("person", "animal", "place"))
    adjective = w.chance.choice(vocabulary.adjectives()[kind])
    if kind == "place":
        place = w.chance.choice([place for place in vocabulary.places() if place.english != "city"])
        w.parts.add(f"{adjective.english} {place.english}")
        which = superlative(adjective.english)
        return stop(
            Text(
                f"this {place.english} is the {which} one in the city",
                f"这个{place.chinese}是城市里最{adjective.chinese}的",
            )
        )
    noun = w.chance.choice(vocabulary.nouns()[kind])
    w.parts.add(f"{adjective.english} {noun.english}")
    subject = w.name() if kind == "person" else Phrase(f"this {noun.english}", f"这{noun.measure}{noun.chinese}")
    place = w.chance.choice(vocabulary.places())
    best = superlative(adjective.english)
    return stop(
        Text(
            f"{subject.english} is the {best} {noun.english} {place.kind} the {place.english}",
            f"{subject.chinese}是{place.chinese}{place.extra}最{adjective.chinese}的{noun.chinese}",
        )
    )


def existence(w: ClauseWriter) -> Text:
    """What there is in a place."""
    kind = w.chance.choice((*SMALL, "person", "animal", "vehicle"))
    spot = w.chance.choice(vocabulary.spots() if kind in SMALL else vocabulary.places())
    noun = w.chance.choice([noun for noun in vocabulary.nouns()[kind] if noun.english != spot.english])
    thing = w.of_noun(noun, "indefinite")
    w.parts.add(f"{spot.english} {noun.english}")
    where, chinese = f"{spot.kind} the {spot.english}", f"{spot.chinese}{spot.extra}"
    draw = w.chance.random()
    if draw < 0.2:
        return ask(Text(f"{be(thing)} there {thing.english} {where}", f"{chinese}有{thing.chinese}吗"))
    if draw < 0.3:
        none = noun.plural
        return stop(Text(f"there {'is' if noun.portion else 'are'} no {none} {where}", f"{chinese}没有{noun.chinese}"))
    return stop(Text(f"there {be(thing)} {thing.english} {where}", f"{chinese}有{thing.chinese}"))


def position(w: ClauseWriter) -> Text:
    """Where a thing is."""
    kind = w.chance.choice((*SMALL, "person"))
    spot = w.chance.choice(vocabulary.places() if kind == "person" else vocabulary.spots())
    noun = w.chance.choice([noun for noun in vocabulary.nouns()[kind] if noun.english != spot.english])
    w.parts.add(f"{spot.english} {noun.english}")
    thing = w.of_noun(noun, "definite")
    where, chinese = f"{spot.kind} the {spot.english}", f"在{spot.chinese}{spot.extra}"
    if w.chance.random() < 0.25:
        return ask(Text(f"where {be(thing)} {thing.english}", f"{thing.chinese}在哪里"))
    return stop(Text(f"{thing.english} {be(thing)} {where}", f"{thing.chinese}{chinese}"))


def feeling(w: ClauseWriter) -> Text:
    """What a person likes, needs or thinks of another."""
    verb = w.chance.choice(vocabulary.feelings())
    subject = w.person()
    style = "general" if verb.english in ("like", "hate") and verb.kind != "kin" else "definite"
    if verb.english in ("need", "want"):
        style = "any"
    thing = w.object_of(verb, style)
    very = w.chance.random() < 0.25 and verb.english in ("like", "love", "miss", "respect", "hate")
    every = "都" if subject.all_of_them else ""
    if w.chance.random() < 0.25:
        subject = one(w) if subject.all_of_them else subject
        do = "does not" if subject.third else "do not"
        return stop(
            Text(
                f"{subject.english} {do} {verb.english} {thing.as_object}",
                f"{subject.chinese}不{verb.chinese}{thing.chinese}",
            )
        )
    form = with_s(verb.english) if subject.third else verb.english
    return stop(
        Text(
            f"{subject.english} {form} {thing.as_object}{' very much' if very else ''}",
            f"{subject.chinese}{every}{'非常' if very else ''}{verb.chinese}{thing.chinese}",
        )
    )


def finished(w: ClauseWriter) -> Text:
    """A person has already finished with a thing (把)."""
    verb = w.chance.choice([verb for verb in vocabulary.verbs() if verb.result])
    subject = one(w)
    thing = w.object_of(verb, "definite")
    have = "has" if subject.third else "have"
    return stop(
        Text(
            f"{subject.english} {have} already {verb.participle} {thing.as_object}",
            f"{subject.chinese}已经把{thing.chinese}{verb.result}了",
        )
    )


def suffered(w: ClauseWriter) -> Text:
    """Something was done to a thing by a person (被)."""
    verb = w.chance.choice([verb for verb in vocabulary.verbs() if verb.result and verb.result not in NO_PASSIVE])
    doer = one(w)
    thing = w.object_of(verb, "definite")
    time = w.time("past")
    assert time is not None
    return stop(
        Text(
            f"{thing.english} {'were' if thing.plural else 'was'} {verb.participle} by {doer.as_object} {time.english}",
            f"{thing.chinese}{time.chinese}被{doer.chinese}{verb.result}了",
        )
    )


def put(w: ClauseWriter) -> Text:
    """A person puts a thing somewhere (把)."""
    spot = w.chance.choice(vocabulary.spots())
    noun = w.chance.choice(
        [noun for kind in SMALL for noun in vocabulary.nouns()[kind] if noun.english != spot.english]
    )
    w.parts.add(f"put {noun.english}")
    thing = w.of_noun(noun, "definite")
    subject = one(w)
    where, chinese = f"{spot.kind} the {spot.english}", f"放在{spot.chinese}{spot.extra}"
    if w.chance.random() < 0.3:
        return stop(Text(f"please put {thing.as_object} {where}", f"请把{thing.chinese}{chinese}"))
    return stop(
        Text(f"{subject.english} put {thing.as_object} {where}", f"{subject.chinese}把{thing.chinese}{chinese}了")
    )


def give(w: ClauseWriter) -> Text:
    """A person gives someone a thing."""
    subject, receiver = one(w), w.relative() if w.chance.random() < 0.5 else w.name()
    noun = w.chance.choice(
        [noun for kind in SMALL for noun in vocabulary.nouns()[kind] if not (kind == "food" and noun.portion)]
    )
    w.parts.add(f"give {noun.english}")
    thing = w.of_noun(noun, "any")
    draw = w.chance.random()
    if draw < 0.2:
        return stop(Text(f"please give me {thing.as_object}", f"请给我{thing.chinese}"))
    to, chinese = receiver.as_object, receiver.chinese
    if draw < 0.5:
        return stop(
            Text(
                f"{subject.english} will give {to} {thing.as_object}", f"{subject.chinese}会给{chinese}{thing.chinese}"
            )
        )
    time = w.time("past")
    assert time is not None
    return stop(
        Text(
            f"{subject.english} gave {to} {thing.as_object} {time.english}",
            f"{subject.chinese}{time.chinese}给了{chinese}{thing.chinese}",
        )
    )


def _described(w: ClauseWriter, graded: bool = False) -> tuple[Phrase, Word]:
    kind = w.chance.choice(("person", "animal", "food", "reading", "clothes", "tool", "furniture", "vehicle"))
    noun = w.chance.choice([noun for noun in vocabulary.nouns()[kind] if not noun.portion])
    colours = frozenset() if not graded else vocabulary.COLOURS
    adjective = w.chance.choice([word for word in vocabulary.adjectives()[kind] if word.english not in colours])
    w.parts.add(f"{adjective.english} {noun.english}")
    return w.of_noun(noun, "definite", plain=True), adjective
