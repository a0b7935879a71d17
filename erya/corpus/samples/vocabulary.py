"""The words of the English–Chinese grammar, one a line: what the grammar may combine, and how each word bends."""

from dataclasses import dataclass
from functools import cache

# kind: english, chinese, measure word [, irregular plural]
NOUNS = """
person: teacher 老师 位, doctor 医生 位, nurse 护士 位, farmer 农民 位, driver 司机 位, student 学生 个
person: child 孩子 个 children, boy 男孩 个, girl 女孩 个, man 男人 个 men, woman 女人 个 women, writer 作家 位
person: singer 歌手 位, worker 工人 个, lawyer 律师 位, cook 厨师 位, engineer 工程师 位, painter 画家 位
person: scientist 科学家 位, soldier 士兵 个, artist 艺术家 位, actor 演员 位, guest 客人 位, neighbour 邻居 个
person: policeman 警察 个 policemen, tourist 游客 个
kin: mother 妈妈 位, father 爸爸 位, brother 哥哥 个, sister 姐姐 个, grandmother 奶奶 位, grandfather 爷爷 位
kin: uncle 叔叔 位, aunt 阿姨 位, son 儿子 个, daughter 女儿 个, friend 朋友 个, classmate 同学 个
kin: colleague 同事 个, boss 老板 位
animal: dog 狗 条, cat 猫 只, bird 鸟 只, horse 马 匹, cow 牛 头, sheep 羊 只 sheep, pig 猪 头, rabbit 兔子 只
animal: duck 鸭子 只, chicken 鸡 只, monkey 猴子 只, elephant 大象 头, tiger 老虎 只, panda 熊猫 只, goat 山羊 只
animal: mouse 老鼠 只 mice
food: apple 苹果 个, orange 橙子 个, banana 香蕉 根, pear 梨 个, egg 鸡蛋 个, cake 蛋糕 块
food: tomato 西红柿 个 tomatoes, potato 土豆 个 potatoes, peach 桃子 个, cookie 饼干 块, dumpling 饺子 个
food: carrot 胡萝卜 根, watermelon 西瓜 个, lemon 柠檬 个, mooncake 月饼 个, sandwich 三明治 个, cucumber 黄瓜 根
reading: book 书 本, novel 小说 本, magazine 杂志 本, dictionary 词典 本, letter 信 封, newspaper 报纸 份
reading: poem 诗 首, report 报告 份, story 故事 个, article 文章 篇, postcard 明信片 张, diary 日记 本
clothes: shirt 衬衫 件, coat 大衣 件, hat 帽子 顶, skirt 裙子 条, sweater 毛衣 件, scarf 围巾 条 scarves
clothes: jacket 夹克 件, dress 连衣裙 条, tie 领带 条, raincoat 雨衣 件
tool: cup 杯子 个, plate 盘子 个, bowl 碗 个, bottle 瓶子 个, knife 刀 把 knives, spoon 勺子 个, key 钥匙 把
tool: umbrella 雨伞 把, bag 包 个, box 箱子 个, basket 篮子 个, pen 钢笔 支, pencil 铅笔 支, lamp 台灯 盏
tool: mirror 镜子 面, clock 钟 个, toy 玩具 个, ball 球 个, camera 照相机 台, computer 电脑 台, phone 手机 部
tool: radio 收音机 台, guitar 吉他 把, map 地图 张, picture 图画 张, ticket 票 张, gift 礼物 份, watch 手表 块
tool: vase 花瓶 个, ladder 梯子 架, rope 绳子 根, candle 蜡烛 根
furniture: table 桌子 张, chair 椅子 把, bed 床 张, sofa 沙发 张, desk 书桌 张, door 门 扇, window 窗户 扇
furniture: fridge 冰箱 台, bookshelf 书架 个 bookshelves, cupboard 柜子 个
vehicle: car 汽车 辆, bicycle 自行车 辆, truck 卡车 辆, motorcycle 摩托车 辆, boat 船 条, taxi 出租车 辆
vehicle: tractor 拖拉机 辆
"""

