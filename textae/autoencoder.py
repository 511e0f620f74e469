"""The text auto-encoder as its users see it: documents -> words -> documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from textae import checkpoint
from textae.data import pad
from textae.decoding import Candidate, beam_search, sample
from textae.errors import InputError, UsageError
from textae.language_model import perplexity
from textae.networks import PointerGenerator
from textae.segment import content_words, count_units, ends_open, script_of, sentences, unit_spans
from textae.support import Support, TokenTable
from textae.surface import restore
from textae.tokenizer import length_prompt

DEFAULT_LENGTH = {"han": 20}
_DEFAULT_LENGTH_ELSEWHERE = 10
_WINDOW_LENGTH = 16
"""Units a window of a long document is shortened to before the windows are read together."""
_TOKENS_PER_UNIT = 4
_RECONSTRUCTION_TOKENS = 96


class TextAutoencoder:
    """A generator that writes summaries, a reconstructor that reads them, and their tokenizer.

    Args:
        tokenizer: a transformers tokenizer with the length prompts.
        networks: ``generator`` and whichever others the checkpoint has.
        settings: what the checkpoint's ``config.json`` says.
        device: where to compute.
    """

    def __init__(
        self,
        tokenizer: Any,
        networks: Mapping[str, Any],
        settings: Mapping[str, Any],
        device: torch.device | str = "cpu",
    ) -> None:
        self.tokenizer = tokenizer
        self.networks = {name: network.eval().to(device) for name, network in networks.items()}
        self.settings = dict(settings)
        self.device = torch.device(device)

    @classmethod
    def from_pretrained(cls, path: str | Path, device: str = "auto") -> TextAutoencoder:
        """Open a checkpoint's folder, or a bundled model by name.

        Raises:
            CheckpointError: when it is none, or a damaged one.
        """
        settings, tokenizer, networks = checkpoint.read_model(checkpoint.resolve(path))
        return cls(tokenizer, networks, settings, pick_device(device))

    def save_pretrained(self, path: str | Path) -> None:
        """Write the checkpoint's folder, weights in fp16."""
        checkpoint.write_model(Path(path), self.settings, self.tokenizer, self.networks, torch.float16)

    def summarize(
        self, texts: Sequence[str], length: int | float | None = None, batch_size: int = 64
    ) -> list[str]:
        """Summarize documents of any length; an empty one gets an empty summary.

        A document longer than the generator's window is read whole, a window of sentences at a time; what
        the windows say is then read together.

        Args:
            texts: the documents.
            length: the most words (characters for Chinese), or as a float below 1 a share of each document;
                10 words or 20 characters by default.
            batch_size: documents decoded together.

        Returns:
            One summary a document, in the same order, never longer than asked for.
        """
        limits = [_limit(text, length) for text in texts]
        short = self._fit_window(list(texts), batch_size)
        return self._write(short, limits, batch_size)

    def reconstruct(self, texts: Sequence[str], batch_size: int = 64) -> list[str]:
        """Write a document for each text of a few words, in the tokenizer's normal form.

        Raises:
            UsageError: when the checkpoint has no reconstructor.
        """
        network = self._network("reconstructor")
        written = []
        for start in range(0, len(texts), batch_size):
            rows = self._encode(texts[start : start + batch_size])
            ids, mask = self._padded(rows)
            unused = torch.zeros(len(rows), _RECONSTRUCTION_TOKENS, device=self.device)
            output = sample(network, ids, mask, unused, temperature=0)
            written += self.tokenizer.batch_decode(output, skip_special_tokens=True)
        return [text if source.strip() else "" for source, text in zip(texts, written, strict=True)]

    def perplexity(self, texts: Sequence[str], batch_size: int = 256) -> float:
        """Perplexity a word of texts under the checkpoint's language model of human sentences.

        Raises:
            UsageError: when the checkpoint has no language model.
        """
        network = self._network("language_model")
        rows = [[*row, self.tokenizer.eos_token_id] for row in self._encode(texts)]
        sums: list[float] = []
        for start in range(0, len(rows), batch_size):
            ids, mask = self._padded(rows[start : start + batch_size])
            sums += network.token_log_probs(ids, mask).sum(1).tolist()
        return perplexity(sums, [count_units(text) for text in texts])

    def info(self) -> dict[str, Any]:
        """What there is to say about the checkpoint: sizes, settings, where it runs."""
        sizes = {
            f"{name} parameters": sum(p.numel() for p in network.parameters())
            for name, network in self.networks.items()
        }
        settings = {key: value for key, value in self.settings.items() if key != "train_config"}
        return {**settings, "vocabulary": len(self.tokenizer), **sizes, "device": str(self.device)}

    @cached_property
    def _table(self) -> TokenTable:
        generator = self.networks["generator"]
        output_ids = generator.config.output_ids if isinstance(generator, PointerGenerator) else None
        return TokenTable.build(self.tokenizer, output_ids).to(self.device)

    @cached_property
    def _common_words(self) -> frozenset[str]:
        ids = self._table.writable.nonzero().squeeze(-1).tolist()
        return frozenset(self.tokenizer.decode([i]).strip() for i in ids)

    @property
    def _window(self) -> int:
        return int(self.settings.get("max_document_tokens", 96))

    def _network(self, name: str) -> Any:
        if name not in self.networks:
            raise UsageError(f"this checkpoint has no {name.replace('_', ' ')}")
        return self.networks[name]

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        return self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        ids = pad(rows, self.tokenizer.pad_token_id)
        lengths = torch.tensor([len(row) for row in rows]).unsqueeze(1)
        mask = torch.arange(ids.shape[1]).unsqueeze(0) < lengths
        return ids.to(self.device), mask.to(self.device)

    def _normal(self, text: str) -> str:
        normalizer = self.tokenizer.backend_tokenizer.normalizer
        return text if normalizer is None else normalizer.normalize_str(text)

    def _fit_window(self, texts: list[str], batch_size: int) -> list[str]:
        """Shorten the long documents, window by window, until each fits into one."""
        while True:
            sizes = [len(row) for row in self._encode(texts)]
            long = [i for i, size in enumerate(sizes) if size > self._window]
            if not long:
                return texts
            windows = [list(self._windows(texts[i])) for i in long]
            flat = [window for document in windows for window in document]
            # Each window at a quarter of its size at most, so that every round makes the document shorter.
            limits = [max(1, min(_WINDOW_LENGTH, count_units(window) // 4)) for window in flat]
            written = iter(self._write(flat, limits, batch_size))
            for i, document in zip(long, windows, strict=True):
                texts[i] = ". ".join(filter(None, (next(written) for _ in document)))

    def _windows(self, text: str) -> Iterator[str]:
        """Runs of whole sentences that fit into the window; a longer sentence is cut between words."""
        pieces = [piece for sentence in sentences(text) for piece in self._cut(sentence)]
        sizes = [len(row) for row in self._encode(pieces)]
        run: list[str] = []
        filled = 0
        for piece, size in zip(pieces, sizes, strict=True):
            if run and filled + size > self._window:
                yield " ".join(run)
                run, filled = [], 0
            run.append(piece)
            filled += size
        if run:
            yield " ".join(run)

    def _cut(self, sentence: str) -> Iterator[str]:
        if len(sentence) <= 2 * self._window:
            yield sentence
            return
        encoding = self.tokenizer(sentence, add_special_tokens=False, verbose=False)
        if len(encoding["input_ids"]) <= self._window:
            yield sentence
            return
        # Offsets are those of the normal form, so the cut is made by words of the sentence itself.
        spans = unit_spans(sentence)
        step = max(1, self._window // 2)
        for first in range(0, len(spans), step):
            part = spans[first : first + step]
            yield sentence[part[0][0] : part[-1][1]]

    def _write(self, texts: Sequence[str], limits: Sequence[int], batch_size: int) -> list[str]:
        """Summaries of texts that fit into the window, in order; those of like length share a batch."""
        rows = self._encode(texts)
        order = sorted((i for i, row in enumerate(rows) if row and limits[i]), key=lambda i: len(rows[i]))
        summaries = [""] * len(texts)
        for start in range(0, len(order), batch_size):
            part = order[start : start + batch_size]
            written = self._decode([rows[i] for i in part], [limits[i] for i in part])
            for i, summary in zip(part, written, strict=True):
                document = texts[i]
                summaries[i] = (
                    restore(summary, document, self._normal, self._common_words.__contains__)
                    if summary
                    else _lead(document, limits[i])
                )
        return summaries

    def _decode(self, rows: Sequence[Sequence[int]], limits: Sequence[int]) -> list[str]:
        prompts = self.tokenizer.convert_tokens_to_ids([length_prompt(limit) for limit in limits])
        sources = [[prompt, *row[: self._window]] for prompt, row in zip(prompts, rows, strict=True)]
        ids, mask = self._padded(sources)
        support = Support(self._table, ids, mask, torch.tensor(limits, device=self.device))
        found = beam_search(
            self.networks["generator"],
            ids,
            mask,
            support,
            beams=int(self.settings.get("beams", 4)),
            max_tokens=_TOKENS_PER_UNIT * max(limits) + 2,
        )
        return [self._first_without_repeats(candidates) for candidates in found]

    def _first_without_repeats(self, candidates: Sequence[Candidate]) -> str:
        """The likeliest candidate; one that says a word twice (``Support`` sees pieces) comes last."""
        texts = [self.tokenizer.decode(candidate.ids).strip() for candidate in candidates]
        return next((text for text in texts if not _repeats(text)), texts[0] if texts else "")


class BundledModels:
    """Summarizes with the bundled model for the script of each document."""

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._by_script = {
            script: entry.path
            for entry in checkpoint.list_models()
            for script in checkpoint.read_settings(entry.path).get("scripts", [])
        }
        self._loaded: dict[Path, TextAutoencoder] = {}

    def summarize(
        self, texts: Sequence[str], length: int | float | None = None, batch_size: int = 64
    ) -> list[str]:
        """As ``TextAutoencoder.summarize``.

        Raises:
            InputError: when a document is in a script that no bundled model reads.
        """
        summaries = [""] * len(texts)
        groups: dict[Path, list[int]] = {}
        for i, text in enumerate(texts):
            if text.strip():
                groups.setdefault(self._path(text), []).append(i)
        for path, rows in groups.items():
            written = self.model(path).summarize([texts[i] for i in rows], length, batch_size)
            for i, summary in zip(rows, written, strict=True):
                summaries[i] = summary
        return summaries

    def model(self, path: Path) -> TextAutoencoder:
        """The bundled model in a folder, loaded once."""
        if path not in self._loaded:
            self._loaded[path] = TextAutoencoder.from_pretrained(path, self._device)
        return self._loaded[path]

    def for_text(self, text: str) -> TextAutoencoder:
        """The bundled model for the script of a text."""
        return self.model(self._path(text))

    def _path(self, text: str) -> Path:
        script = script_of(text)
        if script == "none":
            script = "latin"
        if script not in self._by_script:
            known = ", ".join(sorted(self._by_script)) or "none"
            raise InputError(
                repr(text.strip()[:40]),
                f"no bundled model reads {script} script (they read: {known}); name another with --model",
            )
        return self._by_script[script]


def load(name_or_path: str | Path = "auto", device: str = "auto") -> TextAutoencoder | BundledModels:
    """Open a model: ``auto`` (the bundled one for each document's script), a bundled name, or a folder.

    Raises:
        CheckpointError: when there is no such model, or it is damaged.
    """
    if str(name_or_path) == "auto":
        return BundledModels(device)
    return TextAutoencoder.from_pretrained(name_or_path, device)


def pick_device(name: str) -> str:
    """``auto`` -> ``cuda`` where there is one, else ``cpu``.

    Raises:
        UsageError: when ``cuda`` is asked for and missing.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("no CUDA device on this machine; use --device cpu")
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name


def _limit(text: str, length: int | float | None) -> int:
    size = count_units(text)
    if length is None:
        length = DEFAULT_LENGTH.get(script_of(text), _DEFAULT_LENGTH_ELSEWHERE)
    if isinstance(length, float):
        length = max(1, int(size * length))
    return min(int(length), size)


def _repeats(text: str) -> bool:
    words = [word.rstrip(",:;") for word in content_words(text)]
    return len(set(words)) < len(words)


def _lead(text: str, limit: int) -> str:
    """The first words, for a text that the generator finds nothing to write about."""
    for count in range(limit, 0, -1):
        spans = unit_spans(text)[:count]
        lead = text[spans[0][0] : spans[-1][1]].rstrip(" ,;:.")
        if not ends_open(lead) or count == 1:
            return lead
    return ""
