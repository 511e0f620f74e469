"""The kinds of Chinese words, and what grammar asks of single ones that no tagger tells.

Kinds are called as in the Peking University corpus: ``n`` nouns, ``v`` verbs, ``vn`` verbs that stand as
nouns, ``m`` numbers, ``q`` measures, ``t`` times, ``d`` adverbs, ``p`` prepositions, ``c`` conjunctions,
``f`` localizers, ``uj`` the particle 的.
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
直言 续指 补充 补充说 声称 宣称 坚称 确认 警告称 警告说
""")
"""Verbs of which a colon is left."""
PIVOTS = word_set("""
要求 呼吁 促 促请 敦促 令 使 让 请 希望 允许 禁止 建议 批准 支持 同意 决定 计划 准备 拟 打算 导致 造成
引发 致 有 没有 没 无 涉嫌 指控 宣布 承诺 预计 估计 预料 预期 预测 忧虑 憧憬 相信 认为 承认 否认 警告
批评 是 帮助 协助 邀请 命令 鼓励 推动 避免 防止 拒绝 继续 开始 获 遭 到 去 来 赴 前往 用 用于 称 指 说
表示 指出 透露 联合 担心 质疑 反对 主张 证明 显示 发现 看到 见到 组织 授权 委托 派 安排 提醒 劝
援引 引述
""")
"""Verbs that wait for another one behind their object."""
AWAITING = SAYS | PIVOTS
"""Verbs that wait for what comes next."""
COPULAS = word_set("属 属于 是 为 成为 系")
"""What stands behind them is the news."""
ASKS = word_set("呼吁 促请 敦促 促 提醒 劝 令 使 让 请 指责 指控 察觉 察觉到 发现 得知 获悉 注意 看到 见到")
"""Verbs of which the object does something: what, the next clause may tell."""
WANTS = word_set("要求 希望 批准 允许 容许 禁止 建议 邀请 命令 鼓励 帮助 协助 授权 委托 派 安排")
"""The same, where the object is somebody."""
REACHING = (AWAITING | ASKS) - word_set(
    "有 没有 没 无 是 获 遭 到 去 来 赴 前往 用 用于 继续 开始 导致 造成 引发 致 推动 联合 组织 支持 反对"
)
"""Verbs of which the next clause may tell still: what was forbidden must not become what was done."""
GENERIC = word_set("""
公司 有限公司 分公司 子公司 集团 银行 分行 支行 办公室 指挥部 气象台 中心 委员会 部门 小组 协会 学会
大学 学校 中学 小学 学院 医院 组织 机构 站 局 署 处 台 电台 电视台 团 队 会 分局 法院 检察院 研究所
研究院 基金会 联盟 工会 总部 总局 总队 大队 专列 法 条例 杯 奖 试 牌 路 街 区 县 市 省 州 镇 村 岛 湖 河
山 里
地区 板块 口岸 领事馆 总领事馆 领馆 教堂 小镇 理念
""")
"""Nouns that say nothing without the word before them."""
DOINGS = word_set("举动 行为 做法 言论 说法 举措 决定 措施 安排 行动 消息 事件 情况 现象")
"""Nouns of which what was done tells more."""
STATEMENTS = word_set("消息 声明 公告 通报 报告 文章 社论 讲话 评论 时评 回复 信")
"""What one gives out and says."""
PEOPLE = frozenset("人员者工师生犯客户民")
"""Last characters of nouns for people, before which a verb only tells which."""
NEAR = word_set("超过 逾 超 约 近 接近 达 达到 多达 高达 不足 不到 至少 最少 最多 突破")
"""Before a number they belong to it, where there is another verb."""
NAMED_BY_VERBS = word_set("""
个案 病例 事件 活动 工作 措施 计划 政策 问题 方案 项目 案 案件 情况 行动 服务 指数 机构 人员 人士 者 率
额 量 数 价 费 期限 系统 制度 程序 中心 委员会 部门 单位 公司 企业 市场 平台 能力 水平 资金 基金 协议
条例 法案 规例 仪式 大会 会议 典礼 名单 数字 设施 场所 地点 工具 条款 责任 义务 必要 权利 资格 机制
""")
"""Nouns before which a verb only tells which: "确诊个案"."""
LEADS = word_set("""
另外 此外 同时 其中 据悉 而 但 但是 不过 然而 因此 所以 并 并且 而且 至于 又 即 目前 当中 据了解 届时
对此 也 亦 且 其间
据统计 据介绍 据报道 现场
""")
"""They join what is told to what came before."""
SILENT = word_set("了 着 过 都 也 亦 还 已 已经 正 正在 仍 就 均 则 便")
NOBODY = word_set("他 她 它 他们 她们 它们 我 我们 其 这 那 记者")
"""Who says something without a name."""
REFERS = word_set("该 此 上述 这 这些 那些")
"""Before a noun they mean one that was named before."""
HAVING = word_set("没有 没 无 有 未有 并无 高于 低于 多于 少于 大于 小于 不及")
RELATIVE = word_set("距今 驻 位于 来自 有关 负责 设于 设在 涉及")
"""Verbs that mostly tell which of several a noun means."""
GROUNDS = word_set("""
据 尽管 虽然 虽 由于 因为 因 随着 鉴于 相比于 面对 针对 为了 为 围绕 按照 根据 受 自 继 除了 作为
""")
"""What begins with them tells why or how, and not what."""
NOTES = word_set("""
简称 以下 下称 下同 编辑 记者 责编 又称 又名 全称 实习生 责任编辑 转自 作者 登录
""")
"""What begins with them stood in brackets, or is a newsroom's own."""
CURRENCIES = word_set("人民币 港元 港币 美元 欧元 日元 新台币 下同")
"""Alone between marks they stood in brackets."""
CONDITIONS = word_set("如果 假如 若 倘若 若非 一旦 只要 除非 当")
LEANING = word_set("以期 以便 以免 以 旨在 从而 进而 避免 免得 包括 当中包括 其中包括 例如 比如")
"""What begins with them tells what for, or what among others, and is no news alone."""
CHANGES = word_set("""
上升 下跌 下降 增加 减少 增长 收窄 扩大 升 跌 增 减 升至 跌至 降至 增至 减至 回落 回升 反弹 达 达到 占
较 比 高于 低于
""")
"""Without its own subject it may tell of any that was named before."""
RESULTS = word_set("就 便 则 才 那么 就要 就会 便会 才会 才能")
"""What begins with them follows from a condition, if there was one."""
UNTIL = word_set("截至 截止 自 从 于 在 至 底 止 年底 月底 起 约")
AFTER = word_set("后 前 时 日后 下 中 之后 之前 以后 以来 期间 之际 同时 基础上")
JOINS = word_set("和 与 及 以及 或 跟 暨")
COMPARES = word_set("按年 按月 同比 环比")
"""A figure beside them says nothing without its period."""
OPENS_WHEN = word_set("在 当 于 自 从 自从 直到 到")
BRINGS_WHOLE = word_set("根据 按照 依据 较 比 把 将 被 由 因 因应 就 按 以 经 随着")
"""What they bring is all that follows, up to its last noun."""
FORBIDS = word_set("勿 切勿 请勿 别 不要 不得 不可 不能 不会 不应 无法 未能 禁止")
BRINGS_OBJECT = word_set("被 把 将 让 给 由 比 遭 获")
DATELINE = word_set("电 讯 报道 综合报道 消息 报导 日电 外电报道 媒体报道")
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
"""Taggers take them for something else."""
UNITS = word_set(
    "小时 分钟 秒钟 星期 个月 月 年 天 日 公里 公斤 公顷 平方米 米 千瓦 美元 欧元 港元 日元 元 亿元"
)
"""Of a number before them nothing is left without it."""
FROM_THEN_ON = word_set("起 止 前后 左右 中起 底起 初起 日起 月起")
"""Behind a time they belong to it."""
MODALS = word_set("会 能 可 将 应 须 要 可能 能够 可以 应该 应当 必须 不会 不能 未能 将会 有望 可望")
_SHORTER = _pairs("""
预计/料 预料/料 估计/料 呼吁/吁 促请/促 以及/及 由于/因 因为/因 大约/约 涉及/涉 可能/或 将会/将 仍然/仍
""")
"""Words that headlines have a shorter one for."""
_SHORTER_OF_NUMBERS = _pairs("上升/升 下跌/跌 下降/降 增加/增 减少/减 增长/增 超过/逾 造成/致")
"""The same, before a number or at the end of a clause."""
_SESSIONS = word_set("收市 收盘 开市 开盘 早盘 午盘 尾盘 早段 初段 早市 午市 半日 全日")
"""When stock exchanges are open."""
_TOGETHER = word_set("累计 共 合共 总共 共有 合计 总计")
_VERB_FIRST = (
    *("发表", "举行", "交换", "暂停", "停止", "恢复", "召开", "通过"),
    *("提出", "采取", "保持", "取得", "接受", "展开"),
)
"""With its object the dictionary takes such a verb for one word: "发表声明"."""
_PLANS = word_set("计划 决定 建议 准备 承诺 要求 希望 预期")
"""Nouns, but before a verb."""
_ABOUT = word_set("达成 作出 进行 发表 展开 交换意见 回应 表态 表达 举行 提出 讨论 交流")
"""Verbs that are about something."""
PERIOD = re.compile(
    "(上半?|首|第.|前.?个?|下半?)(半年|年|季度?|月|周|星期)|半[日年]|今日|今天|昨日|昨天|每[日年月]|过去.*"
)
"""Times without which a figure says nothing."""
_POINTS = re.compile("[0-9#.]+点")
_KINDS = {"PER": "nr", "LOC": "ns", "ORG": "nt", "nw": "nz", "TIME": "t", "vd": "d", "xc": "y", "w": "x"}
"""The tagger's names of kinds that the Peking University corpus calls otherwise."""
_DURATION = re.compile(
    "[约近逾]?(?:(?:[0-9#.]+|[一二三四五六七八九十百两半几多])+(?:小时|分钟|秒钟?|天|周|星期|个多?月|个半月)"
    "|(?:[0-9#]{1,3}|[一二三四五六七八九十两半几多]+)年)[多半]?"
)
"""How long something takes, which no clause may lose; not when it is."""


