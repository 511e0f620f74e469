from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import pad
from transformers import AutoModel

from textae.language_model import LanguageModel, LanguageModelConfig, perplexity
from textae.losses import masked_mean

VOCAB, BOS, EOS, PAD = 12, 0, 1, 2


@pytest.fixture
def model():
    torch.manual_seed(0)
    sizes = {"vocab_size": VOCAB, "embedding_size": 16, "hidden_size": 32}
    return LanguageModel(LanguageModelConfig(**sizes, bos_token_id=BOS, initializer_range=0.5)).eval()


def _sentences(batch, seed):
    """Toy language: 2 to 6 ids that count upwards from a random one, and the end."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, 7, (batch, 1), generator=generator)
    starts = torch.randint(9, (batch, 1), generator=generator)
    positions = torch.arange(7)
    ids = 3 + (starts + positions) % 9
    ids = ids.masked_fill(positions == lengths, EOS).masked_fill(positions > lengths, PAD)
    return ids, positions <= lengths


def test_log_probs_are_those_of_a_distribution_over_the_next_token(model):
    # Every token of the vocabulary in turn after the same beginning: the probabilities sum to 1.
    beginning = torch.tensor([5, 6]).expand(VOCAB, 2)
    ids = torch.cat([beginning, torch.arange(VOCAB).unsqueeze(1)], dim=1)
    log_probs = model(ids, torch.ones_like(ids, dtype=torch.bool))
    assert log_probs[:, 2].exp().sum().item() == pytest.approx(1.0, abs=1e-5)
    assert log_probs[:, 2].std() > 0.1
    torch.testing.assert_close(log_probs[:, :2], log_probs[:1, :2].expand(VOCAB, 2))


def test_the_first_token_follows_the_begin_token_of_the_config(model):
    other = LanguageModel(LanguageModelConfig(**{**model.config.to_dict(), "bos_token_id": 5})).eval()
    other.load_state_dict(model.state_dict())
    ids = torch.tensor([[7]])
    after_zero, after_five = model(ids, ids > 0), other(ids, ids > 0)
    assert after_zero.item() != pytest.approx(after_five.item())


def test_a_config_without_begin_token_is_refused():
    with pytest.raises(ValueError, match="bos_token_id"):
        LanguageModel(LanguageModelConfig(vocab_size=VOCAB))


def test_padding_changes_nothing(model):
    ids, mask = _sentences(8, seed=0)
    padded = model(pad(ids.masked_fill(~mask, 7), (0, 3), value=9), pad(mask, (0, 3)))
    torch.testing.assert_close(padded[:, :-3], model(ids, mask))
    assert not padded[:, -3:].any()
    assert not model(ids, torch.zeros_like(mask)).any()


def test_a_batch_of_one_equals_a_batch_of_eight(model):
    ids, mask = _sentences(8, seed=0)
    together = model(ids, mask)
    for row in range(8):
        torch.testing.assert_close(model(ids[row : row + 1], mask[row : row + 1])[0], together[row])


def test_the_softmax_in_parts_is_the_same(model, monkeypatch):
    ids, mask = _sentences(8, seed=0)
    whole = model(ids, mask)
    monkeypatch.setattr("textae.language_model._SOFTMAX_TOKENS", 5)
    torch.testing.assert_close(model(ids, mask), whole)


def test_token_log_probs_have_no_dropout_and_no_gradient(model):
    ids, mask = _sentences(8, seed=0)
    # With a gradient to keep, some processors take another kernel, which rounds otherwise.
    with torch.no_grad():
        expected = model(ids, mask)
    model.train()
    assert not torch.equal(model(ids, mask), expected)
    scored = model.token_log_probs(ids, mask)
    assert torch.equal(scored, expected)
    assert not scored.requires_grad
    assert model.training


def test_saves_and_loads_bit_identical(model, tmp_path):
    ids, mask = _sentences(8, seed=0)
    model.save_pretrained(tmp_path)
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["model.safetensors"]
    loaded = AutoModel.from_pretrained(tmp_path)
    assert isinstance(loaded, LanguageModel)
    state = loaded.state_dict()
    assert state.keys() == model.state_dict().keys()
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())
    assert torch.equal(loaded(ids, mask), model(ids, mask))


def test_input_and_output_share_the_word_vectors_and_the_default_is_small():
    shapes = [tuple(p.shape) for p in LanguageModel(LanguageModelConfig(bos_token_id=BOS)).parameters()]
    assert [shape for shape in shapes if 10_000 in shape] == [(10_000,), (10_000, 128)]
    assert 1.6e6 < sum(math.prod(shape) for shape in shapes) < 1.9e6


@pytest.mark.skipif(not torch.cpu._is_avx512_bf16_supported(), reason="no bf16 on this processor")
def test_learns_in_bf16_autocast(model):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), 2e-2)
    for step in range(80):
        ids, mask = _sentences(32, seed=step)
        with torch.autocast("cpu", torch.bfloat16):
            loss = -masked_mean(model(ids, mask), mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ids, mask = _sentences(256, seed=1000)
    log_probs = model.token_log_probs(ids, mask)
    # The start (9 ways) and where to end (5 ways) are all there is to be uncertain about.
    least = (math.log(9) + math.log(5)) / mask.sum(dim=1).float().mean().item()
    assert -masked_mean(log_probs, mask).item() < 1.15 * least
    downwards = torch.where(ids > PAD, 14 - ids, ids)
    assert masked_mean(model.token_log_probs(downwards, mask), mask) < 3 * masked_mean(log_probs, mask)


def test_perplexity_by_hand():
    # 8 words with a probability of 1/4 each, in two texts.
    assert perplexity([-3 * math.log(4), -5 * math.log(4)], [3, 5]) == pytest.approx(4.0)
    assert perplexity([-1e6], [1]) == math.inf
    assert math.isnan(perplexity([-3.0], [0]))
