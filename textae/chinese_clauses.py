"""The clauses of Chinese text, and what in them may go.

Chinese has no parser here, but its headlines need less: clauses stand between marks, what tells more of a
word stands before it, and a dictionary knows the kinds of words. The core of a clause is its verbs with the
nouns before and behind them; what stands before a noun hangs on it, and times, adverbs and what a preposition
brings hang on the verb. Later clauses of a sentence hang on the one before; who said it all may be left with
a colon.

Kinds of words are the dictionary's tags (the Peking University corpus's): ``n`` nouns, ``v`` verbs, ``m``
numbers, ``q`` measures, ``t`` times, ``d`` adverbs, ``p`` prepositions, ``c`` conjunctions, ``f`` localizers,
``uj`` the particle 的.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from textae.chinese import MEASURES, SURNAMES, is_numeral
from textae.clauses import Clause, Units
from textae.counts import Counts
from textae.phrases import PAUSES, STOPS, Words, bare
from textae.phrases import bound as bound_words
from textae.segment import is_cjk, word_set
from textae.tokenizer import join_words

_SAYS = word_set("""
表示 称 说 指出 指 透露 强调 认为 介绍 介绍说 形容 重申 相信 证实 获悉 报道 提到 回应 坦言 直言 续指
补充 补充说 声称 宣称 坚称 确认 警告称 警告说 预测 预期 预料 料
""")
"""Verbs of which a colon is left."""
_PIVOTS = word_set("""
要求 呼吁 促 促请 敦促 令 使 让 请 希望 允许 禁止 建议 批准 支持 同意 决定 计划 准备 拟 打算 导致
造成 引发 致 有 没有 没 无 涉嫌 指控 宣布 承诺 预计 估计 预料 相信 认为 承认 否认 警告 批评 是 帮助
协助 邀请 命令 鼓励 推动 避免 防止 拒绝 继续 开始 获 遭 到 去 来 赴 前往 用 用于 称 指 说 表示 指出
透露 担心 质疑 反对 主张 证明 显示 发现 看到 见到 组织 授权 委托 派 安排 提醒 劝
""")
"""Verbs that wait for another one behind their object."""
_NAMED_BY_VERBS = word_set("""
个案 病例 事件 活动 工作 措施 计划 政策 问题 方案 项目 案 案件 情况 行动 服务 指数 机构 人员 人士 者
率 额 量 数 价 费 期限 系统 制度 程序 中心 委员会 部门 单位 公司 企业 市场 平台 能力 水平 资金 基金
协议 条例 法案 规例 仪式 大会 会议 典礼 名单 数字 设施 水平 场所 地点 工具 条款 责任 义务 必要 权利 资格 机制
""")
"""Nouns before which a verb only tells which: "确诊个案"."""
_LEADS = word_set("""
另外 此外 同时 其中 据悉 而 但 但是 不过 然而 因此 所以 并 并且 而且 至于 又 即 目前 当中 据了解
届时 对此 也 亦 且
""")
"""They join what is told to what came before."""
_SILENT = word_set("了 着 过 都 也 亦 还 已 已经 正 正在 仍 就 均 则 便")
_NOBODY = word_set("他 她 它 他们 她们 它们 我 我们 其 这 那 记者")
"""Who says something without a name."""
_HAVING = word_set("没有 没 无 有 未有 并无")
_RELATIVE = word_set("驻 位于 来自 有关 负责 设于 设在 涉及")
"""Verbs that mostly tell which of several a noun means."""
_GROUNDS = word_set("""
尽管 虽然 虽 由于 因为 因 随着 鉴于 相比于 面对 针对 为了 为 围绕 按照 根据 受 自 继 除了 作为
""")
"""What begins with them tells why or how, and not what."""
_NOTES = word_set("""
简称 以下 下称 下同 编辑 记者 责编 又称 又名 全称 实习生 责任编辑 转自 作者 登录
""")
"""What begins with them stood in brackets, or is a newsroom's own."""
_CURRENCIES = word_set("人民币 港元 港币 美元 欧元 日元 新台币 下同")
"""Alone between marks they stood in brackets."""
_VERBS = word_set("建议 印发 转发 启动 接管 出台 落地 开幕 闭幕 上线 开通 罚款 发售 开售 回落 反弹 扩大 丰富")
"""The dictionary takes them for something else."""
_CONDITIONS = word_set("如果 假如 若 倘若 若非 一旦 只要 除非 当")
_UNTIL = word_set("截至 截止 自 从 于 在 至 底 止 年底 月底 起 约")
_AFTER = word_set("后 前 时 下 中 之后 之前 以后 以来 期间 之际 同时 基础上")
_JOINS = word_set("和 与 及 以及 或 跟 暨")
_COMPARES = word_set("按年 按月 同比 环比")
"""A figure beside them says nothing without its period."""
_BRINGS_OBJECT = word_set("被 把 将 让 给 由 比 遭 获")
_DATELINE = word_set("电 讯 报道 综合报道 消息 报导 日电 外电报道 媒体报道")
_LONGEST_DATELINE = 12
_NOMINAL = ("n", "s", "j", "l", "i", "r", "e", "b", "a", "z", "k", "x", "m", "q", "f", "g", "h", "o")
_ADVERBS = ("d", "ad", "vd", "df", "dg")
_NEGATING = frozenset("不未没无毋非勿莫停免")
_NOT = word_set("不 未 没 毋 勿")
_NAME_DOTS = frozenset("·•‧・")
_QUALIFIERS = word_set("""
初步 疑似 怀疑 可能 仅 只 几乎 或 前 原 副 候任 署理 临时 涉嫌 假如 如果 若 倘若 一旦 早前 此前 早段 曾 曾经
""")
"""Without them a clause would say something else."""
_TITLES = word_set("""
长官 行政长官 特首 局长 司长 部长 主席 总统 总理 首相 大臣 外长 财长 教授 会长 院长 校长 署长 处长 厅长 市长
省长 州长 书记 总书记 秘书长 议员 众议员 参议员 委员 常委 顾问 发言人 负责人 总裁 行政总裁 总监 主任 经理
总经理 董事长 行长 组长 队长 专家 分析师 经济师 经济学家 大使 司令 国务卿 代表 主管 专员 首席执行官 总干事
理事长 创始人
""")
"""They stand before a name and are none."""
_PREPOSITIONS = word_set("较 比")
"""The dictionary takes them for something else."""
_MODALS = word_set("会 能 可 将 应 须 要 可能 能够 可以 应该 应当 必须 不会 不能 未能 将会 有望 可望")
_CALENDAR = word_set("年 月 日 时 分 号 点 世纪")

