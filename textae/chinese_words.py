"""The kinds of Chinese words, and what grammar asks that a dictionary does not tell.

Kinds of words are the dictionary's tags (the Peking University corpus's): ``n`` nouns, ``v`` verbs, ``m``
numbers, ``q`` measures, ``t`` times, ``d`` adverbs, ``p`` prepositions, ``c`` conjunctions, ``f`` localizers,
``uj`` the particle 的.
"""

from __future__ import annotations

from itertools import pairwise

from textae.phrases import Words, bare
from textae.segment import word_set
from textae.tokenizer import join_words

SAYS = word_set("""
表示 称 说 指出 指 透露 强调 认为 介绍 介绍说 形容 重申 相信 证实 获悉 报道 提到 回应 坦言 直言 续指
补充 补充说 声称 宣称 坚称 确认 警告称 警告说
""")
"""Verbs of which a colon is left."""
PIVOTS = word_set("""
要求 呼吁 促 促请 敦促 令 使 让 请 希望 允许 禁止 建议 批准 支持 同意 决定 计划 准备 拟 打算 导致
造成 引发 致 有 没有 没 无 涉嫌 指控 宣布 承诺 预计 估计 预料 相信 认为 承认 否认 警告 批评 是 帮助
协助 邀请 命令 鼓励 推动 避免 防止 拒绝 继续 开始 获 遭 到 去 来 赴 前往 用 用于 称 指 说 表示 指出
透露 担心 质疑 反对 主张 证明 显示 发现 看到 见到 组织 授权 委托 派 安排 提醒 劝
""")
"""Verbs that wait for another one behind their object."""
NAMED_BY_VERBS = word_set("""
个案 病例 事件 活动 工作 措施 计划 政策 问题 方案 项目 案 案件 情况 行动 服务 指数 机构 人员 人士 者
率 额 量 数 价 费 期限 系统 制度 程序 中心 委员会 部门 单位 公司 企业 市场 平台 能力 水平 资金 基金
协议 条例 法案 规例 仪式 大会 会议 典礼 名单 数字 设施 场所 地点 工具 条款 责任 义务 必要 权利 资格 机制
""")
"""Nouns before which a verb only tells which: "确诊个案"."""
LEADS = word_set("""
另外 此外 同时 其中 据悉 而 但 但是 不过 然而 因此 所以 并 并且 而且 至于 又 即 目前 当中 据了解
届时 对此 也 亦 且
""")
"""They join what is told to what came before."""
SILENT = word_set("了 着 过 都 也 亦 还 已 已经 正 正在 仍 就 均 则 便")
NOBODY = word_set("他 她 它 他们 她们 它们 我 我们 其 这 那 记者")
"""Who says something without a name."""
HAVING = word_set("没有 没 无 有 未有 并无")
RELATIVE = word_set("驻 位于 来自 有关 负责 设于 设在 涉及")
"""Verbs that mostly tell which of several a noun means."""
GROUNDS = word_set("""
尽管 虽然 虽 由于 因为 因 随着 鉴于 相比于 面对 针对 为了 为 围绕 按照 根据 受 自 继 除了 作为
""")
"""What begins with them tells why or how, and not what."""
NOTES = word_set("""
简称 以下 下称 下同 编辑 记者 责编 又称 又名 全称 实习生 责任编辑 转自 作者 登录
""")
"""What begins with them stood in brackets, or is a newsroom's own."""
CURRENCIES = word_set("人民币 港元 港币 美元 欧元 日元 新台币 下同")
"""Alone between marks they stood in brackets."""
VERBS = word_set("建议 印发 转发 启动 接管 出台 落地 开幕 闭幕 上线 开通 罚款 发售 开售 回落 反弹 扩大 丰富")
"""The dictionary takes them for something else."""
CONDITIONS = word_set("如果 假如 若 倘若 若非 一旦 只要 除非 当")
UNTIL = word_set("截至 截止 自 从 于 在 至 底 止 年底 月底 起 约")
AFTER = word_set("后 前 时 下 中 之后 之前 以后 以来 期间 之际 同时 基础上")
JOINS = word_set("和 与 及 以及 或 跟 暨")
COMPARES = word_set("按年 按月 同比 环比")
"""A figure beside them says nothing without its period."""
BRINGS_OBJECT = word_set("被 把 将 让 给 由 比 遭 获")
DATELINE = word_set("电 讯 报道 综合报道 消息 报导 日电 外电报道 媒体报道")
NEGATING = frozenset("不未没无毋非勿莫停免")
NOT = word_set("不 未 没 毋 勿")
NAME_DOTS = frozenset("·•‧・")
QUALIFIERS = word_set("""
初步 疑似 怀疑 可能 仅 只 几乎 或 前 原 副 候任 署理 临时 涉嫌 假如 如果 若 倘若 一旦 早前 此前 早段 曾 曾经
""")
"""Without them a clause would say something else."""
TITLES = word_set("""
长官 行政长官 特首 局长 司长 部长 主席 总统 总理 首相 大臣 外长 财长 教授 会长 院长 校长 署长 处长 厅长 市长
省长 州长 书记 总书记 秘书长 议员 众议员 参议员 委员 常委 顾问 发言人 负责人 总裁 行政总裁 总监 主任 经理
总经理 董事长 行长 组长 队长 专家 分析师 经济师 经济学家 大使 司令 国务卿 代表 主管 专员 首席执行官 总干事
理事长 创始人
""")
"""They stand before a name and are none."""
PREPOSITIONS = word_set("较 比")
"""The dictionary takes them for something else."""
UNITS = word_set(
    "小时 分钟 秒钟 星期 个月 月 年 天 日 公里 公斤 公顷 平方米 米 千瓦 美元 欧元 港元 日元 元 亿元"
)
"""Of a number before them nothing is left without it."""
FROM_THEN_ON = word_set("起 中起 底起 初起 日起 月起")
"""Behind a time they belong to it."""
MODALS = word_set("会 能 可 将 应 须 要 可能 能够 可以 应该 应当 必须 不会 不能 未能 将会 有望 可望")
COMING = MODALS - word_set("将 要") | word_set("不得 获准")
"""Behind them stands a verb, whatever the dictionary says; 将 may also bring an object."""
CALENDAR = word_set("年 月 日 时 分 号 点 世纪")


def word_tags(words: Words) -> list[str]:
    """The kind of each word of a text; of a word of several parts, that of the last with letters."""
    import rjieba

    tags: list[str] = []
    pieces = iter(rjieba.tag(join_words(words)))
    end = stop = 0
    for word in words:
        tag, stop = "x", stop + len(word)
        while end < stop:
            piece, kind = next(pieces)
            end += len(piece.strip())
            tag = tag if kind == "x" else kind
        plain = bare(word)
        tag = "n" if plain in TITLES else "p" if plain in PREPOSITIONS else tag
        tags.append("m" if word[0].isdigit() and tag != "t" else tag)
    for i, (word, following) in enumerate(pairwise(words)):
        # "就" before a noun is what something is about; else it only says that it follows.
        if word == "就" and tags[i + 1].startswith(("n", "r")) and bare(following):
            tags[i] = "p"
    return tags
