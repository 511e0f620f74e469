from __future__ import annotations

import math

import pytest
import torch

from textae import rewards
from textae.losses import discounted_returns

PAD = 0
CORPUS = [[1, 2, 3, 3], [1, 2, 4], [1, 5, 4, 2], [1, 6, 6, 7]]
VOCAB = 9


def _padded(*sequences, length=None):
    length = length or max(len(sequence) for sequence in sequences)
    ids = torch.tensor([list(sequence) + [PAD] * (length - len(sequence)) for sequence in sequences])
    mask = torch.arange(length) < torch.tensor([[len(sequence)] for sequence in sequences])
    return ids, mask


def test_advantage_has_no_gradient():
    sample = torch.tensor([1.0, 2.0], requires_grad=True)
    result = rewards.advantage(sample, torch.tensor([0.5, 3.0]))
    assert result.tolist() == [0.5, -1.0]
    assert not result.requires_grad


def test_language_reward_by_hand():
    log_probs = torch.tensor([[-1.0, -3.0, -99.0], [-2.0, -99.0, -99.0]])
    mask = torch.tensor([[True, True, False], [True, False, False]])
    assert rewards.language_reward(log_probs, mask).tolist() == [-2.0, -2.0]


def test_reconstruction_reward_is_positive_where_the_sample_loses_less():
    reward = rewards.reconstruction_reward(torch.tensor([2.0, 5.0]), torch.tensor([3.0, 4.0]))
    assert reward.tolist() == [1.0, -1.0]


def test_prefix_rewards_by_hand():
    probs = torch.tensor([[0.75, 0.5, 1.0], [0.25, 0.5, 0.9]])
    mask = torch.tensor([[True, True, True], [True, True, False]])
    none = torch.zeros(3)
    # Scores 2 D - 1 are (0.5, 0, 1) and (-0.5, 0); rewards are what each token added.
    expected = torch.tensor([[0.5, -0.5, 1.0], [-0.5, 0.5, 0.0]])
    increments = rewards.prefix_rewards(probs, mask, none)
    torch.testing.assert_close(increments, expected)
    torch.testing.assert_close(discounted_returns(increments, mask, 1.0)[:, 0], torch.tensor([1.0, 0.0]))
    # The batch's means by position are 0, 0 and 1 (only one sequence reaches the third).
    torch.testing.assert_close(
        rewards.prefix_rewards(probs, mask), torch.tensor([[0.5, -0.5, 0.0], [-0.5, 0.5, 0.0]])
    )
    torch.testing.assert_close(rewards.position_mean(increments, mask), torch.tensor([0.0, 0.0, 1.0]))


def test_discounted_increments_are_the_papers_self_critical_returns():
    # Summing by parts: sum of g^(j-i) (s_j - s_(j-1)) = (1 - g) sum of g^(j-i) s_j + g^(n-i+1) s_n - s_(i-1),
    # so the score before a token is its baseline, whatever the discount.
    probs = torch.tensor([[0.6, 0.3, 0.8, 0.9]])
    mask = torch.ones(1, 4, dtype=torch.bool)
    discount = 0.3
    returns = discounted_returns(rewards.prefix_rewards(probs, mask, torch.zeros(4)), mask, discount)
    scores = 2 * probs - 1
    before = torch.cat([torch.zeros(1, 1), scores[:, :-1]], dim=1)
    tail = scores[:, -1:] * discount ** torch.arange(4, 0, -1)
    expected = (1 - discount) * discounted_returns(scores, mask, discount) + tail - before
    torch.testing.assert_close(returns, expected)


def test_idf_weights_by_hand():
    weights = rewards.idf_weights(CORPUS, VOCAB)
    expected = [0, 0, math.log(5 / 4), math.log(5 / 2), math.log(5 / 3), *[math.log(5 / 2)] * 3, 0]
    torch.testing.assert_close(weights, torch.tensor(expected))


def test_bag_vectors_by_hand():
    weights = torch.tensor([9.0, 1.0, 2.0, 4.0])
    ids, mask = _padded([1, 3, 1], [2], [])
    bags = rewards.bag_vectors(ids, mask, weights)
    assert bags.tolist() == [[0.0, 2.0, 0.0, 4.0], [0.0, 0.0, 2.0, 0.0], [0.0] * 4]
    projection = torch.arange(8.0).view(4, 2)
    torch.testing.assert_close(rewards.bag_vectors(ids, mask, weights, projection), bags @ projection)


def test_similarity_reward_is_a_cosine():
    documents = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    summaries = torch.tensor([[5.0, 0.0], [1.0, -1.0], [1.0, 0.0]])
    torch.testing.assert_close(rewards.similarity_reward(documents, summaries), torch.tensor([1.0, 0.0, 0.0]))


def test_lsa_projection_of_full_rank_keeps_every_cosine():
    weights = rewards.idf_weights(CORPUS, VOCAB)
    projection = rewards.lsa_projection(CORPUS, VOCAB, dim=100, seed=0)
    assert projection.shape == (VOCAB, len(CORPUS))
    torch.testing.assert_close(projection.T @ projection, torch.eye(len(CORPUS)), atol=1e-4, rtol=0)
    ids, mask = _padded(*CORPUS)
    plain = rewards.bag_vectors(ids, mask, weights)
    topics = rewards.bag_vectors(ids, mask, weights, projection)
    for row in range(1, len(CORPUS)):
        torch.testing.assert_close(
            rewards.similarity_reward(topics[:1], topics[row : row + 1]),
            rewards.similarity_reward(plain[:1], plain[row : row + 1]),
            atol=1e-4,
            rtol=0,
        )


