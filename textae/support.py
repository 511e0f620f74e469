"""What a summary may say: names and numbers stand in the document, by construction.

A token is *writable* when the generator may write it out of its own head: common lower-case words and a few
marks. All others it can only point at. While decoding, ``Support`` also makes pointing exact: a word that
has several tokens is copied whole or not at all, so that no number is cut and no name is glued together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from textae.segment import content_words, count_units, ends_open, is_cjk
from textae.tokenizer import WORD_START

_WORD = re.compile(r"[^\W\d_]+")
_STARTS_SENTENCE = re.compile(r"(?:^|[.:?!])[\s\"'“‘(]*$")
_WORD_STARTS = (WORD_START, "Ġ")
"""How sentencepiece and byte-level vocabularies mark the start of a word."""
_LEAST_COUNT = 20
_NAME_SHARE = 0.4
_MARKS = (",", ":", ";", "'s", "'")
_NUMBER_WORDS = frozenset(
    [
        *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
        *("dozen", "hundred", "thousand", "million", "billion", "trillion", "half", "third", "quarter"),
        *("first", "second", "double", "triple"),
    ]
)


def writable_tokens(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> list[int]:
    """The tokens that may be written without standing in the document.

    They are whole words without a digit that ``texts`` use often and mostly write in lower case away from
    the start of a sentence, and a few marks. Words mostly seen with a capital ("China", "Reuters") are left
    out, and so are words for numbers.
    """
    lower: Counter[str] = Counter()
    upper: Counter[str] = Counter()
    for text in texts:
        if text.islower() or text.istitle() or text.isupper():
            continue  # Its case tells nothing.
        for match in _WORD.finditer(text):
            if not _STARTS_SENTENCE.search(text, max(0, match.start() - 4), match.start()):
                word = match[0]
                (lower if word[0].islower() else upper)[word.lower()] += 1
    kept = [tokenizer.eos_token_id]
    for piece, index in tokenizer.get_vocab().items():
        word = piece.removeprefix(WORD_START)
        if piece in _MARKS:
            kept.append(index)
        elif piece.startswith(WORD_START) and word.isalpha() and word.isascii() and word not in _NUMBER_WORDS:
            seen = lower[word] + upper[word]
            if lower[word] >= _LEAST_COUNT and upper[word] <= _NAME_SHARE * seen:
                kept.append(index)
    return sorted(kept)


@dataclass(frozen=True)
class TokenTable:
    """What ``Support`` must know of every token, each ``(vocab,)``.

    Attributes:
        starts: begins a word.
        writable: may be written without standing in the document.
        attached: writable, and joined to the word before it.
        separator: a mark joined to the word before it without being part of it.
        special: never written, but for the end token.
        open: a summary must not end with it.
        content: must not be said twice.
        units: words (characters for Chinese) that it adds to the length.
    """

    starts: Tensor
    writable: Tensor
    attached: Tensor
    separator: Tensor
    special: Tensor
    open: Tensor
    content: Tensor
    units: Tensor
    eos: int

    def to(self, device: torch.device) -> TokenTable:
        """The same table on another device."""
        moved: dict[str, Any] = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **moved)

    @classmethod
    def build(cls, tokenizer: PreTrainedTokenizerFast, output_ids: Iterable[int] | None) -> TokenTable:
        """The table of a tokenizer; ``output_ids`` are the generator's, ``None`` when it may write all."""
        pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
        special = torch.zeros(len(pieces), dtype=torch.bool)
        special[list(tokenizer.all_special_ids)] = True
        words = [piece.lstrip("".join(_WORD_STARTS)) for piece in pieces]
        han = [is_cjk(word) for word in words]
        starts = torch.tensor([p.startswith(_WORD_STARTS) or h for p, h in zip(pieces, han, strict=True)])
        writable = torch.ones(len(pieces), dtype=torch.bool)
        if output_ids is not None:
            writable[:] = False
            writable[list(output_ids)] = True
        bare = torch.tensor([w == "'s" or not any(c.isalnum() or c == "#" for c in w) for w in words])
        content = [
            start and (is_cjk(word) or len(word) > 1) and bool(content_words(word))
            for start, word in zip(starts.tolist(), words, strict=True)
        ]
        units = [count_units(w) if h else int(s) for w, h, s in zip(words, han, starts.tolist(), strict=True)]
        return cls(
            starts=starts & ~special,
            writable=writable & ~special,
            attached=writable & ~starts & ~special,
            separator=bare & ~starts & ~special,
            special=special,
            open=torch.tensor([w == "'s" or ends_open(w) for w in words]) & (starts | bare),
            content=torch.tensor(content) & ~special,
            units=torch.tensor(units).masked_fill(special, 0),
            eos=tokenizer.eos_token_id,
        )


