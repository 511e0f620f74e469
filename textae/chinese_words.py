"""The kinds of Chinese words, and what grammar asks of single ones that no parser tells.

Kinds are called as in the Peking University corpus: ``n`` nouns, ``nr`` persons, ``v`` verbs, ``vn`` verbs
that stand as nouns, ``a`` adjectives, ``m`` numbers, ``q`` measures, ``t`` times, ``d`` adverbs, ``p``
prepositions, ``f`` localizers. Others have the names that the parser gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from textae.phrases import Words, bare
from textae.segment import word_set


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("/") for pair in text.split())


SAYS = word_set("""
表示 称 说 指出 指 透露 反映 提出 强调 认为 介绍 介绍说 形容 重申 相信 证实 获悉 报道 提到 回应 坦言
直言 续指 补充 补充说 声称 宣称 坚称 确认 警告称 警告说 了解 得知
""")
"""Verbs of which a colon is left."""
OPINES = word_set("认为 相信 形容 声称 宣称 坚称")
"""Those of them of which nothing may be told without who says it."""
ASKS = word_set("呼吁 促请 敦促 促 提醒 要求 劝 警告 希望 建议 禁止")
"""Verbs that wait for what somebody is asked to do."""
GIVES_OUT = word_set("发布 发 发出 发表 印发 公布")
STATEMENTS = word_set("消息 声明 公告 通报 通知 报告 公开信 文章 社论 讲话 评论 信")
"""What one gives out, and then says."""
SHOWS = word_set("显示 公布 发现 表明 反映 预计 预料 预期 预测 料 估计")
"""Verbs of which what they show may stand alone."""
GENERIC = word_set("""
公司 有限公司 分公司 子公司 集团 银行 分行 支行 办公室 指挥部 气象台 中心 委员会 部门 小组 协会 学会
大学 学校 中学 小学 学院 医院 组织 机构 站 局 署 处 台 电台 电视台 团 队 会 分局 法院 检察院 研究所
研究院 基金会 联盟 工会 总部 总局 总队 大队 专列 法 条例 杯 奖 试 牌 路 街 区 县 市 省 州 镇 村 岛 湖 河
山 里
地区 板块 口岸 领事馆 总领事馆 领馆 教堂 小镇 理念
""")
"""Nouns that say nothing without the word before them."""
NEAR = word_set("超过 逾 超 约 近 接近 达 达到 多达 高达 不足 不到 至少 最少 最多 突破")
"""Before a number they belong to it, where there is another verb."""
LEADS = word_set("""
另外 此外 同时 其中 据悉 而 但 但是 不过 然而 因此 所以 并 并且 而且 至于 又 即 目前 当中 据了解 届时
对此 也 亦 且 其间
据统计 据介绍 据报道 现场
""")
"""They join what is told to what came before."""
SOURCES = word_set("据 综合 根据")
"""They bring who reports something."""
SILENT = word_set("了 着 过 都 也 亦 还 已 已经 正 正在 仍 就 均 则 便")
NOBODY = word_set("他 她 它 他们 她们 它们 我 我们 其 这 那 记者")
"""Who says something without a name."""
REFERS = word_set("该 此 上述 这 这些 那些")
"""Before a noun they mean one that was named before."""
CONDITIONS = word_set("如果 假如 若 倘若 若非 一旦 只要 除非 当")
LEANING = word_set("以期 以便 以免 以 旨在 从而 进而 避免 免得 包括 当中包括 其中包括 例如 比如")
"""What begins with them tells what for, or what among others, and is no news alone."""
CHANGES = word_set("""
上升 下跌 下降 增加 减少 增长 收窄 扩大 升 跌 增 减 升至 跌至 降至 增至 减至 回落 回升 反弹 达 达到 占
较 比 高于 低于
""")
"""Without its own subject it may tell of any that was named before."""
AFTER = word_set("后 前 时 日后 下 中 之后 之前 以后 以来 期间 之际 同时 基础上")
BRINGS_OBJECT = word_set("被 把 将 让 给 由 比 遭 获")
NEGATING = frozenset("不未没无毋非勿莫停免")
NOT = word_set("不 未 没 毋 勿")
NAME_DOTS = frozenset("·•‧・")
QUALIFIERS = word_set("""
初步 疑似 怀疑 可能 仅 只 几乎 或 前 原 副 候任 署理 临时 涉嫌 假如 如果 若 倘若 一旦 早前 此前 早段 曾
曾经
""")
"""Without them a clause would say something else."""
TITLES = word_set("""
长官 行政长官 特首 局长 司长 部长 主席 总统 总理 首相 大臣 外长 财长 教授 会长 院长 校长 署长 处长 厅长
市长 省长 州长 书记 总书记 秘书长 议员 众议员 参议员 委员 常委 顾问 发言人 负责人 总裁 行政总裁 总监
主任 经理 总经理 董事长 行长 组长 队长 专家 分析师 经济师 经济学家 大使 司令 国务卿 代表 主管 专员
首席执行官 总干事 理事长 创始人
""")
"""They stand before a name and are none."""
_PREPOSITIONS = word_set("较 比 透过")
"""They may be taken for something else."""
UNITS = word_set(
    "小时 分钟 秒钟 星期 个月 月 年 天 日 公里 公斤 公顷 平方米 米 千瓦 美元 欧元 港元 日元 元 亿元"
)
"""Of a number before them nothing is left without it."""
MODALS = word_set("会 能 可 将 应 须 要 可能 能够 可以 应该 应当 必须 不会 不能 未能 将会 有望 可望")
_SHORTER = _pairs("""
预计/料 预料/料 估计/料 呼吁/吁 促请/促 以及/及 由于/因 因为/因 大约/约 涉及/涉 可能/或 将会/将 仍然/仍
""")
"""Words that headlines have a shorter one for."""
_SHORTER_OF_NUMBERS = _pairs("上升/升 下跌/跌 下降/降 增加/增 减少/减 增长/增 超过/逾 造成/致")
"""The same, before a number or at the end of a clause."""
_SESSIONS = word_set("收市 收盘 开市 开盘 早盘 午盘 尾盘 早段 初段 早市 午市 半日 全日")
"""When stock exchanges are open."""
_COMPARES = word_set("按年 按月 同比 环比")
"""Adverbs that may be taken for verbs."""
_TOGETHER = word_set("累计 共 合共 总共 共有 合计 总计")
"""The same before a number."""
_POINTS = re.compile("[0-9#.]+点")
_KINDS = {"PER": "nr", "TIME": "t", "vd": "d"}
"""Names of kinds that the Peking University corpus calls otherwise."""
_DURATION = re.compile(
    "[约近逾]?(?:(?:[0-9#.]+|[一二三四五六七八九十百两半几多])+(?:小时|分钟|秒钟?|天|周|星期|个多?月|个半月)"
    "|(?:[0-9#]{1,3}|[一二三四五六七八九十两半几多]+)年)[多半]?"
)
"""How long something takes, which no clause may lose; not when it is."""


def kinds(words: Words, tags: Sequence[str]) -> list[str]:
    """The kind of each word of a text.

    Args:
        words: in normal form.
        tags: the parser's, a word each.
    """
    found = [_KINDS.get(tag[2:], tag[2:]) for tag in tags]
    plain = [bare(word) for word in words]
    for start, end in _pieces(tags):
        text = "".join(plain[start:end])
        if text == "当地时间" or text in _SESSIONS:
            found[start:end] = ["t"] * (end - start)
        elif found[start] == "t" and (_DURATION.fullmatch(text) or _moved(start, text, found)):
            found[start:end] = ["m"] * (end - start)
    for i, word in enumerate(plain):
        if word in TITLES:
            found[i] = "n"
        elif word in _PREPOSITIONS:
            found[i] = "p"
        elif word in _COMPARES or (word in _TOGETHER and found[i + 1 : i + 2] == ["m"]):
            found[i] = "d"
        elif word[:1].isdigit() and found[i] != "t":
            found[i] = "m"
    return found


def _moved(start: int, text: str, found: Sequence[str]) -> bool:
    """Whether "31点" is no time but what an index moved by."""
    return start > 0 and found[start - 1] == "v" and _POINTS.fullmatch(text) is not None


def headline_form(i: int, words: Words, plain: Words, tags: Sequence[str]) -> str:
    """A word as a headline writes it."""
    word = plain[i]
    if word.startswith("星期"):
        return "周" + word[2:]
    following = i + 1 < len(words) and words[i] == word
    denied = i > 0 and plain[i - 1] in NOT
    if denied or tags[i] in ("n", "vn") or (following and plain[i + 1] == "的"):
        return word
    counted = not following or tags[i + 1] == "m" or plain[i + 1] in NEAR
    return _SHORTER.get(word) or (_SHORTER_OF_NUMBERS.get(word) if counted else None) or word


def _pieces(tags: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each stretch of words begins and ends that are one name, one time, one number."""
    start = 0
    for i in range(1, len(tags) + 1):
        if i == len(tags) or tags[i].startswith("B"):
            yield start, i
            start = i