def test_lsa_brings_together_tokens_that_keep_the_same_company():
    # 1 and 2 never meet but both meet 3 and 4; 5 has other company.
    corpus = [[1, 3, 4], [2, 3, 4], [1, 4], [2, 3], [5, 6, 7], [5, 7], [6, 7], [5, 6]] * 3
    weights = rewards.idf_weights(corpus, VOCAB)
    projection = rewards.lsa_projection(corpus, VOCAB, dim=2, seed=0)
    ids, mask = _padded([1], [2], [5])
    one, two, five = rewards.bag_vectors(ids, mask, weights, projection).split(1)
    assert rewards.similarity_reward(one, two).item() > 0.95
    assert abs(rewards.similarity_reward(one, five).item()) < 0.05


def test_lsa_projection_repeats_with_its_seed_and_leaves_the_random_state():
    state = torch.get_rng_state()
    first = rewards.lsa_projection(CORPUS, VOCAB, dim=2, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    assert torch.equal(rewards.lsa_projection(CORPUS, VOCAB, dim=2, seed=1), first)


def test_coverage_reward_by_hand():
    weights = torch.tensor([9.0, 1.0, 2.0, 4.0, 0.0])
    documents, document_mask = _padded([1, 2, 3, 3, 4], [1, 2], [4], [])
    summaries, summary_mask = _padded([3, 3], [], [4, 1], [1])
    covered = rewards.coverage_reward(documents, document_mask, summaries, summary_mask, weights)
    torch.testing.assert_close(covered, torch.tensor([8 / 11, 0.0, 0.0, 0.0]))


def test_length_reward_by_hand():
    lengths, wanted = torch.tensor([12, 10, 7]), torch.tensor([10, 10, 10])
    assert rewards.length_reward(lengths, wanted).tolist() == [-2.0, 0.0, 0.0]
    assert rewards.length_reward(lengths, wanted, shortfall_weight=0.5).tolist() == [-2.0, 0.0, -1.5]


def test_repetition_penalty_by_hand():
    content = torch.tensor([True, False, True, True])
    ids, mask = _padded([2, 1, 2, 1, 2, 3], [2, 3], [1, 1], [])
    torch.testing.assert_close(
        rewards.repetition_penalty(ids, mask, content), torch.tensor([2 / 4, 0.0, 0.0, 0.0])
    )


def _all_rewards(documents, document_mask, summaries, mask, scores):
    """Every reward that reads tokens, as ``(batch,)``, by name."""
    weights = torch.linspace(0.5, 3, VOCAB)
    projection = torch.randn(VOCAB, 3, generator=torch.Generator().manual_seed(1))
    plain = [
        rewards.bag_vectors(documents, document_mask, weights),
        rewards.bag_vectors(summaries, mask, weights),
    ]
    topics = [
        rewards.bag_vectors(documents, document_mask, weights, projection),
        rewards.bag_vectors(summaries, mask, weights, projection),
    ]
    return {
        "language": rewards.language_reward(-scores, mask),
        "prefix": rewards.prefix_rewards(scores, mask, torch.full(scores.shape[1:], 0.1)).sum(dim=1),
        "similarity": rewards.similarity_reward(*plain),
        "similarity of topics": rewards.similarity_reward(*topics),
        "coverage": rewards.coverage_reward(documents, document_mask, summaries, mask, weights),
        "repetition": rewards.repetition_penalty(summaries, mask, weights > 1),
    }


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    documents = torch.randint(1, VOCAB, (8, 12), generator=generator)
    document_mask = torch.arange(12) < torch.randint(4, 13, (8, 1), generator=generator)
    summaries = torch.randint(1, VOCAB, (8, 6), generator=generator)
    mask = torch.arange(6) < torch.tensor([[6], [1], [4], [2], [6], [3], [5], [2]])
    return documents, document_mask, summaries, mask, torch.rand(8, 6, generator=generator)


@pytest.mark.parametrize("junk", [PAD, 3, -100])
def test_padding_changes_no_reward(batch, junk):
    documents, document_mask, summaries, mask, scores = batch
    expected = _all_rewards(*batch)
    columns = torch.full((8, 2), junk)
    nothing = torch.zeros(8, 2, dtype=torch.bool)
    padded = _all_rewards(
        torch.cat([documents.masked_fill(~document_mask, junk), columns], dim=1),
        torch.cat([document_mask, nothing], dim=1),
        torch.cat([summaries.masked_fill(~mask, junk), columns], dim=1),
        torch.cat([mask, nothing], dim=1),
        torch.cat([scores.masked_fill(~mask, 0.7), torch.full((8, 2), 0.7)], dim=1),
    )
    for name, value in padded.items():
        torch.testing.assert_close(value, expected[name], msg=lambda text, name=name: f"{name}: {text}")


def test_padding_changes_no_prefix_reward_less_the_batch_mean(batch):
    *_, mask, scores = batch
    expected = rewards.prefix_rewards(scores, mask)
    padded = rewards.prefix_rewards(
        torch.cat([scores.masked_fill(~mask, 0.9), torch.ones(8, 1)], dim=1),
        torch.cat([mask, torch.zeros(8, 1, dtype=torch.bool)], dim=1),
    )
    torch.testing.assert_close(padded[:, :-1], expected)
    assert not padded[:, -1].any()


def test_a_batch_of_one_equals_a_batch_of_eight(batch):
    together = _all_rewards(*batch)
    for row in range(8):
        for name, value in _all_rewards(*(tensor[row : row + 1] for tensor in batch)).items():
            torch.testing.assert_close(value[0], together[name][row])
