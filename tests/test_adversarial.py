from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import pad
from toy_language import toy_bench

from textae.adversarial import AdversarialStage
from textae.config import Adversarial
from textae.critic_training import ReinforceCritic, WassersteinCritic, build_critic
from textae.discriminator import ConvolutionalCritic, PrefixCritic
from textae.errors import UsageError
from textae.latents.base import LatentOutput
from textae.rollouts import Documents, WordRewards, collapse_signals

CRITICS = ["reinforce", "wgan-gp"]
OFF = {
    "critic": "none",
    "reconstruction_weight": 0.0,
    "similarity_weight": 0.0,
    "language_weight": 0.0,
    "length_weight": 0.0,
    "repetition_weight": 0.0,
    "cycle_weight": 0.0,
}
OF_PART = {
    "reconstruction_weight": {"reward/reconstruction", "reconstructor/loss"},
    "similarity_weight": {"reward/similarity"},
    "language_weight": {"reward/language"},
    "length_weight": {"reward/length"},
    "repetition_weight": {"reward/repetition"},
    "cycle_weight": {"generator/cycle_loss"},
}


def _stage(**changes):
    settings = {"steps": 4, "batch_size": 6, "critic_steps": 2, "critic_warmup": 0, **changes}
    bench = toy_bench(Path(), Adversarial(**settings))
    return bench, AdversarialStage(bench)


def _state(bench):
    return {
        name: {key: value.clone() for key, value in network.state_dict().items()}
        for name, network in bench.networks.items()
    }


def _changed(bench, before):
    """The networks of which anything changed."""
    return {
        name
        for name, network in bench.networks.items()
        if any(not torch.equal(value, before[name][key]) for key, value in network.state_dict().items())
    }


def _documents(bench, count=6):
    return Documents.draw(bench, list(range(count)), [0, 0])


def _words(bench, *rows):
    """Words as if sampled, the end token added."""
    ended = [[*row, bench.tokenizer.eos_token_id] for row in rows]
    width = max(len(row) for row in ended)
    ids = torch.tensor([row + [bench.tokenizer.pad_token_id] * (width - len(row)) for row in ended])
    mask = torch.arange(width) < torch.tensor([[len(row)] for row in ended])
    return LatentOutput(None, ids, torch.full(ids.shape, -1.0) * mask, mask, torch.zeros(()))


@pytest.mark.parametrize("critic", CRITICS)
def test_every_update_changes_its_own_network_whole_and_no_other(critic):
    bench, stage = _stage(critic=critic)
    updates = []
    for name, learner in stage.learners.items():

        def update(loss, step, name=name, plain=learner.update):
            before = _state(bench)
            norm = plain(loss, step)
            assert _changed(bench, before) == {name}
            parameters = dict(bench.networks[name].named_parameters())
            learns = {key: value for key, value in parameters.items() if value.requires_grad}
            unchanged = [key for key, value in learns.items() if torch.equal(value, before[name][key])]
            # A bias added to every score is no part of a difference of scores.
            assert unchanged == (["score.bias"] if (critic, name) == ("wgan-gp", "discriminator") else [])
            updates.append(name)
            return norm

        learner.update = update
    scalars = stage.step(0)
    assert updates == ["discriminator", "discriminator", "reconstructor", "generator"]
    assert all(scalars[f"{name}/gradient_norm"] > 0 for name in set(updates))


@pytest.mark.parametrize("critic", CRITICS)
def test_the_generator_waits_for_critic_and_reconstructor(critic):
    bench, stage = _stage(critic=critic, critic_warmup=1)
    before = _state(bench)
    scalars = stage.step(0)
    assert _changed(bench, before) == {"discriminator", "reconstructor"}
    assert "generator/gradient_norm" not in scalars
    before = _state(bench)
    assert "generator/gradient_norm" in stage.step(1)
    assert "generator" in _changed(bench, before)


