from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from textae import headlines
from textae.compression import CHINESE, Compressor, slack
from textae.counts import Counts
from textae.parser import ROOT, DependencyParser, Parse
from textae.salience import SalienceTagger, Vocabulary, log_odds
from textae.search import Search
from textae.segment import count_units
from textae.tokenizer import join_words


def split(*texts):
    return [text.split() for text in texts]


HEADLINES = split(
    "council opens new bridge",
    "storm closes harbour schools",
    "mayor cuts ferry jobs",
    "council closes old ferry",
    "ferry firm sells old ships",
)
COUNCIL, STORM, FIRM = STORIES = split(
    "the council opened a new bridge in the harbour on monday.",
    "a storm closed schools near port ansel,",
    "the old firm sold ships",
)
# One line a word: its head, its label, its tag.
PARSES = {
    "council": """
        1 det DT, 2 nsubj NN, -1 ROOT VBD, 5 det DT, 5 amod JJ, 2 dobj NN, 2 prep IN, 8 det DT, 6 pobj NN,
        2 prep IN, 9 pobj NNP
    """,
    "storm": "1 det DT, 2 nsubj NN, -1 ROOT VBD, 2 dobj NNS, 2 prep IN, 6 compound NNP, 4 pobj NNP",
    "firm": "2 det DT, 2 amod JJ, 3 nsubj NN, -1 ROOT VBD, 3 dobj NNS",
}


def tree(text):
    heads, labels, tags = zip(*(word.split() for word in text.split(",")), strict=True)
    return Parse([*map(int, heads)], [*labels], [*tags])


TREES = [tree(text) for text in PARSES.values()]


class StubParser:
    """Knows three texts."""

    def parse(self, texts):
        return (TREES[STORIES.index(words)] for words in texts)


@pytest.fixture(scope="module")
def counts():
    return Counts.of(HEADLINES * 10, STORIES * 6)


def compressed(compressor, words, length, salience=None):
    return compressor.compress(words, length, salience=salience, slack=slack(length))


def in_order(wanted, words):
    """Whether a text has these words one behind the other; each is given in all its forms."""
    rest = iter(words)
    return all(any(word in forms.split("|") for word in rest) for forms in wanted.split())


def test_without_a_parser_it_writes_what_its_compressor_does(counts):
    search, compressor = Search(counts, chinese=False), Compressor(counts)
    texts = [words for words in STORIES for _ in range(12)]
    lengths = [*range(1, 13)] * 3
    written = search.write(texts, lengths)
    assert written == [compressed(compressor, *row) for row in zip(texts, lengths, strict=True)]
    assert all(len(words) <= length for words, length in zip(written, lengths, strict=True))
    assert len(set(map(str, written))) > 6


def test_a_summary_may_be_shorter_than_asked_for(counts):
    asked = []
    search = Search(counts, chinese=False)
    search.compressor = SimpleNamespace(compress=lambda *_, **more: asked.append(more["slack"]) or [])
    search.write([FIRM] * 4, [1, 8, 16, 40])
    assert asked == [slack(1), slack(8), slack(16), slack(40)] == [3, 3, 4, 10]


def test_salience_decides_which_words_stay(counts, monkeypatch):
    tagger, vocabulary = SalienceTagger(), Vocabulary.of(STORIES)
    search = Search(counts, chinese=False, salience=(tagger, vocabulary))
    # All but the last words hardly matter, those much.
    odds = [np.where(np.arange(len(words)) < len(words) - 2, -20.0, 20.0) for words in STORIES]

    def told(*asked):
        assert asked == (tagger, vocabulary, STORIES)
        return iter(odds)

    monkeypatch.setattr("textae.search.log_odds", told)
    written = search.write(STORIES, [2, 2, 2])
    compressor = Compressor(counts)
    assert written == [compressed(compressor, words, 2, o) for words, o in zip(STORIES, odds, strict=True)]
    plain = Search(counts, chinese=False).write(STORIES, [2, 2, 2])
    assert all(one != other for one, other in zip(written, plain, strict=True))
    assert "ships" in written[2]


