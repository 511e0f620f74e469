"""The text auto-encoder as its users see it: documents -> words -> documents."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from textae import checkpoint
from textae.data import pad_with_mask
from textae.decoding import Candidate, beam_search, sample
from textae.errors import InputError, UsageError
from textae.extraction import choose, close_quotes, parts
from textae.language_model import perplexity
from textae.networks import PointerGenerator
from textae.search import Search
from textae.segment import (
    content_words,
    count_units,
    ends_open,
    is_cjk,
    join_units,
    script_of,
    sentences,
    unit_spans,
)
from textae.shortening import Shortener
from textae.support import Support
from textae.surface import restore
from textae.token_table import TokenTable
from textae.tokenizer import join_words, length_prompt, split_words

DEFAULT_LENGTH = {"han": 20}
_DEFAULT_LENGTH_ELSEWHERE = 10
Style = Literal["auto", "sentences", "short"]
"""Whether a summary is made of the document's sentences, or written by the generator."""
_SENTENCES_FROM = {"han": 50}
_SENTENCES_FROM_ELSEWHERE = 25
"""A length from which ``auto`` takes whole sentences: nobody writes headlines so long."""
_EARLY = 1.0
"""What being the first counts beside centrality in what the generator reads: a headline tells what is new."""
_FORMS = 1 << 15
"""Words whose normal form is remembered."""
_LONGEST_TOKEN = 16
"""Characters that a token has at most on the average of a text."""
_TOKENS_PER_UNIT = 4
_RECONSTRUCTION_TOKENS = 96


