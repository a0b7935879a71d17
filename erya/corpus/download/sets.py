"""The table of public sets: where each file is, its digest where one is known, its licence and whom to cite.

A digest stands here only when somebody computed it from the very file: `sha256:` values were computed by us from files
of the named commit; the `md5:` values of SQuAD and WikiText are those that torchtext pins for the same URLs
(pytorch/text, torchtext/datasets/{squad1,squad2,wikitext103}.py), the one of SQuAD v1.1 dev computed again by us.
Every other file is recorded at its first download and checked from then on.
"""

from dataclasses import dataclass

from erya.core.errors import UserError, did_you_mean

RAW = "https://raw.githubusercontent.com"
# github.com/multi30k/dataset, the repository of the data set's authors
MULTI30K = f"{RAW}/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw"
# github.com/ymcui/cmrc2018, the repository of the data set's authors
CMRC = f"{RAW}/ymcui/cmrc2018/c0eb1b6ba219847457e6af3180da722bbeb656af/squad-style-data"
# github.com/pytorch/examples keeps the tokenized WikiText-2 in its language-model example
WIKITEXT_2 = f"{RAW}/pytorch/examples/77f55b912142e11fcfdf5b530231fb9c52f181e8/word_language_model/data/wikitext-2"
# the sentence pairs of tatoeba.org as manythings.org/anki exports them, in a repository that keeps one state of them
TATOEBA = f"{RAW}/DaoChaShao/py-st-dl-translater-2.0/620408eda1721f683e2413778ad19e4f94691053/data"
# rajpurkar.github.io/SQuAD-explorer, the page of the data set's authors
SQUAD = "https://rajpurkar.github.io/SQuAD-explorer/dataset"
# the copy kept by the data set's first author; the first address (s3.amazonaws.com/research.metamind.io) is gone
WIKITEXT_103 = "https://wikitext.smerity.com"

BUILD = "erya corpus build {folder}/{file} --format text --licence '{licence}' --out data/{name}"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file to fetch; `digest` is `sha256:…` or `md5:…` where it is known beforehand."""

    url: str
    digest: str | None = None
    size_bytes: int | None = None

    @property
    def name(self) -> str:
        """The name of the file on the disk."""
        return self.url.rpartition("/")[2]

    @property
    def is_archive(self) -> bool:
        """Whether it is unpacked after it has come."""
        return self.name.endswith((".zip", ".tar", ".tar.gz", ".tgz"))


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A public set: its files, and what a person must know before using it; `build` is the next command, if any."""

    name: str
    title: str
    languages: str
    licence: str
    citation: str
    format: str
    files: tuple[RemoteFile, ...]
    build: str | None = None

    def next_command(self, folder: str) -> str | None:
        """The command that makes a corpus of the text."""
        return self.build and self.build.format(folder=folder, name=self.name, licence=self.licence)


def _build(file: str) -> str:
    return BUILD.replace("{file}", file)


def _multi30k() -> tuple[RemoteFile, ...]:
    known = (
        ("train.en", 568_929, "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f"),
        ("train.de", 637_044, "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6"),
        ("train.fr", 604_242, "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c"),
        ("val.en", 21_650, "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28"),
        ("val.de", 24_681, "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a"),
        ("val.fr", 23_001, "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9"),
        ("test_2016_flickr.en", 21_077, "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"),
        ("test_2016_flickr.de", 22_890, "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"),
        ("test_2016_flickr.fr", 22_310, "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90"),
        ("test_2017_flickr.en", 19_138, "76a444ee25172e72695cddb13ae4a3bda59430617be88e0bb46b60504f054074"),
        ("test_2017_flickr.de", 21_471, "a2c89666db00c495cd8513b9d708d5a3acc205d7de312ef2bf5fb7ebc1540aee"),
        ("test_2017_flickr.fr", 20_434, "3ba671ceb2299f3304ffafefea7a833d08632fbaf0ba18546f8a2ec2391af496"),
    )
    return tuple(RemoteFile(f"{MULTI30K}/{name}.gz", f"sha256:{digest}", size) for name, size, digest in known)


