"""Recipes: how a corpus for pretraining is made, as a TOML file. `presets/corpus/` holds those that come with Erya."""

from glob import glob
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from erya.core.config import Resolved, Section, load, preset_names
from erya.core.errors import UserError
from erya.corpus.build import BuildOptions

FOLDER = "corpus"


class Recipe(Section):
    """A corpus made from inputs, or a mixture of such corpora; not both."""

    title: str = Field(description="What the corpus is called.")
    inputs: list[str] = Field(default=[], description="Files, folders or patterns such as 'data/raw/*.jsonl.gz'.")
    fetch: str | None = Field(default=None, description="The command that brings the inputs there.")
    options: BuildOptions = Field(default=BuildOptions(), description="How the corpus is made from them.")
    mixture: dict[str, float] = Field(
        default={}, description="Share in pretraining of each corpus, by the name of its recipe."
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if bool(self.inputs) == bool(self.mixture):
            raise ValueError("expected either inputs, or a mixture of other recipes")
        if any(share <= 0 for share in self.mixture.values()):
            raise ValueError(f"mixture: got {self.mixture}; expected shares above 0")
        return self

    def files(self, root: Path = Path()) -> list[Path]:
        """The files and folders that the inputs stand for, in order.

        Raises: UserError when there is none for one of them.
        """
        found: list[Path] = []
        for pattern in self.inputs:
            matching = sorted(glob(str(root / pattern)))  # noqa: PTH207 - a pattern may begin anywhere
            if not matching:
                hint = f"; get it: {self.fetch}" if self.fetch else ""
                raise UserError(f"{self.title}: nothing there for the input '{pattern}'{hint}")
            found += map(Path, matching)
        return found


def recipe_names() -> list[str]:
    """The names of the recipes that come with Erya."""
    return [name.removeprefix(f"{FOLDER}/") for name in preset_names(FOLDER)]


def read_recipe(source: str | Path, overrides: tuple[str, ...] = ()) -> Resolved[Recipe]:
    """A recipe of Erya's, by name, or of a TOML file, with `options.near.threshold=0.9` and the like over it."""
    name = source if Path(source).suffix == ".toml" else f"{FOLDER}/{source}"
    return load(Recipe, name, overrides)


def commands(recipe: Recipe, vocab_size: int = 32_768, folder: str = "data") -> list[str]:
    """The commands that make the corpora of a mixture, encode them with one tokenizer, and pretrain on the mixture."""
    corpora = {f"{folder}/{Path(name).stem}": name for name in recipe.mixture}
    shares = list(recipe.mixture.values())
    tokenizer = f"{folder}/tokenizer"
    weights = " ".join(f"--weight {share}" for share in shares)
    tokens = " ".join(f"--tokens {corpus}-tokens" for corpus in corpora)
    return [
        *(f"erya corpus build --recipe {name} --out {corpus}" for corpus, name in corpora.items()),
        f"erya tokenizer train {' '.join(corpora)} {weights} --vocab-size {vocab_size} --out {tokenizer}",
        *(f"erya tokenizer encode {corpus} --tokenizer {tokenizer} --out {corpus}-tokens" for corpus in corpora),
        f"erya pretrain small {tokens} data.weights={str(shares).replace(' ', '')}",
    ]
