from __future__ import annotations

import random
from itertools import pairwise

import pytest
import torch

from textae import tagger as tagger_module
from textae.tagger import WordTagger, common

TEXTS = [text.split() for text in ["市议会 昨日 批准 新桥 工程。", "台风", "渡轮 公司, 关闭 旧桥"]]
TAGS = ["B-ORG", "B-n", "B-v", "I-ORG"]


def tiny(seed=0, words=("市议会", "批准", "公司", "#月"), characters=tuple("市会批准公司桥#")):
    torch.manual_seed(seed)
    return WordTagger(words, characters, TAGS).eval()


def without_dropout(network):
    network.gru.dropout = network.dropout.p = 0.0
    return network


def test_every_word_has_a_tag():
    found = list(tiny().parse(TEXTS))
    assert [len(tags) for tags in found] == [len(words) for words in TEXTS]
    assert {tag for tags in found for tag in tags} <= set(TAGS)


@torch.no_grad()
@pytest.mark.parametrize("likeliest", range(len(TAGS)))
def test_the_likeliest_tag_is_told(likeliest):
    network = tiny()
    network.tag.bias[likeliest] += 50
    assert list(network.parse(TEXTS)) == [[TAGS[likeliest]] * len(words) for words in TEXTS]


def test_a_tagger_in_training_tags_as_ever():
    network = tiny()
    expected = list(network.parse(TEXTS * 4))
    assert list(network.train().parse(TEXTS * 4)) == expected


def test_another_is_made_of_what_is_known_of_one():
    network = tiny()
    assert network.known == {"words": network.words, "characters": network.characters, "tags": TAGS}
    other = WordTagger(**network.known)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other.encode(TEXTS), network.encode(TEXTS))
    assert list(other.parse(TEXTS)) == list(network.parse(TEXTS))


@torch.no_grad()
def test_padding_changes_nothing():
    network = tiny()
    ids = network.encode(TEXTS)
    odds = network(ids)
    assert odds.shape == (3, 5, len(TAGS))
    wider = network(torch.nn.functional.pad(ids, (0, 0, 0, 4)))
    for i, words in enumerate(TEXTS):
        alone = network(network.encode([words]))[0]
        assert torch.allclose(alone, odds[i, : len(words)], atol=1e-6)
        assert torch.allclose(alone, wider[i, : len(words)], atol=1e-6)


def test_a_batch_of_1_equals_a_batch_of_several(monkeypatch):
    network = tiny()
    together = list(network.parse(TEXTS))
    assert together == [next(network.parse([words])) for words in TEXTS]
    monkeypatch.setattr(tagger_module, "_ROWS", 2)
    assert list(network.parse(TEXTS)) == together
    assert list(network.parse(TEXTS[::-1])) == together[::-1]


@torch.no_grad()
def test_both_sides_of_a_word_are_read():
    network = tiny()
    odds = network(network.encode([["批准", "工程", "公司"], ["批准", "工程", "批准"]]))
    assert not torch.allclose(odds[0, 0], odds[1, 0])
    odds = network(network.encode([["公司", "工程", "批准"], ["批准", "工程", "批准"]]))
    assert not torch.allclose(odds[0, 2], odds[1, 2])


def test_a_text_without_words_has_no_tags():
    network = tiny()
    assert list(network.parse([])) == []
    assert list(network.parse([[]])) == [[]]
    assert list(network.parse([[], TEXTS[0], []])) == [[], *network.parse(TEXTS[:1]), []]


def test_digits_are_all_alike():
    network = tiny()
    one, other = network.encode([["3月", "15", "2.5%"], ["#月", "98", "#.#%"]])
    assert torch.equal(one, other)
    # Known as a word, and by a "#" in front.
    assert one[0].tolist() == [network.words.index("#月") + 2, network.characters.index("#") + 2, 1, 1]
    assert not torch.equal(one, network.encode([["12月", "15", "2.5%"]])[0])


