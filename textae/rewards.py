"""Rewards of the generator: plain functions of ids and of what other networks said about them.

Shapes: ids are ``(batch, length)`` long, masks ``(batch, length)`` bool, true for a real token. A reward is
``(batch,)``, or ``(batch, length)`` where it differs by token, and higher is better. What stands where a mask
is false changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor
from torch.nn import functional

from textae.losses import sequence_mean

_SVD_ITERATIONS = 4
_SVD_OVERSAMPLING = 10


def advantage(rewards: Tensor, baseline: Tensor) -> Tensor:
    """Reward less baseline, without a gradient.

    Self-critical training takes the reward of the greedy output as baseline (Rennie et al. 2017; Wang and
    Lee 2018, section 4).

    Args:
        rewards: ``(batch,)`` or ``(batch, length)``.
        baseline: any shape that broadcasts to it.
    """
    return (rewards - baseline).detach()


def language_reward(token_log_probs: Tensor, mask: Tensor) -> Tensor:
    """Mean log-probability a token under a language model of human sentences.

    Args:
        token_log_probs: log P(token | tokens before it) in nats, ``(batch, length)``.

    Returns:
        ``(batch,)`` in nats, at most 0; 0 for an empty summary.
    """
    return sequence_mean(token_log_probs, mask)


def reconstruction_reward(nll_sample: Tensor, nll_greedy: Tensor) -> Tensor:
    """How much better the document is rebuilt from a sampled summary than from the greedy one.

    Minus the reconstruction loss, with the greedy output's as self-critical baseline (Wang and Lee 2018,
    section 4).

    Args:
        nll_sample: mean negative log-likelihood a token of each document given the sample, ``(batch,)``.
        nll_greedy: the same given the greedy output.

    Returns:
        ``(batch,)`` in nats a token; above 0 where the sample keeps more.
    """
    return nll_greedy - nll_sample


def prefix_rewards(prefix_probs: Tensor, mask: Tensor, baseline: Tensor | None = None) -> Tensor:
    """Reward of every token: by how much it raised the critic's score of the prefix that it ends.

    With ``s_t = 2 D_t - 1`` and ``s_0 = 0`` (a critic that knows nothing) the token gets ``s_t - s_(t-1)``,
    less a baseline (Wang and Lee 2018, section 5.2, where the score before the token is what makes it
    self-critical). ``losses.discounted_returns`` sums them up. Without a discount the whole sentence earns
    ``2 D - 1``.

    Args:
        prefix_probs: the critic's P(real) of every prefix, ``(batch, length)``.
        mask: true for real tokens, which stand before any padding.
        baseline: ``(length,)``, what is subtracted at each position. By default the batch's own mean there,
            as in the paper's code, with which a batch of one earns nothing.

    Returns:
        ``(batch, length)``; between -2 and 2 before the baseline; 0 where the mask is false.
    """
    scores = 2 * prefix_probs - 1
    increments = torch.where(mask, scores - functional.pad(scores[:, :-1], (1, 0)), 0.0)
    if baseline is None:
        baseline = position_mean(increments, mask)
    return torch.where(mask, increments - baseline, 0.0)


def position_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``values`` ``(batch, length)`` over the sequences that reach a position.

    Returns:
        ``(length,)``, 0 at a position that none reaches.
    """
    return torch.where(mask, values, 0.0).sum(dim=0) / mask.sum(dim=0).clamp(min=1)


def idf_weights(corpus: Sequence[Sequence[int]], vocab_size: int) -> Tensor:
    """Inverse document frequency of every token: ``log((1 + documents) / (1 + documents with it))``.

    Tokens that the corpus lacks get 0: special ones (padding, prompts) then count in no reward, and of the
    others nothing is known.

    Args:
        corpus: token ids of each document, without padding.

    Returns:
        ``(vocab,)`` in nats, at least 0; 0 for a token that stands in every document.
    """
    _, tokens, _ = _count(corpus, vocab_size)
    frequency = torch.bincount(tokens, minlength=vocab_size)
    weights = torch.log((1.0 + len(corpus)) / (1.0 + frequency))
    return torch.where(frequency > 0, weights, 0.0)


