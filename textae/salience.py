"""What a story comes back to: a word of its beginning is worth keeping if the rest of the story has it again.

Nobody has to say which words matter: whole articles tell. A small tagger reads the beginning of an article
and learns which of its content words the rest of it repeats; on a document that has no rest it then guesses.
Where no document of a corpus has a rest, it learns which words people tell of a like story (``neighbours``).
This is the content side of the compressions that the generator first learns from, and of the search.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from textae.data import pad_with_mask
from textae.phrases import Words, bare

_WORDS = 16_000
_ENDINGS = 2_000
"""Words beyond the commonest are known by their last letters."""
_ROWS = 256
_SIZE = 48
_STATES = 96
_DROPOUT = 0.3


class SalienceTagger(nn.Module):
    """Log-odds for every word that it matters to the story: a bidirectional GRU over words.

    Before it has learned, all are 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(1 + _WORDS + _ENDINGS, _SIZE, padding_idx=0)
        self.dropout = nn.Dropout(_DROPOUT)
        self.gru = nn.GRU(_SIZE, _STATES, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * _STATES, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor) -> Tensor:
        """``(batch, words)`` ids, 0 where there is none -> log-odds ``(batch, words)``."""
        lengths = ids.ne(0).sum(1).clamp(min=1).cpu()
        vectors = self.dropout(self.embedding(ids))
        # Packed, so that the backward pass begins at a text's end and not in the padding behind it.
        packed, _ = self.gru(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
        states, _ = pad_packed_sequence(packed, batch_first=True, total_length=ids.shape[1])
        return self.head(self.dropout(states)).squeeze(-1)


class Vocabulary:
    """Numbers words for the tagger, from 1 on.

    Args:
        words: those that get a number of their own.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self._ids = {word: i for i, word in enumerate(words, start=1)}

    @classmethod
    def of(cls, texts: Sequence[Words]) -> Vocabulary:
        """The commonest words of texts."""
        counts = Counter(map(bare, chain.from_iterable(texts)))
        return cls([word for word, _ in counts.most_common(_WORDS)])

    def encode(self, words: Words) -> list[int]:
        """The numbers of a text's words."""
        return [self._ids.get(word) or self._by_ending(word) for word in map(bare, words)]

    def _by_ending(self, word: str) -> int:
        return 1 + _WORDS + zlib.crc32(word[-3:].encode()) % _ENDINGS


def comes_back(words: Words, rest: Words) -> list[bool]:
    """For each word whether the rest of its story has it, in the singular or plural, possessive or not."""
    later = {_stem(word) for word in rest}
    return [_stem(word) in later for word in words]


def _stem(word: str) -> str:
    plain = bare(word).removesuffix("'s").removesuffix("'")
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") else plain


@torch.no_grad()
def log_odds(tagger: SalienceTagger, vocabulary: Vocabulary, texts: Sequence[Words]) -> Iterator[np.ndarray]:
    """The tagger's log-odds of every word of texts, ``(words,)`` each, in order."""
    tagger.eval()
    device = tagger.head.weight.device
    for start in range(0, len(texts), _ROWS):
        part = texts[start : start + _ROWS]
        ids, _ = pad_with_mask([vocabulary.encode(words) for words in part], 0)
        for words, row in zip(part, tagger(ids.to(device)).cpu().numpy(), strict=True):
            yield row[: len(words)]
