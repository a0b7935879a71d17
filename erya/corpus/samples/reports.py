"""Made-up short news reports with headlines: the headline says in a few words what the report tells at length."""

import random
from collections.abc import Callable, Iterator

from erya.corpus.records import Summary
from erya.corpus.samples.phrases import article

SOURCE = "synthetic: short news reports"
LICENCE = "Apache-2.0"
TOWNS = (
    *("Northfield", "Redbridge", "Ashford", "Millbrook", "Lakeview", "Greenhill", "Westport", "Stonebury", "Fairmont"),
    *("Oakdale", "Riverton", "Clearwater", "Maplewood", "Kingsford", "Brookside", "Eastleigh"),
)
NAMES = ("Mary Baker", "Paul Young", "Helen Wright", "James Carter", "Susan Hill", "David Moore", "Linda Chen")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BUILDINGS = ("library", "school", "hospital", "bridge", "swimming pool", "museum", "railway station", "market hall")
MAKERS = ("Sunrise Works", "Harbour & Sons", "Blue Mountain", "Silver Line", "Green Valley", "Northern Star")
GOODS = ("bicycles", "electric cars", "washing machines", "tractors", "cameras", "toys", "tea", "bread", "shoes")
TEAMS = ("Tigers", "Lions", "Eagles", "Bears", "Dragons", "Wolves", "Hawks", "Panthers")
SPORTS = (("football", "goals"), ("basketball", "points"), ("hockey", "goals"))
STORMS = (("storm", "Strong winds"), ("flood", "Days of heavy rain"), ("snowfall", "Half a metre of snow"))
SPECIES = ("blue butterfly", "river otter", "black stork", "mountain orchid", "grey owl", "forest bee")
GLAD = (
    "We have waited for this for a long time",
    "Nobody expected it to go so quickly",
    "I am proud of everyone who took part",
    "It is a good day for all of us",
)
WORRIED = (
    "There is still much work to do",
    "We were not prepared for this",
    "It will not be easy",
    "We must look at what went wrong",
)
Report = tuple[list[str], str]


def reports(count: int, seed: int = 0) -> list[Summary]:
    """Reports with their headlines, the same for the same seed."""
    made = _reports(seed)
    return [next(made) for _ in range(count)]


def _reports(seed: int) -> Iterator[Summary]:
    chance = random.Random(seed)
    kinds: tuple[Callable[[random.Random], Report], ...] = (_opening, _business, _match, _weather, _vote, _nature)
    number = 0
    while True:
        sentences, headline = chance.choice(kinds)(chance)
        yield Summary(" ".join(sentences), headline, f"reports/{seed}/{number}")
        number += 1


def _quote(chance: random.Random, role: str, comments: tuple[str, ...] = GLAD, other_than: str = "") -> str:
    speaker = chance.choice([name for name in NAMES if name != other_than])
    return f'"{chance.choice(comments)}," said {speaker}, {role}.'


def _opening(chance: random.Random) -> Report:
    town, building, day = chance.choice(TOWNS), chance.choice(BUILDINGS), chance.choice(DAYS)
    years, cost = chance.randrange(2, 9), chance.randrange(2, 90)
    late = chance.random() < 0.5
    sentences = [
        f"The new {building} in {town} was opened on {day} after {years} years of work.",
        f"About {chance.randrange(2, 40) * 100:,} people came to see it.",
        f"The {building} cost {cost} million dollars, which the town paid together with the state.",
        _quote(chance, f"the mayor of {town}"),
        "It had been planned to open a year earlier, but the builders ran out of steel."
        if late
        else "It was finished earlier than planned.",
    ]
    headline = f"{town} opens new {building} after {years} years"
    return _shuffled(chance, sentences), headline


