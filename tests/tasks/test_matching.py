"""What a context and its question have in common."""

import pytest

from erya.tasks.base.matching import in_question, nearest_sentence


def seen(question: str, context: str) -> str:
    """The context with a dot for each character that is not shared."""
    return "".join(
        char if shared else "·" for char, shared in zip(context, in_question(question, context), strict=True)
    )


@pytest.mark.parametrize(
    ("question", "context", "expected"),
    [
        ("Who played the Broncos in 2015?", "The player, Bronco's 20150.", "The·player··Bronco·········"),
        ("Who?", "Whose who", "······who"),
        ("中国的首都是哪里？", "北京是中国首都，首府的是。", "···中国首都······"),
        ("NBA球队是？", "在nba的球队中", "·nba·球队·"),
        ("", "any text", "········"),
        ("any", "", ""),
        ("?? !", "?? !", "····"),
    ],
)
def test_words_and_pairs_of_characters_are_found(question: str, context: str, expected: str) -> None:
    assert seen(question, context) == expected


@pytest.mark.parametrize(
    ("question", "context", "expected"),
    [
        ("Who is the king?", "The cat was there. A king came. The dog, the cow.", "A king came."),
        ("king?", "A king. A king.", "A king."),
        ("谁是国王？", "猫是猫。国王来了。狗在这里。", "国王来了。"),
        ("what?", "Nothing is shared.", ""),
        ("", "", ""),
    ],
)
def test_the_nearest_sentence_has_the_words_that_are_rare_in_the_context(
    question: str, context: str, expected: str
) -> None:
    start, end = nearest_sentence(question, context, "zh" if "。" in context else "en")
    assert context[start:end].strip() == expected
