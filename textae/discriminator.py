"""The two critics that tell human sentences from generated ones (Wang and Lee 2018, section 5).

``ConvolutionalCritic`` scores a whole sequence, from ids or from the generator's distributions, so that its
gradient reaches the generator (WGAN-GP). ``PrefixCritic`` reads ids and judges every prefix (adversarial
REINFORCE). Both take inputs and a mask ``(batch, length)``, true for a real token, and save and load as any
transformers model does; importing this file makes them known to ``AutoModel``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel, initialization

_KERNEL = 3
_RESIDUAL_SCALE = 0.3
_NEGATIVE_SLOPE = 0.2


class ConvolutionalCriticConfig(PreTrainedConfig):
    """Sizes of a ``ConvolutionalCritic``; the defaults make 0.8M parameters.

    Args:
        num_layers: residual blocks, of two convolutions over 3 tokens each.
        pad_token_id: what to pad with; the mask alone decides what counts.
    """

    model_type = "textae-convolutional-critic"
    vocab_size: int = 10_000
    embedding_size: int = 64
    hidden_size: int = 128
    num_layers: int = 2
    pad_token_id: int | None = None


class ConvolutionalCritic(PreTrainedModel):
    """Residual one-dimensional CNN over word vectors: one score a sequence.

    No layer mixes the sequences of a batch: the gradient penalty holds for each one alone.
    """

    config_class = ConvolutionalCriticConfig

    def __init__(self, config: ConvolutionalCriticConfig) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        self.project = nn.Linear(config.embedding_size, config.hidden_size)
        self.blocks = nn.ModuleList(_ResidualBlock(config.hidden_size) for _ in range(config.num_layers))
        self.score = nn.Linear(config.hidden_size, 1)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        # The penalty pulls the gradient by a one-hot vector to 1, and a net that comes to it from far off, or
        # nearly linear, takes long to see word order. So: word vectors with columns of length 1, and He et
        # al.'s (2015) weights, which keep the variance at any width.
        super()._init_weights(module)
        if isinstance(module, nn.Embedding):
            initialization.normal_(module.weight, std=module.num_embeddings**-0.5)
        elif isinstance(module, (nn.Linear, nn.Conv1d)):
            initialization.kaiming_normal_(module.weight, a=_NEGATIVE_SLOPE)

    def forward(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Score sequences; higher is more like human text, on no fixed scale.

        Args:
            inputs: ids ``(batch, length)``, or distributions over the vocabulary ``(batch, length, vocab)``;
                ids score as their one-hot vectors do.

        Returns:
            ``(batch,)``
        """
        return self.score_vectors(self.embed(inputs), mask)

    def embed(self, inputs: Tensor) -> Tensor:
        """Word vectors of ids or, expected ones, of distributions: ``(batch, length, embedding_size)``."""
        if inputs.is_floating_point():
            return inputs @ self.embedding.weight.to(inputs.dtype)
        return self.embedding(inputs)

    def embedding_metric(self) -> Tensor:
        """``W^T W`` of the word vectors, for ``losses.gradient_penalty`` of ``score_vectors``."""
        return self.embedding.weight.T @ self.embedding.weight

    def score_vectors(self, vectors: Tensor, mask: Tensor) -> Tensor:
        """Scores ``(batch,)`` of word vectors ``(batch, length, embedding_size)``."""
        real = mask.unsqueeze(1)
        hidden = self.project(vectors).transpose(1, 2).masked_fill(~real, 0.0)
        for block in self.blocks:
            hidden = block(hidden, real)
        pooled = _activate(hidden).sum(dim=2) / mask.sum(dim=1, keepdim=True).clamp(min=1)
        return self.score(pooled).squeeze(-1).float()


class _ResidualBlock(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(size, size, _KERNEL, padding="same")
        self.second = nn.Conv1d(size, size, _KERNEL, padding="same")

    def forward(self, hidden: Tensor, real: Tensor) -> Tensor:
        # Emptied after every convolution, or what a bias writes into the padding would come back by the next.
        inner = self.first(_activate(hidden)).masked_fill(~real, 0.0)
        inner = self.second(_activate(inner)).masked_fill(~real, 0.0)
        return hidden + _RESIDUAL_SCALE * inner


def _activate(hidden: Tensor) -> Tensor:
    return functional.leaky_relu(hidden, _NEGATIVE_SLOPE)


class PrefixCriticConfig(PreTrainedConfig):
    """Sizes of a ``PrefixCritic``; the defaults make 0.7M parameters.

    Args:
        num_layers: layers of the LSTM.
        pad_token_id: what to pad with; the mask alone decides what counts.
    """

    model_type = "textae-prefix-critic"
    vocab_size: int = 10_000
    embedding_size: int = 64
    hidden_size: int = 128
    num_layers: int = 1
    pad_token_id: int | None = None
    initializer_range: float = 0.1


class PrefixCritic(PreTrainedModel):
    """One-directional LSTM over ids: at every token, how real the sequence looks so far."""

    config_class = PrefixCriticConfig

    def __init__(self, config: PrefixCriticConfig) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        self.lstm = nn.LSTM(config.embedding_size, config.hidden_size, config.num_layers, batch_first=True)
        self.score = nn.Linear(config.hidden_size, 1)
        self.post_init()

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Judge every prefix.

        Args:
            ids: ``(batch, length)``, padded on the right.

        Returns:
            The logit of P(real) of the prefix that each token ends, ``(batch, length)``; 0 where the mask is
            false.
        """
        hidden, _ = self.lstm(self.embedding(ids))
        return torch.where(mask, self.score(hidden).squeeze(-1).float(), 0.0)


for _config, _critic in (
    (ConvolutionalCriticConfig, ConvolutionalCritic),
    (PrefixCriticConfig, PrefixCritic),
):
    AutoConfig.register(_config.model_type, _config)
    AutoModel.register(_config, _critic)