# kind: english, chinese, English measure, Chinese measure
MASS_NOUNS = """
food: rice 米饭 bowl 碗, bread 面包 piece 块, meat 肉 piece 块, chocolate 巧克力 piece 块, cheese 奶酪 piece 块
drink: tea 茶 cup 杯, coffee 咖啡 cup 杯, milk 牛奶 glass 杯, water 水 glass 杯, juice 果汁 glass 杯
drink: beer 啤酒 bottle 瓶, soup 汤 bowl 碗, wine 葡萄酒 glass 杯, lemonade 柠檬水 glass 杯, yogurt 酸奶 cup 杯
"""

# preposition: english, chinese [, what follows the place in Chinese]
PLACES = """
at: school 学校 里, station 车站 里, market 市场 里, airport 机场 里, bank 银行 里, hotel 酒店 里, factory 工厂 里
at: zoo 动物园 里
in: library 图书馆 里, hospital 医院 里, park 公园 里, shop 商店 里, restaurant 饭馆 里, office 办公室 里
in: museum 博物馆 里, village 村子 里, kitchen 厨房 里, garden 花园 里, classroom 教室 里, cinema 电影院 里
in: forest 森林 里, yard 院子 里, bookstore 书店 里, supermarket 超市 里, city 城市 里, studio 工作室 里
in: teahouse 茶馆 里
on: beach 海滩 上, farm 农场 上, playground 操场 上, square 广场 上
"""

# where a small thing lies: preposition: english, chinese, what follows it in Chinese
SPOTS = """
on: table 桌子 上, desk 书桌 上, bed 床 上, sofa 沙发 上, chair 椅子 上, bookshelf 书架 上
in: box 箱子 里, bag 包 里, basket 篮子 里, cupboard 柜子 里
under: table 桌子 下面, bed 床 下面, chair 椅子 下面
"""

# what the object may be: english, chinese, past, participle, what a finished action adds in Chinese (- when none)
VERBS = """
food: eat 吃 ate eaten 吃掉, wash 洗 washed washed 洗干净, buy 买 bought bought -, sell 卖 sold sold 卖掉
food: cut 切 cut cut 切好, share 分享 shared shared -, smell 闻 smelled smelled -, taste 尝 tasted tasted -
drink: drink 喝 drank drunk 喝掉, buy 买 bought bought -, order 点 ordered ordered -
drink: prepare 准备 prepared prepared 准备好
reading: read 读 read read 读完, write 写 wrote written 写完, borrow 借 borrowed borrowed 借走
reading: buy 买 bought bought -, translate 翻译 translated translated 翻译好, copy 抄 copied copied 抄完
reading: find 找到 found found 找到, finish 完成 finished finished -, discuss 讨论 discussed discussed -
reading: recommend 推荐 recommended recommended -
clothes: wash 洗 washed washed 洗干净, buy 买 bought bought -, sew 缝 sewed sewn 缝好, choose 选 chose chosen 选好
clothes: design 设计 designed designed -, lose 丢 lost lost 弄丢, sell 卖 sold sold 卖掉, fold 叠 folded folded 叠好
tool: buy 买 bought bought -, sell 卖 sold sold 卖掉, repair 修理 repaired repaired 修好, find 找到 found found 找到
tool: lose 丢 lost lost 弄丢, break 打破 broke broken 打破, borrow 借 borrowed borrowed 借走
tool: hide 藏 hid hidden 藏起来, clean 擦 cleaned cleaned 擦干净, use 用 used used -, carry 搬 carried carried 搬走
tool: steal 偷 stole stolen 偷走
furniture: move 搬 moved moved 搬走, paint 刷 painted painted 刷好, clean 擦 cleaned cleaned 擦干净
furniture: repair 修理 repaired repaired 修好, buy 买 bought bought -, break 弄坏 broke broken 弄坏
vehicle: drive 驾驶 drove driven -, wash 洗 washed washed 洗干净, repair 修理 repaired repaired 修好
vehicle: sell 卖 sold sold 卖掉, buy 买 bought bought -, steal 偷 stole stolen 偷走, rent 租 rented rented 租走
vehicle: push 推 pushed pushed 推走
animal: feed 喂 fed fed 喂饱, watch 观察 watched watched -, catch 抓 caught caught 抓住, draw 画 drew drawn 画好
animal: raise 养 raised raised 养大, photograph 拍 photographed photographed -, chase 追 chased chased -
person: help 帮助 helped helped -, interview 采访 interviewed interviewed -, invite 邀请 invited invited -
person: thank 感谢 thanked thanked -, visit 拜访 visited visited -, praise 表扬 praised praised -
person: teach 教 taught taught -, greet 问候 greeted greeted -
"""