def test_a_word_is_read_as_itself_its_ends_and_the_mark_behind_it():
    (ids,) = tiny().encode([["批准", "批准,", "批准。", "批评", "核准", "研究", "市", "..."]])
    known = {word: i for i, word in enumerate(["市议会", "批准", "公司", "#月"], start=2)}
    ends = {character: i for i, character in enumerate("市会批准公司桥#", start=2)}
    word, first, last, mark = ids.T.tolist()
    # 1 is what has no vector of its own, and no mark.
    assert word == [known["批准"]] * 3 + [1] * 5
    assert first == [ends["批"]] * 4 + [1, 1, ends["市"], 1]
    assert last == [ends["准"]] * 3 + [1, ends["准"], 1, ends["市"], 1]
    assert [mark[i] for i in (0, 3, 4, 5, 6)] == [1] * 5
    assert len({mark[0], mark[1], mark[2], 0}) == 4
    assert mark[7] not in (0, 1)


def test_every_mark_is_told_from_the_others():
    marks = [",", ".", ";", ":", "?", "!", "、", "。"]
    ids = tiny().encode([["批准", *(f"批准{mark}" for mark in marks)]])[0]
    assert len(set(ids[:, 3].tolist())) == len(marks) + 1
    assert tiny().mark.num_embeddings > ids[:, 3].max()
    assert torch.equal(ids[0, :3].expand(len(ids), 3), ids[:, :3])


def test_padding_is_0_and_no_word_is():
    texts = [*TEXTS, ["-", "…", "?"], []]
    ids = tiny().encode(texts)
    assert ids.shape == (5, 5, 4)
    for row, words in zip(ids, texts, strict=True):
        assert row[: len(words)].ne(0).all()
        assert row[len(words) :].eq(0).all()
    assert tiny().encode([[]]).eq(0).all()


@torch.no_grad()
def test_words_and_characters_without_a_vector_are_alike():
    network = tiny()
    quay, storm, council = network(network.encode([["码头"], ["暴雨"], ["市长"]]))
    assert torch.allclose(quay, storm, atol=1e-6)
    # Of this one the first character is known.
    assert not torch.allclose(quay, council)


@torch.no_grad()
def test_training_hides_words_and_leaves_their_ends(monkeypatch):
    network = without_dropout(tiny(words=("批准", "批核准", "公司")))
    ids = network.encode([["批准"], ["批核准"], ["公司"], ["批不准"]])
    seen = network(ids)
    unknown = seen[3]
    assert all(not torch.allclose(one, other) for one, other in pairwise(seen))
    monkeypatch.setattr(tagger_module, "_UNKNOWN", 1.0)
    assert torch.equal(network(ids), seen)
    one, other, company, third = network.train()(ids)
    assert torch.allclose(one, unknown, atol=1e-6)
    assert torch.allclose(other, unknown, atol=1e-6)
    assert torch.allclose(third, unknown, atol=1e-6)
    assert not torch.allclose(company, unknown)
    monkeypatch.setattr(tagger_module, "_UNKNOWN", 0.0)
    assert torch.allclose(network(ids), seen, atol=1e-6)


@torch.no_grad()
def test_training_hides_as_many_words_as_it_should(monkeypatch):
    monkeypatch.setattr(tagger_module, "_UNKNOWN", 0.25)
    network = without_dropout(tiny()).train()
    ids = network.encode([["批准"]] * 2000)
    hidden = network(network.encode([["批不准"]]))
    share = (network(ids) - hidden).abs().amax((1, 2)).lt(1e-6).float().mean()
    assert share == pytest.approx(0.25, abs=0.04)


@torch.no_grad()
def test_what_training_hides_leaves_padding_as_it_is(monkeypatch):
    monkeypatch.setattr(tagger_module, "_UNKNOWN", 1.0)
    network = without_dropout(tiny()).train()
    odds = network(network.encode(TEXTS))
    for i, words in enumerate(TEXTS):
        assert torch.allclose(network(network.encode([words]))[0], odds[i, : len(words)], atol=1e-6)