Segment = list[int]


def clauses(words: Words, counts: Counts) -> list[Clause]:
    """The clauses of a text that may stand alone, each with those that follow it in its sentence.

    Args:
        words: in the tokenizer's normal form, with their marks.
        counts: of the corpora.
    """
    tags = word_tags(words)
    plain = [bare(word) for word in words]
    numbers = counts.numbers(plain)
    whole = bound_words(words, plain, counts.documents.between(numbers[:-1], numbers[1:]))
    found = []
    for sentence in _split(range(len(words)), words, STOPS):
        segments = _split(sentence, words, PAUSES.replace("、", "") + STOPS)
        parts = [_Part(segment, words, plain, tags) for segment in segments]
        parts = [part for part in parts if part.core >= 0 and not part.is_aside()]
        for first, part in enumerate(parts):
            # What would follow from a condition is no news.
            follows = first > 0 and parts[first - 1].is_condition
            if part.has_verb and not follows and not (part.is_said and first + 1 < len(parts)):
                found.append(_clause(parts, first, words, plain, tags, whole))
    return found


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
        tag = "n" if plain in _TITLES else "p" if plain in _PREPOSITIONS else tag
        tags.append("m" if word[0].isdigit() and tag != "t" else tag)
    for i, (word, following) in enumerate(pairwise(words)):
        # "就" before a noun is what something is about; else it only says that it follows.
        if word == "就" and tags[i + 1].startswith(("n", "r")) and bare(following):
            tags[i] = "p"
    return tags