def test_salience_is_the_taggers_log_odds(counts):
    torch.manual_seed(0)
    tagger, vocabulary = SalienceTagger(), Vocabulary.of(STORIES)
    search = Search(counts, chinese=False, salience=(tagger, vocabulary))
    seen = []
    search.compressor = SimpleNamespace(compress=lambda *_, salience, **__: seen.append(salience) or [])
    search.write(STORIES, [3, 3, 3])
    for found, wanted in zip(seen, log_odds(tagger, vocabulary, STORIES), strict=True):
        assert np.allclose(found, wanted, atol=1e-6)


def test_chinese_has_weights_of_its_own_and_counts_characters():
    words = ["市議會", "週一", "宣布，", "新", "橋", "通車。"]
    human = [["市議會", "宣布", "新", "橋", "通車"], ["颱風", "關閉", "學校"], ["新", "橋", "通車"]]
    counts = Counts.of(human * 10, [words] * 3)
    search = Search(counts, chinese=True)
    assert search.compressor.weights == CHINESE != Search(counts, chinese=False).compressor.weights
    lengths = range(1, 12)
    written = search.write([words] * 11, lengths)
    for length, summary in zip(lengths, written, strict=True):
        assert 1 <= count_units(join_words(summary)) <= length
        rest = iter(word.rstrip("，。") for word in words)
        assert all(word.rstrip(",:，：") in rest for word in summary)
    assert count_units(join_words(written[-1])) > 4


@pytest.fixture
def parsing(counts):
    """A search that must not compress."""
    search = Search(counts, chinese=False, parser=StubParser())
    search.compressor = SimpleNamespace(compress=lambda *_, **__: pytest.fail("it compressed"))
    return search


@pytest.mark.parametrize("length", range(3, 13))
def test_with_a_parser_it_writes_whole_clauses(parsing, length):
    council, storm, firm = parsing.write(STORIES, [length] * 3)
    assert max(map(len, (council, storm, firm))) <= length
    assert in_order("council opened|opens bridge", council)
    assert in_order("storm closed|closes schools", storm)
    assert in_order("firm sold|sells ships", firm)
    # A preposition stays with what it stands before, or neither does.
    assert ("in" in council) == ("harbour" in council)
    assert ("on" in council) == ("monday" in council)
    assert ("near" in storm) == ("ansel" in storm) >= ("port" in storm)
    for summary in (council, storm, firm):
        assert not {"the", "a"} & set(summary)


def test_a_clause_is_shortened_no_more_than_to_what_it_says(parsing):
    verbs = [words[1] for words in parsing.write(STORIES, [3] * 3)]
    assert parsing.write(STORIES, [3] * 3) == [
        ["council", verbs[0], "bridge"],
        ["storm", verbs[1], "schools"],
        ["firm", verbs[2], "ships"],
    ]


def test_the_tree_decides(counts):
    search = Search(counts, chinese=False)
    words = split("ferry opened council closed bridge")[0]
    first = tree("1 nsubj NN, -1 ROOT VBD, 1 dobj NN, 1 advcl VBD, 3 dobj NN")
    second = tree("3 dep NN, 3 advcl VBD, 3 nsubj NN, -1 ROOT VBD, 3 dobj NN")
    assert in_order("ferry opened|opens council", search.best(words, 3, None, first))
    assert in_order("council closed|closes bridge", search.best(words, 3, None, second))


def test_salience_reaches_the_clauses(counts):
    search = Search(counts, chinese=False)
    places = np.arange(len(COUNCIL))
    harbour = search.best(COUNCIL, 5, np.where(places == 8, 900.0, -90.0), TREES[0])
    monday = search.best(COUNCIL, 5, np.where(places == 10, 900.0, -90.0), TREES[0])
    assert in_order("in harbour", harbour)
    assert in_order("on monday", monday)