def kinds(words: Words, tags: Sequence[str]) -> list[str]:
    """The kind of each word of a text.

    Args:
        words: in normal form.
        tags: the tagger's, a word each.
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
        elif word in COMPARES or (word in _TOGETHER and found[i + 1 : i + 2] == ["m"]):
            found[i] = "d"
        elif _is_verb_after_all(i, words, plain, found):
            found[i] = "v"
        elif word == "的":
            found[i] = "uj"
        elif word[:1].isdigit() and found[i] != "t":
            found[i] = "m"
        elif word == "就" and _is_about(i, words, plain, found):
            found[i] = "p"
    return found


def _is_about(i: int, words: Words, plain: Words, found: Sequence[str]) -> bool:
    """Whether 就 tells what something is about, and not only that it follows."""
    if i + 1 == len(words) or not plain[i + 1]:
        return False
    if found[i + 1][0] in "nr":
        return True
    end = next((k for k in range(i, len(words)) if words[k] != plain[k]), len(words) - 1)
    return any(plain[k] in _ABOUT for k in range(i + 2, end + 1))


def _moved(start: int, text: str, found: Sequence[str]) -> bool:
    """Whether "31点" is no time but what an index moved by."""
    return start > 0 and found[start - 1] == "v" and _POINTS.fullmatch(text) is not None


def _is_verb_after_all(i: int, words: Words, plain: Words, found: Sequence[str]) -> bool:
    """Whether a word waits for what comes next, has its object in it, or is one that taggers mistake."""
    word, kind = plain[i], found[i]
    if len(word) == 4 and word.startswith(_VERB_FIRST):
        return kind[0] in "na"
    if words[i] != word:
        return kind == "vn" and word in AWAITING
    return word == "录得" or (word in _PLANS and kind[0] in "nv" and found[i + 1 : i + 2] == ["v"])


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
