"""Chinese."""

from erya.corpus.wikitext import dates
from erya.corpus.wikitext.rules import (
    Arguments,
    Language,
    Rule,
    block,
    constant,
    convert,
    first,
    glossed,
    items,
    joined,
    labelled,
    named,
    number,
    table,
)

NAMES = table(
    """ar 阿拉伯语, bo 藏语, cs 捷克语, da 丹麦语, de 德语, el 希腊语, en 英语, es 西班牙语, fa 波斯语,
    fi 芬兰语, fr 法语, grc 古希腊语, he 希伯来语, hi 印地语, hu 匈牙利语, id 印尼语, it 意大利语, ja 日语,
    kk 哈萨克语, ko 韩语, la 拉丁语, mn 蒙古语, ms 马来语, nl 荷兰语, no 挪威语, pl 波兰语, pt 葡萄牙语,
    ro 罗马尼亚语, ru 俄语, sa 梵语, sv 瑞典语, th 泰语, tr 土耳其语, ug 维吾尔语, uk 乌克兰语, vi 越南语"""
)
MONTHS = tuple(f"{month}月" for month in range(1, 13))


def _foreign(code: str) -> Rule:
    return labelled(f"{NAMES[code]}：" if code in NAMES else "", romanized="，")


def _life(arguments: Arguments) -> str:
    """`{{bd|1912年|4月15日|1994年|7月8日}}` as `（1912年4月15日－1994年7月8日）`."""
    born = arguments.get("1", "") + arguments.get("2", "")
    died = arguments.get("3", "") + arguments.get("4", "")
    return f"（{born}－{died}）" if born or died else ""


_date = dates.written(MONTHS, "{year}年{month}{day}日", "{year}年{month}")

LANGUAGE = Language(
    "zh",
    rules={
        **named("lang, 语言, 語言", first("2", "text")),
        **named(
            "le, lj, 跨语言链接, 綠連, 绿链, internal link helper",
            first("3", "1"),
        ),
        **named("tsl, translink, 翻译链接", first("4", "3", "2")),
        **named("ilh, ill, illm, 內部連結助手", first("3", "1")),
        **named(
            """僻字, pua, 缺字, 注音, 拼音, 汉语拼音, 粤拼, 缩写, 註, 小字, 着重号, 專名號, 专名号, 書名號,
            书名号, 私名号, 楷体, 楷體, 不换行, 異體字, 异体字, 反白, 上标, 下标, 漢字, 汉字""",
            first("1", "text"),
        ),
        **named("ruby, 注音文字, 旁註, 旁注", glossed("2", opening="（", closing="）")),
        **named("nihongo, 日語, 日语, ja, japanese, 日文", glossed("2", "3", between="，", opening="（", closing="）")),
        **named("korean, 韩语, 韓語, 韩文", glossed("2", "3", between="，", opening="（", closing="）")),
        **named("bd, 生卒, 生卒年", _life),
        **named("quote, cquote, 引文, 引用, 引言, quotation, 原文, 古文, quote box", block("text", "quote", "1")),
        **named("convert, cvt, 转换, 單位轉換", convert({"to": "至", "and": "和", "or": "或"})),
        **named(
            """start date, end date, birth date, birth date and age, death date, death date and age,
            start date and age, film date, birth-date, death-date, bda, 出生日期, 逝世日期""",
            _date,
        ),
        **named("age, 年龄, 年齡", dates.age),
        **named("unbulleted list, ubl, bulleted list, 列表, 无序列表", items),
        **named("hlist, 水平列表", joined("、")),
        **named("linktext", joined("")),
        **named("zh, zh-full", joined("、")),
        "·": constant("·"),
        "—": constant("——"),
        "-": constant("\n"),
    },
    functions={"formatnum": number(",", ".")},
    families={
        r"lang-(.+)": lambda found: _foreign(found[1]),
        r"link-[a-z]{2,3}": lambda _: first("3", "1"),
        r"internal link helper/.+": lambda _: first("3", "1"),
    },
)
