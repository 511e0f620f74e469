"""What every stage of a training run works with: the corpora, the networks, and who does which rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from textae.compression import Compressor, Words
from textae.config import TrainConfig
from textae.data import Batch, make_batch
from textae.expansion import Expander
from textae.networks import IGNORE, token_log_probs
from textae.rewards import idf_weights, lsa_projection
from textae.segment import count_units
from textae.token_table import TokenTable
from textae.tokenizer import length_prompt, split_words

_GAP_DOCUMENTS = 20_000
"""Documents whose gaps are collected."""
_TOPICS = 128
"""Dimensions in which documents and summaries are compared."""


@dataclass
class Corpus:
    """Texts of one side, split into words and encoded.

    Attributes:
        words: the words of every text in normal form.
        ids: its tokens, cut at the run's limit.
        lengths: its length in words (characters for Chinese).
    """

    words: list[Words]
    ids: list[list[int]]
    lengths: list[int]

    @classmethod
    def encode(cls, texts: Sequence[str], tokenizer: PreTrainedTokenizerFast, limit: int) -> Corpus:
        """Split and encode; texts without a token are left out."""
        words = [split_words(tokenizer, text) for text in texts]
        rows = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        kept = [i for i, row in enumerate(rows) if row]
        return cls(
            [words[i] for i in kept], [rows[i][:limit] for i in kept], [count_units(texts[i]) for i in kept]
        )

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class Workbench:
    """What every stage of a run works with."""

    config: TrainConfig
    accelerator: Accelerator
    tokenizer: PreTrainedTokenizerFast
    documents: Corpus
    human_text: Corpus
    networks: dict[str, Any]
    run: Path

    @cached_property
    def compressor(self) -> Compressor:
        """What human text says with which words of the documents."""
        writable = None
        if self.writable is not None:
            writable = {self.tokenizer.decode([token]).strip() for token in self.writable}
        return Compressor(self.human_text.words, self.documents.words, writable)

    @cached_property
    def expander(self) -> Expander:
        """What documents say between the words that human text keeps."""
        random = np.random.default_rng([self.config.seed, 8])
        rows = random.permutation(len(self.documents))[:_GAP_DOCUMENTS]
        documents = [self.documents.words[int(row)] for row in rows]
        return Expander(documents, self.compressor, self.human_text.lengths, self.config.seed)

    @cached_property
    def similarity_space(self) -> tuple[Tensor, Tensor]:
        """Weights ``(vocab,)`` and projection ``(vocab, topics)`` for ``rewards.bag_vectors``."""
        corpus, size = self.documents.ids, len(self.tokenizer)
        projection = lsa_projection(corpus, size, _TOPICS, self.config.seed)
        device = self.accelerator.device
        return idf_weights(corpus, size).to(device), projection.to(device)

    @cached_property
    def writable(self) -> frozenset[int] | None:
        """The tokens that the generator may write; ``None`` when it may write all."""
        output_ids = getattr(self.networks["generator"].config, "output_ids", None)
        return None if output_ids is None else frozenset(output_ids)

    def can_write(self, sentence: Sequence[int], document: Sequence[int]) -> bool:
        """Whether the generator has every token of a sentence to write or to point at."""
        return self.writable is None or self.writable.union(document).issuperset(sentence)

    @cached_property
    def tokens(self) -> TokenTable:
        """What may be copied, written, ended with: for decoding with ``Support``."""
        output_ids = getattr(self.networks["generator"].config, "output_ids", None)
        return TokenTable.build(self.tokenizer, output_ids).to(self.accelerator.device)

    @cached_property
    def prompts(self) -> dict[int, int]:
        """The token that asks for each length."""
        longest = max(self.human_text.lengths, default=1)
        return {n: self.tokenizer.convert_tokens_to_ids(length_prompt(n)) for n in range(longest + 1)}

    def mine(self, rows: Sequence[Any]) -> Sequence[Any]:
        """This process's share of a batch's rows."""
        rank, processes = self.accelerator.process_index, self.accelerator.num_processes
        return rows[rank::processes]

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of each text, cut at the run's limit."""
        rows = self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        limit = self.config.max_document_tokens
        return [row[:limit] or [self.tokenizer.unk_token_id] for row in rows]

    def generator_source(self, document: Sequence[int], length: int) -> list[int]:
        """A document as the generator reads it: behind the prompt for the wanted length."""
        return [self.prompts[min(length, len(self.prompts) - 1)], *document]

    def batch(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> Batch:
        """Pairs of rows on the run's device; each target gets its end token."""
        eos = self.tokenizer.eos_token_id
        ended = [[*target, eos] for target in targets]
        batch = make_batch(sources, ended, self.tokenizer.pad_token_id)
        return batch.to(self.accelerator.device)

    def mean_nll(self, network: Any, batch: Batch) -> Tensor:
        """Negative log-likelihood a token, over the tokens of all processes."""
        with self.accelerator.autocast():
            log_probs = token_log_probs(network, batch.input_ids, batch.attention_mask, batch.labels)
        return -log_probs.sum() / self.total(batch.labels.ne(IGNORE).sum())

    def total(self, count: Tensor) -> Tensor:
        """A count over all processes."""
        return self.accelerator.reduce(count.float(), reduction="sum").clamp(min=1)

    def everyone(self, rows: list[Any]) -> list[Any]:
        """The rows of all processes, in the order ``mine`` took them from."""
        processes = self.accelerator.num_processes
        if processes == 1:
            return rows
        gathered = gather_object(rows)
        shares, start = [], 0
        for rank in range(processes):
            size = len(range(rank, len(gathered), processes))
            shares.append(iter(gathered[start : start + size]))
            start += size
        return [next(shares[i % processes]) for i in range(len(gathered))]

    def over_processes(self, scalars: dict[str, float]) -> dict[str, float]:
        """Sums of scalars of which each process has a part."""
        parts = torch.tensor(list(scalars.values()), device=self.accelerator.device)
        return dict(zip(scalars, self.accelerator.reduce(parts, reduction="sum").tolist(), strict=True))

    def strip(self, row: Sequence[int]) -> list[int]:
        """A written row without its end and padding, and never empty."""
        skipped = {self.tokenizer.pad_token_id, self.tokenizer.eos_token_id}
        return [token for token in row if token not in skipped] or [self.tokenizer.unk_token_id]
