"""A step's documents, and what can be read off the words sampled for them: rewards and signs of collapse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from textae.data import Batch
from textae.latents.base import LatentOutput
from textae.rewards import (
    bag_vectors,
    language_reward,
    length_reward,
    repetition_penalty,
    similarity_reward,
)
from textae.workbench import Workbench

_TOKENS_PER_UNIT = 3


@dataclass(frozen=True)
class Documents:
    """This process's documents of a step.

    Attributes:
        rows: their token ids.
        batch: as the generator reads them, the prompt for the wanted length first; without labels.
        wanted: the most words each summary should have, ``(batch,)``.
        uniforms: the randomness of the sampled words, ``(batch, longest output)``.
        total: documents of all processes.
    """

    rows: list[list[int]]
    batch: Batch
    wanted: Tensor
    uniforms: Tensor
    total: int

    @classmethod
    def draw(cls, bench: Workbench, rows: Sequence[int], key: Sequence[int]) -> Documents:
        """Documents with a wanted length each, drawn from the lengths of the human text.

        Args:
            bench: the run's.
            rows: the documents of all processes.
            key: with a row's number, what its length and its uniforms depend on.
        """
        draws = [np.random.default_rng([*key, row]) for row in rows]
        human = bench.human_text.lengths
        # Drawn for all processes: the bound on the outputs must be the same in each.
        lengths = [max(1, human[draw.integers(len(human))]) for draw in draws]
        bound = _TOKENS_PER_UNIT * max(lengths) + 2
        documents = [bench.documents.ids[row] for row in bench.mine(rows)]
        wanted = bench.mine(lengths)
        sources = [bench.generator_source(ids, length) for ids, length in zip(documents, wanted, strict=True)]
        uniforms = np.stack([draw.random(bound, np.float32) for draw in bench.mine(draws)])
        device = bench.accelerator.device
        return cls(
            documents,
            bench.batch(sources, [[] for _ in sources]),
            torch.tensor(wanted, device=device),
            torch.from_numpy(uniforms).to(device),
            len(rows),
        )

    @property
    def ids(self) -> Tensor:
        """The tokens without the prompt, ``(batch, length)``."""
        return self.batch.input_ids[:, 1:]

    @property
    def mask(self) -> Tensor:
        """True where ``ids`` has a token."""
        return self.batch.attention_mask[:, 1:]

    def mean(self, values: Tensor) -> float:
        """This process's part of the mean of ``values`` ``(batch,)`` over the documents of all processes."""
        return float(values.sum()) / self.total


class WordRewards:
    """The rewards that need no other network's training: pure functions of documents and words.

    Args:
        bench: the run's.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        settings = bench.config.adversarial
        weights = {
            "similarity": settings.similarity_weight,
            "language": settings.language_weight,
            "length": settings.length_weight,
            "repetition": settings.repetition_weight,
        }
        self.weights = {name: weight for name, weight in weights.items() if weight}
        """Of the parts that count."""

    @torch.no_grad()
    def parts(self, documents: Documents, words: LatentOutput) -> dict[str, Tensor]:
        """Each part that counts, ``(batch,)``, before its weight."""
        bench, ids, mask = self._bench, words.ids, words.mask
        parts = {}
        if "similarity" in self.weights:
            idf, topics = bench.similarity_space
            parts["similarity"] = similarity_reward(
                bag_vectors(documents.ids, documents.mask, idf, topics), bag_vectors(ids, mask, idf, topics)
            )
        if "language" in self.weights:
            log_probs = bench.networks["language_model"].token_log_probs(ids, mask)
            parts["language"] = language_reward(log_probs, mask)
        if "length" in self.weights:
            parts["length"] = length_reward(count_words(bench, words), documents.wanted)
        if "repetition" in self.weights:
            parts["repetition"] = -repetition_penalty(ids, mask, bench.tokens.content)
        return parts

    def total(self, documents: Documents, parts: dict[str, Tensor]) -> Tensor:
        """The weighted sum of the parts, ``(batch,)``; 0 when none counts."""
        total = torch.zeros(len(documents.rows), device=documents.wanted.device)
        for name, weight in self.weights.items():
            total = total + weight * parts[name]
        return total


def count_words(bench: Workbench, words: LatentOutput) -> Tensor:
    """Words (characters for Chinese) of each output, ``(batch,)``, as decoding counts them."""
    return (bench.tokens.units[words.ids] * words.mask).sum(1)


@torch.no_grad()
def collapse_signals(bench: Workbench, documents: Documents, words: LatentOutput) -> dict[str, float]:
    """Scalars that tell early when the generator's output goes to pieces, this process's part of each mean.

    ``entropy`` is the mean surprise of the sampled tokens, which estimates the entropy of the distributions
    without computing them, in nats a token. ``distinct_1`` and ``distinct_2`` are shares of different tokens
    and pairs of tokens among all that the batch wrote, ``copied`` the share of tokens that the document has.
    """
    ids, mask = words.ids, words.mask
    said = mask & ids.ne(bench.tokenizer.eos_token_id)
    in_document = ((ids.unsqueeze(2) == documents.ids.unsqueeze(1)) & documents.mask.unsqueeze(1)).any(2)
    rows = [row[keep].tolist() for row, keep in zip(ids, said, strict=True)]
    share = len(rows) / documents.total
    return {
        "entropy": -float(words.log_probs.sum() / bench.total(mask.sum())),
        "distinct_1": share * _distinct([(token,) for row in rows for token in row]),
        "distinct_2": share * _distinct([pair for row in rows for pair in pairwise(row)]),
        "length": documents.mean(count_words(bench, words)),
        "copied": documents.mean((in_document & said).sum(1) / said.sum(1).clamp(min=1)),
        "repetition": documents.mean(repetition_penalty(ids, mask, bench.tokens.content)),
    }


def _distinct(grams: Sequence[tuple[int, ...]]) -> float:
    return len(set(grams)) / max(1, len(grams))
