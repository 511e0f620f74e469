from __future__ import annotations

import random

import pytest
import torch

from textae import parser as parser_module
from textae.parser import ROOT, DependencyParser, Parse, common_words, masked

TEXTS = [text.split() for text in ["the ferry sank off port ansel.", "storm", "the mayor's 3 ferries, sank"]]
TAGS, LABELS = ["DT", "NN", "VBD"], ["ROOT", "det", "nsubj", "punct"]


def tiny(seed=0, words=("the", "ferry", "sank", "#")):
    torch.manual_seed(seed)
    return DependencyParser(words, TAGS, LABELS).eval()


def test_every_word_has_a_head_a_label_and_a_tag():
    parses = list(tiny().parse(TEXTS))
    assert len(parses) == len(TEXTS)
    for words, parse in zip(TEXTS, parses, strict=True):
        assert len(words) == len(parse.heads) == len(parse.labels) == len(parse.tags)
        assert all(head in range(ROOT, len(words)) for head in parse.heads)
        assert set(parse.labels) <= set(LABELS)
        assert set(parse.tags) <= set(TAGS)


@torch.no_grad()
def test_the_likeliest_tag_and_label_are_told():
    network = tiny()
    network.tag.bias[1] += 50
    network.label.bias[2] += 50
    for words, parse in zip(TEXTS, network.parse(TEXTS), strict=True):
        assert parse.tags == [TAGS[1]] * len(words)
        assert parse.labels == [LABELS[2]] * len(words)


def test_a_parser_in_training_parses_as_ever():
    network = tiny()
    expected = list(network.parse(TEXTS * 4))
    assert list(network.train().parse(TEXTS * 4)) == expected


@torch.no_grad()
def test_a_texts_parse_does_not_depend_on_the_texts_beside_it(monkeypatch):
    network = tiny()
    ids = network.encode(TEXTS)
    states, tags, arcs = network(ids)
    for i, words in enumerate(TEXTS):
        size = len(words)
        alone = network(network.encode([words]))
        assert torch.allclose(alone[0][0], states[i, :size], atol=1e-6)
        assert torch.allclose(alone[1][0], tags[i, :size], atol=1e-6)
        assert torch.allclose(alone[2][0], arcs[i, :size, : size + 1], atol=1e-6)
        # Nothing hangs on padding.
        assert arcs[i, :size, size + 1 :].eq(float("-inf")).all()
    together = list(network.parse(TEXTS))
    assert together == [next(network.parse([words])) for words in TEXTS]
    monkeypatch.setattr(parser_module, "_ROWS", 2)
    assert list(network.parse(TEXTS)) == together
    assert list(network.parse(TEXTS[::-1])) == together[::-1]


@torch.no_grad()
def test_both_sides_of_a_word_are_read():
    network = tiny()
    _, tags, _ = network(network.encode([["ferry", "sank", "the"], ["ferry", "sank", "ferry"]]))
    assert not torch.allclose(tags[0, 0], tags[1, 0])
    _, tags, _ = network(network.encode([["the", "ferry", "sank"], ["ferry", "ferry", "sank"]]))
    assert not torch.allclose(tags[0, 2], tags[1, 2])


def test_a_text_without_words_has_an_empty_parse():
    network = tiny()
    nothing = Parse([], [], [])
    assert list(network.parse([])) == []
    assert list(network.parse([[]])) == [nothing]
    assert list(network.parse([[], TEXTS[0]])) == [nothing, *network.parse(TEXTS[:1])]


def test_digits_are_all_alike():
    assert masked("3,500th") == "#,###th"
    assert masked("#.#") == masked("4.7") == "#.#"
    assert masked("ferry-") == "ferry-"
    network = tiny()
    texts = [["the", "12", "ferries", "of", "1999."], ["the", "##", "ferries", "of", "2024."]]
    one, other = network.encode(texts)
    assert torch.equal(one, other)
    assert not torch.equal(one, network.encode([["the", "123", "ferries", "of", "1999."]])[0])


