"""A small language model of human sentences: how fluent a summary reads, as a reward and as a measure.

An LSTM over tokens with a full softmax. The output layer uses the word vectors of the input (Press and Wolf
2017), so one matrix holds most of the parameters. Saves and loads as any transformers model does; importing
this file makes it known to ``AutoModel``, not to ``AutoModelForCausalLM``, for its output is the probability
of the given tokens, not a distribution over the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

_SOFTMAX_TOKENS = 4096
"""Tokens whose distributions are in memory at once: 160 MB at 10,000 tokens in the vocabulary."""


class LanguageModelConfig(PreTrainedConfig):
    """Sizes of a ``LanguageModel``; the defaults make 1.7M parameters.

    Args:
        num_layers: layers of the LSTM.
        dropout: share of the components dropped in training before and after the LSTM.
        bos_token_id: the token before the first one; must be given.
    """

    model_type = "textae-language-model"
    vocab_size: int = 10_000
    embedding_size: int = 128
    hidden_size: int = 256
    num_layers: int = 1
    dropout: float = 0.1
    bos_token_id: int | None = None
    initializer_range: float = 0.1


class LanguageModel(PreTrainedModel):
    """LSTM language model whose output layer is the embedding again.

    Raises:
        ValueError: for a config without ``bos_token_id``.
    """

    config_class = LanguageModelConfig

    def __init__(self, config: LanguageModelConfig) -> None:
        super().__init__(config)
        if config.bos_token_id is None:
            raise ValueError("LanguageModelConfig needs a bos_token_id")
        # The output layer reads this very parameter: a checkpoint has it once, with nothing to tie again.
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        self.output_bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(config.embedding_size, config.hidden_size, config.num_layers, batch_first=True)
        self.project = nn.Linear(config.hidden_size, config.embedding_size)
        self.post_init()

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Log-probability of every token given those before it.

        The end-of-sequence token is a token like others: with it in ``ids`` the sum is the log-probability
        of the whole sentence. Under bf16 autocast the result is right to about 1 %: take float32 to measure.

        Args:
            ids: ``(batch, length)``, without the begin token, padded on the right.
            mask: ``(batch, length)``, true for a real token.

        Returns:
            ``(batch, length)`` float32 in nats, at most 0, and 0 where the mask is false. Minus its
            ``losses.masked_mean`` is the training loss.
        """
        begin = ids.new_full((ids.shape[0], 1), self.config.bos_token_id)
        vectors = self.dropout(self.embedding(torch.cat([begin, ids[:, :-1]], dim=1)))
        hidden, _ = self.lstm(vectors)
        # The softmax costs most by far, so padding never comes to it.
        states = self.project(self.dropout(hidden[mask]))
        picked = [
            -functional.cross_entropy(
                functional.linear(part, self.embedding.weight, self.output_bias).float(),
                targets,
                reduction="none",
            )
            for part, targets in zip(
                states.split(_SOFTMAX_TOKENS), ids[mask].split(_SOFTMAX_TOKENS), strict=True
            )
        ]
        return torch.zeros(mask.shape, device=ids.device).masked_scatter(mask, torch.cat(picked))

    @torch.no_grad()
    def token_log_probs(self, ids: Tensor, mask: Tensor) -> Tensor:
        """As ``forward`` and without a gradient, for rewards and perplexity; never with dropout."""
        training = self.training
        self.eval()
        try:
            return self(ids, mask)
        finally:
            self.train(training)


def perplexity(log_prob_sums: Sequence[float], word_counts: Sequence[int]) -> float:
    """Perplexity a word of a set of texts: ``exp(-sum of log-probabilities / sum of words)``.

    Counted by word and not by token, so that language models with different vocabularies compare.

    Args:
        log_prob_sums: log-probability of each text, its end-of-sequence token included, in nats.
        word_counts: words of each text (characters for Chinese).

    Returns:
        At least 1 for a proper model; infinite where it exceeds a float, not a number without any word.
    """
    words = sum(word_counts)
    if not words:
        return math.nan
    try:
        return math.exp(-sum(log_prob_sums) / words)
    except OverflowError:
        return math.inf


AutoConfig.register(LanguageModelConfig.model_type, LanguageModelConfig)
AutoModel.register(LanguageModelConfig, LanguageModel)
