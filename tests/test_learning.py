"""Does training learn what it should, from what it should? On a toy language, in seconds.

A short warm start leaves a generator that writes three words of a document in any order. What it writes after
the adversarial stage is measured against that start and against a stage with one part switched off. Margins
are at most two thirds of the least that was seen on four seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_language import is_sentence, toy_bench

from textae.adversarial import AdversarialStage
from textae.config import Adversarial
from textae.data import pad
from textae.decoding import sample
from textae.optimization import Learner
from textae.workbench import Workbench

CRITICS = ["reinforce", "wgan-gp"]
SEEDS = [0, 1]
STAGE = {
    "batch_size": 64,
    "learning_rate": 2e-3,
    "reconstructor_learning_rate": 2e-3,
    "critic_warmup": 10,
    "similarity_weight": 0.0,
    "language_weight": 0.0,
    "repetition_weight": 0.0,
    "cycle_weight": 0.0,
    "length_weight": 0.5,
    "reconstruction_weight": 4.0,
}
CRITIC = {
    "none": {"steps": 50},
    "reinforce": {"steps": 50, "critic_steps": 2, "critic_learning_rate": 5e-3, "critic_weight": 2.0},
    "wgan-gp": {"steps": 50, "critic_steps": 3, "critic_learning_rate": 1e-2, "critic_weight": 1.0},
}
WARM_STEPS, WARM_ROWS, WARM_RATE = 100, 64, 5e-3
PSEUDO_SHARE = 0.25
DOCUMENTS = 300


@dataclass
class Outcome:
    """A workbench after training, the scalars of every step, and the words for the first documents."""

    bench: Workbench
    scalars: list[dict[str, float]]
    words: list[list[int]]

    def reward(self, steps: slice) -> float:
        rewards = [row["reward/total"] for row in self.scalars if "reward/total" in row]
        return float(np.mean(rewards[steps]))

    def sentence_share(self) -> float:
        """Share of outputs that are sentences of the language."""
        return float(np.mean([is_sentence(self.bench.tokenizer.decode(row)) for row in self.words]))


@cache
def warm_start(seed: int) -> dict[str, dict]:
    """Weights of a generator that copies some words, and of a reconstructor that reads such words."""
    bench = toy_bench(Path(), Adversarial(critic="none"), seed)
    for name in ("reconstructor", "generator"):
        network = bench.networks[name].train()
        learner = Learner(network, bench.accelerator, WARM_RATE, WARM_STEPS)
        for step in range(WARM_STEPS):
            random = np.random.default_rng([seed, step])
            rows = random.integers(len(bench.documents), size=WARM_ROWS)
            documents = [bench.documents.ids[row] for row in rows]
            words = [[ids[i] for i in sorted(random.choice(len(ids), 3, replace=False))] for ids in documents]
            if name == "generator":
                # Some human sentences among other words: the start knows that there is such an order.
                for row in range(round(PSEUDO_SHARE * WARM_ROWS)):
                    words[row] = bench.human_text.ids[random.integers(len(bench.human_text))]
                    documents[row] = random.permutation([*words[row], *documents[row][:5]]).tolist()
                documents = [bench.generator_source(ids, 3) for ids in documents]
                batch = bench.batch(documents, words)
            else:
                batch = bench.batch(words, documents)
            learner.update(bench.mean_nll(network, batch), step)
    return {name: bench.networks[name].state_dict() for name in ("generator", "reconstructor")}


@cache
def train(critic: str, seed: int, reconstruction_weight: float = 4.0) -> Outcome:
    """The adversarial stage from the warm start."""
    settings = {**STAGE, **CRITIC[critic], "reconstruction_weight": reconstruction_weight}
    bench = toy_bench(Path(), Adversarial(critic=critic, **settings), seed)
    for name, state in warm_start(seed).items():
        bench.networks[name].load_state_dict(state)
    stage = AdversarialStage(bench)
    scalars = [stage.step(step) for step in range(stage.steps)]
    return Outcome(bench, scalars, write(bench))


def write(bench: Workbench) -> list[list[int]]:
    sources = [bench.generator_source(ids, 3) for ids in bench.documents.ids[:DOCUMENTS]]
    batch = bench.batch(sources, [[] for _ in sources])
    uniforms = torch.zeros(len(sources), 11)
    network = bench.networks["generator"].eval()
    ids = sample(network, batch.input_ids, batch.attention_mask, uniforms, temperature=0.0)
    return [bench.strip(row) for row in ids.tolist()]


def nll_of_a_new_reconstructor(outcome: Outcome) -> float:
    """What a reconstructor makes of the words when it is given time to learn them, in nats a token."""
    bench, size = outcome.bench, DOCUMENTS * 2 // 3
    network = bench.networks["reconstructor"]
    network.load_state_dict(warm_start(bench.config.seed)["reconstructor"])
    learner = Learner(network, bench.accelerator, 2e-3, 30)
    pairs = list(zip(outcome.words, bench.documents.ids, strict=False))
    for step in range(30):
        rows = np.random.default_rng(step).integers(size, size=WARM_ROWS)
        batch = bench.batch([pairs[row][0] for row in rows], [pairs[row][1] for row in rows])
        learner.update(bench.mean_nll(network, batch), step)
    held_out = bench.batch([words for words, _ in pairs[size:]], [ids for _, ids in pairs[size:]])
    return float(bench.mean_nll(network.eval(), held_out).detach())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("critic", CRITICS)
def test_the_reward_rises(critic, seed):
    outcome = train(critic, seed)
    assert outcome.reward(slice(-5, None)) >= outcome.reward(slice(5)) + 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_reconstruction_beats_the_unigram_entropy(seed):
    outcome = train("reinforce", seed)
    tokens = [
        token for ids in outcome.bench.documents.ids for token in [*ids, outcome.bench.tokenizer.eos_token_id]
    ]
    share = np.bincount(tokens) / len(tokens)
    entropy = -float(np.sum(share[share > 0] * np.log(share[share > 0])))
    assert -outcome.scalars[-1]["reward/reconstruction"] < entropy - 0.2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("critic", CRITICS)
def test_the_critic_tells_sentences_from_shuffled_ones(critic, seed):
    bench = train(critic, seed).bench
    judge = bench.networks["discriminator"]
    orders = [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)]
    means = []
    for order in orders:
        rows = [[*(row[i] for i in order), bench.tokenizer.eos_token_id] for row in bench.human_text.ids]
        ids = pad(rows, bench.tokenizer.pad_token_id)
        scores = judge(ids, torch.ones_like(ids, dtype=torch.bool)).detach()
        means.append(float(scores.sigmoid()[:, -1].mean() if critic == "reinforce" else scores.mean()))
    assert means[0] > max(means[1:]) + 0.15


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("critic", CRITICS)
def test_without_the_critic_fewer_outputs_are_sentences(critic, seed):
    assert train(critic, seed).sentence_share() >= train("none", seed).sentence_share() + 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_without_its_reward_the_reconstruction_is_worse(seed):
    on, off = train("reinforce", seed), train("reinforce", seed, reconstruction_weight=0.0)
    assert nll_of_a_new_reconstructor(on) <= nll_of_a_new_reconstructor(off) - 0.1
