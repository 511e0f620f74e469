from __future__ import annotations

import pytest
import torch
from torch.nn.functional import one_hot, pad
from transformers import AutoModel

from textae import losses
from textae.discriminator import (
    ConvolutionalCritic,
    ConvolutionalCriticConfig,
    PrefixCritic,
    PrefixCriticConfig,
)

VOCAB, PAD = 12, 3
SIZES = {"vocab_size": VOCAB, "embedding_size": 8, "hidden_size": 16, "pad_token_id": PAD}


def _critic(kind):
    torch.manual_seed(0)
    if kind is ConvolutionalCritic:
        return ConvolutionalCritic(ConvolutionalCriticConfig(**SIZES, num_layers=2)).eval()
    return PrefixCritic(PrefixCriticConfig(**SIZES, num_layers=2)).eval()


def _sequences(batch, seed, shuffled=False):
    """Toy language: 3 to 8 ids that count upwards, modulo the vocabulary; or the same in any order."""
    generator = torch.Generator().manual_seed(seed)
    starts = torch.randint(VOCAB, (batch, 1), generator=generator)
    mask = torch.arange(8) < torch.randint(3, 9, (batch, 1), generator=generator)
    ids = (starts + torch.arange(8)) % VOCAB
    if shuffled:
        keys = torch.rand(batch, 8, generator=generator).masked_fill(~mask, 2.0)
        ids = ids.gather(1, keys.argsort(dim=1))
    return ids.masked_fill(~mask, PAD), mask


@pytest.fixture(params=[ConvolutionalCritic, PrefixCritic])
def critic(request):
    return _critic(request.param)


def test_padding_changes_no_score(critic):
    ids, mask = _sequences(8, seed=0)
    expected = critic(ids, mask)
    junk = pad(ids.masked_fill(~mask, 7), (0, 3), value=5)
    scores = critic(junk, pad(mask, (0, 3)))
    if scores.dim() == 2:
        assert not scores[:, -3:].any()
        scores = scores[:, :-3]
    torch.testing.assert_close(scores, expected)


def test_padding_gets_no_gradient(critic):
    ids, mask = _sequences(8, seed=0)
    ids = ids.masked_fill(mask & (ids == 7), 6).masked_fill(~mask, 7)
    critic(ids, mask).square().sum().backward()
    gradient = critic.embedding.weight.grad
    assert gradient[6].any()
    assert not gradient[7].any()


def test_a_batch_of_one_equals_a_batch_of_eight(critic):
    ids, mask = _sequences(8, seed=0)
    together = critic(ids, mask)
    for row in range(8):
        torch.testing.assert_close(critic(ids[row : row + 1], mask[row : row + 1])[0], together[row])


def test_saves_and_loads_bit_identical(critic, tmp_path):
    ids, mask = _sequences(8, seed=0)
    critic.save_pretrained(tmp_path)
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["model.safetensors"]
    loaded = AutoModel.from_pretrained(tmp_path)
    assert type(loaded) is type(critic)
    assert loaded.config.pad_token_id == PAD
    state = loaded.state_dict()
    assert state.keys() == critic.state_dict().keys()
    assert all(torch.equal(state[name], value) for name, value in critic.state_dict().items())
    assert torch.equal(loaded(ids, mask), critic(ids, mask))


@pytest.mark.skipif(not torch.cpu._is_avx512_bf16_supported(), reason="no bf16 on this processor")
def test_runs_in_bf16_autocast(critic):
    ids, mask = _sequences(8, seed=0)
    with torch.autocast("cpu", torch.bfloat16):
        scores = critic(ids, mask)
    assert scores.dtype == torch.float32
    torch.testing.assert_close(scores, critic(ids, mask), atol=0.05, rtol=0.05)


@pytest.mark.parametrize(
    ("critic", "config"),
    [(ConvolutionalCritic, ConvolutionalCriticConfig), (PrefixCritic, PrefixCriticConfig)],
)
def test_default_size_is_small_enough_to_ship(critic, config):
    count = sum(parameter.numel() for parameter in critic(config()).parameters())
    assert 0.7e6 < count < 0.9e6


