"""Japanese."""

from erya.corpus.wikitext import dates
from erya.corpus.wikitext.rules import (
    Language,
    Rule,
    block,
    convert,
    first,
    glossed,
    joined,
    labelled,
    named,
    number,
    table,
)

NAMES = table(
    """ar アラビア語, de ドイツ語, el ギリシア語, en 英語, es スペイン語, fr フランス語, grc 古代ギリシア語,
    he ヘブライ語, it イタリア語, ko 朝鮮語, la ラテン語, nl オランダ語, pl ポーランド語, pt ポルトガル語,
    ru ロシア語, sa サンスクリット, tr トルコ語, zh 中国語"""
)
MONTHS = tuple(f"{month}月" for month in range(1, 13))


def _short(code: str) -> Rule:
    return labelled(f"{NAMES[code]}: " if code in NAMES else "")


_date = dates.written(MONTHS, "{year}年{month}{day}日", "{year}年{month}")

LANGUAGE = Language(
    "ja",
    rules={
        **named("lang", first("2")),
        **named("仮リンク, 日本語版にない記事リンク", first("label", "1")),
        **named("ruby, ルビ, 読み仮名, 読み仮名 ruby不使用, よみがな", glossed("2", opening="（", closing="）")),
        **named(
            "拡張漢字, cp932フォント, 要出典範囲, 要検証範囲, 色, 旧字体, 補助漢字フォント, 下線, 縦書き",
            first("1"),
        ),
        **named("snamei, sname", first("1")),
        **named("引用, quotation, quote, cquote", block("1", "text")),
        **named("和暦", first("1", after="年")),
        **named("生年月日と年齢, 死亡年月日と没年齢, 没年齢, start date, birth date and age", _date),
        **named("年数, 年齢", dates.age),
        **named("convert, 単位換算", convert({"to": "から", "and": "と", "or": "または"})),
        **named("hlist", joined("、")),
    },
    functions={"formatnum": number(",", ".")},
    families={
        r"lang-(.+)-short": lambda found: _short(found[1]),
        r"lang-(.+)": lambda found: _short(found[1]),
    },
)