@pytest.mark.parametrize("length", [1, 2])
def test_where_no_clause_is_short_enough_it_compresses(counts, length):
    search, compressor = Search(counts, chinese=False, parser=StubParser()), Compressor(counts)
    expected = [compressed(compressor, words, length) for words in STORIES]
    assert search.write(STORIES, [length] * 3) == expected
    assert all(1 <= len(words) <= length for words in expected)


def test_without_a_root_there_is_no_clause_and_it_compresses(counts):
    search = Search(counts, chinese=False)
    circle = tree("2 det DT, 2 amod JJ, 3 nsubj NN, 2 dep VBD, 3 dobj NNS")
    assert ROOT not in circle.heads
    assert search.best(FIRM, 4, None, circle) == compressed(Compressor(counts), FIRM, 4)


@pytest.mark.parametrize("parser", [None, StubParser()])
def test_summaries_come_in_the_order_of_the_texts(counts, parser):
    search = Search(counts, chinese=False, parser=parser)
    texts = [FIRM, COUNCIL, STORM, COUNCIL, FIRM]
    lengths = [4, 3, 5, 9, 2]
    together = search.write(texts, lengths)
    assert together == [search.write([w], [n])[0] for w, n in zip(texts, lengths, strict=True)]
    assert search.write(texts[::-1], lengths[::-1]) == together[::-1]
    assert len(set(map(str, together))) >= 4


def trained_on_nothing(seed=0):
    torch.manual_seed(seed)
    words = sorted({word for text in STORIES for word in text})
    return DependencyParser(words, ["NN", "VBD", "DT"], ["ROOT", "nsubj", "dobj", "prep"]).eval()


@pytest.mark.parametrize("parser", [None, StubParser(), trained_on_nothing()])
def test_no_texts_have_no_summaries(counts, parser):
    salience = SalienceTagger(), Vocabulary.of(STORIES)
    assert Search(counts, False, None, parser).write([], []) == []
    assert Search(counts, False, salience, parser).write([], []) == []


def test_a_text_without_words_has_an_empty_summary(counts):
    salience = SalienceTagger(), Vocabulary.of(STORIES)
    search = Search(counts, False, salience, trained_on_nothing())
    assert search.write([[], FIRM, []], [5, 5, 5])[::2] == [[], []]


LABELS = [
    "nsubj",
    "nsubjpass",
    "dobj",
    "det",
    "amod",
    "compound",
    "prep",
    "pobj",
    "punct",
    "cc",
    "conj",
    "advcl",
    "ccomp",
    "xcomp",
    "acl",
    "relcl",
    "appos",
    "aux",
    "auxpass",
    "neg",
    "mark",
    "advmod",
    "nummod",
    "poss",
    "case",
    "parataxis",
    "agent",
    "attr",
    "acomp",
    "dep",
]
TAGS = ["NN", "NNS", "NNP", "VBD", "VBN", "VBZ", "VB", "MD", "DT", "JJ", "IN", "CD", "CC", "WDT", "TO"]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_tree_no_summary_is_longer_than_asked_for(counts, seed):
    draw = random.Random(seed)
    search = Search(counts, chinese=False)
    words = [word for story in STORIES for word in story] + split("- it said, that will be 3 million and")[0]
    for _ in range(20):
        text = draw.choices(words, k=draw.randint(1, 24))
        places = range(len(text))
        heads = [draw.choice([place for place in [ROOT, *places] if place != i]) for i in places]
        labels = ["ROOT" if head == ROOT else draw.choice(LABELS) for head in heads]
        length = draw.randint(1, 12)
        parse = Parse(heads, labels, [draw.choice(TAGS) for _ in text])
        assert count_units(join_words(search.best(text, length, None, parse))) <= length


@pytest.mark.parametrize("label", [*LABELS, "ROOT"])
def test_a_root_may_have_any_label(counts, label):
    # The parser chooses labels one by one, and nothing makes it call a root one.
    search = Search(counts, chinese=False)
    for tag in TAGS:
        assert len(search.best(["storm"], 3, None, Parse([ROOT], [label], [tag]))) <= 1
        assert len(search.best(FIRM, 4, None, Parse([2, 2, 3, ROOT, 3], [label] * 5, [tag] * 5))) <= 4