ACTIONS = """
sleep 睡觉 slept, work 工作 worked, run 跑步 ran, swim 游泳 swam, sing 唱歌 sang, dance 跳舞 danced
rest 休息 rested, study 学习 studied, exercise 锻炼 exercised, shout 大喊 shouted, chat 聊天 chatted, draw 画画 drew
play 玩 played, wait 等待 waited, practise 练习 practised
"""

FEELINGS = """
like 喜欢, love 爱, hate 讨厌, need 需要, miss 想念, trust 相信, know 认识, respect 尊敬, understand 理解, want 想要
"""
FEELING_OBJECTS = {
    "like": ("food", "drink", "reading", "clothes", "animal", "tool"),
    "love": ("food", "animal", "kin"),
    "hate": ("food", "drink", "animal"),
    "need": ("tool", "clothes", "reading", "vehicle", "furniture"),
    "want": ("tool", "clothes", "food", "reading", "vehicle", "animal"),
    "miss": ("kin", "person", "animal"),
    "trust": ("kin", "person"),
    "know": ("kin", "person"),
    "respect": ("kin", "person"),
    "understand": ("kin", "reading", "person"),
}

# kinds: english, chinese
ADJECTIVES = """
person: tall 高, young 年轻, clever 聪明, busy 忙, strong 强壮, famous 有名, brave 勇敢, lazy 懒, rich 富有
person: kind 善良, polite 有礼貌, patient 耐心, honest 诚实, careful 细心, shy 害羞, cheerful 开朗, tired 累
person: thin 瘦
animal: big 大, small 小, fat 胖, clever 聪明, fast 快, lovely 可爱, lazy 懒, quiet 安静, dangerous 危险
animal: strong 强壮
food: delicious 好吃, sweet 甜, fresh 新鲜, big 大, small 小, cheap 便宜, expensive 贵, soft 软
drink: hot 热, cold 冷, sweet 甜, fresh 新鲜, expensive 贵, cheap 便宜, strong 浓
reading: interesting 有趣, boring 无聊, long 长, short 短, useful 有用, difficult 难, famous 有名, simple 简单
reading: important 重要
clothes: new 新, old 旧, warm 暖和, beautiful 漂亮, expensive 贵, cheap 便宜, clean 干净, dirty 脏, long 长
clothes: fashionable 时髦
tool: new 新, old 旧, big 大, small 小, heavy 重, light 轻, expensive 贵, cheap 便宜, useful 有用, beautiful 漂亮
tool: clean 干净
furniture: new 新, old 旧, big 大, small 小, heavy 重, beautiful 漂亮, clean 干净, dirty 脏, wide 宽, solid 结实
vehicle: new 新, old 旧, fast 快, slow 慢, big 大, small 小, expensive 贵, safe 安全, dirty 脏, comfortable 舒服
place: big 大, small 小, quiet 安静, clean 干净, crowded 拥挤, famous 有名, beautiful 漂亮, new 新, noisy 吵
place: modern 现代化
clothes tool furniture vehicle: red 红色, blue 蓝色, green 绿色, black 黑色, white 白色, yellow 黄色, brown 棕色
clothes tool furniture vehicle: grey 灰色
"""
COLOURS = frozenset({"red", "blue", "green", "black", "white", "yellow", "brown", "grey"})

NAMES = """
Li Ming 李明 he, Wang Fang 王芳 she, Zhang Wei 张伟 he, Liu Yang 刘洋 he, Chen Jing 陈静 she, Zhao Lei 赵雷 he
Anna 安娜 she, Tom 汤姆 he, Mary 玛丽 she, Peter 彼得 he, Lucy 露西 she, David 大卫 he, Emma 艾玛 she, Jack 杰克 he
Alice 爱丽丝 she
"""

