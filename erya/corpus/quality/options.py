"""What is asked of a document's quality: the section `quality` of a corpus configuration."""

from typing import Literal

from pydantic import Field, field_validator

from erya.core.config import Section
from erya.core.errors import did_you_mean
from erya.corpus.quality.rule import Rule, rules

Limits = dict[str, float]


class QualityOptions(Section):
    """Which documents are good enough to keep; by default all of them."""

    rules: Literal["web", "wiki"] | None = Field(
        default=None,
        description="Which published rules apply: none, all (pages of the web), or those that fit an encyclopaedia.",
    )
    lines: Literal["keep", "c4", "fineweb"] = Field(
        default="keep",
        description="Which lines are taken out of a document: none, those that break C4's rules, or those without the"
        " rule on terminal punctuation, as FineWeb did.",
    )
    skip: tuple[str, ...] = Field(default=(), description="Names of rules that do not apply.")
    least: Limits = Field(default={}, description="Other lower limits, by the name of the rule.")
    most: Limits = Field(default={}, description="Other upper limits, by the name of the rule.")
    languages: tuple[str, ...] = Field(
        default=(), description="ISO 639-1 codes of the languages to keep; none given: all."
    )
    min_characters: int = Field(default=0, ge=0, description="Shorter documents go.")
    max_characters: int | None = Field(default=None, ge=1, description="Longer documents go.")
    toxic_words: tuple[str, ...] = Field(
        default=(), description="Files with words that tell a toxic text, one a line, such as LDNOOBW's lists."
    )
    max_toxic_fraction: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Share of a document's characters that may be in toxic words; 0: C4's rule.",
    )

    @field_validator("skip", "least", "most")
    @classmethod
    def _known(cls, names: tuple[str, ...] | Limits) -> tuple[str, ...] | Limits:
        known = [rule.name for rule in rules()]
        for name in names:
            if name not in known:
                raise ValueError(f"no rule '{name}'{did_you_mean(name, known)}")
        return names

    def chosen(self) -> tuple[Rule, ...]:
        """The published rules that apply."""
        if self.rules is None:
            return ()
        fitting = (rule for rule in rules() if self.rules == "web" or rule.wiki)
        return tuple(rule for rule in fitting if rule.name not in self.skip)