@pytest.mark.parametrize("part", OF_PART)
def test_a_part_leaves_its_trace_only_with_a_weight(part):
    traces = set().union(*OF_PART.values())
    _, stage = _stage(**{**OFF, part: 0.5})
    assert traces & stage.step(0).keys() == OF_PART[part]


def test_what_has_no_weight_is_not_even_there():
    bench, stage = _stage(**{**OFF, "length_weight": 1.0})
    for name in ("reconstructor", "language_model"):
        del bench.networks[name]
    assert stage.learners.keys() == {"generator"}
    scalars = stage.step(0)
    assert not any(name.startswith(("discriminator", "reconstructor")) for name in scalars)


@pytest.mark.parametrize("critic", CRITICS)
def test_a_critic_without_weight_is_left_out(critic):
    bench, stage = _stage(**{**OFF, "critic": critic, "critic_weight": 0.0, "length_weight": 1.0})
    before = _state(bench)
    stage.step(0)
    assert _changed(bench, before) == {"generator"}


def test_nothing_to_learn_from_is_an_error():
    with pytest.raises(UsageError, match="every weight is 0"):
        _stage(**OFF)


@pytest.mark.parametrize("critic", CRITICS)
def test_a_step_can_be_repeated_to_the_bit(critic):
    runs = []
    for _ in range(2):
        bench, stage = _stage(critic=critic)
        runs.append((stage.step(3), _state(bench)))
    assert runs[0][0] == runs[1][0]
    for name, state in runs[0][1].items():
        assert all(torch.equal(value, runs[1][1][name][key]) for key, value in state.items())


def test_a_better_sample_than_the_greedy_words_is_made_likelier():
    bench, stage = _stage(**{**OFF, "similarity_weight": 1.0}, learning_rate=1e-4)
    documents = _documents(bench)
    sampled = stage._rollout(documents, temperature=1.0)
    advantages, _ = stage._advantages(documents, sampled)
    assert (advantages.abs() > 0.1).all()
    stage._train_generator(documents, sampled, 0)
    change = (stage._rollout(documents, temperature=1.0).log_probs - sampled.log_probs).sum(1).detach()
    assert float((change * advantages).sum()) > 0


def test_rewards_by_hand():
    bench, _ = _stage(**{**OFF, "length_weight": 0.5, "repetition_weight": 2.0})
    bako, kipo, vefu = (bench.encode([word])[0][0] for word in ("bako", "kipo", "vefu"))
    documents = dataclasses.replace(_documents(bench, 2), wanted=torch.tensor([3, 2]))
    words = _words(bench, [bako, kipo, vefu], [bako, kipo, bako, bako])
    rewards = WordRewards(bench)
    parts = rewards.parts(documents, words)
    assert {name: part.tolist() for name, part in parts.items()} == {
        "length": [0.0, -2.0],
        "repetition": [0.0, -0.5],
    }
    assert rewards.total(documents, parts).tolist() == [0.0, -2.0]


def test_similarity_prefers_the_words_of_the_document():
    bench, _ = _stage()
    documents = _documents(bench, 2)
    first, second = ([token for token in ids if ids.count(token) == 1] for ids in documents.rows)
    right = WordRewards(bench).parts(documents, _words(bench, first, second))["similarity"]
    wrong = WordRewards(bench).parts(documents, _words(bench, second, first))["similarity"]
    assert (right > wrong).all()


def test_padding_changes_no_reward_and_no_signal():
    bench, _ = _stage()
    documents = _documents(bench, 2)
    words = _words(bench, documents.rows[0][:2], documents.rows[1][:4])
    said = documents.rows[0][0]
    junk = dataclasses.replace(
        words,
        ids=pad(words.ids.masked_fill(~words.mask, said), (0, 3), value=said),
        log_probs=pad(words.log_probs, (0, 3)),
        mask=pad(words.mask, (0, 3)),
    )
    rewards = WordRewards(bench)
    expected, padded = rewards.parts(documents, words), rewards.parts(documents, junk)
    assert expected.keys() == padded.keys() == {"similarity", "language", "length", "repetition"}
    for name, part in expected.items():
        torch.testing.assert_close(padded[name], part)
    assert collapse_signals(bench, documents, junk) == collapse_signals(bench, documents, words)


