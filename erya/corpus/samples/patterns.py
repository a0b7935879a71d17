"""The sentence patterns of the English–Chinese grammar: each takes a writer and gives one whole sentence."""

from collections.abc import Callable

from erya.corpus.samples import vocabulary
from erya.corpus.samples.clauses import TENSES, Clause, ClauseWriter, Text
from erya.corpus.samples.phrases import Phrase

Pattern = Callable[[ClauseWriter], Text]
SMALL = ("food", "reading", "clothes", "tool")
NO_PASSIVE = ("画好", "缝好", "准备好", "选好", "养大", "喂饱")


def statement(w: ClauseWriter) -> Text:
    """A person does something to a thing."""
    tense = w.chance.choice(
        ("past", "past", "present", "future", "progressive", "experience", "can", "should", "want", "must")
    )
    return stop(w.clause(tense).said())


def denial(w: ClauseWriter) -> Text:
    """A person does not do something."""
    tense = w.chance.choice(("past", "past", "present", "future", "experience", "can", "should", "want"))
    if w.chance.random() < 0.3 and tense != "experience":
        return stop(w.action(tense, one(w), negative=True).said())
    return stop(w.clause(tense, one(w), negative=True).said())


def simple(w: ClauseWriter) -> Text:
    """A person acts, without an object."""
    return stop(w.action(w.chance.choice(("past", "present", "future", "progressive", "can", "want"))).said())


def question(w: ClauseWriter) -> Text:
    """Whether a person does something."""
    tense = w.chance.choice(("past", "past", "present", "future", "progressive", "experience", "can", "want"))
    return ask(w.clause(tense, one(w), style="any" if tense == "future" else "definite").asked())


def who(w: ClauseWriter) -> Text:
    """Who does something."""
    tense = w.chance.choice(("past", "future", "progressive", "can", "want"))
    someone = Phrase("who", "谁")
    return ask(w.clause(tense, someone, style="definite").who("who", "谁"))


def what(w: ClauseWriter) -> Text:
    """What a person does something to."""
    tense = w.chance.choice(("past", "future", "want"))
    clause = w.bare(tense, one(w))
    word, chinese = ("whom", "谁") if clause.verb.kind in ("person", "kin") else ("what", "什么")
    return ask(Text(f"{word} {_inverted(clause)}", f"{clause.said().chinese}{chinese}"))


def where_when_why(w: ClauseWriter) -> Text:
    """Where, when or why a person does something."""
    word, chinese = w.chance.choice((("where", "在哪里"), ("when", "什么时候"), ("why", "为什么")))
    clause = w.clause(w.chance.choice(("past", "future")), one(w), style="definite", timed=word != "when")
    if word != "why":
        clause = Clause(
            clause.subject,
            clause.verb,
            clause.tense,
            clause.thing,
            clause.place if word == "when" else None,
            None if word == "when" else clause.time,
        )
    return ask(clause.asked_for(word, chinese))


def how_many(w: ClauseWriter) -> Text:
    """How many things a person does something to."""
    verb = w.transitive("past", ("food", "reading", "clothes", "tool", "animal"))
    noun = w.chance.choice([noun for noun in vocabulary.nouns()[verb.kind] if not noun.portion])
    w.parts.add(f"{verb.english} {noun.english}")
    clause = Clause(one(w), verb, TENSES["past"], None, None, w.time("past"))
    return ask(
        Text(f"how many {noun.plural} {_inverted(clause)}", f"{clause.said().chinese}多少{noun.measure}{noun.chinese}")
    )


def one(w: ClauseWriter) -> Phrase:
    """A person that is not `every …`, where 都 or a denial would say something else."""
    subject = w.person()
    while subject.all_of_them:
        subject = w.person()
    return subject


def be(subject: Phrase) -> str:
    """The form of `be` that the subject takes."""
    return "am" if subject.english == "I" else "is" if subject.third else "are"


def _inverted(clause: Clause) -> str:
    return clause.asked().english


def stop(text: Text) -> Text:
    """As a statement: capital letter and full stop."""
    return Text(f"{_capital(text.english)}.", f"{text.chinese}。")


def ask(text: Text) -> Text:
    """As a question: capital letter and question mark."""
    return Text(f"{_capital(text.english)}?", f"{text.chinese}？")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
