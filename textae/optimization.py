"""One network, its optimizer and its schedule: the only place where weights change."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from textae.errors import TextaeError

_WARMUP_SHARE = 0.05
_FLOOR = 0.05
_CLIP = 1.0
_WEIGHT_DECAY = 0.01


def learning_rate_factor(step: int, steps: int) -> float:
    """Linear warm-up over the first twentieth, then a cosine down to a twentieth of the peak."""
    warmup = max(1, round(steps * _WARMUP_SHARE))
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return _FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


class Learner:
    """Updates one network.

    Losses handed to ``update`` are sums over this process's rows divided by counts over all processes:
    adding the gradients of the processes then gives the gradient that one process alone would have.

    Args:
        network: what learns; every parameter that asks for a gradient does.
        accelerator: of the run.
        learning_rate: the peak.
        steps: length of the schedule.
        betas: of AdamW.
    """

    def __init__(
        self,
        network: nn.Module,
        accelerator: Accelerator,
        learning_rate: float,
        steps: int,
        betas: tuple[float, float] = (0.9, 0.98),
    ) -> None:
        self.network = network
        self._accelerator = accelerator
        self._peak, self._steps = learning_rate, steps
        self._parameters = [p for p in network.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(
            self._parameters, learning_rate, betas, weight_decay=_WEIGHT_DECAY, fused=True
        )

    def update(self, loss: Tensor, step: int) -> float:
        """One step down the gradient of ``loss``; returns the gradient's norm before clipping.

        Raises:
            TextaeError: when the gradient is not finite; the weights stay as they are.
        """
        gradients = torch.autograd.grad(loss, self._parameters, allow_unused=True)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = torch.zeros_like(parameter) if gradient is None else gradient
        self._add_over_processes()
        norm = float(nn.utils.clip_grad_norm_(self._parameters, _CLIP))
        if not math.isfinite(norm):
            raise TextaeError(f"training diverged (gradient norm {norm}): lower the stage's learning_rate")
        for group in self._optimizer.param_groups:
            group["lr"] = self._peak * learning_rate_factor(step, self._steps)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return norm

    def _add_over_processes(self) -> None:
        if self._accelerator.num_processes == 1:
            return
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        total = self._accelerator.reduce(flat, reduction="sum")
        parts = total.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def state(self) -> dict[str, Tensor]:
        """The optimizer's moments and counters as named tensors; empty before the first update."""
        tensors = {}
        for i, parameter in enumerate(self._parameters):
            for name, value in self._optimizer.state.get(parameter, {}).items():
                tensors[f"{i}.{name}"] = value
        return tensors

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Take up where ``state`` was called."""
        for key, value in tensors.items():
            index, _, name = key.partition(".")
            parameter = self._parameters[int(index)]
            self._optimizer.state[parameter][name] = value.to(parameter.device, copy=True)