def test_the_commonest_words_have_a_vector(monkeypatch):
    texts = [["批准", "12", "新桥", "批准,"], ["34", "新桥", "工程。"], ["批准", "56,"]]
    assert common(texts)[0][:2] == ["批准", "##"]
    assert sorted(common(texts)[0]) == sorted(["##", "批准", "新桥", "工程"])
    monkeypatch.setattr(tagger_module, "_WORDS", 3)
    assert common(texts)[0] == ["批准", "##", "新桥"]
    assert common([]) == ([], [])


def test_characters_that_often_begin_or_end_a_word_have_a_vector(monkeypatch):
    # 桥 3 times, at the end twice; 新 and 大 twice, in 大大 but once; 古 once; # twice; 的 is inside.
    texts = [["新桥", "大桥,", "桥"], ["新的路", "大大"], ["12", "3。", "古新"]]
    counts = {"桥": 3, "新": 3, "大": 2, "#": 2, "路": 1, "古": 1}
    for least in range(1, 5):
        monkeypatch.setattr(tagger_module, "_LEAST", least)
        wanted = sorted(character for character, count in counts.items() if count >= least)
        assert sorted(common(texts)[1]) == wanted


def test_a_character_counts_as_often_as_its_words_are_said(monkeypatch):
    monkeypatch.setattr(tagger_module, "_LEAST", 5)
    assert common([["新桥"] * 4])[1] == []
    assert sorted(common([["新桥"] * 4, ["新桥。"]])[1]) == sorted("新桥")
    # One that has no vector among the words may have them for its characters.
    monkeypatch.setattr(tagger_module, "_WORDS", 1)
    words, characters = common([["新桥"] * 5, ["市"] * 6])
    assert words == ["市"]
    assert sorted(characters) == sorted("市新桥")


def sentences(count, seed):
    """Words of many stems: a last character tells verbs from nouns, but behind a 被 a verb is a noun."""
    draw = random.Random(seed)
    texts, tags = [], []
    for _ in range(count):
        words, kinds = [], []
        for _ in range(draw.randint(1, 8)):
            verb, passive = draw.random() < 0.6, draw.random() < 0.3
            stem = draw.choice("东南西北中") + draw.choice("山水风云火")
            words += ["被"] * passive + [stem + draw.choice("行走打" if verb else "员会局")]
            kinds += ["I-ORG"] * passive + ["B-v" if verb and not passive else "B-n"]
        texts.append(words)
        tags.append(kinds)
    return texts, tags


def share_right(network, texts, tags):
    found = [tag for row in network.parse(texts) for tag in row]
    wanted = [tag for row in tags for tag in row]
    return sum(a == b for a, b in zip(found, wanted, strict=True)) / len(wanted)


@pytest.mark.parametrize("seed", [0, 1])
def test_it_learns_the_kinds_of_words(seed):
    texts, tags = sentences(96, seed)
    # Sentences that it has not seen, half of their words unknown.
    unseen = sentences(64, seed + 100)
    words, characters = common(texts)
    network = tiny(seed, words[::2], characters)
    assert share_right(network, *unseen) < 0.6
    optimizer = torch.optim.AdamW(network.parameters(), 4e-3)
    ids = network.encode(texts)
    real = ids[..., 0].ne(0)
    wanted = torch.tensor([TAGS.index(tag) for row in tags for tag in row])
    for _ in range(30):
        network.train()
        loss = torch.nn.functional.cross_entropy(network(ids)[real], wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert share_right(network, *unseen) > 0.95
    # Of characters alone, and of them only with its neighbour.
    assert list(network.parse([["古海走", "被", "古海走"]])) == [["B-v", "I-ORG", "B-n"]]
