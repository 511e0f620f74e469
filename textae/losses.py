"""Losses of the three networks: pure functions of tensors.

Shapes: ids and targets are ``(batch, length)`` long, logits and distributions ``(batch, length, vocab)``,
masks ``(batch, length)`` bool, true for a real token; the end-of-sequence token is a real one. A loss is a
scalar, and nothing that stands where the mask is false can change it. Logarithms are natural (nats).

Every mean over tokens takes a ``normalizer``, the count to divide by in place of this batch's own. With
several processes, whose gradients are averaged, give each one the tokens of all processes divided by the
number of processes: unequal shares then follow the gradient of one process that holds the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

_TINY = 1e-12


def masked_mean(values: Tensor, mask: Tensor, normalizer: float | None = None) -> Tensor:
    """Mean of ``values`` ``(batch, length)`` over the real tokens of the whole batch.

    Args:
        normalizer: divide by this count instead of the number of real tokens.

    Returns:
        A scalar, 0 for a batch without a real token.
    """
    total = torch.where(mask, values, 0.0).sum()
    return total / (mask.sum().clamp(min=1) if normalizer is None else normalizer)


def sequence_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``values`` ``(batch, length)`` over the real tokens of each sequence.

    Returns:
        ``(batch,)``, 0 for a sequence without a real token.
    """
    return torch.where(mask, values, 0.0).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