SETS = (
    PublicSet(
        name="wikitext-2",
        title="WikiText-2: 2 million words of good Wikipedia articles, tokenized, rare words replaced by <unk>",
        languages="en",
        licence="CC BY-SA 3.0",
        citation="Merity et al. 2016, Pointer Sentinel Mixture Models, arXiv:1609.07843",
        format="tokenized text, one paragraph a line",
        files=(
            RemoteFile(f"{WIKITEXT_2}/train.txt"),
            RemoteFile(
                f"{WIKITEXT_2}/valid.txt",
                "sha256:f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
                1_121_681,
            ),
            RemoteFile(
                f"{WIKITEXT_2}/test.txt",
                "sha256:d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
                1_256_449,
            ),
        ),
        build=_build("train.txt"),
    ),
    PublicSet(
        name="wikitext-103",
        title="WikiText-103: 103 million words of good Wikipedia articles, tokenized, rare words replaced by <unk>",
        languages="en",
        licence="CC BY-SA 3.0",
        citation="Merity et al. 2016, Pointer Sentinel Mixture Models, arXiv:1609.07843",
        format="tokenized text, one paragraph a line",
        files=(RemoteFile(f"{WIKITEXT_103}/wikitext-103-v1.zip", "md5:9ddaacaf6af0710eda8c456decff7832"),),
        build=_build("wikitext-103/wiki.train.tokens"),
    ),
    PublicSet(
        name="multi30k",
        title="Multi30k: 29,000 image captions and their translations, with test sets of 2016 and 2017",
        languages="en de fr",
        licence="non-commercial research and education (Flickr30K)",
        citation="Elliott et al. 2016, Multi30K: Multilingual English-German Image Descriptions, W16-3210",
        format="text, one sentence a line; the same line of each language's file is its translation",
        files=_multi30k(),
        build=_build("train.en.gz"),
    ),
    PublicSet(
        name="tatoeba",
        title="Tatoeba: 29,155 English–Chinese sentence pairs",
        languages="en zh",
        licence="CC BY 2.0 FR",
        citation="tatoeba.org; each line names its authors",
        format="tab-separated: English, Chinese, attribution; no header",
        files=(
            RemoteFile(
                f"{TATOEBA}/cmn.txt",
                "sha256:9da1af87e3e61650aa38595e60baef3a4e3a18ed239a7ef4a764c0a87c7ddeff",
                4_151_351,
            ),
        ),
    ),
    PublicSet(
        name="squad",
        title="SQuAD v1.1: 98,169 questions on Wikipedia paragraphs, each answer a span",
        languages="en",
        licence="CC BY-SA 4.0",
        citation="Rajpurkar et al. 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text, D16-1264",
        format="SQuAD JSON: articles, paragraphs, questions, answers with character offsets",
        files=(
            RemoteFile(f"{SQUAD}/train-v1.1.json", "md5:981b29407e0affa3b1b156f72073b945"),
            RemoteFile(
                f"{SQUAD}/dev-v1.1.json",
                "sha256:95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9",
                4_854_279,
            ),
        ),
    ),
    PublicSet(
        name="squad-2",
        title="SQuAD v2.0: 142,192 questions on Wikipedia paragraphs, a third of them not answered there",
        languages="en",
        licence="CC BY-SA 4.0",
        citation="Rajpurkar et al. 2018, Know What You Don't Know, P18-2124",
        format="SQuAD JSON: articles, paragraphs, questions, answers with character offsets",
        files=(
            RemoteFile(f"{SQUAD}/train-v2.0.json", "md5:62108c273c268d70893182d5cf8df740"),
            RemoteFile(f"{SQUAD}/dev-v2.0.json", "md5:246adae8b7002f8679c027697b0b7cf8"),
        ),
    ),
    PublicSet(
        name="cmrc2018",
        title="CMRC 2018: questions on Chinese Wikipedia paragraphs, each answer a span",
        languages="zh",
        licence="CC BY-SA 4.0",
        citation="Cui et al. 2019, A Span-Extraction Dataset for Chinese Machine Reading Comprehension, D19-1600",
        format="SQuAD JSON: articles, paragraphs, questions, answers with character offsets",
        files=(
            RemoteFile(f"{CMRC}/cmrc2018_train.json"),
            RemoteFile(
                f"{CMRC}/cmrc2018_dev.json",
                "sha256:e9ff74231f05c230c6fa88b84441ee334d97234cbb610991cd94b82db00c7f1f",
                3_299_139,
            ),
            RemoteFile(
                f"{CMRC}/cmrc2018_trial.json",
                "sha256:f3fae95b57da8e03afb2b57467dd221417060ef4d82db13bf22fc88589f3a6f3",
                800_221,
            ),
        ),
    ),
)
WIKIPEDIA = PublicSet(
    name="wikipedia",
    title="Wikipedia: all articles of one language at one date (--language, --date)",
    languages="any",
    licence="CC BY-SA 4.0",
    citation="Wikipedia contributors, https://dumps.wikimedia.org/legal.html",
    format="MediaWiki XML dump",
    files=(),
    build="erya corpus build {folder}/{file} --licence '{licence}' --out data/{wiki}",
)


def names() -> list[str]:
    """Every public set that can be asked for."""
    return [entry.name for entry in (*SETS, WIKIPEDIA)]


def find(name: str) -> PublicSet:
    """The set of that name.

    Raises: UserError when there is none.
    """
    for entry in (*SETS, WIKIPEDIA):
        if entry.name == name:
            return entry
    raise UserError(f"no public set '{name}'{did_you_mean(name, names())}")