class Support:
    """Which tokens may come next, for every hypothesis of a batch.

    A word is written out of the vocabulary or copied whole; no content word comes twice; the last word does
    not leave a phrase open; the wanted length is not exceeded.

    Args:
        table: of the tokenizer.
        source_ids: the documents, ``(batch, source)``; special tokens in them are not copied.
        source_mask: ``(batch, source)``.
        limits: the most units of each summary, ``(batch,)``.
    """

    def __init__(self, table: TokenTable, source_ids: Tensor, source_mask: Tensor, limits: Tensor) -> None:
        self._table, self._source, self._limits = table, source_ids, limits
        real = source_mask & ~table.special[source_ids]
        following = functional.pad(source_ids[:, 1:], (0, 1))
        inner = functional.pad(real[:, 1:], (0, 1)) & ~table.starts[following]
        separated = table.separator[following]
        # A word ends where another begins, or where only separators come before that.
        may_end = torch.zeros_like(real)
        ends = real.new_ones(len(real))
        for position in reversed(range(real.shape[1])):
            ends = ~inner[:, position] | (separated[:, position] & ends)
            may_end[:, position] = ends
        self._real, self._following, self._may_end = real, following, may_end
        self._continues = inner & ~(separated & may_end)
        batch, vocab = len(source_ids), len(table.starts)
        beginnings = torch.zeros(batch, vocab, dtype=torch.bool, device=source_ids.device)
        beginnings.scatter_(1, source_ids.masked_fill(~real, table.eos), True)
        self._first = ((beginnings | table.writable) & table.starts) & ~table.special
        self._match = torch.zeros_like(real)
        self._ended = real.new_ones(batch)
        self._used = torch.zeros(batch, vocab, dtype=torch.bool, device=source_ids.device)
        self._length = torch.zeros_like(limits)
        self._last = torch.full_like(limits, table.eos)

    def allowed(self) -> Tensor:
        """The tokens that may follow, bool ``(batch, vocab)``."""
        table = self._table
        complete = (self._ended | (self._match & self._may_end).any(1)).unsqueeze(1)
        room = (self._length.unsqueeze(1) + table.units) <= self._limits.unsqueeze(1)
        begun = self._length.unsqueeze(1) > 0
        allowed = self._first & ~self._used & complete & room
        # One mark at most: after a comma comes a word.
        after_mark = table.separator[self._last].unsqueeze(1)
        allowed |= table.attached & complete & begun & ~after_mark
        copied = torch.where(self._match & self._continues, self._following, table.eos)
        inside = torch.zeros_like(allowed).scatter_(1, copied, True)
        inside[:, table.eos] = False
        allowed |= inside
        allowed[:, table.eos] = (complete & begun).squeeze(1) & ~table.open[self._last]
        return allowed

    def advance(self, tokens: Tensor) -> None:
        """Every hypothesis goes on with its token, ``(batch,)``."""
        table = self._table
        complete = self._ended | (self._match & self._may_end).any(1)
        start = table.starts[tokens]
        shifted = functional.pad(self._match[:, :-1], (1, 0))
        here = self._real & (self._source == tokens.unsqueeze(1))
        self._match = here & (shifted | start.unsqueeze(1))
        self._ended = torch.where(start, table.writable[tokens], table.attached[tokens] & complete)
        self._length = self._length + table.units[tokens]
        self._used = self._used.scatter(
            1,
            tokens.unsqueeze(1),
            (self._used.gather(1, tokens.unsqueeze(1)) | table.content[tokens].unsqueeze(1)),
        )
        self._last = tokens

    def select(self, rows: Tensor) -> None:
        """Go on with these hypotheses, ``(new batch,)``; one may come more than once."""
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value[rows])
