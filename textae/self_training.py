"""Self-training: the generator writes many candidates for a real document and learns from the best.

What to learn from is chosen by what can be measured without a reference: the generator's own likelihood, the
similarity of words and document, the language model, the reconstruction. Distilling a search into the
network that searched gains over the search itself and removes it (NAUS, Liu et al. 2022). What was chosen
stays in the run as ``self_training.jsonl``: read it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from textae.data import Batch, BatchSchedule, make_batch
from textae.decoding import beam_search, sample
from textae.networks import IGNORE, token_log_probs
from textae.optimization import Learner
from textae.pretrain import PseudoDocuments, learn
from textae.rewards import bag_vectors, similarity_reward
from textae.support import Support
from textae.workbench import Workbench

_BEAMS = 4
_KEY = 5
_PSEUDO_KEY = 6
_DOCUMENTS_A_CALL = 64
_TOKENS_PER_UNIT = 3


class Candidates:
    """Writes candidates for documents and scores them.

    Args:
        bench: the run's.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._settings = bench.config.self_training

    def best(self, rows: Sequence[int]) -> list[tuple[int, int, list[int]]]:
        """The best candidate of each document: ``(row, wanted length, ids)``, unless all met dead ends."""
        lengths = [self._wanted_length(row) for row in rows]
        documents = [self._bench.documents.ids[row] for row in rows]
        found = self.write(documents, lengths, rows)
        owner = [i for i, candidates in enumerate(found) for _ in candidates]
        flat = [candidate for candidates in found for candidate in candidates]
        if not flat:
            return []
        scores = self.blend(self.score([documents[i] for i in owner], flat, [lengths[i] for i in owner]))
        best: dict[int, int] = {}
        for place, i in enumerate(owner):
            if i not in best or scores[place] > scores[best[i]]:
                best[i] = place
        return [(rows[i], lengths[i], flat[place]) for i, place in best.items()]

    def write(
        self, documents: Sequence[Sequence[int]], lengths: Sequence[int], keys: Sequence[int]
    ) -> list[list[list[int]]]:
        """Different candidates for every document: the beam's and samples.

        Args:
            documents: token ids.
            lengths: the most words of each summary.
            keys: what the samples of each document depend on.
        """
        bench, count = self._bench, self._settings.candidates
        network = bench.networks["generator"].eval()
        batch = bench.batch(
            [bench.generator_source(d, n) for d, n in zip(documents, lengths, strict=True)],
            [[] for _ in documents],
        )
        limits = torch.tensor(lengths, device=batch.input_ids.device)
        max_tokens = _TOKENS_PER_UNIT * max(lengths) + 2
        uniforms = np.stack(
            [
                np.random.default_rng([bench.config.seed, _KEY, key]).random((count, max_tokens), np.float32)
                for key in keys
            ]
        ).reshape(-1, max_tokens)
        with bench.accelerator.autocast():
            support = Support(bench.tokens, batch.input_ids, batch.attention_mask, limits)
            beams = beam_search(
                network, batch.input_ids, batch.attention_mask, support, beams=_BEAMS, max_tokens=max_tokens
            )
            ids, mask = (
                tensor.repeat_interleave(count, 0) for tensor in (batch.input_ids, batch.attention_mask)
            )
            support = Support(bench.tokens, ids, mask, limits.repeat_interleave(count))
            sampled = sample(
                network, ids, mask, torch.from_numpy(uniforms).to(ids.device), support=support
            ).tolist()
        eos = bench.tokenizer.eos_token_id
        found = []
        for i, row in enumerate(beams):
            different = {tuple(candidate.ids) for candidate in row}
            for ids_row in sampled[i * count : (i + 1) * count]:
                if eos in ids_row:
                    different.add(tuple(ids_row[: ids_row.index(eos)]))
            found.append(sorted(list(ids_row) for ids_row in different if ids_row))
        return found

    @torch.no_grad()
    def score(
        self, documents: Sequence[Sequence[int]], summaries: Sequence[Sequence[int]], lengths: Sequence[int]
    ) -> dict[str, Tensor]:
        """Each measure of every summary, ``(rows,)``; only those whose weight is not 0."""
        bench, settings = self._bench, self._settings
        scores: dict[str, Tensor] = {}
        forward = bench.batch(
            [bench.generator_source(d, n) for d, n in zip(documents, lengths, strict=True)], summaries
        )
        if settings.likelihood_weight:
            scores["likelihood"] = self._mean_log_prob("generator", forward)
        if settings.reconstruction_weight:
            scores["reconstruction"] = self._mean_log_prob("reconstructor", bench.batch(summaries, documents))
        real = forward.labels.ne(IGNORE)
        if settings.language_weight:
            network = bench.networks["language_model"]
            log_probs = network.token_log_probs(forward.labels.masked_fill(~real, 0), real)
            scores["language"] = log_probs.sum(1) / real.sum(1)
        if settings.similarity_weight:
            plain = make_batch(documents, summaries, bench.tokenizer.pad_token_id).to(
                bench.accelerator.device
            )
            said = plain.labels.ne(IGNORE)
            weights, projection = bench.similarity_space
            scores["similarity"] = similarity_reward(
                bag_vectors(plain.input_ids, plain.attention_mask, weights, projection),
                bag_vectors(plain.labels.masked_fill(~said, 0), said, weights, projection),
            )
        return scores

    def blend(self, scores: dict[str, Tensor]) -> Tensor:
        """The weighted sum of the measures, ``(rows,)``."""
        settings = self._settings
        return torch.stack(
            [getattr(settings, f"{name}_weight") * score for name, score in scores.items()]
        ).sum(0)

    def _mean_log_prob(self, name: str, batch: Batch) -> Tensor:
        network = self._bench.networks[name].eval()
        with self._bench.accelerator.autocast():
            log_probs = token_log_probs(network, batch.input_ids, batch.attention_mask, batch.labels)
        return log_probs.sum(1) / batch.labels.ne(IGNORE).sum(1)

    def _wanted_length(self, row: int) -> int:
        random = np.random.default_rng([self._bench.config.seed, _KEY, row, 1])
        lengths = self._bench.human_text.lengths
        return max(4, lengths[random.integers(len(lengths))])


