"""The contract of a latent: what stands between generator and reconstructor.

A latent turns the generator's work on a batch into a ``LatentOutput``, and says whether a person can read it.
Training asks no more than that and never tests a class, so that a new latent (a codebook, a Gaussian) is one
new file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True)
class LatentOutput:
    """A batch of latents.

    Attributes:
        states: what a gradient can flow through to the generator, ``(batch, length, size)``: the words'
            distributions, the vectors of a codebook; ``None`` where nothing reads it.
        ids: the discrete form, ``(batch, length)``; padding where the mask is false.
        log_probs: of each id given those before it, in nats, ``(batch, length)``, with a gradient to the
            generator; 0 where the mask is false.
        mask: bool, ``(batch, length)``; an end token is a real one.
        loss: a scalar of the latent's own to be added to the generator's, such as a commitment loss or a
            divergence from a prior; 0 where there is none. A sum over this process's rows divided by a count
            over all processes, as ``optimization.Learner`` wants it.
    """

    states: Tensor | None
    ids: Tensor
    log_probs: Tensor
    mask: Tensor
    loss: Tensor


class Latent(Protocol):
    """Turns documents into latents by means of the generator."""

    @property
    def reads_as_text(self) -> bool:
        """Whether ``ids`` are words that a critic, a language model and a person can judge."""

    def encode(
        self, source_ids: Tensor, source_mask: Tensor, uniforms: Tensor, temperature: float = 1.0
    ) -> LatentOutput:
        """The latents of a batch.

        Args:
            source_ids: the generator's input, ``(batch, source)``.
            source_mask: bool, ``(batch, source)``.
            uniforms: numbers in [0, 1), ``(batch, length)``: all the randomness there is, so that a latent
                depends on its row alone; ``length`` bounds its own.
            temperature: of the distribution that is sampled; 0 takes the likeliest.
        """
