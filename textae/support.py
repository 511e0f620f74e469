"""What a summary may say: names and numbers stand in the document, by construction.

While decoding, ``Support`` leaves only the tokens that keep a summary true to its document: what the
generator may write out of its own head (see ``token_table``), and the document's own words. It makes pointing
exact: a word that has several tokens is copied whole or not at all, so that no number is cut and no name is
glued together.

A number and its magnitude ("64 million", "18 percent") are one word here: "18 million" would be invented.
A word begins at a token that carries the mark of a new word, at every Chinese character, and where letters
or digits follow a Chinese character ("增长3.5%" are three words).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from textae.choices import Choices
from textae.token_table import HASH_BASE, TokenTable

_OF_DOCUMENTS = (
    *("_source", "_limits", "_real", "_has_cjk", "_hashes", "_units", "_begins", "_may_end", "_content"),
    *("_following", "_continues"),
)
_OF_HYPOTHESES = (
    *("_unused", "_used_words", "_match", "_ended", "_joins", "_counted", "_length", "_hash", "_single"),
    *("_last", "_reached"),
)


class Support:
    """Which tokens may come next, for every hypothesis of a batch.

    A word is written out of the vocabulary or copied whole; content words of the document keep its order, and
    none comes twice; the last word does not leave a phrase open; the wanted length is not exceeded.

    Args:
        table: of the tokenizer.
        source_ids: the documents, ``(batch, source)``; special tokens in them are not copied.
        source_mask: ``(batch, source)``.
        limits: the most units of each summary, ``(batch,)``.
    """

    def __init__(self, table: TokenTable, source_ids: Tensor, source_mask: Tensor, limits: Tensor) -> None:
        self.choices = Choices.of(table.vocabulary, table.column, source_ids)
        self._table, self._source, self._limits = table, source_ids, limits
        self._end_column = int(table.column[table.eos])
        vocabulary = table.vocabulary
        words = table.starts[vocabulary] & table.writable[vocabulary] & ~table.magnitude[vocabulary]
        units = table.units[vocabulary]
        # Row r: the words of the vocabulary that there is room for when r units are left.
        self._fitting = words & (
            units <= torch.arange(int(units.max()) + 1, device=units.device).unsqueeze(1)
        )
        self._attached = table.attached[vocabulary].nonzero().squeeze(1)
        self._possessives = table.possessive[vocabulary].nonzero().squeeze(1)
        self._real = source_mask & ~table.special[source_ids]
        self._has_cjk = (self._real & table.cjk[source_ids]).any(1)
        self._find_words()
        batch = len(source_ids)
        self._unused = torch.ones(batch, len(vocabulary), dtype=torch.bool, device=source_ids.device)
        self._used_words = torch.zeros_like(self._real)
        self._match = torch.zeros_like(self._real)
        self._ended = self._real.new_ones(batch)
        # What begins a document (without the mark of a new word, in some vocabularies) may begin a summary.
        self._joins = self._real.new_ones(batch)
        self._counted = self._real.new_zeros(batch)
        self._length = torch.zeros_like(limits)
        self._hash = torch.zeros_like(limits)
        self._single = torch.full_like(limits, self._end_column)
        self._last = torch.full_like(limits, table.eos)
        self._places = torch.arange(source_ids.shape[1], device=source_ids.device)
        self._reached = torch.full_like(limits, -1)

    def allowed(self) -> Tensor:
        """The choices that may follow, bool ``(batch, choices)``."""
        table, end = self._table, self._end_column
        complete = self._complete()
        room = torch.where(complete, self._limits - self._length, 0).clamp(0, len(self._fitting) - 1)
        written = self._fitting[room] & self._unused
        allowed = functional.pad(written, (0, self.choices.width - written.shape[1]))
        passed = self._passed()
        allowed.scatter_(1, torch.where(passed, self.choices.places, end), False)
        available = self._available(passed) & complete.unsqueeze(1)
        available &= ~(table.magnitude[self._source] & table.number[self._last].unsqueeze(1))
        allowed.scatter_(1, torch.where(available, self.choices.places, end), True)
        # No word twice in a row, not even those that may come again.
        allowed.scatter_(1, self._single.unsqueeze(1), False)
        # One mark at most: after a comma comes a word.
        begun = self._last != table.eos
        room_inside = (self._counted & ~self._has_cjk) | (self._length < self._limits)
        joinable = complete & begun & room_inside & ~table.separator[self._last]
        allowed[:, self._attached] |= joinable.unsqueeze(1)
        # A function word owns nothing, and "said's" would be another word than "said".
        empty = self._single.ne(end) & ~table.content[self._last]
        allowed[:, self._possessives] &= ~empty.unsqueeze(1)
        following = functional.pad(self.choices.places[:, 1:], (0, 1))
        allowed.scatter_(1, torch.where(self._match & self._continues, following, end), True)
        unfinished = table.open[self._last] | torch.isin(self._hash, table.open_words)
        allowed[:, end] = complete & (self._length > 0) & ~unfinished
        return allowed

    def advance(self, chosen: Tensor) -> None:
        """Every hypothesis goes on with its choice, ``(batch,)``."""
        table, end = self._table, self._end_column
        tokens = self.choices.tokens(chosen)
        complete = self._complete()
        begins = self._begins_word(tokens, self._last, self._joins)
        here = self._real & (self._source == tokens.unsqueeze(1))
        shifted = functional.pad(self._match[:, :-1], (1, 0))
        self._match = here & torch.where(begins.unsqueeze(1), self._available(self._passed()), shifted)
        said = self._match & self._content
        self._reached = torch.where(said.any(1), said.byte().argmax(1), self._reached)
        unused = self._unused.gather(1, self._in_vocabulary(chosen)).squeeze(1)
        self._ended = torch.where(begins, table.writable[tokens] & unused, table.attached[tokens] & complete)
        added, self._counted = self._count(tokens, self._counted)
        self._length = self._length + added
        self._joins = self._joined(tokens, self._joins)
        self._hash = torch.where(begins, 0, self._hash * HASH_BASE) + tokens + 1
        self._single = torch.where(begins, chosen, end)
        self._last = tokens
        self._mark_said()

    def select(self, rows: Tensor, *, same_inputs: bool = False) -> None:
        """Go on with these hypotheses, ``(new batch,)``; one may come more than once.

        With ``same_inputs`` every place keeps its document: see ``decoding.Stepper.select``.
        """
        for name in _OF_HYPOTHESES if same_inputs else _OF_HYPOTHESES + _OF_DOCUMENTS:
            setattr(self, name, getattr(self, name)[rows])
        if not same_inputs:
            self.choices = self.choices.select(rows)

    def _in_vocabulary(self, chosen: Tensor) -> Tensor:
        """Columns of ``_unused``, ``(batch, 1)``; the end's for tokens that only the document has."""
        return torch.where(chosen < len(self._table.vocabulary), chosen, self._end_column).unsqueeze(1)

    def _complete(self) -> Tensor:
        """Whether no word is left half-written, ``(batch,)``."""
        return self._ended | (self._match & self._may_end).any(1)

    def _available(self, passed: Tensor) -> Tensor:
        """Where in the document a word begins that may be copied next, ``(batch, source)``."""
        room = self._length.unsqueeze(1) + self._units <= self._limits.unsqueeze(1)
        # Letters join on to Chinese characters only, and a bare space is no more than a gap after those.
        fits = self._joins.unsqueeze(1) | (self._table.starts[self._source] & (self._units > 0))
        return self._begins & ~self._used_words & room & fits & ~passed

    def _passed(self) -> Tensor:
        """Words of content before what was said last, ``(batch, source)``: told out of order."""
        return self._content & (self._places <= self._reached.unsqueeze(1))

    def _mark_said(self) -> None:
        """Where a word is complete, it must not come again if it has content."""
        complete = self._complete()
        written = torch.where(complete, self._hash, 0).unsqueeze(1)
        self._used_words = self._used_words | (self._content & (self._hashes == written))
        single = self._in_vocabulary(torch.where(complete, self._single, self._end_column))
        new = self._unused.gather(1, single) & ~self._table.content[self._table.vocabulary[single]]
        self._unused = self._unused.scatter(1, single, new)

    def _begins_word(self, tokens: Tensor, before: Tensor, joins: Tensor) -> Tensor:
        table = self._table
        begins = table.starts[tokens] | (joins & ~table.separator[tokens] & ~table.byte[tokens])
        return begins & ~(table.magnitude[tokens] & table.number[before])

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
            word_hash = torch.where(core, word_hash * HASH_BASE + token + 1, word_hash)
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