class SelfTrainingStage:
    """Real document -> the best of its candidates, beside pseudo-document -> its human sentence."""

    name = "self_training"

    def __init__(self, bench: Workbench) -> None:
        settings = bench.config.self_training
        self._bench = bench
        self.steps = settings.steps
        self._network = bench.networks["generator"]
        self.learners = {
            "generator": Learner(self._network, bench.accelerator, settings.learning_rate, settings.steps)
        }
        human = round(settings.batch_size * settings.human_share)
        self._chosen = self._choose(settings.steps * (settings.batch_size - human))
        self._schedule = None
        if self._chosen:
            lengths = [len(bench.documents.ids[row]) for row, _, _ in self._chosen]
            self._schedule = BatchSchedule(lengths, settings.batch_size - human, bench.config.seed)
        self._pseudo = None
        if human:
            schedule = BatchSchedule(bench.human_text.lengths, human, bench.config.seed + 1)
            self._pseudo = PseudoDocuments(bench, schedule, _PSEUDO_KEY)

    def step(self, step: int) -> dict[str, float]:
        """One update; losses are in nats a token."""
        bench = self._bench
        self._network.train()
        losses: dict[str, Tensor] = {}
        if self._schedule is not None:
            rows = [self._chosen[i] for i in bench.mine(self._schedule.rows(step))]
            sources = [bench.generator_source(bench.documents.ids[row], length) for row, length, _ in rows]
            losses["chosen_loss"] = bench.mean_nll(
                self._network, bench.batch(sources, [ids for _, _, ids in rows])
            )
        if self._pseudo is not None:
            losses["human_loss"] = bench.mean_nll(self._network, self._pseudo.batch(step))
        return learn(bench, "generator", self.learners["generator"], losses, step)

    def _choose(self, count: int) -> list[tuple[int, int, list[int]]]:
        """The best candidates of ``count`` documents; those in the run's file are not written again."""
        bench = self._bench
        order = np.random.default_rng([bench.config.seed, _KEY]).permutation(len(bench.documents))[:count]
        file = bench.run / "self_training.jsonl"
        done = _read_whole_lines(file)
        known = {row["row"] for row in done}
        todo = [int(row) for row in order if int(row) not in known]
        candidates = Candidates(bench)
        main = bench.accelerator.is_main_process
        width = _DOCUMENTS_A_CALL * bench.accelerator.num_processes
        bar = tqdm(total=len(order), initial=len(done), desc="candidates", disable=None if main else True)
        with file.open("a", encoding="utf-8") if main else nullcontext() as lines:
            for start in range(0, len(todo), width):
                part = todo[start : start + width]
                for row, length, ids in chain(*bench.everyone([candidates.best(bench.mine(part))])):
                    summary = bench.tokenizer.decode(ids)
                    done.append({"row": row, "length": length, "ids": ids, "summary": summary})
                    if lines is not None:
                        lines.write(json.dumps(done[-1], ensure_ascii=False) + "\n")
                if lines is not None:
                    lines.flush()
                bar.update(len(part))
        bar.close()
        return [(row["row"], row["length"], row["ids"]) for row in done]


def _read_whole_lines(file: Path) -> list[dict[str, Any]]:
    """The rows that an earlier run chose; a line that it was killed in is cut off the file."""
    if not file.exists():
        return []
    kept = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            kept.append(json.loads(line))
        except ValueError:
            break
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")
    return kept