def test_ids_score_as_their_one_hot_vectors():
    critic = _critic(ConvolutionalCritic)
    ids, mask = _sequences(8, seed=0)
    torch.testing.assert_close(critic(one_hot(ids, VOCAB).float(), mask), critic(ids, mask))


def test_gradient_reaches_the_real_tokens_of_a_distribution_only():
    critic = _critic(ConvolutionalCritic)
    _, mask = _sequences(8, seed=0)
    logits = torch.randn(8, 8, VOCAB, requires_grad=True)
    critic(logits.softmax(dim=-1), mask).sum().backward()
    assert torch.equal(logits.grad.abs().sum(dim=-1) > 0, mask)


def test_gradient_penalty_of_word_vectors_equals_that_of_distributions():
    critic = _critic(ConvolutionalCritic)
    ids, mask = _sequences(8, seed=0)
    fake, mask_fake = (
        torch.rand(8, 6, VOCAB).softmax(dim=-1),
        torch.arange(6) < torch.arange(1, 9).unsqueeze(1),
    )
    alpha = torch.linspace(0, 1, 8)
    wide = losses.gradient_penalty(critic, one_hot(ids, VOCAB).float(), fake, mask, mask_fake, alpha)
    narrow = losses.gradient_penalty(
        critic.score_vectors,
        critic.embed(ids),
        critic.embed(fake),
        mask,
        mask_fake,
        alpha,
        critic.embedding_metric(),
    )
    torch.testing.assert_close(narrow, wide)
    weights = [critic.embedding.weight, critic.blocks[0].first.weight, critic.score.weight]
    for one, other in zip(
        torch.autograd.grad(narrow, weights), torch.autograd.grad(wide, weights), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_prefix_critic_does_not_look_ahead():
    critic = _critic(PrefixCritic)
    ids, mask = _sequences(8, seed=0)
    other = ids.clone()
    other[:, 4:] = (other[:, 4:] + 1) % VOCAB
    before, after = critic(ids, mask), critic(other, mask)
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert (before - after)[:, 4:][mask[:, 4:]].abs().min() > 0


def test_convolutional_critic_learns_to_separate_real_from_shuffled():
    critic = _critic(ConvolutionalCritic).train()
    optimizer = torch.optim.Adam(critic.parameters(), 5e-3, betas=(0.5, 0.9))
    generator = torch.Generator().manual_seed(0)
    for step in range(100):
        real, mask_real = _sequences(32, seed=2 * step)
        fake, mask_fake = _sequences(32, seed=2 * step + 1, shuffled=True)
        loss = losses.wasserstein_critic_loss(critic(real, mask_real), critic(fake, mask_fake))
        loss = loss + 10 * losses.gradient_penalty(
            critic.score_vectors,
            critic.embed(real),
            critic.embed(fake),
            mask_real,
            mask_fake,
            torch.rand(32, generator=generator),
            critic.embedding_metric(),
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    real, fake = critic(*_sequences(256, seed=1000)), critic(*_sequences(256, seed=1001, shuffled=True))
    assert (real.unsqueeze(1) > fake).float().mean() > 0.9


def test_prefix_critic_learns_to_separate_real_from_shuffled():
    critic = _critic(PrefixCritic).train()
    optimizer = torch.optim.Adam(critic.parameters(), 1e-2, betas=(0.5, 0.999))
    for step in range(100):
        real, mask_real = _sequences(32, seed=2 * step)
        fake, mask_fake = _sequences(32, seed=2 * step + 1, shuffled=True)
        loss = losses.prefix_critic_loss(
            critic(real, mask_real), critic(fake, mask_fake), mask_real, mask_fake
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    real, mask_real = _sequences(256, seed=1000)
    fake, mask_fake = _sequences(256, seed=1001, shuffled=True)
    real = losses.sequence_mean(critic(real, mask_real).sigmoid(), mask_real)
    fake = losses.sequence_mean(critic(fake, mask_fake).sigmoid(), mask_fake)
    assert (real.unsqueeze(1) > fake).float().mean() > 0.9