def lsa_projection(corpus: Sequence[Sequence[int]], vocab_size: int, dim: int, seed: int) -> Tensor:
    """Latent semantic analysis: a matrix that takes idf-weighted token counts to ``dim`` topics.

    The right singular vectors of the document-by-token matrix of idf-weighted counts, each document scaled
    to length 1 (Deerwester et al. 1990), by randomized decomposition (Halko et al. 2011).

    Args:
        corpus: token ids of each document, without padding.
        dim: topics; fewer come back when the corpus has fewer documents or tokens.
        seed: of the random start; the caller's random state is left as it was.

    Returns:
        ``(vocab, dim)`` for ``bag_vectors`` with the ``idf_weights`` of the same corpus.
    """
    rows, tokens, counts = _count(corpus, vocab_size)
    values = counts * idf_weights(corpus, vocab_size)[tokens]
    squares = torch.zeros(len(corpus)).index_add(0, rows, values.square())
    values = values / squares.sqrt().clamp(min=1e-12)[rows]
    matrix = torch.sparse_coo_tensor(
        torch.stack([rows, tokens]), values, (len(corpus), vocab_size), check_invariants=True
    ).coalesce()
    rank = min(dim, len(corpus), vocab_size)
    width = min(rank + _SVD_OVERSAMPLING, len(corpus), vocab_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _, _, right = torch.svd_lowrank(matrix, q=width, niter=_SVD_ITERATIONS)
    return right[:, :rank].contiguous()


def _count(corpus: Sequence[Sequence[int]], vocab_size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Documents, tokens and counts of the token-document pairs that occur, each ``(pairs,)``."""
    lengths = torch.tensor([len(document) for document in corpus], dtype=torch.long)
    tokens = torch.tensor(list(chain.from_iterable(corpus)), dtype=torch.long)
    rows = torch.repeat_interleave(torch.arange(len(corpus)), lengths)
    pairs, counts = torch.unique(rows * vocab_size + tokens, return_counts=True)
    return pairs // vocab_size, pairs % vocab_size, counts


def bag_vectors(ids: Tensor, mask: Tensor, weights: Tensor, projection: Tensor | None = None) -> Tensor:
    """Sum of the weighted tokens of each text, word order left aside.

    Args:
        weights: ``(vocab,)``, as from ``idf_weights``.
        projection: ``(vocab, dim)``, as from ``lsa_projection``; without it each token is its own axis.

    Returns:
        ``(batch, dim)``, or ``(batch, vocab)`` without a projection; zeros for an empty text.
    """
    ids = ids.masked_fill(~mask, 0)
    token_weights = weights[ids] * mask
    if projection is None:
        return weights.new_zeros(len(ids), len(weights)).scatter_add(1, ids, token_weights)
    return (token_weights.unsqueeze(1) @ projection[ids]).squeeze(1)


def similarity_reward(document_vectors: Tensor, summary_vectors: Tensor) -> Tensor:
    """Cosine between document and summary, from ``bag_vectors`` or any sentence encoder, ``(batch, dim)``.

    Returns:
        ``(batch,)`` between -1 and 1; 0 where either is all zeros.
    """
    return functional.cosine_similarity(document_vectors, summary_vectors, dim=-1)


def coverage_reward(
    document_ids: Tensor, document_mask: Tensor, summary_ids: Tensor, summary_mask: Tensor, weights: Tensor
) -> Tensor:
    """Share of the document's weight that stands in tokens which the summary has too.

    Args:
        document_ids: ``(batch, length)``; a token that occurs twice weighs twice.
        summary_ids: ``(batch, shorter)``; a token said twice covers no more.
        weights: ``(vocab,)``, as from ``idf_weights``.

    Returns:
        ``(batch,)`` between 0 and 1; 0 for a document without weight.
    """
    said = (document_ids.unsqueeze(2) == summary_ids.unsqueeze(1)) & summary_mask.unsqueeze(1)
    token_weights = weights[document_ids.masked_fill(~document_mask, 0)] * document_mask
    covered = (token_weights * said.any(dim=2)).sum(dim=1)
    total = token_weights.sum(dim=1)
    return torch.where(total > 0, covered / total.clamp(min=1e-12), 0.0)


def length_reward(lengths: Tensor, wanted: Tensor, shortfall_weight: float = 0.0) -> Tensor:
    """Minus the words beyond the wanted length.

    Args:
        lengths: words (characters for Chinese) of each summary, ``(batch,)``.
        wanted: words asked for, ``(batch,)``.
        shortfall_weight: what a missing word costs beside one too many; 1 makes it the plain distance.

    Returns:
        ``(batch,)`` in words, at most 0.
    """
    distance = lengths.float() - wanted.float()
    return torch.where(distance > 0, -distance, shortfall_weight * distance)


def repetition_penalty(ids: Tensor, mask: Tensor, content: Tensor) -> Tensor:
    """Share of the content tokens that had been said before in the same summary; to be subtracted.

    Args:
        content: ``(vocab,)`` bool, true for the tokens that should not recur, such as those whose
            ``idf_weights`` are high; "of" may be said twice.

    Returns:
        ``(batch,)`` from 0 to below 1; 0 for a summary without content tokens.
    """
    counted = content[ids.masked_fill(~mask, 0)] & mask
    same = (ids.unsqueeze(2) == ids.unsqueeze(1)) & counted.unsqueeze(1)
    earlier = mask.new_ones(ids.shape[1], ids.shape[1]).tril(diagonal=-1)
    repeated = (same & earlier).any(dim=2) & counted
    return repeated.sum(dim=1) / counted.sum(dim=1).clamp(min=1)