def _business(chance: random.Random) -> Report:
    maker, goods, town = chance.choice(MAKERS), chance.choice(GOODS), chance.choice(TOWNS)
    jobs, grows = chance.randrange(2, 30) * 50, chance.random() < 0.6
    share = chance.randrange(4, 40)
    if grows:
        sentences = [
            f"{maker} will build a factory for {goods} near {town} and hire {jobs:,} people.",
            f"Sales of its {goods} rose by {share} per cent last year, the company said on {chance.choice(DAYS)}.",
            "Work on the site begins in spring.",
            _quote(chance, "who leads the company"),
            f"Two other towns had also asked for the factory, but {town} offered cheap land.",
        ]
        return _shuffled(chance, sentences), f"{maker} to create {jobs:,} jobs in {town}"
    sentences = [
        f"{maker} will close its factory for {goods} in {town}, where {jobs:,} people work.",
        f"The company sold {share} per cent fewer {goods} than a year ago."
        if goods not in ("tea", "bread")
        else f"The company sold {share} per cent less {goods} than a year ago.",
        f"The workers heard the news on {chance.choice(DAYS)} morning.",
        _quote(chance, "who has worked there for twenty years", WORRIED),
        "The town wants to help them find new work.",
    ]
    return _shuffled(chance, sentences), f"{maker} to cut {jobs:,} jobs in {town}"


def _match(chance: random.Random) -> Report:
    (home, away), (sport, unit) = chance.sample(TEAMS, 2), chance.choice(SPORTS)
    first, second = chance.sample(TOWNS, 2)
    low = chance.randrange(60, 95) if sport == "basketball" else chance.randrange(0, 4)
    high = low + chance.randrange(1, 6)
    player = chance.choice(NAMES)
    own = chance.randrange(18, 40) if sport == "basketball" else min(high, 2)
    sentences = [
        f"The {first} {home} beat the {second} {away} {high} to {low} in {sport} on {chance.choice(DAYS)}.",
        f"{player} scored {own} {unit}." if high > 1 else f"{player} scored the only goal.",
        f"{chance.randrange(3, 30)},000 people watched the game in {first}.",
        f"It was the {chance.choice(('second', 'third', 'fourth', 'fifth'))} victory in a row for the {home}.",
        _quote(chance, f"the coach of the {home}", other_than=player),
    ]
    return _shuffled(chance, sentences), f"{first} {home} beat {second} {away} {high}-{low}"


def _weather(chance: random.Random) -> Report:
    (event, cause), town = chance.choice(STORMS), chance.choice(TOWNS)
    houses, hours = chance.randrange(2, 60) * 100, chance.randrange(3, 48)
    sentences = [
        f"{cause} left {houses:,} homes in {town} without power on {chance.choice(DAYS)}.",
        f"It took the workers {hours} hours to repair the lines.",
        f"The {event} also closed {chance.choice(('two schools', 'the main road', 'the railway', 'the airport'))}.",
        "Nobody was hurt.",
        _quote(chance, "who leads the fire brigade", WORRIED),
    ]
    return _shuffled(chance, sentences), f"{event.capitalize()} leaves {houses:,} {town} homes without power"


def _vote(chance: random.Random) -> Report:
    town, building = chance.choice(TOWNS), chance.choice(BUILDINGS)
    votes = chance.randrange(8, 15)
    wins = chance.random() < 0.5
    against = 15 - votes
    word, other = ("for", "against") if wins else ("against", "for")
    sentences = [
        f"The council of {town} voted on {chance.choice(DAYS)} on the plan to build a new {building}.",
        f"{votes} members were {word} it and {against} {other} it.",
        f"The {building} would have cost {chance.randrange(3, 60)} million dollars."
        if not wins
        else f"The {building} will cost {chance.randrange(3, 60)} million dollars.",
        f"The debate lasted {chance.randrange(2, 9)} hours.",
        _quote(chance, "a member of the council", GLAD if wins else WORRIED),
    ]
    return _shuffled(chance, sentences), f"{town} council {'approves' if wins else 'rejects'} new {building}"


def _nature(chance: random.Random) -> Report:
    animal, town = chance.choice(SPECIES), chance.choice(TOWNS)
    years, pairs = chance.randrange(20, 90), chance.randrange(3, 30)
    sentences = [
        f"{article(animal).capitalize()} {animal} has been seen near {town} for the first time in {years} years.",
        f"Students of the local school took a photograph of it on {chance.choice(DAYS)}.",
        f"Experts now believe that at least {pairs} of them live in the forest.",
        _quote(chance, "who studies nature at the university"),
        "Visitors are asked to stay on the paths.",
    ]
    return _shuffled(chance, sentences), f"{animal.capitalize()} returns to {town} after {years} years"


def _shuffled(chance: random.Random, sentences: list[str]) -> list[str]:
    """The same report in a free order after its first sentence, now and then without one of the rest."""
    rest = sentences[1:]
    chance.shuffle(rest)
    return [sentences[0], *rest[: len(rest) - chance.randrange(2)]]