def _clause(
    parts: list[_Part],
    first: int,
    words: Words,
    plain: Words,
    tags: Sequence[str],
    bound: NDArray[np.bool_],
) -> Clause:
    root = parts[first]
    units = Units(root.core)
    root.hang(units)
    phrases: list[set[int]] = []
    before = root
    for part in parts[first + 1 :]:
        if part.is_said:
            break
        if before.is_open:
            units.join(part.core, before.core)
        else:
            units.hang(part.core, before.core, "segment")
        part.hang(units)
        phrases.append(set(part.segment))
        before = part
    speaker = next((part for part in reversed(parts[:first]) if part.is_said), None)
    doer = next((part for part in reversed(parts[:first]) if part.subject), None)
    speaker, doer = (part if part and not part.is_of_nobody() else None for part in (speaker, doer))
    colon = None
    if doer is not None and not doer.is_said and not root.subject:
        units.join(doer.subject[-1], root.core)
        doer.hang_subject(units, "describing")
    if speaker is not None:
        colon = speaker.subject[-1]
        units.hang(colon, root.core, "said")
        speaker.hang_subject(units, "title")
    for i in sorted(units.owner):
        tied = (bound[i] and plain[i - 1] not in _TITLES) or _waits(i - 1, words, plain)
        tied = tied or _is_ending(i, words, tags) or plain[i - 1] in _NOT
        tied = tied or words[i - 1][-1] in _NAME_DOTS or words[i][0] in _NAME_DOTS
        if i - 1 in units.owner and (tied or _is_name(i, words, tags)):
            units.merge(units.owner[i - 1], units.owner[i])
    written = [i for i in sorted(units.owner) if plain[i] not in _SILENT or tags[i] == "p"]
    owner, parents, labels = units.numbered()
    return Clause(
        places=written,
        forms=[plain[i] + (":" if i == colon else "、" if words[i].endswith("、") else "") for i in written],
        units=[owner[i] for i in written],
        phrases=[frozenset(j for j, i in enumerate(written) if i in phrase) for phrase in phrases],
        parents=parents,
        labels=labels,
        tells=bool(speaker or doer) or any(plain[i] not in _NOBODY for i in root.subject[-1:]),
    )


def _is_name(i: int, words: Words, tags: Sequence[str]) -> bool:
    """Whether a word is one name with the word before it: a surname, or a part of a foreign one."""
    before = words[i - 1]
    if not before[-1].isalnum() or not tags[i - 1].startswith("nr"):
        return before in SURNAMES and tags[i].startswith("nr")
    if before in SURNAMES:
        return len(bare(words[i])) <= 2
    return tags[i].startswith("nr") or (len(bare(words[i])) == 1 and tags[i] in ("zg", "ng", "g", "nz"))


def _is_ending(i: int, words: Words, tags: Sequence[str]) -> bool:
    """Whether a word is the last character of a name that the dictionary does not know."""
    beside = words[i - 1][-1].isalnum() and tags[i - 1].startswith("n")
    return beside and len(bare(words[i])) == 1 and tags[i] in ("n", "k", "ng", "zg", "g")


def _waits(i: int, words: Words, plain: Words) -> bool:
    """Whether a word is a bare number, or the "比" of a result, and says nothing without the next one."""
    return words[i] == plain[i] and (
        plain[i][-1].isdigit() or (plain[i] == "比" and plain[i - 1][-1].isdigit())
    )


def _split(places: Sequence[int], words: Words, marks: str) -> list[Segment]:
    """Stretches of words, each up to a mark."""
    stretches: list[Segment] = [[]]
    for i in places:
        stretches[-1].append(i)
        if words[i][-1] in marks:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


