"""The generator and the reconstructor: a pointing network of our own, or any seq2seq of transformers.

``PointerGenerator`` is a hybrid pointer generator (See et al. 2017, eq. 8 and 9; the generator of Wang and
Lee 2018): at every step it either writes a token of its vocabulary or points at a token of its input and
copies it. Encoder and decoder are those of Pegasus (pre-norm, sinusoidal positions); what is ours is the
head. It registers with transformers' Auto classes when textae is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    GenerationMixin,
    PegasusConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import Seq2SeqLMOutput
from transformers.models.pegasus.modeling_pegasus import PegasusModel, PegasusPreTrainedModel
from transformers.utils import logging as transformers_logging

from textae.choices import Choices
from textae.errors import CheckpointError

IGNORE = -100
"""Label of a position that no loss counts, as in transformers."""

_TINY = 1e-9


class PointerGeneratorConfig(PegasusConfig):
    """Sizes of a ``PointerGenerator``.

    Args:
        output_ids: the tokens the network may write from its own vocabulary; all others it can only point
            at. ``None`` means every token.
    """

    model_type = "textae-pointer-generator"
    output_ids: list[int] | None = None


class PointerGenerator(PegasusPreTrainedModel, GenerationMixin):
    """Sequence to sequence with a pointer into the input.

    ``logits`` of its output are log-probabilities of the mixed distribution, so that ``generate`` of
    transformers works on them unchanged.
    """

    config_class = PointerGeneratorConfig
    base_model_prefix = "model"

    def __init__(self, config: PointerGeneratorConfig) -> None:
        super().__init__(config)
        self.model = PegasusModel(config)
        self.pointer_query = nn.Linear(config.d_model, config.d_model, bias=False)
        self.pointer_key = nn.Linear(config.d_model, config.d_model, bias=False)
        self.gate = nn.Linear(2 * config.d_model, 1)
        output_ids = torch.arange(config.vocab_size)
        if config.output_ids is not None:
            output_ids = torch.tensor(config.output_ids, dtype=torch.long)
        self._set_output(output_ids)
        self.post_init()

    def write_only(self, output_ids: Tensor) -> None:
        """Make these the tokens that the network may write; their biases start at 0."""
        self.config.output_ids = output_ids.tolist()
        self._set_output(output_ids.to(self.device))

    def _set_output(self, output_ids: Tensor) -> None:
        # Where each token stands in the output vocabulary; -1 where it can only be pointed at.
        output_index = torch.full((self.config.vocab_size,), -1, device=output_ids.device)
        output_index[output_ids] = torch.arange(len(output_ids), device=output_ids.device)
        self.output_bias = nn.Parameter(torch.zeros(len(output_ids), device=output_ids.device))
        self.output_ids = nn.Buffer(output_ids)
        self.output_index = nn.Buffer(output_index)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        encoder_outputs: Any = None,
        cache: Any = None,
        labels: Tensor | None = None,
        source_ids: Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> Seq2SeqLMOutput:
        """Score the next tokens.

        Args:
            input_ids: the input, ``(batch, source)``.
            attention_mask: true where the input has a token.
            decoder_input_ids: what was written so far, ``(batch, length)``; shifted ``labels`` by default.
            labels: with them the mean negative log-likelihood is returned as ``loss``; ``-100`` is ignored,
                and so is a token that the network can neither write nor point at.
            source_ids: the input again, for steps that only carry ``encoder_outputs``.

        Returns:
            ``logits``: log-probabilities ``(batch, length, vocab)``.
        """
        if decoder_input_ids is None and labels is not None:
            decoder_input_ids = shift_right(labels, self.config)
        if source_ids is None:
            source_ids = input_ids
        if attention_mask is None:
            attention_mask = source_ids.ne(self.config.pad_token_id)  # type: ignore[union-attr]
        hidden, memory, cache = self._hidden(
            input_ids, attention_mask, decoder_input_ids, encoder_outputs, cache, use_cache
        )
        vocabulary, pointer, gate = self._head(hidden, memory, attention_mask, self.output_weight())
        log_probs = self._mix(vocabulary.log_softmax(-1), pointer, gate, source_ids)
        loss = None
        if labels is not None:
            real = labels.ne(IGNORE) & self._reachable(labels, source_ids)
            picked = log_probs.gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
            loss = -(picked * real).sum() / real.sum().clamp(min=1)
        return Seq2SeqLMOutput(loss=loss, logits=log_probs, cache=cache, encoder_last_hidden_state=memory)

    def token_log_probs(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> Tensor:
        """Log-probability of every label, without building the distribution over the vocabulary.

        Args:
            input_ids: ``(batch, source)``.
            attention_mask: ``(batch, source)``.
            labels: ``(batch, length)``; ``-100`` where there is no token.

        Returns:
            ``(batch, length)``, 0 where there is no token and where a token can neither be written nor
            pointed at (nothing could be learned from it).
        """
        hidden, memory, _ = self._hidden(
            input_ids, attention_mask, shift_right(labels, self.config), None, None, False
        )
        vocabulary, pointer, gate = self._head(hidden, memory, attention_mask, self.output_weight())
        index = self.output_index[labels.clamp(min=0)]
        log_written = vocabulary.log_softmax(-1).gather(-1, index.clamp(min=0).unsqueeze(-1)).squeeze(-1)
        written = torch.where(index >= 0, (log_written + nn.functional.logsigmoid(gate)).exp(), 0.0)
        matches = labels.unsqueeze(-1) == input_ids.unsqueeze(1)
        pointed = torch.sigmoid(-gate) * (pointer * matches).sum(-1)
        real = labels.ne(IGNORE) & self._reachable(labels, input_ids)
        return torch.where(real, torch.log(written + pointed + _TINY), 0.0)

    def output_weight(self) -> Tensor:
        """The embeddings of the tokens it may write, ``(written, d_model)``."""
        weight = self.model.shared.weight
        return weight if self.config.output_ids is None else weight[self.output_ids]

    def next_probs(
        self,
        last_ids: Tensor,
        encoder_outputs: Any,
        attention_mask: Tensor,
        choices: Choices,
        weight: Tensor,
        cache: Any,
    ) -> tuple[Tensor, Any]:
        """What ``forward`` says of the next token, on the columns of ``choices`` alone.

        Args:
            last_ids: the tokens written last, ``(batch,)``.
            encoder_outputs: of the documents.
            attention_mask: true where a document has a token.
            choices: the columns.
            weight: ``output_weight()``, which is the same at every step.
            cache: of the steps before.

        Returns:
            Probabilities ``(batch, choices)``, and the cache.
        """
        hidden, memory, cache = self._hidden(
            None, attention_mask, last_ids.unsqueeze(1), encoder_outputs, cache, True
        )
        vocabulary, pointer, gate = self._head(hidden, memory, attention_mask, weight)
        written = vocabulary.squeeze(1).softmax(-1) * torch.sigmoid(gate)
        probs = nn.functional.pad(written, (0, choices.width - written.shape[1]))
        return probs.scatter_add_(1, choices.places, torch.sigmoid(-gate) * pointer.squeeze(1)), cache

    def generate(self, inputs: Tensor | None = None, **kwargs: Any) -> Any:
        """As in transformers; every step is told the input's ids too: the pointer copies from them."""
        kwargs["source_ids"] = inputs if inputs is not None else kwargs["input_ids"]
        return super().generate(inputs, **kwargs)

    def _hidden(
        self,
        input_ids: Tensor | None,
        attention_mask: Tensor,
        decoder_input_ids: Tensor | None,
        encoder_outputs: Any,
        cache: Any,
        use_cache: bool | None,
    ) -> tuple[Tensor, Tensor, Any]:
        outputs = self.model(
            input_ids if encoder_outputs is None else None,
            attention_mask=attention_mask,
            decoder_input_ids=decoder_input_ids,
            encoder_outputs=encoder_outputs,
            cache=cache,
            use_cache=use_cache,
        )
        return outputs.last_hidden_state, outputs.encoder_last_hidden_state, outputs.cache

    def _head(
        self, hidden: Tensor, memory: Tensor, attention_mask: Tensor, weight: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of the output vocabulary, pointing weights and gate logits (write, not point)."""
        vocabulary = nn.functional.linear(hidden, weight, self.output_bias).float()
        # (query W) memory and not query (W memory): the input is longer than what is written at a time.
        query = self.pointer_query(hidden) @ self.pointer_key.weight
        scores = (query @ memory.transpose(1, 2)).float() * self.config.d_model**-0.5
        pointer = scores.masked_fill(~attention_mask.bool().unsqueeze(1), float("-inf")).softmax(-1)
        context = pointer.to(memory.dtype) @ memory
        gate = self.gate(torch.cat([hidden, context], dim=-1)).squeeze(-1).float()
        return vocabulary, pointer, gate

    def _mix(self, vocabulary: Tensor, pointer: Tensor, gate: Tensor, source_ids: Tensor | None) -> Tensor:
        """Log of the mixed distribution over the whole vocabulary (See et al. 2017, eq. 9)."""
        assert source_ids is not None
        written = (vocabulary + nn.functional.logsigmoid(gate).unsqueeze(-1)).exp()
        if self.config.output_ids is not None:
            everything = written.new_zeros(*written.shape[:2], self.config.vocab_size)
            written = everything.index_copy(-1, self.output_ids, written)
        pointed = torch.sigmoid(-gate).unsqueeze(-1) * pointer
        places = source_ids.unsqueeze(1).expand(-1, written.shape[1], -1)
        return torch.log(written.scatter_add(-1, places, pointed) + _TINY)

    def _reachable(self, labels: Tensor, source_ids: Tensor | None) -> Tensor:
        assert source_ids is not None
        writable = self.output_index[labels.clamp(min=0)] >= 0
        return writable | (labels.unsqueeze(-1) == source_ids.unsqueeze(1)).any(-1)


AutoConfig.register(PointerGeneratorConfig.model_type, PointerGeneratorConfig)
AutoModelForSeq2SeqLM.register(PointerGeneratorConfig, PointerGenerator)


def shift_right(labels: Tensor, config: Any) -> Tensor:
    """What the decoder reads when ``labels`` (-100 where empty) is what it shall write."""
    start = labels.new_full((labels.shape[0], 1), config.decoder_start_token_id)
    return torch.cat([start, labels[:, :-1].masked_fill(labels[:, :-1] == IGNORE, config.pad_token_id)], 1)


def token_log_probs(network: nn.Module, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> Tensor:
    """Log-probability ``(batch, length)`` of every label under any sequence-to-sequence network.

    Our own network has a short way for it; any other is asked for its logits.
    """
    inner = getattr(network, "module", network)
    if isinstance(inner, PointerGenerator):
        return inner.token_log_probs(input_ids, attention_mask, labels)
    logits = network(
        input_ids=input_ids,
        attention_mask=attention_mask,
        decoder_input_ids=shift_right(labels, inner.config),
    ).logits
    log_probs = logits.float().log_softmax(-1).gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return torch.where(labels.ne(IGNORE), log_probs, 0.0)


def choices_of(network: Any, source_ids: Tensor) -> Choices:
    """What a network can choose from for inputs ``(batch, source)``."""
    if isinstance(network, PointerGenerator):
        return Choices.of(network.output_ids, network.output_index, source_ids)
    everything = torch.arange(network.config.vocab_size, device=source_ids.device)
    return Choices.of(everything, everything, source_ids)


def build_network(
    sizes: Mapping[str, Any], tokenizer: Any, output_ids: Sequence[int] | None = None
) -> PointerGenerator:
    """A pointing network from scratch for a tokenizer; ``sizes`` are ``PointerGeneratorConfig``'s."""
    config = PointerGeneratorConfig(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
        forced_eos_token_id=None,
        output_ids=None if output_ids is None else list(output_ids),
        scale_embedding=True,
        **sizes,
    )
    return PointerGenerator(config)


def load_network(path: str | Path, opener: Any = AutoModelForSeq2SeqLM) -> PreTrainedModel:
    """Open a checkpoint that transformers knows, with one of its Auto classes; only safetensors are read.

    Raises:
        CheckpointError: when there is none or it is damaged.
    """
    try:
        with quiet_transformers():
            network, loaded = opener.from_pretrained(
                path, dtype=torch.float32, use_safetensors=True, output_loading_info=True
            )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path}: cannot open the network in this folder ({reason})") from error
    if missing := sorted(loaded["missing_keys"]):
        # transformers would go on with random numbers in their place.
        raise CheckpointError(f"{path}: cannot open the network in this folder (no weights for {missing[0]})")
    return network


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers from drawing progress bars for small files, and from reports of many lines."""
    bars, verbosity = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
