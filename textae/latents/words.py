"""The words latent: the generator's output is a short text, and the reconstructor reads that."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from textae.decoding import sample
from textae.latents.base import LatentOutput
from textae.networks import IGNORE, shift_right, token_log_probs


class WordsLatent:
    """Words sampled from the generator (Wang and Lee 2018, section 4).

    Args:
        generator: any sequence-to-sequence network, in the mode (train or eval) the caller wants.
        soft: whether to keep the distributions, as ``states`` ``(batch, length, vocab)``: what the generator
            would write after each prefix of the sampled words. A critic that reads them sends its gradient
            straight into the generator.
    """

    reads_as_text = True

    def __init__(self, generator: Any, *, soft: bool = False) -> None:
        self._generator, self._soft = generator, soft

    def encode(
        self, source_ids: Tensor, source_mask: Tensor, uniforms: Tensor, temperature: float = 1.0
    ) -> LatentOutput:
        """Sample, then score what was sampled with a gradient; see ``base.Latent``.

        ``log_probs`` and ``states`` are of the generator's own distribution, whatever the temperature.
        """
        network = self._generator
        ids = sample(network, source_ids, source_mask, uniforms, temperature=temperature)
        # Weights that autocast has converted without a gradient must not serve where one is wanted.
        torch.clear_autocast_cache()
        mask = up_to_end(ids, network.config.eos_token_id)
        width = int(mask.sum(1).max())
        ids, mask = ids[:, :width], mask[:, :width]
        labels = ids.masked_fill(~mask, IGNORE)
        states = None
        if self._soft:
            logits = network(
                input_ids=source_ids,
                attention_mask=source_mask,
                decoder_input_ids=shift_right(labels, network.config),
            ).logits
            distributions = logits.float().log_softmax(-1)
            log_probs = distributions.gather(-1, ids.unsqueeze(-1)).squeeze(-1).masked_fill(~mask, 0.0)
            states = distributions.exp()
        else:
            log_probs = token_log_probs(network, source_ids, source_mask, labels)
        return LatentOutput(states, ids, log_probs, mask, loss=log_probs.new_zeros(()))


def up_to_end(ids: Tensor, eos_token_id: int) -> Tensor:
    """Mask ``(batch, length)`` of what was written: true up to the first end token and for that one too."""
    ends = ids.eq(eos_token_id).long()
    return ends.cumsum(1) == ends
