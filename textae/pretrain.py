"""Warm starts: each network first learns alone what can be learned without a pair.

The salience tagger learns what stories come back to. The reconstructor learns to write documents from
compressions of them. The generator then learns from two kinds of rows. To recover a human sentence from a
document made of it: expanded with what real documents have in its gaps, or written by the reconstructor
(back-translation, Sennrich et al. 2016, here without any pair). And to write the compression of a real
document: a search distilled into a network, as NAUS does (Liu et al. 2022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from textae.compression import slack
from textae.data import Batch, BatchSchedule, pad_with_mask
from textae.decoding import sample
from textae.optimization import Learner
from textae.phrases import bare
from textae.segment import STOP_WORDS
from textae.tokenizer import join_words
from textae.workbench import Workbench

_BLOCK = 64
"""Batches whose pseudo-documents are written together: long decoding batches are fast ones."""
_DECODE_ROWS = 512
_PASSES = 2
"""Times a block is learned from: on a CPU, to write it costs about as much as to learn from it once."""
_PSEUDO_TOKENS = 64
"""A pseudo-document that has not ended by then rambles."""
_SHORTER = (0.55, 0.25, 0.15, 0.05)
"""How often a human sentence is by none, one, two, three words shorter than its prompt."""
_NOISE = 1.0
"""In nats, of a word's worth: no two compressions of a document that the reconstructor reads are the same."""


def learn(
    bench: Workbench, name: str, learner: Learner, losses: Mapping[str, Tensor], step: int
) -> dict[str, float]:
    """One update of a network on the sum of its losses; returns what there is to log of it."""
    norm = learner.update(torch.stack(list(losses.values())).sum(), step)
    scalars = {f"{name}/{kind}": float(loss.detach()) for kind, loss in losses.items()}
    return {**bench.over_processes(scalars), f"{name}/gradient_norm": norm}


class SalienceWarmStart:
    """Beginning of a document -> which of its content words matter to the story.

    Those that the rest of it has again; or, where no document has a rest, those that human sentences have
    which tell nearly the same. Where nothing tells, there is no step, and to the tagger all words are even.
    """

    name = "salience"

    def __init__(self, bench: Workbench) -> None:
        settings = bench.config.salience
        self._bench = bench
        self._network = bench.networks["salience"]
        self.learners = {
            "salience": Learner(self._network, bench.accelerator, settings.learning_rate, settings.steps)
        }
        self._rows = list(bench.told)
        self.steps = settings.steps if self._rows else 0
        # Documents of like length are of like newsrooms: the tagger learns worse from batches of them.
        mixed = [1] * len(self._rows)
        self._schedule = BatchSchedule(mixed, settings.batch_size, bench.config.seed)

    def step(self, step: int) -> dict[str, float]:
        """One update; the loss is in nats a content word."""
        bench = self._bench
        self._network.train()
        rows = bench.mine([self._rows[i] for i in self._schedule.rows(step)])
        words = [bench.documents.words[row] for row in rows]
        ids, mask = pad_with_mask([bench.salience_vocabulary.encode(w) for w in words], 0)
        content, _ = pad_with_mask([[bare(word) not in STOP_WORDS for word in w] for w in words], 0)
        told = pad_sequence([torch.from_numpy(bench.told[row]) for row in rows], batch_first=True)
        device = bench.accelerator.device
        counted = (mask & content.bool()).to(device)
        odds, wanted = self._network(ids.to(device))[counted], told.to(device)[counted]
        losses = functional.binary_cross_entropy_with_logits(odds, wanted, reduction="sum")
        loss = losses / bench.total(counted.sum())
        return learn(bench, "salience", self.learners["salience"], {"loss": loss}, step)


