"""Write with a sequence-to-sequence network, step by step: samples for training, beams for summaries.

Works with every network of transformers that keeps a cache. Randomness comes in as uniform numbers, one
a token, so that a sample depends on its row alone and not on how rows are spread over processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from textae.choices import Choices
from textae.networks import PointerGenerator, choices_of
from textae.support import Support

_TINY = 1e-9
"""Added to the probability of what is allowed, so that something is left where all of it rounds to 0."""
_CROWDED = 0.8
"""Share of unfinished rows under which a sampled batch is made smaller."""


class Stepper:
    """One network, one batch of inputs, and how far it has written.

    Args:
        network: a sequence-to-sequence network.
        input_ids: ``(batch, source)``.
        attention_mask: ``(batch, source)``.
        choices: of the network for these inputs.
    """

    def __init__(self, network: Any, input_ids: Tensor, attention_mask: Tensor, choices: Choices) -> None:
        self.choices = choices
        self._network = network
        self._mask = attention_mask
        self._encoded = network.get_encoder()(input_ids=input_ids, attention_mask=attention_mask)
        self._weight: Tensor | None = None
        self._cache: Any = None
        if isinstance(network, PointerGenerator):
            self._weight = network.output_weight()
            # Transformers would copy the whole configuration to make it.
            self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    def step(self, last_ids: Tensor) -> Tensor:
        """Probabilities ``(batch, choices)`` of what follows ``last_ids`` ``(batch,)``."""
        if self._weight is not None:
            probs, self._cache = self._network.next_probs(
                last_ids, self._encoded, self._mask, self.choices, self._weight, self._cache
            )
            return probs
        output = self._network(
            attention_mask=self._mask,
            decoder_input_ids=last_ids.unsqueeze(1),
            encoder_outputs=self._encoded,
            cache=self._cache,
            use_cache=True,
        )
        self._cache = output.cache
        probs = output.logits[:, -1].float().softmax(-1)
        return functional.pad(probs, (0, self.choices.width - probs.shape[1]))

    def select(self, rows: Tensor, *, same_inputs: bool = False) -> None:
        """Go on with these rows, ``(new batch,)``; a row may come more than once.

        Args:
            rows: places in the batch as it is.
            same_inputs: every place keeps its input, as when beams of one document trade places: what was
                computed from the input then need not be copied.
        """
        if same_inputs and isinstance(self._cache, EncoderDecoderCache):
            self._cache.self_attention_cache.reorder_cache(rows)
            return
        self._cache.reorder_cache(rows)
        self._mask = self._mask[rows]
        self.choices = self.choices.select(rows)
        self._encoded.last_hidden_state = self._encoded.last_hidden_state[rows]


@torch.no_grad()
def sample(
    network: Any,
    input_ids: Tensor,
    attention_mask: Tensor,
    uniforms: Tensor,
    *,
    temperature: float = 1.0,
    support: Support | None = None,
) -> Tensor:
    """Sample one sequence a row by inverting the cumulative distribution; temperature 0 is greedy.

    Args:
        network: a sequence-to-sequence network in the mode (train or eval) the caller wants.
        input_ids: ``(batch, source)``.
        attention_mask: ``(batch, source)``.
        uniforms: numbers in [0, 1), ``(batch, length)``; ``length`` bounds the output.
        temperature: of the distribution.
        support: leaves only the tokens that it allows.

    Returns:
        ids ``(batch, length)``, each row ending with the end token and then padding; without the end token
        where ``support`` left no way on (a phrase still open, and no room), or ``length`` was reached.
    """
    config = network.config
    batch, length = uniforms.shape
    ids = torch.full((batch, length), config.pad_token_id, dtype=torch.long, device=input_ids.device)
    alive = torch.arange(batch, device=input_ids.device)
    going = torch.ones_like(alive, dtype=torch.bool)
    last = torch.full_like(alive, config.decoder_start_token_id)
    choices = choices_of(network, input_ids) if support is None else support.choices
    stepper = Stepper(network, input_ids, attention_mask, choices)
    for position in range(length):
        probs = stepper.step(last)
        stuck = torch.zeros_like(going)
        if support is not None:
            allowed = support.allowed()
            stuck = ~allowed.any(-1)
            probs = probs.add_(_TINY).mul_(allowed)
        if temperature == 0:
            chosen = probs.argmax(-1)
        else:
            cumulative = probs.pow(1 / temperature).cumsum(-1)
            total = cumulative[:, -1:]
            threshold = uniforms[alive, position].unsqueeze(-1) * total
            # Rounding must not carry it to the total: no token would lie above.
            threshold = threshold.minimum(torch.nextafter(total, torch.zeros_like(total)))
            chosen = (cumulative <= threshold).sum(-1).clamp(max=probs.shape[1] - 1)
        last = stepper.choices.tokens(chosen)
        writing = going & ~stuck
        ids[alive[writing], position] = last[writing]
        going = going & last.ne(config.eos_token_id) & ~stuck
        remaining = int(going.sum())
        if not remaining:
            break
        if support is not None:
            support.advance(chosen)
        # Leaving finished rows behind copies the cache: worth it once they are many.
        if remaining < _CROWDED * len(alive):
            rows = going.nonzero().squeeze(-1)
            stepper.select(rows)
            alive, last, going = alive[rows], last[rows], going[rows]
            if support is not None:
                support.select(rows)
    return ids


@dataclass(frozen=True)
class Candidate:
    """A finished output: its tokens without the end, and its mean log-probability a token with it."""

    ids: list[int]
    score: float


@torch.no_grad()
def beam_search(
    network: Any,
    input_ids: Tensor,
    attention_mask: Tensor,
    support: Support,
    *,
    beams: int,
    max_tokens: int,
) -> list[list[Candidate]]:
    """The likeliest sequences that ``support`` allows, finished ones only, best first.

    Args:
        network: a sequence-to-sequence network in eval mode.
        input_ids: ``(batch, source)``.
        attention_mask: ``(batch, source)``.
        support: fresh, for this batch.
        beams: hypotheses kept alive a row.
        max_tokens: bound on the steps.

    Returns:
        Up to ``beams`` candidates a row, fewer where hypotheses ran into a dead end.
    """
    config = network.config
    batch = len(input_ids)
    device = input_ids.device
    stepper = Stepper(network, input_ids, attention_mask, support.choices)
    end = int((support.choices.vocabulary == config.eos_token_id).nonzero())
    finished: list[list[Candidate]] = [[] for _ in range(batch)]
    # Rows go on in flat order, `width` hypotheses each; the first step has one.
    rows = torch.arange(batch, device=device)
    going = torch.ones(batch, dtype=torch.bool, device=device)
    width = 1
    scores = torch.zeros(batch, 1, device=device)
    written = torch.zeros(batch, 0, dtype=torch.long, device=device)
    last = torch.full((batch,), config.decoder_start_token_id, device=device)
    for position in range(max_tokens):
        probs = stepper.step(last).add_(_TINY).mul_(support.allowed())
        ended = (scores + probs[:, end].log().view_as(scores)) / (position + 1)
        ended = ended.masked_fill(~going.unsqueeze(1), float("-inf"))
        _collect(finished, rows.repeat_interleave(width), written, ended.view(-1))
        probs[:, end] = 0
        # The best of a row are among the best of each of its hypotheses.
        likeliest, likely = probs.topk(min(beams, probs.shape[1]), dim=1)
        total = (scores.view(-1, 1) + likeliest.log()).view(len(rows), -1)
        scores, best = total.topk(min(beams, total.shape[1]), dim=1)
        parents = best // likely.shape[1] + torch.arange(len(rows), device=device).unsqueeze(1) * width
        columns = likely.view(len(rows), -1).gather(1, best)
        # A row is done when nothing alive would beat what it has if it ended now.
        settled = [
            _settled(finished[row], top, position + 1, beams)
            for row, top in zip(rows.tolist(), scores[:, 0].tolist(), strict=True)
        ]
        going = going & (scores[:, 0] > float("-inf")) & ~torch.tensor(settled, device=device)
        remaining = int(going.sum())
        if not remaining:
            break
        # Leaving settled rows behind copies what was computed from the inputs: worth it once they are many.
        same_inputs = width == scores.shape[1] and remaining >= _CROWDED * len(rows)
        if not same_inputs:
            rows, scores, parents, columns = rows[going], scores[going], parents[going], columns[going]
            going = going[going]
        parent, chosen = parents.reshape(-1), columns.reshape(-1)
        stepper.select(parent, same_inputs=same_inputs)
        support.select(parent, same_inputs=same_inputs)
        last = support.choices.tokens(chosen)
        support.advance(chosen)
        written = torch.cat([written[parent], last.unsqueeze(1)], dim=1)
        width = scores.shape[1]
    for candidates in finished:
        candidates.sort(key=lambda candidate: -candidate.score)
        del candidates[beams:]
    return finished


def _collect(finished: list[list[Candidate]], rows: Tensor, written: Tensor, ended: Tensor) -> None:
    for place in (ended > float("-inf")).nonzero().squeeze(-1).tolist():
        candidate = Candidate(written[place].tolist(), float(ended[place]))
        finished[int(rows[place])].append(candidate)


def _settled(candidates: list[Candidate], best_alive: float, length: int, beams: int) -> bool:
    """Whether the mean score of what is alive has fallen below that of the best finished one."""
    if len(candidates) < beams:
        return False
    return max(candidate.score for candidate in candidates) > best_alive / length
