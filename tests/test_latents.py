from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn.functional import pad
from toy_language import toy_bench

from textae.config import Adversarial
from textae.latents.words import WordsLatent, up_to_end
from textae.networks import IGNORE

ROWS, LENGTH = 6, 9


@pytest.fixture(scope="module")
def bench():
    return toy_bench(Path(), Adversarial(critic="none"))


@pytest.fixture(scope="module")
def source(bench):
    sources = [bench.generator_source(ids, 3) for ids in bench.documents.ids[:ROWS]]
    return bench.batch(sources, [[] for _ in sources])


def _encode(bench, source, soft=False, temperature=1.0, rows=slice(None)):
    latent = WordsLatent(bench.networks["generator"].eval(), soft=soft)
    uniforms = torch.rand(ROWS, LENGTH, generator=torch.Generator().manual_seed(0))
    return latent.encode(source.input_ids[rows], source.attention_mask[rows], uniforms[rows], temperature)


def test_mask_reaches_to_the_first_end_token_and_includes_it():
    ids = torch.tensor([[5, 1, 0, 0], [5, 6, 7, 8], [1, 1, 5, 1]])
    expected = [[True, True, False, False], [True] * 4, [True, False, False, False]]
    assert up_to_end(ids, eos_token_id=1).tolist() == expected


def test_log_probs_are_those_of_the_sampled_words(bench, source):
    words = _encode(bench, source)
    network = bench.networks["generator"]
    labels = words.ids.masked_fill(~words.mask, IGNORE)
    logits = network(input_ids=source.input_ids, attention_mask=source.attention_mask, labels=labels).logits
    expected = logits.gather(-1, words.ids.unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(words.log_probs[words.mask], expected[words.mask], atol=1e-4, rtol=1e-4)
    assert not words.log_probs[~words.mask].any()


def test_distributions_agree_with_the_log_probs(bench, source):
    plain, soft = _encode(bench, source), _encode(bench, source, soft=True)
    assert plain.states is None
    assert torch.equal(plain.ids, soft.ids)
    torch.testing.assert_close(plain.log_probs, soft.log_probs, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(soft.states.sum(-1), torch.ones(soft.ids.shape))
    picked = soft.states.gather(-1, soft.ids.unsqueeze(-1)).squeeze(-1).log()
    torch.testing.assert_close(picked[soft.mask], soft.log_probs[soft.mask])


@pytest.mark.parametrize("soft", [False, True])
def test_the_gradient_reaches_the_generator(bench, source, soft):
    words = _encode(bench, source, soft)
    value = words.states[words.mask].square().sum() if soft else words.log_probs.sum()
    parameters = [p for p in bench.networks["generator"].parameters() if p.requires_grad]
    gradients = torch.autograd.grad(value, parameters)
    assert all(gradient.any() for gradient in gradients)


def test_autocast_leaves_the_gradient_whole(bench, source):
    parameters = [p for p in bench.networks["generator"].parameters() if p.requires_grad]
    with torch.autocast("cpu", torch.bfloat16):
        value = _encode(bench, source).log_probs.sum()
    assert all(gradient.any() for gradient in torch.autograd.grad(value, parameters))


def test_greedy_words_need_no_randomness_and_differ_from_samples(bench, source):
    greedy = _encode(bench, source, temperature=0.0)
    latent = WordsLatent(bench.networks["generator"].eval())
    other = latent.encode(source.input_ids, source.attention_mask, torch.full((ROWS, LENGTH), 0.9), 0.0)
    assert torch.equal(greedy.ids, other.ids)
    assert not torch.equal(greedy.ids[:, :2], _encode(bench, source).ids[:, :2])


def test_a_row_depends_on_itself_alone(bench, source):
    together = _encode(bench, source, soft=True)
    for row in range(ROWS):
        alone = _encode(bench, source, soft=True, rows=slice(row, row + 1))
        width = alone.ids.shape[1]
        assert torch.equal(alone.ids[0], together.ids[row, :width])
        torch.testing.assert_close(alone.log_probs[0], together.log_probs[row, :width], atol=1e-5, rtol=1e-4)


def test_padding_of_the_source_changes_nothing(bench, source):
    words = _encode(bench, source)
    junk = pad(source.input_ids, (0, 4), value=bench.documents.ids[0][0])
    uniforms = torch.rand(ROWS, LENGTH, generator=torch.Generator().manual_seed(0))
    padded = WordsLatent(bench.networks["generator"].eval()).encode(
        junk, pad(source.attention_mask, (0, 4)), uniforms
    )
    assert torch.equal(padded.ids, words.ids)
    torch.testing.assert_close(padded.log_probs, words.log_probs, atol=1e-5, rtol=1e-4)
