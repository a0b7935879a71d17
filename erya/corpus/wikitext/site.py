"""What a page must know of its wiki: the names of namespaces, the language, and simple templates of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Names every wiki understands beside its own: MediaWiki's English ones and common aliases of large wikis.
_FILE = ("file", "image", "media", "bild", "datei", "fichier", "archivo", "imagen", "immagine", "файл", "文件", "圖像",
         "图像", "檔案", "档案", "ファイル", "画像")  # fmt: skip
_CATEGORY = ("category", "kategorie", "catégorie", "categoría", "категория", "分类", "分類", "カテゴリ")
_HIDDEN_KEYS = (-2, 6, 14)


@dataclass(frozen=True)
class Site:
    """A wiki: its namespaces by number, its language's code, and template definitions that `simple_definition` gave."""

    namespaces: Mapping[int, str] = field(default_factory=dict)
    language: str | None = None
    templates: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = {self.namespaces[key].casefold() for key in _HIDDEN_KEYS if key in self.namespaces}
        object.__setattr__(self, "_hidden", own.union(_FILE, _CATEGORY))

    def hides(self, prefix: str) -> bool:
        """Whether a link to this namespace shows no text where it stands."""
        return prefix.strip().replace("_", " ").casefold() in self._hidden  # type: ignore[attr-defined]
