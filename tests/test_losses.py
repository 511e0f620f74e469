from __future__ import annotations

import math

import pytest
import torch

from textae import losses

BATCH, LENGTH, VOCAB = 8, 5, 7


@pytest.fixture
def batch():
    """Logits, targets and a right-padded mask of unequal lengths, 1 to 5 tokens."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.tensor([5, 1, 3, 4, 2, 5, 3, 1])
    mask = torch.arange(LENGTH) < lengths.unsqueeze(1)
    logits = torch.randn(BATCH, LENGTH, VOCAB, generator=generator)
    targets = torch.randint(VOCAB, (BATCH, LENGTH), generator=generator)
    return logits, targets, mask


def test_masked_mean_and_sequence_mean_by_hand():
    values = torch.tensor([[1.0, 2.0, math.nan], [6.0, math.inf, math.nan], [-math.inf] * 3])
    mask = torch.tensor([[True, True, False], [True, False, False], [False, False, False]])
    assert losses.masked_mean(values, mask).item() == 3.0
    assert losses.masked_mean(values, mask, normalizer=18).item() == 0.5
    assert losses.sequence_mean(values, mask).tolist() == [1.5, 6.0, 0.0]
    assert losses.masked_mean(values, torch.zeros_like(mask)).item() == 0.0


def test_sequence_nll_by_hand_from_logits_and_from_log_probs():
    probs = torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]])
    mask = torch.tensor([[True, False]])
    nll = losses.sequence_nll(probs.log(), torch.tensor([[1, -100]]), mask)
    torch.testing.assert_close(nll, torch.tensor([[math.log(4), 0.0]]))
    torch.testing.assert_close(
        losses.sequence_nll(probs.log() + 3.0, torch.tensor([[1, -100]]), mask), nll, atol=1e-6, rtol=0
    )


def test_entropy_by_hand():
    logits = torch.tensor([[[0.0, 0.0, -math.inf], [5.0, -math.inf, -math.inf], [1.0, 2.0, 3.0]]])
    logits.requires_grad_()
    mask = torch.tensor([[True, True, False]])
    value = losses.entropy(logits, mask)
    assert value.item() == pytest.approx(math.log(2) / 2, abs=1e-6)
    value.backward()
    assert logits.grad.isfinite().all()


def test_reinforce_gradient_by_hand():
    # One token, P = softmax(0, 0) = (1/2, 1/2), token 0 sampled, advantage 3:
    # d(-3 log P_0)/d logits = -3 (onehot - P) = (-1.5, 1.5).
    logits = torch.zeros(1, 1, 2, requires_grad=True)
    log_probs = logits.log_softmax(-1)[..., 0]
    losses.reinforce(log_probs, torch.tensor([3.0]), torch.tensor([[True]])).backward()
    torch.testing.assert_close(logits.grad, torch.tensor([[[-1.5, 1.5]]]))

    # Two sequences, three real tokens, advantages by token: each real token's gradient is -advantage / 3.
    log_probs = torch.tensor([[-1.0, -2.0], [-3.0, -4.0]], requires_grad=True)
    advantages = torch.tensor([[3.0, -6.0], [9.0, 100.0]], requires_grad=True)
    mask = torch.tensor([[True, True], [True, False]])
    loss = losses.reinforce(log_probs, advantages, mask)
    loss.backward()
    assert loss.item() == pytest.approx((1 * 3 - 2 * 6 + 3 * 9) / 3)
    torch.testing.assert_close(log_probs.grad, torch.tensor([[-1.0, 2.0], [-3.0, 0.0]]))
    assert advantages.grad is None


def test_zero_advantage_gives_zero_gradient(batch):
    logits, targets, mask = batch
    logits.requires_grad_()
    log_probs = -losses.sequence_nll(logits, targets, mask)
    losses.reinforce(log_probs, torch.zeros(BATCH), mask).backward()
    assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_discounted_returns_by_hand():
    rewards = torch.tensor([[1.0, 2.0, 4.0], [1.0, 2.0, 99.0]])
    mask = torch.tensor([[True, True, True], [True, True, False]])
    expected = torch.tensor([[3.0, 4.0, 4.0], [2.0, 2.0, 0.0]])
    torch.testing.assert_close(losses.discounted_returns(rewards, mask, 0.5), expected)
    torch.testing.assert_close(losses.discounted_returns(rewards, mask, 0.0), rewards * mask)


def test_wasserstein_losses_by_hand():
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.0, 1.5])
    assert losses.wasserstein_critic_loss(real, fake).item() == -1.5
    assert losses.wasserstein_generator_loss(fake).item() == -0.5


def test_prefix_critic_loss_by_hand():
    mask = torch.tensor([[True, False]])
    real, fake = torch.tensor([[math.log(3), 50.0]]), torch.tensor([[0.0, 50.0]])
    # P(real) is 3/4 for the human prefix and 1/2 for the generated one.
    expected = math.log(4 / 3) + math.log(2)
    assert losses.prefix_critic_loss(real, fake, mask, mask).item() == pytest.approx(expected, abs=1e-6)


def test_gradient_penalty_of_a_linear_critic_is_known():
    weight = torch.tensor([[3.0, 0.0], [0.0, 4.0], [12.0, 0.0]], requires_grad=True)

    def critic(vectors, mask):
        return (vectors * weight * mask.unsqueeze(-1)).sum(dim=(1, 2))

    generator = torch.Generator().manual_seed(0)
    real, fake = torch.rand(2, 3, 2, generator=generator), torch.rand(2, 3, 2, generator=generator)
    full = torch.ones(2, 3, dtype=torch.bool)
    alpha = torch.tensor([0.3, 0.9])
    penalty = losses.gradient_penalty(critic, real, fake, full, full, alpha)
    assert penalty.item() == pytest.approx((13 - 1) ** 2)
    penalty.backward()
    # d(|w| - 1)^2 / dw = 2 (|w| - 1) w / |w|
    torch.testing.assert_close(weight.grad, 2 * 12 * weight.detach() / 13)
    short = torch.tensor([[True, True, False]] * 2)
    penalty = losses.gradient_penalty(critic, real, fake, short, short, alpha)
    assert penalty.item() == pytest.approx((5 - 1) ** 2)


def test_gradient_penalty_takes_sides_of_unequal_length_and_a_dead_critic():
    full = torch.ones(2, 4, dtype=torch.bool)
    short = torch.tensor([[True, True, True], [True, True, False]])
    scale = torch.zeros(1, requires_grad=True)
    seen = []

    def critic(vectors, mask):
        seen.append((vectors.detach(), mask))
        return (vectors * scale).sum(dim=(1, 2))

    penalty = losses.gradient_penalty(
        critic, torch.ones(2, 4, 2), 3 * torch.ones(2, 3, 2), full, short, torch.tensor([0.5, 0.25])
    )
    penalty.backward()
    assert penalty.item() == pytest.approx(1.0, abs=1e-5)
    assert scale.grad.isfinite().all()
    vectors, mask = seen[0]
    assert vectors[..., 0].tolist() == [[2.0, 2.0, 2.0, 0.5], [2.5, 2.5, 0.25, 0.25]]
    assert mask.all()


def _all_losses(logits, targets, mask, advantages):
    """Every loss of the file on one batch, by name."""
    log_probs = -losses.sequence_nll(logits, targets, mask)
    scores = logits[..., 0]

    def critic(vectors, real):
        return ((vectors.square() * real.unsqueeze(-1)).sum(dim=(1, 2)) / 3).tanh()

    return {
        "nll": losses.masked_mean(-log_probs, mask),
        "entropy": losses.entropy(logits, mask),
        "reinforce": losses.reinforce(log_probs, advantages, mask),
        "returns": losses.masked_mean(losses.discounted_returns(scores, mask, 0.3), mask),
        "prefix": losses.prefix_critic_loss(scores, -scores, mask, mask),
        "penalty": losses.gradient_penalty(
            critic, logits, 2 * logits, mask, mask, torch.linspace(0, 1, len(logits))
        ),
    }


@pytest.mark.parametrize("junk", [0.0, -50.0, 1e4])
def test_padding_changes_no_loss(batch, junk):
    logits, targets, mask = batch
    advantages = torch.linspace(-1, 1, BATCH)
    expected = _all_losses(logits, targets, mask, advantages)
    logits = torch.where(mask.unsqueeze(-1), logits, junk)
    logits = torch.cat([logits, torch.full((BATCH, 3, VOCAB), junk)], dim=1)
    targets = torch.cat([targets.masked_fill(~mask, -100), torch.full((BATCH, 3), -100)], dim=1)
    mask = torch.cat([mask, torch.zeros(BATCH, 3, dtype=torch.bool)], dim=1)
    for name, value in _all_losses(logits, targets, mask, advantages).items():
        torch.testing.assert_close(value, expected[name], msg=lambda text, name=name: f"{name}: {text}")


def test_shares_of_a_batch_with_a_normalizer_add_up_to_its_gradient(batch):
    logits, targets, mask = batch
    advantages = torch.linspace(-1, 1, BATCH)

    def gradient(rows, normalizer):
        part = logits[rows].clone().requires_grad_()
        log_probs = -losses.sequence_nll(part, targets[rows], mask[rows])
        loss = losses.reinforce(log_probs, advantages[rows], mask[rows], normalizer)
        loss = loss + losses.entropy(part, mask[rows], normalizer)
        scores = part[..., 0]
        loss = loss + losses.prefix_critic_loss(
            scores, scores, mask[rows], mask[rows], normalizer, normalizer
        )
        loss.backward()
        return part.grad

    whole = gradient(slice(None), None)
    count = float(mask.sum())
    parts = torch.cat([gradient(slice(0, 3), count / 2), gradient(slice(3, None), count / 2)])
    torch.testing.assert_close(parts / 2, whole)


def test_a_batch_of_one_equals_a_batch_of_eight(batch):
    logits, targets, mask = batch
    together = losses.sequence_mean(losses.sequence_nll(logits, targets, mask), mask)
    returns = losses.discounted_returns(logits[..., 0], mask, 0.3)
    for row in range(BATCH):
        one = slice(row, row + 1)
        nll = losses.masked_mean(losses.sequence_nll(logits[one], targets[one], mask[one]), mask[one])
        torch.testing.assert_close(nll, together[row])
        assert torch.equal(losses.discounted_returns(logits[one, :, 0], mask[one], 0.3)[0], returns[row])