def sequence_nll(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Negative log-likelihood of every target token.

    ``masked_mean`` of it is the cross-entropy that trains a sequence-to-sequence network (Wang and Lee 2018,
    section 4: the reconstruction loss), ``sequence_mean`` the loss of each document.

    Args:
        logits: ``(batch, length, vocab)``; log-probabilities serve as well, for normalizing them again
            changes nothing.
        targets: ``(batch, length)``; any value where the mask is false, such as -100.

    Returns:
        ``(batch, length)`` in nats, at least 0, and 0 where the mask is false.
    """
    log_probs = logits.float().log_softmax(dim=-1)
    picked = log_probs.gather(-1, targets.masked_fill(~mask, 0).unsqueeze(-1)).squeeze(-1)
    return torch.where(mask, -picked, 0.0)


def entropy(logits: Tensor, mask: Tensor, normalizer: float | None = None) -> Tensor:
    """Mean entropy of the distributions of the real tokens, a sign of collapse when it nears 0.

    Args:
        logits: ``(batch, length, vocab)``, or log-probabilities; may hold minus infinity.
        normalizer: as in ``masked_mean``.

    Returns:
        A scalar in nats, between 0 and ``log(vocab)``.
    """
    log_probs = logits.float().log_softmax(dim=-1)
    # A token that cannot occur adds nothing; clamping spares 0 x infinity, in the gradient too.
    surprise = -log_probs.clamp(min=torch.finfo(log_probs.dtype).min)
    return masked_mean((log_probs.exp() * surprise).sum(dim=-1), mask, normalizer)


def reinforce(log_probs: Tensor, advantages: Tensor, mask: Tensor, normalizer: float | None = None) -> Tensor:
    """Policy-gradient surrogate: ``-sum(log_prob x advantage) / real tokens`` (Williams 1992).

    Its gradient is the estimate of the paper's generator updates (Wang and Lee 2018, sections 4 and 5.2).
    No gradient flows through the advantages.

    Args:
        log_probs: of the sampled tokens, ``(batch, length)``.
        advantages: reward less baseline, ``(batch, length)`` or, the same for all tokens, ``(batch,)``.
        normalizer: as in ``masked_mean``.
    """
    if advantages.dim() == 1:
        advantages = advantages.unsqueeze(1)
    return -masked_mean(log_probs * advantages.detach(), mask, normalizer)


def discounted_returns(rewards: Tensor, mask: Tensor, discount: float) -> Tensor:
    """Return of every token, ``R_t = r_t + discount x R_(t+1)`` (Wang and Lee 2018, section 5.2).

    Args:
        rewards: ``(batch, length)``.
        discount: 0 keeps each token's own reward, 1 sums all that follow; the paper's code uses 0.3.

    Returns:
        ``(batch, length)``, 0 where the mask is false.
    """
    rewards = torch.where(mask, rewards, 0.0)
    returns = torch.empty_like(rewards)
    following = rewards.new_zeros(rewards.shape[0])
    for position in reversed(range(rewards.shape[1])):
        following = rewards[:, position] + discount * following
        returns[:, position] = following
    return torch.where(mask, returns, 0.0)


def wasserstein_critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """What the WGAN critic minimizes: mean score of generated less that of human text.

    Args:
        real_scores: ``(batch,)`` of human text.
        fake_scores: ``(batch,)`` of generated text; the batches may differ in size.

    Returns:
        A scalar, below 0 once human text scores higher (Arjovsky et al. 2017; Wang and Lee 2018, section
        5.1).
    """
    return fake_scores.mean() - real_scores.mean()


def wasserstein_generator_loss(fake_scores: Tensor) -> Tensor:
    """What the generator minimizes against the WGAN critic: minus its mean score ``(batch,)``."""
    return -fake_scores.mean()


def gradient_penalty(
    critic: Callable[[Tensor, Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    mask_real: Tensor,
    mask_fake: Tensor,
    alpha: Tensor,
    metric: Tensor | None = None,
) -> Tensor:
    """Penalty on a critic whose gradient's norm is not 1 between human and generated text.

    ``mean((||grad critic(x)|| - 1)^2)`` at ``x = alpha real + (1 - alpha) fake`` (Gulrajani et al. 2017,
    eq. 3; Wang and Lee 2018, section 5.1). The caller multiplies by lambda (10 in both).

    Args:
        critic: from vectors ``(batch, length, size)`` and a mask to scores ``(batch,)``.
        real: one-hot human sentences, ``(batch, length, size)``.
        fake: distributions of the generator, detached, the same shape but for the length: the shorter side
            is filled up with zero vectors.
        alpha: uniform draws between 0 and 1, ``(batch,)``.
        metric: ``(size, size)``, the squared norm of a gradient ``g`` is then ``g metric g``. Where real and
            fake are word vectors ``x W``, the metric ``W^T W`` gives exactly the penalty at ``x`` and spares
            all tensors as wide as the vocabulary.

    Returns:
        A scalar, at least 0, from which the critic's weights get a gradient.
    """
    length = max(real.shape[1], fake.shape[1])
    real, mask_real = _zero_filled(real, mask_real, length)
    fake, mask_fake = _zero_filled(fake, mask_fake, length)
    weight = alpha.to(fake.dtype).view(-1, 1, 1)
    between = weight * real + (1 - weight) * fake
    if not between.requires_grad:
        between.requires_grad_()
    scores = critic(between, mask_real | mask_fake)
    (gradient,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    gradient = gradient.float()
    measured = gradient if metric is None else gradient @ metric.float()
    # The root's own gradient is infinite at 0, hence the small constant.
    norm = ((gradient * measured).sum(dim=(1, 2)) + _TINY).sqrt()
    return (norm - 1).square().mean()


def _zero_filled(vectors: Tensor, mask: Tensor, length: int) -> tuple[Tensor, Tensor]:
    missing = length - vectors.shape[1]
    vectors = vectors.masked_fill(~mask.unsqueeze(-1), 0.0)
    return functional.pad(vectors, (0, 0, 0, missing)), functional.pad(mask, (0, missing))


def prefix_critic_loss(
    real_logits: Tensor,
    fake_logits: Tensor,
    mask_real: Tensor,
    mask_fake: Tensor,
    normalizer_real: float | None = None,
    normalizer_fake: float | None = None,
) -> Tensor:
    """Binary cross-entropy of a critic that judges every prefix.

    A prefix of a human sentence is real, one of a generated sentence is not. Each side is a mean over its
    own prefixes, so that the longer side weighs no more. Scoring prefixes is Wang and Lee's (2018, section
    5.2); the cross-entropy is ScratchGAN's (de Masson d'Autume et al. 2019), as in the paper's code.

    Args:
        real_logits: logit of P(real) for every prefix of human sentences, ``(batch, length)``.
        fake_logits: the same of generated sentences; batch and length may differ.
        normalizer_real: as in ``masked_mean``, for the human prefixes.
        normalizer_fake: likewise for the generated ones.

    Returns:
        A scalar in nats; ``2 log 2`` where the critic knows nothing.
    """
    real = masked_mean(functional.softplus(-real_logits), mask_real, normalizer_real)
    fake = masked_mean(functional.softplus(fake_logits), mask_fake, normalizer_fake)
    return real + fake