def test_latin_words_with_marks_count_as_they_do_among_chinese_characters():
    words = ["市议会", "0-2", "日", "批准", "新桥", "工程"]
    search = Search(Counts.of([words] * 20, [words] * 20), chinese=True)
    for length in range(1, 12):
        assert count_units(join_words(search.best(words, length, None, None))) <= length


BRIDGE = ["市议会", "昨日", "批准", "新桥", "工程,", "渡轮", "公司", "关闭", "旧桥。"]
TUNNEL = ["消防处", "关闭", "港口", "隧道。"]
CHINESE_STORIES = [BRIDGE, TUNNEL]
CHINESE_PARSES = [
    Parse(
        [2, 2, -1, 4, 2, 6, 7, 2, 7],
        ["SBV", "ADV", "HED", "ATT", "VOB", "NAM", "SBV", "COO", "VOB"],
        ["B-ORG", "B-TIME", "B-v", "B-n", "B-n", "B-ORG", "I-ORG", "B-v", "B-n"],
    ),
    Parse([1, -1, 3, 1], ["SBV", "HED", "ATT", "VOB"], ["B-ORG", "B-v", "B-n", "B-n"]),
]


class StubChineseParser:
    """Knows two texts."""

    def parse(self, texts):
        return (CHINESE_PARSES[CHINESE_STORIES.index(words)] for words in texts)


@pytest.fixture(scope="module")
def chinese_counts():
    human = [["市议会", "批准", "工程"], ["公司", "关闭", "旧桥"], ["隧道", "关闭"]]
    return Counts.of(human * 10, CHINESE_STORIES * 5)


CHINESE_LABELS = split("SBV VOB FOB IOB DBL ATT ADV POB CMP COO SER LAD RAD NAM IS HED")[0]
CHINESE_TAGS = split("B-n B-v B-ORG I-ORG B-PER I-PER B-TIME I-TIME B-w B-p B-m B-q B-c B-u B-d B-f B-a")[0]


def untaught(seed=0):
    torch.manual_seed(seed)
    words = sorted({word for text in CHINESE_STORIES for word in text})
    return DependencyParser(words, CHINESE_TAGS, CHINESE_LABELS, chinese=True).eval()


def test_without_a_parser_chinese_is_what_its_compressor_writes(chinese_counts):
    search, compressor = Search(chinese_counts, chinese=True), Compressor(chinese_counts, weights=CHINESE)
    texts, lengths = CHINESE_STORIES * 20, [n for n in range(1, 21) for _ in CHINESE_STORIES]
    written = search.write(texts, lengths)
    assert written == [compressed(compressor, *row) for row in zip(texts, lengths, strict=True)]
    assert len(set(map(str, written))) > 6


@pytest.mark.parametrize("length", range(7, 22))
def test_with_a_parser_chinese_is_whole_clauses(chinese_counts, length):
    search = Search(chinese_counts, chinese=True, parser=StubChineseParser())
    search.compressor = SimpleNamespace(compress=lambda *_, **__: pytest.fail("it compressed"))
    bridge, tunnel = search.write(CHINESE_STORIES, [length] * 2)
    for summary in (bridge, tunnel):
        assert 1 <= count_units(join_words(summary)) <= length
    assert in_order("消防处 关闭 隧道", tunnel)
    plain = [word.rstrip(",") for word in bridge]
    council, ferry = {"市议会", "批准", "工程"}, {"渡轮", "公司", "关闭", "旧桥"}
    assert council <= set(plain) or ferry <= set(plain)
    # Of the other clause there is all that makes it one, or nothing.
    assert not council & set(plain) or council <= set(plain)
    assert not ferry & set(plain) or ferry <= set(plain)
    assert "新桥" not in plain or "工程" in plain