class ReconstructorWarmStart:
    """Words -> document, learned from compressions of documents."""

    name = "reconstructor_warm_start"

    def __init__(self, bench: Workbench) -> None:
        settings = bench.config.reconstructor_warm_start
        self._bench = bench
        self.steps = settings.steps
        self._network = bench.networks["reconstructor"]
        self.learners = {
            "reconstructor": Learner(self._network, bench.accelerator, settings.learning_rate, settings.steps)
        }
        lengths = [len(row) for row in bench.documents.ids]
        self._schedule = BatchSchedule(lengths, settings.batch_size, bench.config.seed)

    def step(self, step: int) -> dict[str, float]:
        """One update; the loss is in nats a token."""
        bench = self._bench
        self._network.train()
        rows = bench.mine(self._schedule.rows(step))
        sources = bench.encode([self._compression(int(row), step) for row in rows])
        loss = bench.mean_nll(self._network, bench.batch(sources, [bench.documents.ids[r] for r in rows]))
        return learn(bench, "reconstructor", self.learners["reconstructor"], {"loss": loss}, step)

    def _compression(self, row: int, step: int) -> str:
        bench = self._bench
        random = np.random.default_rng([bench.config.seed, 1, step, row])
        length = bench.human_text.lengths[random.integers(len(bench.human_text))]
        # Human sentences do not always begin as their stories do.
        early = bench.compressor.weights.early * random.random()
        words = bench.documents.words[row]
        return join_words(bench.compressor.compress(words, length, random, early=early, noise=_NOISE))


class PseudoDocuments:
    """Makes the pseudo-documents of human sentences, a block of batches at a time.

    Args:
        bench: the run's.
        schedule: which sentences make up which batch.
        key: tells the randomness of one stage from another's.
    """

    def __init__(self, bench: Workbench, schedule: BatchSchedule, key: int) -> None:
        self._bench, self._schedule, self._key = bench, schedule, key
        settings = bench.config.generator_warm_start
        self._share, self._temperature = settings.back_translated, settings.temperature
        self._passes = _PASSES if self._share else 1
        self._block = -1
        self._batches: list[list[tuple[int, list[int]]]] = []

    def batch(self, step: int) -> Batch:
        """Pseudo-documents and their human sentences, this process's rows of a step."""
        bench = self._bench
        block, place = divmod(step, _BLOCK * self._passes)
        if block != self._block:
            self._batches, self._block = self._write(block), block
        human = bench.human_text
        pairs = bench.mine(self._batches[place])
        sources = [
            bench.generator_source(document, human.lengths[row] + self._shorter(step, row))
            for row, document in pairs
        ]
        return bench.batch(sources, [human.ids[row] for row, _ in pairs])

    def _write(self, block: int) -> list[list[tuple[int, list[int]]]]:
        """The batches of a block, each of (row of the human text, pseudo-document)."""
        bench = self._bench
        steps = range(block * _BLOCK, (block + 1) * _BLOCK)
        rows = [int(row) for step in steps for row in self._schedule.rows(step)]
        mine = bench.mine(rows)
        translated = [self._random(block, row).random() < self._share for row in mine]
        by_reconstructor = iter(
            self._translate([r for r, t in zip(mine, translated, strict=True) if t], block)
        )
        expanded = iter(self._expand([r for r, t in zip(mine, translated, strict=True) if not t], block))
        written = [
            (r, next(by_reconstructor if t else expanded)) for r, t in zip(mine, translated, strict=True)
        ]
        everyones = bench.everyone(written)
        # A sentence that cannot be written from its pseudo-document would teach to put anything in its place.
        pairs = [
            (row, document)
            for row, document in everyones
            if bench.can_write(bench.human_text.ids[row], document)
        ]
        if len(pairs) < _BLOCK:
            pairs = everyones
        # Rows of similar length share a batch, whichever process wrote them.
        pairs.sort(key=lambda pair: (len(pair[1]), pair[0]))
        size = len(pairs) // _BLOCK
        batches = [pairs[i * size : (i + 1) * size] for i in range(_BLOCK)]
        random = np.random.default_rng([bench.config.seed, self._key, block])
        return [batches[i] for _ in range(self._passes) for i in random.permutation(_BLOCK)]

    def _shorter(self, step: int, row: int) -> int:
        random = np.random.default_rng([self._bench.config.seed, self._key, step, row, 1])
        return int(random.choice(len(_SHORTER), p=_SHORTER))

    def _random(self, block: int, row: int) -> np.random.Generator:
        return np.random.default_rng([self._bench.config.seed, self._key, block, row])

    def _expand(self, rows: Sequence[int], block: int) -> list[list[int]]:
        bench = self._bench
        human = bench.human_text
        topics = bench.topics([human.ids[row] for row in rows])
        return bench.encode(
            [
                join_words(bench.expander.expand(human.words[row], topic, self._random(block, row)))
                for row, topic in zip(rows, topics, strict=True)
            ]
        )

    def _translate(self, rows: Sequence[int], block: int) -> list[list[int]]:
        bench = self._bench
        network = bench.networks["reconstructor"].eval()
        human = bench.human_text
        order = sorted(range(len(rows)), key=lambda i: len(human.ids[rows[i]]))
        length = min(_PSEUDO_TOKENS, bench.config.max_document_tokens)
        written: list[list[int]] = [[] for _ in rows]
        for start in range(0, len(order), _DECODE_ROWS):
            part = order[start : start + _DECODE_ROWS]
            batch = bench.batch([human.ids[rows[i]] for i in part], [[] for _ in part])
            uniforms = np.stack([self._random(block, rows[i]).random(length, np.float32) for i in part])
            with bench.accelerator.autocast():
                ids = sample(
                    network,
                    batch.input_ids,
                    batch.attention_mask,
                    torch.from_numpy(uniforms).to(bench.accelerator.device),
                    temperature=self._temperature,
                )
            for i, row in zip(part, ids.tolist(), strict=True):
                written[i] = bench.strip(row)
        return written