class TextAutoencoder:
    """A generator that writes summaries, a reconstructor that reads them, and their tokenizer.

    Args:
        tokenizer: a transformers tokenizer with the length prompts.
        networks: ``generator`` and whichever others the checkpoint has.
        settings: what the checkpoint's ``config.json`` says.
        device: where to compute.
        search: writes the summaries in the generator's place, if given.
    """

    def __init__(
        self,
        tokenizer: Any,
        networks: Mapping[str, Any],
        settings: Mapping[str, Any],
        device: torch.device | str = "cpu",
        search: Search | None = None,
    ) -> None:
        self.tokenizer, self.search = tokenizer, search
        self.networks = {name: network.eval().to(device) for name, network in networks.items()}
        self.settings = dict(settings)
        self.device = torch.device(device)

    @classmethod
    def from_pretrained(cls, path: str | Path, device: str = "auto") -> TextAutoencoder:
        """Open a checkpoint's folder, or a bundled model by name.

        Raises:
            CheckpointError: when it is none, or a damaged one.
        """
        settings, tokenizer, networks, search = checkpoint.read_model(checkpoint.resolve(path))
        return cls(tokenizer, networks, settings, pick_device(device), search)

    def save_pretrained(self, path: str | Path) -> None:
        """Write the checkpoint's folder, weights in fp16."""
        checkpoint.write_model(
            Path(path), self.settings, self.tokenizer, self.networks, torch.float16, self.search
        )

    def summarize(
        self,
        texts: Sequence[str],
        length: int | float | None = None,
        batch_size: int = 64,
        style: Style = "auto",
    ) -> list[str]:
        """Summarize documents of any length; an empty one gets an empty summary.

        A document longer than the generator's window is read whole to find the sentence that tells most of
        it; that is what the generator sees. A ``short`` summary of many words is made of several of them.

        Args:
            texts: the documents.
            length: the most words (characters for Chinese), or as a float below 1 a share of each document;
                10 words or 20 characters by default.
            batch_size: documents decoded together.
            style: ``sentences`` of the document, or ``short`` as headlines are; where the length has room for
                sentences, ``auto`` takes them, and ``short`` shortens them, in English.

        Returns:
            One summary a document, in the same order, never longer than asked for.

        Raises:
            UsageError: for a length below 1 word or beyond the whole document.
        """
        _check_length(length)
        sizes = [count_units(text) for text in texts]
        scripts = [script_of(text) for text in texts]
        limits = [_limit(script, size, length) for script, size in zip(scripts, sizes, strict=True)]
        # Of a document that is no longer than asked for, half: to repeat it is no summary.
        whole = isinstance(length, float)
        rooms = [
            limit if limit < size or whole else size // 2 for limit, size in zip(limits, sizes, strict=True)
        ]
        summaries = [
            self._telling_sentences(text, room, shorten=style == "short")
            if style == "sentences"
            or (room >= _sentences_from(script) and (style == "auto" or self._shortener))
            else ""
            for text, script, room in zip(texts, scripts, rooms, strict=True)
        ]
        open_rows = [i for i, summary in enumerate(summaries) if not summary]
        fitting = self._fit_window([texts[i] for i in open_rows])
        readings = {
            i: self._readings(texts[i], max(1, rooms[i] // _default_length(scripts[i])), rooms[i], fits)
            for i, fits in zip(open_rows, fitting, strict=True)
        }
        written = iter(
            self._write(
                [reading for several in readings.values() for reading in several],
                [limits[i] // len(several) for i, several in readings.items() for _ in several],
                batch_size,
            )
        )
        for i, several in readings.items():
            summaries[i] = _as_sentences(list(islice(written, len(several))))
        return summaries

    def reconstruct(self, texts: Sequence[str], batch_size: int = 64) -> list[str]:
        """Write a document for each text of a few words, in the tokenizer's normal form.

        Raises:
            UsageError: when the checkpoint has no reconstructor, or a text is longer than it can read.
        """
        network = self._network("reconstructor")
        rows = self._encode(texts)
        longest, positions = max(map(len, rows), default=0), _positions(network)
        if longest > positions:
            raise UsageError(f"the reconstructor reads {positions} tokens at most; one text has {longest}")
        order = [i for i, row in enumerate(rows) if row]
        written = [""] * len(texts)
        for start in range(0, len(order), batch_size):
            part = order[start : start + batch_size]
            ids, mask = self._padded([rows[i] for i in part])
            unused = torch.zeros(len(part), _RECONSTRUCTION_TOKENS, device=self.device)
            output = sample(network, ids, mask, unused, temperature=0)
            for i, text in zip(
                part, self.tokenizer.batch_decode(output, skip_special_tokens=True), strict=True
            ):
                written[i] = text.strip()
        return written

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
        networks = dict(self.networks)
        if self.search and self.search.salience:
            networks["salience"] = self.search.salience[0]
        if self.search and self.search.parser:
            networks["parser"] = self.search.parser
        sizes = {
            f"{name} parameters": sum(p.numel() for p in network.parameters())
            for name, network in networks.items()
        }
        # How each Traditional character is written fills a screen and tells nobody anything.
        hidden = ("train_config", "traditional")
        settings = {key: value for key, value in self.settings.items() if key not in hidden}
        writer = {"writer": "search" if self.search else "generator"}
        return {**settings, **writer, "vocabulary": len(self.tokenizer), **sizes, "device": str(self.device)}

    @cached_property
    def _shortener(self) -> Shortener | None:
        if self.search is None or self.search.parser is None or self.search.chinese:
            return None
        return Shortener(self.search.parser, self.search.counts, partial(split_words, self.tokenizer))

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
        ids, mask = pad_with_mask(rows, self.tokenizer.pad_token_id)
        return ids.to(self.device), mask.to(self.device)

    def _normal(self, text: str) -> str:
        normalizer = self.tokenizer.backend_tokenizer.normalizer
        return text if normalizer is None else normalizer.normalize_str(text)

    @cached_property
    def _normal_word(self) -> Callable[[str], str]:
        """The normal form of a word or a character, which come again and again."""
        return lru_cache(maxsize=_FORMS)(self._normal)

    def _fit_window(self, texts: Sequence[str]) -> list[bool]:
        """Whether the generator can read each text whole."""
        # A book need not be tokenized to see that it is too long.
        short = [len(text) <= _LONGEST_TOKEN * self._window for text in texts]
        rows = self._encode([text if fits else "" for text, fits in zip(texts, short, strict=True)])
        return [fits and len(row) <= self._window for fits, row in zip(short, rows, strict=True)]

    def _readings(self, text: str, count: int, limit: int, fits: bool) -> list[str]:
        """What the generator shortens: all of a document, or the ``count`` sentences that tell most of it.

        Each is shortened by itself: of two, the generator would make one that mixes them up.
        """
        if count == 1 and fits:
            return [text]
        texts = parts(text, self._window // 2)
        units = [count_units(part) for part in texts]
        least = min(limit // count, max(units, default=0))
        chosen = choose(texts, [int(size >= least) for size in units], count, news=0.0, early=_EARLY)
        return [texts[i] for i in chosen] or [text]

    def _telling_sentences(self, text: str, room: int, shorten: bool) -> str:
        """The sentences that tell most of a document, as long as asked for; empty if none is so short.

        Those of a ``short`` summary are shortened where that tells more.
        """
        found = sentences(text)
        chosen = choose(found, [count_units(part) for part in found], room)
        kept = {i: found[i] for i in chosen}
        if shorten and chosen and self._shortener:
            kept = self._shortener.fill(found, chosen, room)
        return join_units([close_quotes(kept[i]) for i in sorted(kept)])

    def _write(self, texts: Sequence[str], limits: Sequence[int], batch_size: int) -> list[str]:
        """Summaries of texts that fit into the window, in order; those of like length share a batch."""
        rows: Sequence[Sequence[Any]] = (
            [split_words(self.tokenizer, text) for text in texts] if self.search else self._encode(texts)
        )
        order = sorted((i for i, row in enumerate(rows) if row and limits[i]), key=lambda i: len(rows[i]))
        summaries = [""] * len(texts)
        for start in range(0, len(order), batch_size):
            part = order[start : start + batch_size]
            written = self._written([rows[i] for i in part], [limits[i] for i in part])
            for i, summary in zip(part, written, strict=True):
                summaries[i] = self._restored(summary, texts[i]) if summary else _lead(texts[i], limits[i])
        return summaries

    def _written(self, rows: Sequence[Any], limits: Sequence[int]) -> list[str]:
        """Summaries in normal form of words for the search, or of tokens for the generator."""
        if self.search is None:
            return self._decode(rows, limits)
        return [join_words(words) for words in self.search.write(rows, limits)]

    def _restored(self, summary: str, document: str) -> str:
        common, traditional = self._common_words.__contains__, self.settings.get("traditional", {})
        return restore(summary, document, self._normal_word, common, traditional)

    def _decode(self, rows: Sequence[Sequence[int]], limits: Sequence[int]) -> list[str]:
        prompts = self.tokenizer.convert_tokens_to_ids([length_prompt(limit) for limit in limits])
        sources = [[prompt, *self._beginning(row)] for prompt, row in zip(prompts, rows, strict=True)]
        ids, mask = self._padded(sources)
        support = Support(self._table, ids, mask, torch.tensor(limits, device=self.device))
        network = self.networks["generator"]
        found = beam_search(
            network,
            ids,
            mask,
            support,
            beams=int(self.settings.get("beams", 1)),
            max_tokens=min(_TOKENS_PER_UNIT * max(limits) + 2, _positions(network)),
        )
        return [self._best(candidates, limit) for candidates, limit in zip(found, limits, strict=True)]

    def _beginning(self, row: Sequence[int]) -> Sequence[int]:
        """As much of a document as the window holds, without a word that it would cut."""
        end = self._window
        while end < len(row) and end and not self._table.starts[row[end]]:
            end -= 1
        return row[:end]

    def _best(self, candidates: Sequence[Candidate], limit: int) -> str:
        """The likeliest candidate within the limit that says no word twice, or else that does.

        ``Support`` sees to both where it knows the words; where a network may write pieces freely, words and
        repetitions show in the text only.
        """
        texts = [self.tokenizer.decode(candidate.ids).strip() for candidate in candidates]
        texts = [text for text in texts if count_units(text) <= limit]
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
        self,
        texts: Sequence[str],
        length: int | float | None = None,
        batch_size: int = 64,
        style: Style = "auto",
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
            written = self.model(path).summarize([texts[i] for i in rows], length, batch_size, style)
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


def _positions(network: Any) -> int:
    """Tokens that a network can read or write; T5's relative positions have no end."""
    return int(getattr(network.config, "max_position_embeddings", sys.maxsize))


def _check_length(length: int | float | None) -> None:
    whole = isinstance(length, int) and length >= 1
    share = isinstance(length, float) and 0 < length <= 1
    if length is not None and not whole and not share:
        raise UsageError(f"length {length}: expected a count of 1 or more, or a share above 0 and up to 1.0")


def _default_length(script: str) -> int:
    return DEFAULT_LENGTH.get(script, _DEFAULT_LENGTH_ELSEWHERE)


def _limit(script: str, size: int, length: int | float | None) -> int:
    if length is None:
        length = _default_length(script)
    if isinstance(length, float):
        length = max(1, int(size * length))
    return min(int(length), size)


def _sentences_from(script: str) -> int:
    return _SENTENCES_FROM.get(script, _SENTENCES_FROM_ELSEWHERE)


def _as_sentences(summaries: Sequence[str]) -> str:
    """One summary as it is, several as sentences."""
    if len(summaries) == 1:
        return summaries[0]
    return join_units([f"{summary}{'。' if is_cjk(summary) else '.'}" for summary in summaries if summary])


def _repeats(text: str) -> bool:
    words = [word.rstrip(",:;") for word in content_words(text)]
    return len(set(words)) < len(words)


def _lead(text: str, limit: int) -> str:
    """The first words, for a text that the generator finds nothing to write about."""
    spans = unit_spans(text)[:limit]
    for count in range(len(spans), 0, -1):
        lead = text[spans[0][0] : spans[count - 1][1]].rstrip(" ,;:.")
        if not ends_open(lead) or count == 1:
            return lead
    return ""