class _Part:
    """What stands between two marks.

    Attributes:
        segment: its words, by their place in the text.
        core: its verb, or its last noun where it has none; -1 of an empty one.
        has_verb: whether it is a verb.
        subject: the nouns before the verb that nothing brings.
        is_said: whether it only tells who says something.
        is_condition: whether it begins with "if".
        is_open: whether it waits for what follows: for what is said, or for what will then be.
    """

    def __init__(self, segment: Segment, words: Words, plain: Words, tags: Sequence[str]) -> None:
        self._words, self._plain, self._tags = words, plain, tags
        self.segment = segment
        while self.segment and (not plain[self.segment[0]] or plain[self.segment[0]] in _LEADS):
            self.segment = self.segment[1:]
        inside = [i for i in self.segment if plain[i]]
        self._heads: dict[int, tuple[int, str]] = {}
        """Of each word but the core: what it hangs on and as what, "" where it stands or falls with it."""
        self._nouns = {k for i, k in pairwise(inside) if plain[i] == "的"}
        """What stands behind a 的 is a noun, whatever the dictionary says."""
        self._names: set[int] = set()
        self._compares = any(plain[i] in _COMPARES for i in inside)
        for n, (i, k) in enumerate(pairwise(inside)):
            told_by_noun = plain[k] in _NAMED_BY_VERBS and words[i] == plain[i]
            counted = n > 0 and tags[inside[n - 1]] in ("m", "q") and plain[i] == "怀疑"
            if counted or (told_by_noun and self._is_verb(i) and any(self._is_verb(j) for j in inside[:n])):
                self._names.add(i)
        if len(inside) > 2 and plain[inside[-1]] in _SAYS and not any(tags[i] == "p" for i in inside):
            # What stands before who says it is part of a name or a title: "衞生防護中心表示".
            speaker = inside[-2]
            if self._is_nominal(speaker) and plain[speaker] not in _AFTER:
                self._names |= {i for i in inside[:-2] if self._is_verb(i)}
        modifiers = self._modifiers(inside)
        rest = [i for i in inside if i not in modifiers]
        verbs = [i for i in rest if self._is_verb(i)]
        verbs = (
            verbs
            or [
                i
                for i in rest[1:-1]
                if plain[i] == "为" or (tags[i] == "vn" and plain[i] not in _NAMED_BY_VERBS)
            ][-1:]
        )
        # An idiom may be one: "持续上升".
        verbs = verbs or [i for i in rest[1:] if tags[i] in ("i", "l")][-1:]
        self.has_verb = bool(verbs)
        nouns = [i for i in rest if not self._is_time(i)] or rest
        self.core = verbs[0] if verbs else nouns[-1] if nouns else -1
        self.subject: Segment = []
        if self.core >= 0:
            self._read(rest, set(verbs))
            if not verbs and not self._is_time(self.core):
                self.subject = [self.core]
        last = plain[inside[-1]] if inside else ""
        self.is_said = self.has_verb and last in _SAYS and bool(self.subject)
        self.is_condition = bool(inside) and plain[inside[0]] in _CONDITIONS
        self.is_open = self.has_verb and (last in _SAYS | _PIVOTS or self.is_condition)

    def is_aside(self) -> bool:
        """Whether it only tells who reports, or when and where."""
        first, last = self.segment[0], self.segment[-1]
        if self._plain[last] in _DATELINE and len(self.segment) <= _LONGEST_DATELINE:
            return True
        if self._plain[first] in _GROUNDS | _NOTES or all(
            self._plain[i] in _CURRENCIES for i in self.segment
        ):
            return True
        brought = self._tags[first] == "p"
        around = self._tags[last] == "f" or self._plain[last] in _AFTER or not self.has_verb
        return (brought and around) or all(self._is_time(i) or self._plain[i] in _UNTIL for i in self.segment)

    def hang(self, units: Units) -> None:
        """Put its words into the tree, below its core, which is there already."""
        self._hang(units, self._heads)

    def hang_subject(self, units: Units, label: str) -> None:
        """Put what tells more of its subject into the tree, below the subject's last word."""
        below = {self.subject[-1]}
        for i in reversed(self.segment):
            if i in self._heads and self._heads[i][0] in below:
                below.add(i)
        heads = {i: self._heads[i] for i in below if i != self.subject[-1]}
        self._hang(units, {i: (head, label if how else "") for i, (head, how) in heads.items()})

    def is_of_nobody(self) -> bool:
        """Whether its subject is a pronoun."""
        return self._plain[self.subject[-1]] in _NOBODY

    def _hang(self, units: Units, heads: dict[int, tuple[int, str]]) -> None:
        open_words = dict(heads)
        while open_words:
            ready = [i for i, (head, _) in open_words.items() if head in units.owner]
            if not ready:
                return
            for i in ready:
                head, label = open_words.pop(i)
                if label:
                    units.hang(i, head, label)
                else:
                    units.join(i, head)

    def _is_verb(self, i: int) -> bool:
        is_verb = self._tags[i] in ("v", "vg", "vd", "vi", "vq") or self._plain[i] in _SAYS | _VERBS
        after_modal = self._tags[i] == "vn" and i > 0 and self._plain[i - 1] in _MODALS
        return (is_verb or after_modal) and i not in self._nouns and i not in self._names

    def _is_time(self, i: int) -> bool:
        before = self._plain[i - 1] if i else ""
        following = self._plain[i + 1] if i + 1 < len(self._plain) else ""
        if self._plain[i] in ("至", "到"):
            # "14日至27日"
            return before in _CALENDAR and is_numeral(following[:1] or " ")
        counts = is_numeral(self._plain[i][:1] or " ")
        of_calendar = self._plain[i] in _CALENDAR and is_numeral(before[-1:] or " ")
        return self._tags[i] in ("t", "tg") or of_calendar or (counts and following in _CALENDAR)

    def _is_joining(self, i: int) -> bool:
        return (self._tags[i] == "c" and self._plain[i] not in _MODALS) or self._plain[i] in _JOINS

    def _is_nominal(self, i: int) -> bool:
        nominal = self._tags[i].startswith(_NOMINAL) and self._tags[i] not in _ADVERBS
        before_verb = self._words[i] == self._plain[i] and i + 1 < len(self._plain) and self._is_verb(i + 1)
        if self._tags[i] in ("a", "z") and before_verb:
            # "成功进入"
            return False
        return nominal or self._tags[i] == "vn" or i in self._names

    def _modifiers(self, inside: Segment) -> set[int]:
        """What stands before a 的, hung on the noun behind it."""
        found: set[int] = set()
        last = {i: n for n, i in enumerate(inside)}
        for particle in inside:
            n = last[particle]
            if self._plain[particle] != "的" or n == 0 or n + 1 >= len(inside):
                continue
            start = n - 1
            while start > 0 and self._goes_before(inside, start - 1, n):
                start -= 1
            span = [i for i in inside[start : n + 1] if i not in found]
            head = inside[n + 1]
            self._heads[particle] = head, "describing"
            for i in span[:-1]:
                self._heads[i] = particle, ""
            found |= set(span)
        return found

    def _goes_before(self, inside: Segment, n: int, particle: int) -> bool:
        """Whether the word ``n`` belongs to what stands before a 的."""
        i, following = inside[n], inside[n + 1]
        if self._words[i] != self._plain[i] and not self._words[i].endswith("、"):
            return False
        if self._tags[following] == "p":
            return False
        if self._plain[i] in _HAVING:
            # "没有明显的迹象": what there is not must not become what there is.
            return False
        if self._plain[i] in _RELATIVE:
            return True
        if self._is_verb(i):
            outside = (k for k in inside if self._is_verb(k))
            return any(k < i or k > inside[particle] for k in outside)
        if self._is_verb(following):
            # The subject of the main verb is none of a relative clause's adverbs.
            return self._tags[i].startswith(("d", "f"))
        return self._is_nominal(i) or self._is_time(i) or self._tags[i] in ("p", "c", "d", "uj", "ad", "u")

    def _read(self, rest: Segment, verbs: set[int]) -> None:
        """Hang every word on the core, on the noun behind it, or on a later verb."""
        core = verb = self.core
        preposition: int | None = None
        object_seen = False
        for n, i in enumerate(rest):
            following = rest[n + 1] if n + 1 < len(rest) else None
            if i in verbs:
                if preposition is not None:
                    self._heads[preposition] = i, ""
                if i != core:
                    pivot = self._plain[verb] in _PIVOTS or not object_seen
                    self._heads[i] = verb, "" if pivot else "serial"
                verb, object_seen, preposition = i, False, None
            elif i == core:
                continue
            elif self._is_time(i):
                if preposition is not None:
                    self._heads[preposition] = i, ""
                    preposition = None
                if following is not None and self._is_time(following):
                    self._heads[i] = following, ""
                else:
                    needed = self._compares or self._plain[i] in _QUALIFIERS
                    self._heads[i] = self._verb(i, rest, verbs), "" if needed else "time"
            elif self._tags[i] == "p" and following is not None:
                preposition = i
            elif self._plain[i] in _CONDITIONS:
                self._heads[i] = self._verb(i, rest, verbs), ""
            elif self._is_joining(i):
                self._heads[i] = (rest[n - 1], "") if n else (self._verb(i, rest, verbs), "joined")
            elif self._is_nominal(i):
                self._noun(i, following, rest, verbs, verb, preposition)
                if not self._goes_on(i, following, verbs):
                    object_seen = object_seen or (i > core and preposition is None)
                    if preposition is not None:
                        self._heads[preposition] = i, ""
                    elif i < core:
                        self.subject.append(i)
                    preposition = None
            else:
                plain = self._plain[i]
                bound = self._tags[i] not in _ADVERBS or plain in _QUALIFIERS | _MODALS - {"将"}
                bound = bound or not _NEGATING.isdisjoint(plain)
                self._heads[i] = self._verb(i, rest, verbs), "" if bound else "adverb"
        if preposition is not None:
            self._heads[preposition] = verb, ""

    def _goes_on(self, i: int, following: int | None, verbs: set[int]) -> bool:
        """Whether a noun only tells more of the word behind it."""
        if following is None or following in verbs or self._is_time(following):
            return False
        return self._is_joining(following) or self._is_nominal(following)

    def _noun(
        self,
        i: int,
        following: int | None,
        rest: Segment,
        verbs: set[int],
        verb: int,
        preposition: int | None,
    ) -> None:
        if self._goes_on(i, following, verbs):
            assert following is not None
            if self._is_joining(following):
                later = [k for k in rest if k > following]
                self._heads[i] = (later[0], "joined") if later else (verb, "")
                self._heads[following] = i, ""
            elif self._tags[following] == "f":
                self._heads[i] = following, ""
            else:
                counts = is_numeral(self._plain[i][-1]) or self._tags[i] == "q"
                whole = counts and (self._plain[following][0] in MEASURES or self._tags[following] == "q")
                label = "joined" if self._words[i].endswith("、") else "describing"
                # "一名" may go, "63宗" may not.
                counted = self._tags[i] == "q" and i > 0 and self._plain[i - 1][-1].isdigit()
                counted = counted or (self._plain[i][0].isdigit() and is_cjk(self._plain[i][-1]))
                self._heads[i] = following, "" if whole or counted or self._plain[i] in _QUALIFIERS else label
        elif preposition is not None:
            needed = self._plain[preposition] in _BRINGS_OBJECT
            self._heads[i] = self._verb(i, rest, verbs), "" if needed else "preposition"
        else:
            self._heads[i] = self._verb(i, rest, verbs) if i < verb else verb, ""

    def _verb(self, i: int, rest: Segment, verbs: set[int]) -> int:
        """The verb behind a word, or else the last one before it."""
        later = [k for k in rest if k > i and k in verbs]
        earlier = [k for k in rest if k < i and k in verbs]
        return later[0] if later else earlier[-1] if earlier else self.core
