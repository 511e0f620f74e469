"""The game of generator, reconstructor and discriminator (Wang and Lee 2018, sections 4 and 5).

It departs from the paper in four ways. Besides the reconstruction, the generator is rewarded for what can be
read off its words alone (similarity to the document, fluency, length, repetition), each part with a weight of
which 0 leaves it out. A second cycle runs beside the paper's, human sentence -> pseudo-document -> the
sentence, so that one of the generator's targets is always something a person wrote. Rollouts and rewards
know no dropout. All that is drawn follows from the seed, the step and the row, so that neither a resume nor
another number of processes changes it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from textae.critic_training import CriticTraining, ReinforceCritic, WassersteinCritic
from textae.data import Batch, BatchSchedule
from textae.decoding import sample
from textae.errors import UsageError
from textae.latents.base import LatentOutput
from textae.latents.words import WordsLatent
from textae.losses import reinforce, sequence_mean
from textae.networks import IGNORE, token_log_probs
from textae.optimization import Learner
from textae.rewards import advantage, reconstruction_reward
from textae.rollouts import Documents, WordRewards, collapse_signals
from textae.workbench import Workbench

_ROLLOUT_KEY, _HUMAN_KEY, _CYCLE_KEY = 7, 8, 9
_CRITIC_BETAS = (0.5, 0.9)
"""Of Gulrajani et al. (2017): what judges a moving target has to forget."""


class AdversarialStage:
    """Document -> words -> document with a critic of the words, and the cycle the other way round.

    Args:
        bench: the run's. ``networks`` holds the ``discriminator`` that ``adversarial.critic`` names and,
            where ``language_weight`` is not 0, a trained ``language_model``.

    Raises:
        UsageError: when every weight is 0.
    """

    name = "adversarial"

    def __init__(self, bench: Workbench) -> None:
        settings = bench.config.adversarial
        self._bench, self._settings = bench, settings
        self.steps = settings.steps
        self.learners = {"generator": self._learner("generator", settings.learning_rate)}
        if settings.reconstruction_weight:
            rate = settings.reconstructor_learning_rate
            self.learners["reconstructor"] = self._learner("reconstructor", rate)
        self._critic: CriticTraining | None = None
        if settings.critic != "none" and settings.critic_weight:
            wasserstein = settings.critic == "wgan-gp"
            self._critic = WassersteinCritic(bench) if wasserstein else ReinforceCritic(bench)
            self.learners["discriminator"] = Learner(
                bench.networks["discriminator"],
                bench.accelerator,
                settings.critic_learning_rate,
                settings.steps * settings.critic_steps,
                _CRITIC_BETAS,
            )
        self._rewards = WordRewards(bench)
        self._self_critical = bool(self._rewards.weights or settings.reconstruction_weight)
        if not (self._self_critical or self._critic or settings.cycle_weight):
            raise UsageError("adversarial: every weight is 0, so there is nothing to learn from")
        soft = self._critic is not None and self._critic.reads_distributions
        self._latent = WordsLatent(bench.networks["generator"], soft=soft)
        seed, size = bench.config.seed, settings.batch_size
        lengths = [len(row) for row in bench.documents.ids]
        self._documents = BatchSchedule(lengths, size, seed + _ROLLOUT_KEY)
        self._sentences = BatchSchedule(bench.human_text.lengths, size, seed + _CYCLE_KEY)

    def step(self, step: int) -> dict[str, float]:
        """One round of updates; ``docs/metrics.md`` explains the scalars."""
        seed, settings = self._bench.config.seed, self._settings
        rows = self._documents.rows(step)
        documents = Documents.draw(self._bench, rows, [seed, _ROLLOUT_KEY, step])
        generator_learns = step >= settings.critic_warmup
        with torch.set_grad_enabled(generator_learns):
            sampled = self._rollout(documents, temperature=1.0)
        signals = collapse_signals(self._bench, documents, sampled)
        scalars = {f"samples/{name}": value for name, value in signals.items()}
        if self._critic:
            for update in range(step * settings.critic_steps, (step + 1) * settings.critic_steps):
                scalars |= self._train_critic(self._critic, documents, sampled, update)
        if settings.reconstruction_weight:
            scalars |= self._train_reconstructor(documents, sampled, step)
        if generator_learns:
            scalars |= self._train_generator(documents, sampled, step)
        return self._bench.over_processes(scalars)

    def _rollout(self, documents: Documents, temperature: float) -> LatentOutput:
        self._bench.networks["generator"].eval()
        source = documents.batch
        with self._bench.accelerator.autocast():
            return self._latent.encode(
                source.input_ids, source.attention_mask, documents.uniforms, temperature
            )

    def _train_critic(
        self, critic: CriticTraining, documents: Documents, sampled: LatentOutput, update: int
    ) -> dict[str, float]:
        bench = self._bench
        random = np.random.default_rng([bench.config.seed, _HUMAN_KEY, update])
        rows = bench.mine(random.integers(len(bench.human_text), size=documents.total).tolist())
        # The end token is part of what is judged, as it is in the samples.
        human = [[*bench.human_text.ids[row], bench.tokenizer.eos_token_id] for row in rows]
        loss, means = critic.loss(bench.batch(human, [[] for _ in human]), sampled, random)
        scalars = {f"discriminator/{side}": float(mean) for side, mean in means.items()}
        return scalars | self._update("discriminator", loss, update)

    def _train_reconstructor(
        self, documents: Documents, sampled: LatentOutput, step: int
    ) -> dict[str, float]:
        network = self._bench.networks["reconstructor"].train()
        loss = self._bench.mean_nll(network, self._reconstruction(documents, sampled))
        return self._update("reconstructor", loss, step)

    def _train_generator(self, documents: Documents, sampled: LatentOutput, step: int) -> dict[str, float]:
        bench, settings = self._bench, self._settings
        losses = [sampled.loss]
        scalars: dict[str, float] = {}
        if self._self_critical:
            advantages, scalars = self._advantages(documents, sampled)
            tokens = float(bench.total(sampled.mask.sum()))
            losses.append(reinforce(sampled.log_probs, advantages, sampled.mask, tokens))
        if self._critic:
            losses.append(settings.critic_weight * self._critic.generator_loss(sampled))
        if settings.cycle_weight:
            pseudo_documents = self._pseudo_documents(step)
            cycle = bench.mean_nll(bench.networks["generator"].train(), pseudo_documents)
            losses.append(settings.cycle_weight * cycle)
            scalars["generator/cycle_loss"] = float(cycle.detach())
        scalars |= self._update("generator", torch.stack(losses).sum(), step)
        # Its surrogate has no meaning of its own, unlike the likelihood that the warm start calls a loss.
        del scalars["generator/loss"]
        return scalars

    @torch.no_grad()
    def _advantages(self, documents: Documents, sampled: LatentOutput) -> tuple[Tensor, dict[str, float]]:
        """Reward of the sampled words less that of the greedy ones, ``(batch,)``; and the mean rewards."""
        greedy = self._rollout(documents, temperature=0.0)
        parts = self._rewards.parts(documents, sampled)
        rewards = self._rewards.total(documents, parts)
        baseline = self._rewards.total(documents, self._rewards.parts(documents, greedy))
        advantages = advantage(rewards, baseline)
        weight = self._settings.reconstruction_weight
        if weight:
            nll_sample, nll_greedy = (self._document_nll(documents, words) for words in (sampled, greedy))
            advantages = advantages + weight * reconstruction_reward(nll_sample, nll_greedy)
            rewards = rewards - weight * nll_sample
            parts["reconstruction"] = -nll_sample
        scalars = {f"reward/{name}": documents.mean(part) for name, part in parts.items()}
        return advantages, {"reward/total": documents.mean(rewards), **scalars}

    def _document_nll(self, documents: Documents, words: LatentOutput) -> Tensor:
        """Mean negative log-likelihood a token of each document given the words, ``(batch,)``."""
        network = self._bench.networks["reconstructor"].eval()
        batch = self._reconstruction(documents, words)
        with self._bench.accelerator.autocast():
            log_probs = token_log_probs(network, batch.input_ids, batch.attention_mask, batch.labels)
        return sequence_mean(-log_probs, batch.labels.ne(IGNORE))

    def _reconstruction(self, documents: Documents, words: LatentOutput) -> Batch:
        """Words as input, their documents as labels."""
        rows = words.ids.masked_fill(~words.mask, self._bench.tokenizer.pad_token_id).tolist()
        return self._bench.batch([self._bench.strip(row) for row in rows], documents.rows)

    def _pseudo_documents(self, step: int) -> Batch:
        """Documents that the reconstructor as it is now writes from human sentences; these as labels."""
        bench, human = self._bench, self._bench.human_text
        rows = bench.mine(self._sentences.rows(step))
        network = bench.networks["reconstructor"].eval()
        sentences = bench.batch([human.ids[row] for row in rows], [[] for _ in rows])
        seeds = [[bench.config.seed, _CYCLE_KEY, step, row] for row in rows]
        length = bench.config.max_document_tokens
        uniforms = np.stack([np.random.default_rng(seed).random(length, np.float32) for seed in seeds])
        with bench.accelerator.autocast():
            written = sample(
                network,
                sentences.input_ids,
                sentences.attention_mask,
                torch.from_numpy(uniforms).to(bench.accelerator.device),
                temperature=bench.config.generator_warm_start.temperature,
            )
        sources = [
            bench.generator_source(bench.strip(ids), human.lengths[row])
            for ids, row in zip(written.tolist(), rows, strict=True)
        ]
        return bench.batch(sources, [human.ids[row] for row in rows])

    def _learner(self, name: str, learning_rate: float) -> Learner:
        return Learner(self._bench.networks[name], self._bench.accelerator, learning_rate, self.steps)

    def _update(self, name: str, loss: Tensor, step: int) -> dict[str, float]:
        norm = self.learners[name].update(loss, step)
        # The norm is that of all processes in each of them; the sum over processes restores it.
        share = 1 / self._bench.accelerator.num_processes
        return {f"{name}/loss": float(loss.detach()), f"{name}/gradient_norm": norm * share}
