"""What a summary may say: names and numbers stand in the document, by construction.

A token is *writable* when the generator may write it out of its own head: common lower-case words and a few
marks. All others it can only point at. While decoding, ``Support`` also makes pointing exact: a word that
has several tokens is copied whole or not at all, so that no number is cut and no name is glued together.

A number and its magnitude ("64 million", "18 percent") are one word here: "18 million" would be invented.
A word begins at a token that carries the mark of a new word, at every Chinese character, and where letters
or digits follow a Chinese character ("增长3.5%" are three words).
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

from textae.segment import STOP_WORDS, content_words, count_units, ends_open, is_cjk
from textae.tokenizer import WORD_START

# "don't" is one word, which makes none of "don"; "China's" is "China", and no "s".
_WORD = re.compile(r"(?<![^\W_]['’])[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*")
_STARTS_SENTENCE = re.compile(r"(?:^|[.:?!])[\s\"'“‘(]*$")
_WORD_STARTS = (WORD_START, "Ġ")
"""How sentencepiece and byte-level vocabularies mark the start of a word."""
_SEPARATORS = frozenset(".,;:?!'…。、·")
_BYTE_PIECE = re.compile(r"<0x([0-9A-F]{2})>")
_HASH_BASE = 1_000_003
_LEAST_COUNT = 20
_NAME_SHARE = 0.4
_MARKS = (",", ":", ";", "'s", "'")
_COUNTS = frozenset(
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
)
_MAGNITUDES = frozenset(
    ["hundred", "thousand", "million", "billion", "trillion", "dozen", "percent", "pct", "mln", "bln"]
)
_NUMBER_WORDS = (
    _COUNTS
    | (_MAGNITUDES - {"percent", "pct"})
    | {"half", "third", "quarter", "first", "second", "double", "triple"}
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
        starts: begins a word wherever it stands.
        cjk: is made of Chinese characters, or is the first byte of one.
        byte: goes on with the character that the byte before it began.
        writable: may be written without standing in the document.
        attached: writable, and joined to the word before it.
        apostrophe: the mark of a plural's possessive; only copied, never written.
        separator: a mark joined to the word before it without being part of it.
        letters: has a letter or digit.
        number: ends with a digit, or is a word for a number or a magnitude.
        magnitude: "million", "percent" and their like: part of a number before it.
        special: never written, but for the end token.
        open: a summary must not end with it.
        content: must not be said twice.
        units: words (characters for Chinese) that a token which starts a word adds to the length.
        open_words: hashes of the words of several tokens that a summary must not end with.
        eos: the end token.
    """

    starts: Tensor
    cjk: Tensor
    byte: Tensor
    writable: Tensor
    attached: Tensor
    apostrophe: Tensor
    separator: Tensor
    letters: Tensor
    number: Tensor
    magnitude: Tensor
    special: Tensor
    open: Tensor
    content: Tensor
    units: Tensor
    open_words: Tensor
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
        byte_values = [int(m[1], 16) if (m := _BYTE_PIECE.fullmatch(piece)) else 0 for piece in pieces]
        words = [
            chr(value) if 0 < value < 0x80 else piece.lstrip("".join(_WORD_STARTS))
            for piece, value in zip(pieces, byte_values, strict=True)
        ]
        byte = torch.tensor([0x80 <= value < 0xC0 for value in byte_values])
        letters = torch.tensor([any(c.isalnum() or c == "#" for c in word) for word in words]) & ~byte
        # E3 to E9, EF and F0 begin the UTF-8 form of Chinese characters (and of kana, and of emoji).
        rare = [0xE3 <= value <= 0xE9 or value in (0xEF, 0xF0) for value in byte_values]
        han = [
            r or (is_cjk(word) and not _SEPARATORS.issuperset(word))
            for r, word in zip(rare, words, strict=True)
        ]
        cjk = torch.tensor(han)
        starts = torch.tensor([piece.startswith(_WORD_STARTS) for piece in pieces]) | cjk
        writable = torch.ones(len(pieces), dtype=torch.bool)
        if output_ids is not None:
            writable[:] = False
            writable[list(output_ids)] = True
        marks = torch.tensor([word == "'s" or _SEPARATORS.issuperset(word) for word in words])
        number = [word[-1:].isdigit() or word[-1:] == "#" or word in _COUNTS | _MAGNITUDES for word in words]
        magnitude = torch.tensor([word in _MAGNITUDES for word in words]) & starts & (output_ids is not None)
        apostrophe = torch.tensor([word == "'" for word in words]) & ~starts & (output_ids is not None)
        bare = torch.tensor([word == "'s" for word in words]) | ~(letters | byte)
        content = [
            start and (is_cjk(word) or len(word) > 1) and bool(content_words(word))
            for start, word in zip(starts.tolist(), words, strict=True)
        ]
        units = [
            1 if r else count_units(word) if h else int(start and word != "")
            for r, h, start, word in zip(rare, han, starts.tolist(), words, strict=True)
        ]
        return cls(
            starts=starts & ~special,
            cjk=cjk & ~special,
            byte=byte,
            writable=writable & ~special,
            attached=writable & ~starts & ~special & ~apostrophe,
            apostrophe=apostrophe,
            separator=marks & ~starts & ~special,
            letters=letters & ~special,
            number=torch.tensor(number) & ~special,
            magnitude=magnitude & ~special,
            special=special,
            open=torch.tensor([w == "'s" or ends_open(w) for w in words]) & (starts | bare),
            content=torch.tensor(content) & ~special,
            units=torch.tensor(units).masked_fill(special, 0),
            open_words=_hashes(tokenizer, [word for word in sorted(STOP_WORDS) if ends_open(word)]),
            eos=tokenizer.eos_token_id,
        )