def test_each_language_weighs_its_headlines_otherwise(chinese_counts):
    assert Search(chinese_counts, chinese=True).headlines.weights == headlines.CHINESE
    assert Search(chinese_counts, chinese=False).headlines.weights == headlines.ENGLISH != headlines.CHINESE


def test_the_tree_decides_in_chinese_too(chinese_counts):
    search = Search(chinese_counts, chinese=True)
    words = ["市议会", "批准", "隧道", "关闭", "旧桥。"]
    tags = ["B-ORG", "B-v", "B-n", "B-v", "B-n"]
    first = Parse([1, -1, 4, 2, 1], ["SBV", "HED", "ATT", "ATT", "VOB"], tags)
    second = Parse([1, 3, 3, -1, 3], ["ATT", "ATT", "SBV", "HED", "VOB"], tags)
    assert search.best(words, 7, None, first) == ["市议会", "批准", "旧桥"]
    assert search.best(words, 6, None, second) == ["隧道", "关闭", "旧桥"]


def test_where_no_chinese_clause_is_short_enough_or_there_is_none_it_compresses(chinese_counts):
    search, compressor = (
        Search(chinese_counts, chinese=True, parser=StubChineseParser()),
        Compressor(chinese_counts, weights=CHINESE),
    )
    for length in (1, 2, 3):
        expected = [compressed(compressor, words, length) for words in CHINESE_STORIES]
        assert search.write(CHINESE_STORIES, [length] * 2) == expected
    circle = Parse([1, 2, 0], ["ATT", "ATT", "ATT"], ["B-n"] * 3)
    nouns = search.best(["新桥", "工程", "旧桥。"], 5, None, circle)
    assert nouns == compressed(compressor, ["新桥", "工程", "旧桥。"], 5)


def test_salience_reaches_chinese_clauses(chinese_counts):
    search = Search(chinese_counts, chinese=True)
    places, tree = np.arange(len(BRIDGE)), CHINESE_PARSES[0]
    council = search.best(BRIDGE, 9, np.where(places < 5, 900.0, -90.0), tree)
    ferry = search.best(BRIDGE, 9, np.where(places >= 5, 900.0, -90.0), tree)
    assert in_order("市议会 批准 工程", council)
    assert in_order("渡轮 公司 关闭 旧桥", ferry)


def test_a_chinese_search_without_texts_or_words_writes_nothing(chinese_counts):
    search = Search(chinese_counts, chinese=True, parser=untaught())
    assert search.write([], []) == []
    assert search.write([[], TUNNEL, []], [5, 5, 5])[::2] == [[], []]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_tree_no_chinese_summary_is_longer_than_asked_for(chinese_counts, seed):
    draw = random.Random(seed)
    search = Search(chinese_counts, chinese=True)
    words = [*BRIDGE, *TUNNEL, "表示,", "的", "在", "后", "0-2", "3月", "15", "nba", "如果", "和", "不", "…"]
    for _ in range(20):
        text = draw.choices(words, k=draw.randint(1, 20))
        heads = [draw.choice([-1, *(k for k in range(len(text)) if k != i)]) for i in range(len(text))]
        parse = Parse(
            heads, draw.choices(CHINESE_LABELS, k=len(text)), draw.choices(CHINESE_TAGS, k=len(text))
        )
        length = draw.randint(1, 16)
        assert count_units(join_words(search.best(text, length, None, parse))) <= length


@pytest.mark.parametrize("parser", [StubChineseParser(), untaught()])
def test_chinese_summaries_come_in_the_order_of_the_texts(chinese_counts, parser):
    search = Search(chinese_counts, chinese=True, parser=parser)
    texts, lengths = [TUNNEL, BRIDGE, BRIDGE, TUNNEL, BRIDGE], [5, 9, 14, 9, 18]
    together = search.write(texts, lengths)
    assert together == [search.write([w], [n])[0] for w, n in zip(texts, lengths, strict=True)]
    assert search.write(texts[::-1], lengths[::-1]) == together[::-1]
    assert len(set(map(str, together))) >= 4
