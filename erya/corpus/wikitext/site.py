"""What a page must know of its wiki: the names of namespaces, the language, and simple templates of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from erya.corpus.wikitext.rules import words
from erya.corpus.wikitext.templates import Templates

MEDIA, FILE, TEMPLATE, CATEGORY = -2, 6, 10, 14
# Names that a wiki understands beside those its dump lists: MediaWiki's English ones and the aliases of large wikis.
_ALIASES = frozenset(
    words(
        """file, image, media, category, bild, datei, kategorie, fichier, catégorie, archivo, imagen, categoría,
        immagine, categoria, ficheiro, imagem, arquivo, bestand, afbeelding, plik, grafika, kategoria, fil,
        kategori, файл, изображение, категория, картинка, зображення, категорія, soubor, kép, kategória,
        tiedosto, kuva, luokka, dosya, resim, tập tin, thể loại, hình, پرونده, تصویر, رده, ملف, صورة, تصنيف,
        קובץ, תמונה, קטגוריה, चित्र, श्रेणी, ไฟล์, ภาพ, หมวดหมู่, 파일, 그림, 분류, ファイル, 画像, カテゴリ,
        文件, 图像, 圖像, 檔案, 档案, 分类, 分類, imatge, fitxer, slika, kategorija, датотека, слика, категорија"""
    )
)


@dataclass(frozen=True)
class Site:
    """A wiki: its namespaces by number, its language's code, and template definitions that `simple_definition` gave."""

    namespaces: Mapping[int, str] = field(default_factory=dict)
    language: str | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    rules: Templates = field(init=False, repr=False, compare=False)
    _hidden: frozenset[str] = field(init=False, repr=False, compare=False)
    _media: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {key: name.casefold() for key, name in self.namespaces.items()}
        hidden = _ALIASES.union(names[key] for key in (MEDIA, FILE, CATEGORY) if key in names)
        rules = Templates(self.language, names.get(TEMPLATE, ""), self.templates)
        media = frozenset(("media", names.get(MEDIA, "media")))
        for name, made in (("rules", rules), ("_hidden", hidden), ("_media", media)):
            object.__setattr__(self, name, made)

    def __reduce__(self) -> tuple[type["Site"], tuple[object, ...]]:
        # Rules are functions, not data: another process makes its own.
        return Site, (self.namespaces, self.language, self.templates)

    def hides(self, prefix: str, labelled: bool) -> bool:
        """Whether a link to this namespace shows no text where it stands."""
        name = prefix.strip().replace("_", " ").casefold()
        return name in self._hidden and not (labelled and name in self._media)