class GeneratorWarmStart:
    """Pseudo-document -> the human sentence it was made of; document -> its compression."""

    name = "generator_warm_start"

    def __init__(self, bench: Workbench) -> None:
        settings = bench.config.generator_warm_start
        self._bench = bench
        self.steps = settings.steps
        self._network = bench.networks["generator"]
        self.learners = {
            "generator": Learner(self._network, bench.accelerator, settings.learning_rate, settings.steps)
        }
        human = round(settings.batch_size * settings.human_share)
        self._pseudo = None
        if human:
            schedule = BatchSchedule(bench.human_text.lengths, human, bench.config.seed)
            self._pseudo = PseudoDocuments(bench, schedule, 2)
        self._schedule = None
        if settings.batch_size > human:
            lengths = [len(row) for row in bench.documents.ids]
            self._schedule = BatchSchedule(lengths, settings.batch_size - human, bench.config.seed)

    def step(self, step: int) -> dict[str, float]:
        """One update; losses are in nats a token."""
        bench = self._bench
        self._network.train()
        losses: dict[str, Tensor] = {}
        if self._pseudo is not None:
            losses["human_loss"] = bench.mean_nll(self._network, self._pseudo.batch(step))
        if self._schedule is not None:
            batch = self._compressions(bench.mine(self._schedule.rows(step)), step)
            losses["compression_loss"] = bench.mean_nll(self._network, batch)
        return learn(bench, "generator", self.learners["generator"], losses, step)

    def _compressions(self, rows: Sequence[int], step: int) -> Batch:
        bench = self._bench
        wanted, compressed = [], []
        for row, salience in zip(rows, bench.salience(rows), strict=True):
            random = np.random.default_rng([bench.config.seed, 7, step, row])
            wanted.append(bench.human_text.lengths[random.integers(len(bench.human_text))])
            kept = bench.compressor.compress(
                bench.documents.words[row], wanted[-1], salience=salience, slack=slack(wanted[-1])
            )
            compressed.append(join_words(kept))
        sources = [
            bench.generator_source(bench.documents.ids[row], length)
            for row, length in zip(rows, wanted, strict=True)
        ]
        return bench.batch(sources, bench.encode(compressed))


class LanguageModelWarmStart:
    """A language model of human text: a reward of later stages, and the perplexity that is reported."""

    name = "language_model"

    def __init__(self, bench: Workbench) -> None:
        settings = bench.config.language_model
        self._bench = bench
        self.steps = settings.steps
        self._network = bench.networks["language_model"]
        self.learners = {
            "language_model": Learner(
                self._network, bench.accelerator, settings.learning_rate, settings.steps
            )
        }
        self._schedule = BatchSchedule(
            [len(row) for row in bench.human_text.ids], settings.batch_size, bench.config.seed
        )

    def step(self, step: int) -> dict[str, float]:
        """One update; the loss is in nats a token."""
        bench = self._bench
        self._network.train()
        rows = [
            [*bench.human_text.ids[row], bench.tokenizer.eos_token_id]
            for row in bench.mine(self._schedule.rows(step))
        ]
        ids, mask = pad_with_mask(rows, bench.tokenizer.pad_token_id)
        ids, mask = ids.to(bench.accelerator.device), mask.to(bench.accelerator.device)
        with bench.accelerator.autocast():
            log_probs = self._network(ids, mask)
        loss = -log_probs.sum() / bench.total(mask.sum())
        return learn(bench, "language_model", self.learners["language_model"], {"loss": loss}, step)
