"""What a reader of the text may choose: the Chinese script, formulas and tables."""

from typing import Literal

from pydantic import Field

from erya.core.config import Section


class Rendering(Section):
    """How the markup of a page becomes text."""

    script: Literal["as-is", "hans", "hant"] = Field(
        default="as-is",
        description="Chinese in one script: hans (simplified) or hant (traditional), by OpenCC; as-is: as written.",
    )
    math: Literal["keep", "drop"] = Field(default="keep", description="Formulas: kept as TeX, or dropped.")
    tables: Literal["drop", "rows"] = Field(
        default="drop", description="Tables: dropped, or each row as one line of cells with tabs between them."
    )