TIMES = """
past: yesterday 昨天, last night 昨晚, last week 上个星期, last year 去年, last month 上个月, two days ago 两天前
past: three weeks ago 三个星期前, on Monday 星期一, this morning 今天早上, the day before yesterday 前天
present: every day 每天, every morning 每天早上, every evening 每天晚上, on Sundays 星期天, every week 每个星期
present: in the afternoon 下午, at weekends 周末, in winter 冬天, in summer 夏天, at night 夜里
future: tomorrow 明天, tonight 今晚, next week 下个星期, next month 下个月, next year 明年, this weekend 这个周末
future: the day after tomorrow 后天, tomorrow morning 明天早上, in three days 三天后, soon 很快
progressive: now 现在, at the moment 此刻
"""
NUMBERS = "two 两, three 三, four 四, five 五, six 六, seven 七, eight 八, nine 九, ten 十, twelve 十二, twenty 二十"


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing or being; `portion` is the English measure of what cannot be counted (`cup` of tea)."""

    kind: str
    english: str
    chinese: str
    measure: str
    plural: str
    portion: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    """An action on an object of one kind; `result` is the Chinese for having finished it, empty when there is none."""

    kind: str
    english: str
    chinese: str
    past: str
    participle: str
    result: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A pair of words of one kind: an adjective, a time, a name, a number, or a place with its preposition."""

    kind: str
    english: str
    chinese: str
    extra: str = ""


def _rows(table: str) -> list[tuple[str, list[str]]]:
    rows = []
    for line in table.strip().splitlines():
        kinds, colon, entries = line.rpartition(":")
        rows += [(kind, entry.split()) for entry in entries.split(", ") for kind in (kinds.split() if colon else [""])]
    return rows


def _words(table: str, kind: str = "", extra: bool = False) -> tuple[Word, ...]:
    words = []
    for own, parts in _rows(table):
        cut = len(parts) - 1 - extra
        words.append(Word(own or kind, " ".join(parts[:cut]), parts[cut], parts[-1] if extra else ""))
    return tuple(words)


def plural(noun: str) -> str:
    """The regular plural of an English noun."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


@cache
def nouns() -> dict[str, tuple[Noun, ...]]:
    """Every noun by kind; those that cannot be counted have a portion."""
    found = [Noun(kind, row[0], row[1], row[2], [*row, plural(row[0])][3]) for kind, row in _rows(NOUNS)]
    found += [Noun(kind, row[0], row[1], row[3], row[0], row[2]) for kind, row in _rows(MASS_NOUNS)]
    return {
        kind: tuple(noun for noun in found if noun.kind == kind) for kind in dict.fromkeys(noun.kind for noun in found)
    }


@cache
def verbs() -> tuple[Verb, ...]:
    """Every action on an object, once for each kind of object."""
    return tuple(Verb(kind, row[0], row[1], row[2], row[3], row[4].removesuffix("-")) for kind, row in _rows(VERBS))


@cache
def actions() -> tuple[Verb, ...]:
    """Every action without an object."""
    return tuple(Verb("", row[0], row[1], row[2], row[2]) for _, row in _rows(ACTIONS))


@cache
def feelings() -> tuple[Verb, ...]:
    """Every lasting attitude towards an object, once for each kind of object."""
    return tuple(
        Verb(kind, english, chinese, "", "")
        for _, (english, chinese) in _rows(FEELINGS)
        for kind in FEELING_OBJECTS[english]
    )


@cache
def adjectives() -> dict[str, tuple[Word, ...]]:
    """The adjectives that fit a kind of noun."""
    found = _words(ADJECTIVES)
    fitting = {
        kind: tuple(word for word in found if word.kind == kind) for kind in dict.fromkeys(word.kind for word in found)
    }
    return fitting | {"kin": fitting["person"]}


@cache
def places() -> tuple[Word, ...]:
    """Every place: `kind` is its English preposition, `extra` the Chinese word that follows it."""
    return _words(PLACES, extra=True)


@cache
def spots() -> tuple[Word, ...]:
    """Every place for a small thing, in the form of `places`."""
    return _words(SPOTS, extra=True)


@cache
def names() -> tuple[Word, ...]:
    """People's names; `extra` is the pronoun."""
    return _words(NAMES, "name", extra=True)


@cache
def times(tense: str) -> tuple[Word, ...]:
    """When something of a tense happens; nothing where a tense has no words for it."""
    return tuple(word for word in _words(TIMES) if word.kind == tense)


@cache
def numbers() -> tuple[Word, ...]:
    """Numbers from two up."""
    return _words(NUMBERS, "number")
