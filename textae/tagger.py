"""What kind of word each word of a Chinese text is, and which words are one name: a small tagger.

A dictionary knows the kinds that a word can be; which it is here, its neighbours tell. Two bidirectional GRUs
read words as the tokenizer's normal form has them, each known by itself, by its first and its last character
and by the mark behind it. Tags are those of LAC ("v", "n", "PER", "TIME", ...), with "B-" where a piece
begins and "I-" where a word goes on in the piece of the one before. ``scripts/train_tagger.py`` teaches it
what another tagger makes of plain text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from textae.data import pad_with_mask
from textae.parser import DependencyParser, masked
from textae.phrases import Words, bare

_WORDS = 8_000
_LEAST = 5
"""Times that a character must be seen to have a vector of its own."""
_MARKS = ",.;:?!、。"
_WORD, _CHARACTER, _MARK, _STATES = 48, 48, 8, 128
_DROPOUT = 0.2
_UNKNOWN = 0.15
"""Share of words that training hides, so that characters count."""
_ROWS = 128


class WordTagger(nn.Module):
    """Log-odds of the tags of words.

    Args:
        words: that have a vector of their own.
        characters: the same.
        tags: those it tells.
    """

    def __init__(self, words: Sequence[str], characters: Sequence[str], tags: Sequence[str]) -> None:
        super().__init__()
        self.words, self.characters, self.tags = list(words), list(characters), list(tags)
        # 0 pads, 1 has no vector of its own.
        self._words = {word: i for i, word in enumerate(words, start=2)}
        self._characters = {character: i for i, character in enumerate(characters, start=2)}
        self.word = nn.Embedding(2 + len(words), _WORD, padding_idx=0)
        self.character = nn.Embedding(2 + len(characters), _CHARACTER, padding_idx=0)
        self.mark = nn.Embedding(2 + len(_MARKS), _MARK, padding_idx=0)
        self.dropout = nn.Dropout(_DROPOUT)
        size = _WORD + 2 * _CHARACTER + _MARK
        self.gru = nn.GRU(size, _STATES, 2, batch_first=True, bidirectional=True, dropout=_DROPOUT)
        self.tag = nn.Linear(2 * _STATES, len(tags))

    @property
    def known(self) -> dict[str, list[str]]:
        """What it was made with."""
        return {"words": self.words, "characters": self.characters, "tags": self.tags}

    def encode(self, texts: Sequence[Words]) -> Tensor:
        """Words of texts -> their numbers, ``(batch, words, 4)``."""
        columns = []
        for numbers in zip(*map(self._numbers, texts), strict=True):
            columns.append(pad_with_mask(numbers, 0)[0])
        return torch.stack(columns, 2)

    def forward(self, ids: Tensor) -> Tensor:
        """Numbers ``(batch, words, 4)`` -> log-odds of tags, ``(batch, words, tags)``."""
        word, first, last, mark = ids.unbind(2)
        if self.training:
            word = torch.where(torch.rand(word.shape, device=word.device) < _UNKNOWN, word.clamp(max=1), word)
        vectors = [self.word(word), self.character(first), self.character(last), self.mark(mark)]
        lengths = ids[..., 0].ne(0).sum(1).clamp(min=1).cpu()
        packed = pack_padded_sequence(
            self.dropout(torch.cat(vectors, 2)), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=ids.shape[1])
        return self.tag(self.dropout(states))

    @torch.no_grad()
    def parse(self, texts: Sequence[Words]) -> Iterator[list[str]]:
        """The likeliest tag of each word of texts, in order."""
        self.eval()
        device = self.tag.weight.device
        for start in range(0, len(texts), _ROWS):
            part = texts[start : start + _ROWS]
            best = self(self.encode(part).to(device)).argmax(2).tolist()
            for words, row in zip(part, best, strict=True):
                yield [self.tags[i] for i in row[: len(words)]]

    def _numbers(self, words: Words) -> tuple[list[int], list[int], list[int], list[int]]:
        plain = [masked(bare(word)) for word in words]
        return (
            [self._words.get(word, 1) for word in plain],
            [self._characters.get(word[:1], 1) for word in plain],
            [self._characters.get(word[-1:], 1) for word in plain],
            [2 + _MARKS.find(word[-1]) if word[-1] in _MARKS else 1 for word in words],
        )


def common(texts: Sequence[Words]) -> tuple[list[str], list[str]]:
    """The words and the characters of texts that deserve a vector of their own."""
    words = Counter(masked(bare(word)) for word in chain.from_iterable(texts))
    ends: Counter[str] = Counter()
    for word, count in words.items():
        ends.update({character: count for character in {word[:1], word[-1:]}})
    characters = [character for character, count in ends.most_common() if count >= _LEAST]
    return [word for word, _ in words.most_common(_WORDS)], characters


Parser = DependencyParser | WordTagger
"""What tells of a language how its words belong together: in English a tree, in Chinese their kinds."""