def test_a_word_is_read_as_itself_its_ending_and_the_mark_behind_it():
    (ids,) = tiny().encode([["ferry", "ferry,", '"ferry;', "sherry", "quagga", "u.s.", "u.s.,"]])
    word, ending, mark, _ = ids.T.tolist()
    assert word == [3, 3, 1, 1, 1, 1, 1]
    assert ending[0] == ending[1] == ending[2] == ending[3] != ending[4]
    assert ending[5] == ending[6]
    assert mark[0] == mark[3] == mark[4] == mark[5]
    assert len({mark[0], mark[1], mark[2]}) == 3
    assert mark[6] == mark[1]


def test_padding_is_0_and_no_word_is():
    ids = tiny().encode([*TEXTS, ["-", "...", "?"], []])
    assert ids.shape == (5, 6, 4)
    for row, words in zip(ids, [*TEXTS, ["-", "...", "?"], []], strict=True):
        assert row[: len(words)].ne(0).all()
        assert row[len(words) :].eq(0).all()
    assert tiny().encode([[]]).eq(0).all()


def choosing(network, heads):
    """Let a network find these heads likeliest: 0 for none, else a word's number from 1 on."""
    arcs = torch.nn.functional.one_hot(torch.tensor([heads]), len(heads) + 1).float()
    size = len(heads)
    network.forward = lambda ids: (torch.zeros(1, size, 256), torch.zeros(1, size, len(TAGS)), arcs)
    return network


def test_heads_are_places_in_the_text():
    (parse,) = choosing(tiny(), [3, 0, 2, 3]).parse([["the", "ferry", "sank", "fast"]])
    assert parse.heads == [2, ROOT, 1, 2]


def test_a_head_is_never_the_word_itself():
    (parse,) = choosing(tiny(), [1, 2, 2, 4]).parse([["the", "ferry", "sank", "fast"]])
    assert parse.heads == [ROOT, ROOT, 1, ROOT]


@torch.no_grad()
def test_a_label_is_told_of_a_word_and_its_head():
    network = tiny()
    states, _, _ = network(network.encode(TEXTS[:1]))
    odds = [network.label_odds(states, torch.tensor([[head] * 6])) for head in range(7)]
    assert all(part.shape == (1, 6, len(LABELS)) for part in odds)
    mixed = network.label_odds(states, torch.tensor([[0, 3, 1, 6, 6, 2]]))[0]
    for i, head in enumerate([0, 3, 1, 6, 6, 2]):
        assert torch.allclose(mixed[i], odds[head][0, i], atol=1e-6)
    assert not torch.allclose(odds[0], odds[1])
    assert not torch.allclose(odds[1], odds[2])
    # Head 0 is none at all.
    network.root_label += 5
    changes = [
        not torch.allclose(network.label_odds(states, torch.tensor([[h] * 6])), odds[h]) for h in range(7)
    ]
    assert changes == [True, *[False] * 6]


@torch.no_grad()
def test_training_hides_words_and_leaves_their_endings(monkeypatch):
    monkeypatch.setattr(parser_module, "_UNKNOWN", 1.0)
    monkeypatch.setattr(torch.nn.functional, "dropout", lambda tensor, *_: tensor)
    network = tiny(words=("ferry", "sherry", "quagga"))
    network.gru.dropout = 0.0
    ids = network.encode([["ferry"], ["sherry"], ["quagga"], ["cherry"]])
    assert not torch.allclose(network(ids)[1][0], network(ids)[1][1])
    unknown = network(ids)[1][3]
    ferry, sherry, quagga, cherry = network.train()(ids)[1]
    assert torch.allclose(ferry, unknown, atol=1e-6)
    assert torch.allclose(ferry, sherry, atol=1e-6)
    assert torch.allclose(ferry, cherry, atol=1e-6)
    assert not torch.allclose(ferry, quagga)


def test_the_commonest_words_have_a_vector(monkeypatch):
    texts = [["ferry", "12", "of", "ferry,"], ["34", "of", "quay."], ["ferry", "56,"]]
    assert sorted(common_words(texts)) == ["##", "ferry", "of", "quay"]
    monkeypatch.setattr(parser_module, "_WORDS", 2)
    assert sorted(common_words(texts)) == ["##", "ferry"]


