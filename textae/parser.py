"""Which word of a sentence belongs to which, and as what: a small dependency parser.

A biaffine parser (Dozat and Manning 2017) over a bidirectional GRU. It reads words as the tokenizer's normal
form has them, with their marks, so that newswire as published and the lower-cased form of research sets are
one to it; digits are all the same digit. ``scripts/train_parser.py`` teaches it what another parser makes of
plain text. A summary made of whole branches of such a tree is a sentence, as no choice of single words is.
Which branches a sentence cannot lose, a small network of its own tells from the same states
(``scripts/train_needed.py``).

Labels and tags are those it was taught: of English ClearNLP's relations and the Penn Treebank's parts of
speech, of Chinese the relations of ``docs/annotations.md`` and LAC's kinds of words.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from textae.data import pad_with_mask
from textae.phrases import Words, bare

ROOT = -1
"""The head of a word that has none."""
_WORDS = 10_000
_SPELLINGS = 1_500
"""Every word is also known by its last letters, a Chinese one by its first and its last character; rarer
words by nothing else."""
_MARKS, _CHINESE_MARKS = ",.;:?!'", ",.;:?!'、。"
_SIZE = 64
_STATES = 128
_ARC, _LABEL, _NEED = 96, 48, 64
_NOTHING = -12.0
_DROPOUT = 0.3
_UNKNOWN = 0.1
"""Share of words that training hides, so that endings count."""
_ROWS = 64


@dataclass(frozen=True, slots=True)
class Parse:
    """The tree of a text, a value a word.

    Attributes:
        heads: the place of the word that each belongs to, ``ROOT`` for none.
        labels: as what (``nsubj``, ``dobj``, ...).
        tags: its part of speech (``NNS``, ``VBD``, ...); in Chinese its kind, "B-" where a name or another
            piece begins ("B-PER"), "I-" where the word goes on in the piece of the one before.
        needed: how likely it is that its head says something else, or nothing, without it; empty where nobody
            asked.
    """

    heads: list[int]
    labels: list[str]
    tags: list[str]
    needed: list[float] = field(default_factory=list)


class DependencyParser(nn.Module):
    """Log-odds of tags, heads and labels of words, and of being needed.

    Args:
        words: that have a vector of their own.
        tags: the parts of speech it tells.
        labels: the relations it tells.
        chinese: whether it reads Chinese.
    """

    def __init__(
        self, words: Sequence[str], tags: Sequence[str], labels: Sequence[str], chinese: bool = False
    ) -> None:
        super().__init__()
        self.words, self.tags, self.labels, self.chinese = list(words), list(tags), list(labels), chinese
        self._marks = _CHINESE_MARKS if chinese else _MARKS
        self._ids = {word: i for i, word in enumerate(words, start=2)}
        # 0 pads, 1 is a word without a vector of its own.
        self.word = nn.Embedding(2 + len(words), _SIZE, padding_idx=0)
        self.ending = nn.Embedding(1 + _SPELLINGS, _SIZE, padding_idx=0)
        self.beginning = nn.Embedding(1 + _SPELLINGS, _SIZE, padding_idx=0) if chinese else None
        self.mark = nn.Embedding(2 + len(self._marks), _SIZE, padding_idx=0)
        self.gru = nn.GRU(_SIZE, _STATES, 2, batch_first=True, bidirectional=True, dropout=_DROPOUT)
        self.dropout = nn.Dropout(_DROPOUT)
        self.tag = nn.Linear(2 * _STATES, len(tags))
        self.arc_dependent, self.arc_head = nn.Linear(2 * _STATES, _ARC), nn.Linear(2 * _STATES, _ARC)
        self.arc = nn.Linear(_ARC, _ARC)
        self.root = nn.Parameter(torch.zeros(_ARC))
        self.label_dependent = nn.Linear(2 * _STATES, _LABEL)
        self.label_head = nn.Linear(2 * _STATES, _LABEL)
        self.root_label = nn.Parameter(torch.zeros(_LABEL))
        self.label = nn.Bilinear(_LABEL, _LABEL, len(labels))
        last = nn.Linear(_NEED, 1)
        # Until it is taught, nothing is needed.
        nn.init.zeros_(last.weight)
        nn.init.constant_(last.bias, _NOTHING)
        self.need = nn.Sequential(nn.Linear(4 * _STATES, _NEED), nn.ReLU(), last)

    @property
    def known(self) -> dict[str, list[str] | bool]:
        """What it was made with."""
        return {"words": self.words, "tags": self.tags, "labels": self.labels, "chinese": self.chinese}

    def encode(self, texts: Sequence[Words]) -> Tensor:
        """Texts as what the network reads, ``(batch, words, 4)``: word, ending, mark and beginning.

        Padding is 0.
        """
        last = 1 if self.chinese else 3
        rows = [
            [
                (
                    self._ids.get(plain, 1),
                    _spelling(plain[-last:]),
                    _mark(word, plain, self._marks),
                    _spelling(plain[:1]),
                )
                for word in words
                for plain in [masked(bare(word))]
            ]
            for words in texts
        ]
        columns = [pad_with_mask([[word[i] for word in row] for row in rows], 0)[0] for i in range(4)]
        return torch.stack(columns, 2)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``(batch, words, 4)`` ids -> states, log-odds of tags and of heads.

        Returns:
            states ``(batch, words, size)``, tags ``(batch, words, tags)`` and heads ``(batch, words, 1 +
            words)``, the first of which is no head at all.
        """
        real = ids[..., 0].ne(0)
        word = ids[..., 0]
        if self.training:
            word = torch.where(torch.rand(word.shape, device=word.device) < _UNKNOWN, real.long(), word)
        vectors = self.word(word) + self.ending(ids[..., 1]) + self.mark(ids[..., 2])
        if self.beginning is not None:
            vectors = vectors + self.beginning(ids[..., 3])
        lengths = real.sum(1).clamp(min=1).cpu()
        packed = pack_padded_sequence(self.dropout(vectors), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=ids.shape[1])
        states = self.dropout(states)
        dependents = self.arc(torch.relu(self.arc_dependent(states)))
        heads = torch.relu(self.arc_head(states))
        root = self.root.expand(len(heads), 1, -1)
        arcs = dependents @ torch.cat([root, heads], 1).transpose(1, 2)
        none = ~torch.cat([torch.ones_like(real[:, :1]), real], 1)
        return states, self.tag(states), arcs.masked_fill(none.unsqueeze(1), float("-inf"))

    def label_odds(self, states: Tensor, heads: Tensor) -> Tensor:
        """Log-odds of labels ``(batch, words, labels)`` given every word's head, 0 for none."""
        as_heads = torch.relu(self.label_head(states))
        as_heads = torch.cat([self.root_label.expand(len(states), 1, -1), as_heads], 1)
        chosen = as_heads.gather(1, heads.unsqueeze(2).expand(-1, -1, as_heads.shape[2]))
        return self.label(torch.relu(self.label_dependent(states)), chosen)

    def need_odds(self, states: Tensor, heads: Tensor) -> Tensor:
        """Log-odds that a word's head needs it, ``(batch, words)``, given every word's head, 0 for none."""
        return self.need(self.need_pairs(states, heads)).squeeze(2)

    def need_pairs(self, states: Tensor, heads: Tensor) -> Tensor:
        """The states of every word and of its head beside one another, ``(batch, words, 2 * size)``."""
        chosen = states.gather(1, (heads - 1).clamp(min=0).unsqueeze(2).expand_as(states))
        return torch.cat([states, chosen], 2)

    @torch.no_grad()
    def parse(self, texts: Sequence[Words]) -> Iterator[Parse]:
        """The trees of texts, in order.

        Each word takes its likeliest head. What then hangs together in a circle hangs on no root, and whoever
        starts at the roots never meets it.
        """
        self.eval()
        device = self.root.device
        for start in range(0, len(texts), _ROWS):
            part = texts[start : start + _ROWS]
            states, tags, arcs = self(self.encode(part).to(device))
            if self.chinese:
                # No treebank hangs a word on a bare mark, and what did would be lost.
                marks = pad_with_mask([[not bare(word) for word in words] for words in part], 0)[0]
                arcs[..., 1:].masked_fill_(marks.bool().unsqueeze(1).to(device), float("-inf"))
            heads = arcs.argmax(2)
            labels = self.label_odds(states, heads).argmax(2)
            needs = self.need_odds(states, heads).sigmoid()
            columns = (heads, labels, tags.argmax(2), needs)
            for words, head, label, tag, need in zip(part, *(c.tolist() for c in columns), strict=True):
                size = len(words)
                yield Parse(
                    [h - 1 if h - 1 != i else ROOT for i, h in enumerate(head[:size])],
                    [self.labels[i] for i in label[:size]],
                    [self.tags[i] for i in tag[:size]],
                    need[:size],
                )


def common_words(texts: Sequence[Words]) -> list[str]:
    """The words of texts that deserve a vector of their own."""
    counts = Counter(masked(bare(word)) for word in chain.from_iterable(texts))
    return [word for word, _ in counts.most_common(_WORDS)]


def masked(word: str) -> str:
    """A word with all its digits alike, as research sets mask them."""
    return "".join("#" if character.isdigit() else character for character in word)


def _spelling(letters: str) -> int:
    return 1 + zlib.crc32(letters.encode()) % _SPELLINGS


def _mark(word: str, plain: str, marks: str) -> int:
    """The first mark behind a word."""
    behind = word[word.find(plain) + len(plain) :] if plain else word
    return 1 + (marks.find(behind[0]) + 1 if behind else 0)
