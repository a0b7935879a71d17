"""Language identification on sentences that leave no doubt."""

import pytest

from erya.corpus.language import identify

ENGLISH = "The ship left the harbour early in the morning, and nobody on the pier knew when it would come back. "
CHINESE = "清晨，那艘船离开了港口，码头上没有人知道它什么时候会回来。"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (CHINESE, "zh"),
        ("Das Schiff verließ früh am Morgen den Hafen, und niemand wusste, wann es zurückkommen würde.", "de"),
        ("Le navire quitta le port de bon matin, et personne ne savait quand il reviendrait.", "fr"),
    ],
)
def test_golden(text: str, language: str) -> None:
    assert identify(text) == language


def test_a_declared_language_stands_unless_a_long_text_says_otherwise() -> None:
    assert identify("Berlin", declared="bg") == "bg"
    assert identify(ENGLISH * 5, declared="en") == "en"
    assert identify(CHINESE * 20, declared="en") == "zh"
    assert identify("柏林（German: Berlin）是德意志聯邦共和國首都，也是德国最大的城市", declared="en") == "zh"
    assert identify("ベルリンはドイツの首都である", declared="ja") == "ja"


@pytest.mark.parametrize("text", ["", "1, 2, 3", "… — !"])
def test_text_without_letters_has_no_language(text: str) -> None:
    assert identify(text) is None