def sentences(count, seed):
    """Nouns and verbs of many stems: every noun hangs on the next verb, every verb on nothing."""
    draw = random.Random(seed)
    texts = []
    for _ in range(count):
        kinds = [draw.random() < 0.6 for _ in range(draw.randint(1, 8))]
        ends = ["inger" if noun else "ipsed" for noun in [*kinds, False]]
        texts.append([draw.choice("bdgklmprst") + draw.choice("aeiou") + end for end in ends])
    heads = []
    for words in texts:
        verbs = [i for i, word in enumerate(words) if word.endswith("ed")]
        heads.append([ROOT if i in verbs else min(v for v in verbs if v > i) for i in range(len(words))])
    return texts, heads


def share_right(network, texts, heads):
    found = [head for parse in network.parse(texts) for head in parse.heads]
    wanted = [head for row in heads for head in row]
    return sum(a == b for a, b in zip(found, wanted, strict=True)) / len(wanted)


@pytest.mark.parametrize("seed", [0, 1])
def test_it_learns_which_word_hangs_on_which(seed):
    texts, heads = sentences(96, seed)
    # Sentences that it has not seen, half of their words unknown.
    unseen = sentences(64, seed + 100)
    network = tiny(seed, words=common_words(texts)[::2])
    assert share_right(network, *unseen) < 0.6
    optimizer = torch.optim.AdamW(network.parameters(), 4e-3)
    ids = network.encode(texts)
    wanted = torch.zeros(ids.shape[:2], dtype=torch.long)
    for row, places in zip(wanted, heads, strict=True):
        row[: len(places)] = torch.tensor(places) + 1
    real = ids[..., 0].ne(0)
    for _ in range(40):
        network.train()
        loss = torch.nn.functional.cross_entropy(network(ids)[2][real], wanted[real])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert share_right(network, *unseen) > 0.9


def chinese(seed=0):
    torch.manual_seed(seed)
    return DependencyParser(["市议会", "工程"], ["B-n", "B-v"], ["SBV", "HED"], chinese=True).eval()


def test_of_a_chinese_word_the_first_and_the_last_character_are_known():
    network = chinese()
    council, library, festival = network.encode([["市议会", "市图馆", "音乐会"]])[0].tolist()
    assert council[0] > 1
    assert library[0] == festival[0] == 1
    assert council[3] == library[3] != festival[3]
    assert council[1] == festival[1] != library[1]


def test_of_an_english_word_the_first_letter_does_not_count():
    network = tiny()
    with torch.no_grad():
        assert torch.equal(network(network.encode([["jilted"]]))[0], network(network.encode([["wilted"]]))[0])


@pytest.mark.parametrize("mark", [",", "、", "。"])
def test_chinese_marks_count(mark):
    network = chinese()
    with torch.no_grad():
        plain, marked = (network(network.encode([[word, "关闭"]]))[1] for word in ("工程", f"工程{mark}"))
    assert not torch.allclose(plain, marked)


def test_a_chinese_parser_says_so():
    assert chinese().known["chinese"] is True
    assert tiny().known["chinese"] is False


@torch.no_grad()
def test_what_is_needed_is_told_of_a_word_and_its_head():
    network = tiny()
    for parse, words in zip(network.parse(TEXTS), TEXTS, strict=True):
        assert len(parse.needed) == len(words)
        # Nobody has taught it yet.
        assert all(0 < likely < 0.001 for likely in parse.needed)
    network.need[2].bias += 50
    assert all(likely > 0.99 for parse in network.parse(TEXTS) for likely in parse.needed)
    states, _, _ = network(network.encode(TEXTS[:1]))
    heads = torch.tensor([[2, 3, 0, 3, 3, 4]])
    pairs = network.need_pairs(states, heads)
    assert torch.equal(pairs[0, 0], torch.cat([states[0, 0], states[0, 1]]))
    assert torch.equal(pairs[0, 5], torch.cat([states[0, 5], states[0, 3]]))


@torch.no_grad()
def test_nothing_hangs_on_a_bare_mark_of_chinese():
    text = ["市议会", ",", "批准", "工程。"]
    heads = [parse.heads for seed in range(20) for parse in chinese(seed).parse([text])]
    assert all(1 not in row for row in heads)
