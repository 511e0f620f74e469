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
from torch.nn import functional
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from textae.compression import CHINESE, ENGLISH, Compressor
from textae.config import TrainConfig
from textae.counts import Counts
from textae.data import Batch, make_batch, pad_with_mask
from textae.expansion import Expander
from textae.neighbours import Neighbours
from textae.networks import IGNORE, token_log_probs
from textae.parser import DependencyParser
from textae.phrases import Words
from textae.rewards import bag_vectors, idf_weights, lsa_projection
from textae.salience import Vocabulary, comes_back, log_odds
from textae.search import Search
from textae.segment import count_units
from textae.token_table import TokenTable
from textae.tokenizer import join_words, length_prompt, split_words

_GAP_DOCUMENTS = 10_000
"""Documents whose gaps are collected."""
_TOPICS = 128
"""Dimensions in which documents and summaries are compared."""
_LEAST_REST = 60
"""Words that must follow what is read of a document for their silence to mean something."""
_LEAST_CONTINUED = 0.05
"""Share of documents that must go on after what is read of them."""
_LEAST_BEGINNING = 12
"""Words that must be read of a document that is cut at the end of a sentence."""


@dataclass
class Corpus:
    """Texts of one side, split into words and encoded.

    Attributes:
        words: the words of every text in normal form; of one beyond the run's limit, its first sentences.
        ids: their tokens, cut at the limit.
        lengths: its length in words (characters for Chinese).
        rests: the words of it that are not read.
    """

    words: list[Words]
    ids: list[list[int]]
    lengths: list[int]
    rests: list[Words]

    @classmethod
    def encode(cls, texts: Sequence[str], tokenizer: PreTrainedTokenizerFast, limit: int) -> Corpus:
        """Split and encode; texts without a token are left out."""
        corpus = cls([], [], [], [])
        rows = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        for text, row in tqdm(
            zip(texts, rows, strict=True), "reading", len(texts), leave=False, disable=None
        ):
            if not row:
                continue
            words, rest = split_words(tokenizer, text), []
            if len(row) > limit:
                end = _end_of_sentence(words, len(words) * limit // len(row))
                words, rest = words[:end], words[end:]
                row = tokenizer(join_words(words), add_special_tokens=False, verbose=False)["input_ids"]
            corpus.words.append(words)
            corpus.ids.append(row[:limit])
            corpus.lengths.append(count_units(text))
            corpus.rests.append(rest)
        return corpus

    def __len__(self) -> int:
        return len(self.ids)


def _end_of_sentence(words: Words, most: int) -> int:
    """How many of the first words to read: to the last end of a sentence among them, if there is one."""
    ends = [i + 1 for i, word in enumerate(words[:most]) if i + 1 >= _LEAST_BEGINNING and word[-1] in ".。"]
    return ends[-1] if ends else most


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
    parser: DependencyParser | None = None

    @cached_property
    def counts(self) -> Counts:
        """What the corpora say of every word."""
        return Counts.of(self.human_text.words, self.documents.words)

    @cached_property
    def compressor(self) -> Compressor:
        """What human text says with which words of the documents."""
        writable = None
        if self.writable is not None:
            writable = {self.tokenizer.decode([token]).strip() for token in self.writable}
        weights = CHINESE if self.config.chinese else ENGLISH
        return Compressor(self.counts, writable, weights)

    def search(self) -> Search:
        """Who looks for the summaries of the finished model, if its generator does not write them."""
        salience = None
        if "salience" in self.networks:
            salience = self.networks["salience"].cpu(), self.salience_vocabulary
        return Search(self.counts, self.config.chinese, salience, self.parser)

    @cached_property
    def salience_vocabulary(self) -> Vocabulary:
        """Numbers the words that the salience tagger reads."""
        return Vocabulary.of(self.documents.words)

    @cached_property
    def told(self) -> dict[int, np.ndarray]:
        """Of every document that shows it, how much each of its words matters, from 0 to 1, ``(words,)``.

        Documents that go on after what is read of them show it by what they come back to. Where these are too
        few to learn from, the human sentences that tell nearly the same show it by what they have.
        """
        words, rests = self.documents.words, self.documents.rests
        continued = [row for row, rest in enumerate(rests) if len(rest) >= _LEAST_REST]
        if len(continued) >= max(1, _LEAST_CONTINUED * len(words)):
            return {row: np.array(comes_back(words[row], rests[row]), np.float32) for row in continued}
        neighbours = Neighbours(self.human_text.words)
        rows = tqdm(words, "comparing", leave=False, disable=None)
        found = ((row, neighbours.told(text)) for row, text in enumerate(rows))
        return {row: shares.astype(np.float32) for row, shares in found if shares is not None}

    def salience(self, rows: Sequence[int]) -> list[np.ndarray | None]:
        """How much each word of documents matters to their stories, in nats, where that was learned."""
        if "salience" not in self.networks:
            return [None] * len(rows)
        texts = [self.documents.words[row] for row in rows]
        return list(log_odds(self.networks["salience"], self.salience_vocabulary, texts))

    @cached_property
    def expander(self) -> Expander:
        """What documents say between the words that human text keeps."""
        random = np.random.default_rng([self.config.seed, 8])
        rows = random.permutation(len(self.documents))[:_GAP_DOCUMENTS]
        return Expander(
            [self.documents.words[row] for row in rows],
            self.topics([self.documents.ids[row] for row in rows]),
            self.compressor,
            self.human_text.lengths,
            self.config.seed,
        )

    def topics(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """What token rows are about, as vectors of length 1, ``(rows, topics)``."""
        ids, mask = pad_with_mask(rows, self.tokenizer.pad_token_id)
        device = self.accelerator.device
        vectors = bag_vectors(ids.to(device), mask.to(device), *self.similarity_space)
        return functional.normalize(vectors).cpu().numpy()

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
