"""How the two critics of the paper learn, and what each tells the generator.

Both judge sampled words against human sentences. Losses are sums over this process's rows divided by counts
over all processes, as ``optimization.Learner`` wants them. The critics work in full precision: they are
small, and the gradient penalty takes second derivatives.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from textae.data import Batch
from textae.discriminator import (
    ConvolutionalCritic,
    ConvolutionalCriticConfig,
    PrefixCritic,
    PrefixCriticConfig,
)
from textae.latents.base import LatentOutput
from textae.losses import (
    discounted_returns,
    gradient_penalty,
    prefix_critic_loss,
    reinforce,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)
from textae.rewards import prefix_rewards
from textae.workbench import Workbench


def build_critic(kind: Literal["reinforce", "wgan-gp"], tokenizer: Any) -> PrefixCritic | ConvolutionalCritic:
    """A critic from scratch for a tokenizer, of the kind that ``adversarial.critic`` names."""
    sizes = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    if kind == "reinforce":
        return PrefixCritic(PrefixCriticConfig(**sizes))
    return ConvolutionalCritic(ConvolutionalCriticConfig(**sizes))


class CriticTraining(Protocol):
    """What the adversarial stage asks of a kind of critic."""

    @property
    def reads_distributions(self) -> bool:
        """Whether it needs the ``states`` of the generated words."""

    def loss(
        self, human: Batch, generated: LatentOutput, random: np.random.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What the critic minimizes, and its mean verdict on ``human`` and on ``generated`` text.

        Args:
            human: human sentences with their end tokens as inputs, as many rows as ``generated``.
            generated: sampled words.
            random: in the same state in all processes.
        """

    def generator_loss(self, generated: LatentOutput) -> Tensor:
        """What the generator minimizes to please the critic."""


class ReinforceCritic:
    """A critic of prefixes, whose verdicts are rewards of tokens (Wang and Lee 2018, section 5.2).

    Args:
        bench: the run's; ``networks["discriminator"]`` is a ``PrefixCritic``.
    """

    reads_distributions = False

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._critic = bench.networks["discriminator"]
        self._discount = bench.config.adversarial.discount

    def loss(
        self, human: Batch, generated: LatentOutput, random: np.random.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The critic's loss, and its mean P(real) of prefixes on either side."""
        real = self._critic(human.input_ids, human.attention_mask)
        fake = self._critic(generated.ids, generated.mask)
        real_count = float(self._bench.total(human.attention_mask.sum()))
        fake_count = float(self._bench.total(generated.mask.sum()))
        loss = prefix_critic_loss(real, fake, human.attention_mask, generated.mask, real_count, fake_count)
        means = {
            "human": (real.detach().sigmoid() * human.attention_mask).sum() / real_count,
            "generated": (fake.detach().sigmoid() * generated.mask).sum() / fake_count,
        }
        return loss, means

    def generator_loss(self, generated: LatentOutput) -> Tensor:
        """REINFORCE with the discounted sum of what each token adds to the critic's score."""
        with torch.no_grad():
            probs = self._critic(generated.ids, generated.mask).sigmoid()
        mask = generated.mask
        baseline = self._position_mean(prefix_rewards(probs, mask, probs.new_zeros(probs.shape[1])), mask)
        returns = discounted_returns(prefix_rewards(probs, mask, baseline), mask, self._discount)
        return reinforce(generated.log_probs, returns, mask, float(self._bench.total(mask.sum())))

    def _position_mean(self, values: Tensor, mask: Tensor) -> Tensor:
        """``rewards.position_mean`` over the rows of all processes, whose longest rows may differ."""
        accelerator = self._bench.accelerator
        sums = torch.stack([values.sum(0), mask.sum(0).to(values.dtype)])
        totals = accelerator.reduce(accelerator.pad_across_processes(sums, dim=1), reduction="sum")
        return (totals[0] / totals[1].clamp(min=1))[: mask.shape[1]]


class WassersteinCritic:
    """A critic of distributions, whose gradient is the generator's (Wang and Lee 2018, section 5.1).

    Args:
        bench: the run's; ``networks["discriminator"]`` is a ``ConvolutionalCritic``.
    """

    reads_distributions = True

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._critic = bench.networks["discriminator"]
        self._penalty = bench.config.adversarial.gradient_penalty

    def loss(
        self, human: Batch, generated: LatentOutput, random: np.random.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The critic's loss with the gradient penalty, and its mean score on either side."""
        assert generated.states is not None
        critic, mask = self._critic, generated.mask
        rows = self._bench.total(torch.tensor(len(mask), device=mask.device))
        share = len(mask) / rows
        alpha = torch.tensor(self._bench.mine(random.random(int(rows)).tolist()), device=mask.device)
        real = critic.embed(human.input_ids)
        fake = critic.embed(generated.states.detach())
        real_scores = critic.score_vectors(real, human.attention_mask)
        fake_scores = critic.score_vectors(fake, mask)
        penalty = gradient_penalty(
            critic.score_vectors, real, fake, human.attention_mask, mask, alpha, critic.embedding_metric()
        )
        loss = wasserstein_critic_loss(real_scores, fake_scores) + self._penalty * penalty
        means = {"human": real_scores.detach().mean(), "generated": fake_scores.detach().mean()}
        return share * loss, {name: share * mean for name, mean in means.items()}

    def generator_loss(self, generated: LatentOutput) -> Tensor:
        """Minus the mean score of what the generator would write."""
        mask = generated.mask
        rows = self._bench.total(torch.tensor(len(mask), device=mask.device))
        return len(mask) / rows * wasserstein_generator_loss(self._critic(generated.states, mask))
