from __future__ import annotations

import itertools
import math

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from textae.errors import TextaeError
from textae.optimization import Learner, learning_rate_factor


@pytest.fixture(scope="module")
def accelerator():
    return Accelerator(cpu=True)


class Net(nn.Module):
    """Two weights, one that the loss does not use, and one that does not learn."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.used = nn.Linear(3, 2)
        self.unused = nn.Parameter(torch.ones(2))
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)

    def loss(self, step):
        inputs = torch.linspace(-1, 1, 6).view(2, 3) * (step + 1)
        return (self.used(inputs) * self.frozen).pow(2).mean()


def run(learner, first, last):
    return [learner.update(learner.network.loss(step), step) for step in range(first, last)]


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_the_learning_rate_warms_up_and_falls_to_its_floor():
    factors = [learning_rate_factor(step, 100) for step in range(100)]
    assert factors[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert factors[5] == pytest.approx(1.0)
    assert all(later < earlier for earlier, later in itertools.pairwise(factors[5:]))
    # Half-way between warm-up and end the cosine is at the middle of its range.
    assert learning_rate_factor(52, 100) + learning_rate_factor(53, 100) == pytest.approx(2 * 0.525, abs=1e-3)
    assert factors[-1] == pytest.approx(0.05, abs=1e-3)
    assert learning_rate_factor(100, 100) == learning_rate_factor(500, 100) == pytest.approx(0.05)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_the_shortest_schedules_have_a_learning_rate(steps):
    assert all(0 < learning_rate_factor(step, steps) <= 1 for step in range(steps + 1))


def test_the_first_update_by_hand(accelerator):
    network = Net()
    learner = Learner(network, accelerator, learning_rate=0.01, steps=1, betas=(0.9, 0.98))
    gradient = torch.autograd.grad(network.loss(0), network.used.weight)[0]
    before = weights(network)
    norm = learner.update(network.loss(0), 0)
    # Adam's first step is as long as the learning rate, whatever the gradient; the weights decay beside it.
    expected = before["used.weight"] * (1 - 0.01 * 0.01) - 0.01 * gradient.sign()
    torch.testing.assert_close(network.used.weight.detach(), expected, atol=1e-5, rtol=0)
    assert math.isfinite(norm)
    assert norm > 0


def test_learning_lowers_the_loss_and_leaves_the_frozen_alone(accelerator):
    network = Net()
    before = weights(network)
    first = network.loss(0).item()
    learner = Learner(network, accelerator, 0.05, 50)
    for step in range(50):
        learner.update(network.loss(0), step)
    assert network.loss(0).item() < 0.2 * first
    assert torch.equal(network.frozen, before["frozen"])
    assert all(parameter.grad is None for parameter in network.parameters())


def test_what_the_loss_does_not_use_only_decays(accelerator):
    network = Net()
    learner = Learner(network, accelerator, 0.01, 1)
    learner.update(network.loss(0), 0)
    torch.testing.assert_close(network.unused.detach(), torch.full((2,), 1 - 0.01 * 0.01))


def test_long_gradients_are_clipped_and_their_norm_reported(accelerator):
    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(4))

    norms, moments = [], []
    for scale in (100.0, 200.0):
        network = Line()
        learner = Learner(network, accelerator, 0.01, 1)
        norms.append(learner.update((network.weight * scale).sum(), 0))
        moments.append(learner.state()["0.exp_avg"])
    assert norms == pytest.approx([200, 400])
    torch.testing.assert_close(moments[0], torch.full((4,), 0.1 * 0.5), atol=1e-5, rtol=0)
    assert torch.allclose(moments[0], moments[1])


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_broken_gradient_stops_training_before_it_reaches_the_weights(accelerator, broken):
    network = Net()
    before = weights(network)
    with pytest.raises(TextaeError, match="diverged"):
        Learner(network, accelerator, 0.01, 5).update(network.loss(0) * broken, 0)
    assert all(torch.equal(value, before[name]) for name, value in weights(network).items())


def test_a_loss_in_parts_has_the_gradient_of_the_whole(accelerator):
    # What processes add up to: a sum of losses, each over its rows and divided by the count of all.
    whole, parts = Net(), Net()
    rows = torch.linspace(-1, 1, 12).view(4, 3)
    Learner(whole, accelerator, 0.01, 9).update(whole.used(rows).pow(2).sum() / 4, 0)
    halves = [parts.used(half).pow(2).sum() / 4 for half in rows.split(2)]
    Learner(parts, accelerator, 0.01, 9).update(torch.stack(halves).sum(), 0)
    torch.testing.assert_close(parts.used.weight, whole.used.weight)


def test_state_is_empty_before_the_first_update(accelerator):
    assert Learner(Net(), accelerator, 0.01, 5).state() == {}


def test_going_on_from_the_state_is_bit_identical(accelerator):
    straight = Learner(Net(), accelerator, 0.01, 10)
    norms = run(straight, 0, 10)

    begun = Learner(Net(), accelerator, 0.01, 10)
    run(begun, 0, 4)
    state = {name: value.clone() for name, value in begun.state().items()}
    network = Net()
    network.load_state_dict(weights(begun.network))
    resumed = Learner(network, accelerator, 0.01, 10)
    resumed.load_state(state)
    assert run(resumed, 4, 10) == norms[4:]
    for name, value in weights(straight.network).items():
        assert torch.equal(value, weights(network)[name]), name
    for name, value in straight.state().items():
        assert torch.equal(value, resumed.state()[name]), name
    # It took copies: what was loaded is as it was.
    assert state["0.step"] == 4


def test_without_the_moments_it_would_not_be(accelerator):
    straight = Learner(Net(), accelerator, 0.01, 10)
    run(straight, 0, 10)
    begun = Learner(Net(), accelerator, 0.01, 10)
    run(begun, 0, 4)
    forgetful = Learner(begun.network, accelerator, 0.01, 10)
    run(forgetful, 4, 10)
    assert not torch.equal(straight.network.used.weight, forgetful.network.used.weight)