def _hashes(tokenizer: PreTrainedTokenizerFast, words: list[str]) -> Tensor:
    """Of those words that have several tokens, as ``Support`` hashes what it writes."""
    hashes = []
    for row in tokenizer(words, add_special_tokens=False)["input_ids"]:
        if len(row) > 1:
            value = torch.zeros((), dtype=torch.long)
            for token in row:
                value = value * _HASH_BASE + token + 1
            hashes.append(value)
    return torch.stack(hashes) if hashes else torch.zeros(0, dtype=torch.long)


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
        self._real = source_mask & ~table.special[source_ids]
        self._has_cjk = (self._real & table.cjk[source_ids]).any(1)
        self._find_words()
        self._of_input = frozenset(name for name, value in vars(self).items() if isinstance(value, Tensor))
        batch, vocab = len(source_ids), len(table.starts)
        self._used = torch.zeros(batch, vocab, dtype=torch.bool, device=source_ids.device)
        self._used_words = torch.zeros_like(self._real)
        self._match = torch.zeros_like(self._real)
        self._ended = self._real.new_ones(batch)
        # What begins a document (without the mark of a new word, in some vocabularies) may begin a summary.
        self._joins = self._real.new_ones(batch)
        self._counted = self._real.new_zeros(batch)
        self._length = torch.zeros_like(limits)
        self._hash = torch.zeros_like(limits)
        self._single = torch.full_like(limits, table.eos)
        self._last = torch.full_like(limits, table.eos)

    def allowed(self) -> Tensor:
        """The tokens that may follow, bool ``(batch, vocab)``."""
        table = self._table
        complete = self._complete()
        copied = torch.where(self._available(), self._source, table.eos)
        first = torch.zeros_like(self._used).scatter_(1, copied, True)
        room = self._length.unsqueeze(1) + table.units <= self._limits.unsqueeze(1)
        allowed = (first | (table.starts & table.writable & room & ~self._used)) & complete.unsqueeze(1)
        allowed &= ~(table.magnitude & table.number[self._last].unsqueeze(1))
        # No word twice in a row, not even those that may come again.
        allowed.scatter_(1, self._single.unsqueeze(1), False)
        # One mark at most: after a comma comes a word.
        begun = self._last != table.eos
        room_inside = (self._counted & ~self._has_cjk) | (self._length < self._limits)
        joinable = complete & begun & room_inside & ~table.separator[self._last]
        allowed |= table.attached & joinable.unsqueeze(1)
        inside = torch.where(self._match & self._continues, self._following, table.eos)
        allowed.scatter_(1, inside, True)
        unfinished = table.open[self._last] | torch.isin(self._hash, table.open_words)
        allowed[:, table.eos] = complete & (self._length > 0) & ~unfinished
        return allowed

    def advance(self, tokens: Tensor) -> None:
        """Every hypothesis goes on with its token, ``(batch,)``."""
        table = self._table
        complete = self._complete()
        begins = self._begins_word(tokens, self._last, self._joins)
        here = self._real & (self._source == tokens.unsqueeze(1))
        shifted = functional.pad(self._match[:, :-1], (1, 0))
        self._match = here & torch.where(begins.unsqueeze(1), self._available(), shifted)
        unused = ~self._used.gather(1, tokens.unsqueeze(1)).squeeze(1)
        self._ended = torch.where(begins, table.writable[tokens] & unused, table.attached[tokens] & complete)
        added, self._counted = self._count(tokens, self._counted)
        self._length = self._length + added
        self._joins = self._joined(tokens, self._joins)
        self._hash = torch.where(begins, 0, self._hash * _HASH_BASE) + tokens + 1
        self._single = torch.where(begins, tokens, table.eos)
        self._last = tokens
        self._mark_said()

    def select(self, rows: Tensor, *, same_inputs: bool = False) -> None:
        """Go on with these hypotheses, ``(new batch,)``; one may come more than once.

        With ``same_inputs`` every place keeps its document: see ``decoding.Stepper.select``.
        """
        for name, value in vars(self).items():
            if isinstance(value, Tensor) and not (same_inputs and name in self._of_input):
                setattr(self, name, value[rows])

    def _complete(self) -> Tensor:
        """Whether no word is left half-written, ``(batch,)``."""
        return self._ended | (self._match & self._may_end).any(1)

    def _available(self) -> Tensor:
        """Where in the document a word begins that may be copied next, ``(batch, source)``."""
        room = self._length.unsqueeze(1) + self._units <= self._limits.unsqueeze(1)
        # Letters join on to Chinese characters only, and a bare space is no more than a gap after those.
        fits = self._joins.unsqueeze(1) | (self._table.starts[self._source] & (self._units > 0))
        return self._begins & ~self._used_words & room & fits

    def _mark_said(self) -> None:
        """Where a word is complete, it must not come again if it has content."""
        complete = self._complete()
        written = torch.where(complete, self._hash, 0).unsqueeze(1)
        self._used_words = self._used_words | (self._content & (self._hashes == written))
        single = torch.where(complete, self._single, self._table.eos).unsqueeze(1)
        content = self._used.gather(1, single) | self._table.content[single]
        self._used = self._used.scatter(1, single, content)

    def _begins_word(self, tokens: Tensor, before: Tensor, joins: Tensor) -> Tensor:
        table = self._table
        starts = table.starts[tokens] & ~(table.magnitude[tokens] & table.number[before])
        return starts | (joins & ~table.separator[tokens] & ~table.byte[tokens])

    def _joined(self, tokens: Tensor, joins: Tensor) -> Tensor:
        """Whether letters that follow ``tokens`` begin a word though no space is between."""
        table = self._table
        return torch.where(table.separator[tokens] | table.byte[tokens], joins, table.cjk[tokens])

    def _count(self, tokens: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
        """The units that tokens add, and whether letters right after them would belong to a unit counted.

        Never fewer than ``segment.count_units`` finds in the text.
        """
        table = self._table
        starts, letters = table.starts[tokens], table.letters[tokens]
        # Among Chinese characters punctuation parts units: "covid-19" are two there, and one elsewhere.
        again = ~counted | (table.separator[tokens] & self._has_cjk)
        added = torch.where(starts, table.units[tokens], (letters & again).long())
        counted = counted & ~self._has_cjk
        return added, torch.where(starts, (table.units[tokens] > 0) & ~table.cjk[tokens], letters | counted)

    def _find_words(self) -> None:
        """What is known of every position of the documents, each ``(batch, source)``.

        ``_begins``: a word begins. ``_may_end``: a word may end, since nothing of it follows but separators.
        ``_continues``: the word goes on with ``_following``, or may. Of its whole word: ``_hashes``,
        ``_units``, and ``_content``, that it must not be said twice.
        """
        table, width = self._table, self._real.shape[1]
        tokens, real = self._source.unbind(1), self._real.unbind(1)
        joins, counted = torch.ones_like(real[0]), torch.zeros_like(real[0])
        begins, added = [], []
        before = torch.full_like(tokens[0], table.eos)
        for token, is_real in zip(tokens, real, strict=True):
            begins.append(is_real & self._begins_word(token, before, joins))
            joins = self._joined(token, joins) | ~is_real
            units, counted = self._count(token, counted)
            added.append(units)
            before = token
        outside = torch.zeros_like(real[0])
        inner = [*(r & ~b for r, b in zip(real[1:], begins[1:], strict=True)), outside]
        separated = [*(table.separator[token] for token in tokens[1:]), outside]
        may_end = [~outside] * (width + 1)
        for i in reversed(range(width)):
            may_end[i] = ~inner[i] | (separated[i] & may_end[i + 1])
        # Forward over each word but the separators at its end, then back with what its last position knows.
        word_hash, units, several = (torch.zeros_like(tokens[0]) for _ in range(3))
        totals = []
        for i, token in enumerate(tokens):
            core = ~(table.separator[token] & may_end[i]) | begins[i]
            word_hash = torch.where(begins[i], 0, word_hash)
            word_hash = torch.where(core, word_hash * _HASH_BASE + token + 1, word_hash)
            units = torch.where(begins[i], 0, units) + added[i] * core
            several = torch.where(begins[i], 0, several + core)
            totals.append(torch.stack([word_hash, units, several]))
        for i in reversed(range(width - 1)):
            totals[i] = torch.where(inner[i], totals[i + 1], totals[i])
        self._hashes, self._units, more = torch.stack(totals, 2)
        self._begins, self._may_end = torch.stack(begins, 1), torch.stack(may_end[:-1], 1)
        self._content = (more > 0) | table.content[self._source]
        self._following = functional.pad(self._source[:, 1:], (0, 1))
        over = torch.stack(separated, 1) & self._may_end & ~table.apostrophe[self._following]
        self._continues = torch.stack(inner, 1) & ~over
