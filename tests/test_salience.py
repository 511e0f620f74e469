from __future__ import annotations

import numpy as np
import torch

from textae.data import pad_with_mask
from textae.salience import SalienceTagger, Vocabulary, comes_back, log_odds

TEXTS = [text.split() for text in ["the ferry sank off port ansel.", "a storm", "the mayor's ferry"]]


def tagger(seed=0):
    torch.manual_seed(seed)
    return SalienceTagger()


def test_what_the_rest_has_again_comes_back():
    words = ["the", "mayor's", "ferries,", "port", "ansel", "council"]
    rest = ["a", "mayor", "said", "the", "ferry", "and", "the", "councils", "of", "ansel,", "were"]
    assert comes_back(words, rest) == [True, True, False, False, True, True]


def test_nothing_comes_back_in_no_rest():
    assert comes_back(TEXTS[0], []) == [False] * 6
    assert comes_back([], TEXTS[0]) == []


def test_a_word_is_known_without_its_marks_and_others_by_their_ending():
    vocabulary = Vocabulary.of(TEXTS)
    ids = vocabulary.encode(["ferry,", "ferry", "storm", "quagga", "zebra"])
    assert ids[0] == ids[1] != ids[2]
    assert 0 not in ids
    assert vocabulary.encode(["unsinking"]) == vocabulary.encode(["restocking"])
    assert vocabulary.encode(["unsinking"]) != vocabulary.encode(["quagga"])


def test_every_number_has_a_vector():
    vocabulary = Vocabulary.of([[f"w{i}" for i in range(40_000)]])
    words = [[f"w{i}" for i in range(0, 40_000, 97)]]
    (odds,) = log_odds(tagger(), vocabulary, words)
    assert np.isfinite(odds).all()


def test_a_texts_log_odds_do_not_depend_on_the_texts_beside_it():
    vocabulary, network = Vocabulary.of(TEXTS), tagger()
    together = list(log_odds(network, vocabulary, TEXTS))
    assert [len(odds) for odds in together] == [len(words) for words in TEXTS]
    for words, odds in zip(TEXTS, together, strict=True):
        (alone,) = log_odds(network, vocabulary, [words])
        assert np.allclose(alone, odds, atol=1e-6)


def test_it_learns_what_comes_back():
    random = np.random.default_rng(0)
    subjects, others = [f"s{i}" for i in range(20)], [f"o{i}" for i in range(20)]
    texts = [
        list(random.permutation([*random.choice(subjects, 2), *random.choice(others, 4)])) for _ in range(256)
    ]
    vocabulary, network = Vocabulary.of(texts), tagger().train()
    ids, _ = pad_with_mask([vocabulary.encode(words) for words in texts], 0)
    again = torch.tensor([comes_back(words, [w for w in words if w[0] == "s"]) for words in texts]).float()
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(30):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(ids), again)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    odds = np.array(list(log_odds(network, vocabulary, texts)))
    assert odds[again.bool().numpy()].min() > odds[~again.bool().numpy()].max()