def test_collapse_signals_by_hand():
    bench, _ = _stage()
    bako, kipo, vefu, zope = (bench.encode([word])[0][0] for word in ("bako", "kipo", "vefu", "zope"))
    documents = _documents(bench, 2)
    ids = torch.tensor([[0, bako, kipo], [0, vefu, vefu]])
    batch = dataclasses.replace(documents.batch, input_ids=ids, attention_mask=torch.ones(2, 3).bool())
    documents = dataclasses.replace(documents, batch=batch)
    signals = collapse_signals(bench, documents, _words(bench, [bako, kipo, bako, kipo], [zope, vefu]))
    assert signals == {
        "entropy": 1.0,
        "distinct_1": 4 / 6,
        "distinct_2": 3 / 4,
        "length": 3.0,
        "copied": (1 + 0.5) / 2,
        "repetition": 0.25,
    }


@pytest.mark.parametrize("critic", CRITICS)
def test_padding_changes_no_critic_loss(critic):
    bench, stage = _stage(critic=critic)
    training = (ReinforceCritic if critic == "reinforce" else WassersteinCritic)(bench)
    documents = _documents(bench)
    sampled = stage._rollout(documents, temperature=1.0)
    junk = dataclasses.replace(
        sampled,
        states=None if sampled.states is None else pad(sampled.states, (0, 0, 0, 2), value=0.3),
        ids=pad(sampled.ids, (0, 2), value=70),
        log_probs=pad(sampled.log_probs, (0, 2)),
        mask=pad(sampled.mask, (0, 2)),
    )
    human = bench.batch(bench.human_text.ids[:6], [[]] * 6)
    wide = dataclasses.replace(
        human,
        input_ids=pad(human.input_ids, (0, 5), value=71),
        attention_mask=pad(human.attention_mask, (0, 5)),
    )
    random = [np.random.default_rng(0) for _ in range(2)]
    expected, _ = training.loss(human, sampled, random[0])
    padded, _ = training.loss(wide, junk, random[1])
    torch.testing.assert_close(padded, expected)
    torch.testing.assert_close(training.generator_loss(junk), training.generator_loss(sampled))


def test_critics_fit_the_tokenizer():
    bench, _ = _stage()
    for kind, network in (("reinforce", PrefixCritic), ("wgan-gp", ConvolutionalCritic)):
        critic = build_critic(kind, bench.tokenizer)
        assert isinstance(critic, network)
        assert critic.config.vocab_size == len(bench.tokenizer)


def test_pseudo_documents_come_with_their_human_sentences():
    bench, stage = _stage()
    batch = stage._pseudo_documents(0)
    human = {tuple(ids) for ids in bench.human_text.ids}
    eos = bench.tokenizer.eos_token_id
    for source, mask, labels in zip(batch.input_ids, batch.attention_mask, batch.labels, strict=True):
        sentence = [token for token in labels.tolist() if token >= 0]
        assert sentence[-1] == eos
        assert tuple(sentence[:-1]) in human
        assert int(source[0]) == bench.prompts[3]
        assert eos not in source[mask].tolist()


def test_documents_are_the_same_however_many_rows_are_drawn_beside_them():
    bench, _ = _stage()
    few, many = (Documents.draw(bench, list(range(count)), [0, 5]) for count in (2, 4))
    assert few.rows == many.rows[:2]
    assert few.wanted.tolist() == many.wanted[:2].tolist()
    assert torch.equal(few.uniforms, many.uniforms[:2])
    assert torch.equal(few.ids[few.mask], many.ids[:2][many.mask[:2]])
