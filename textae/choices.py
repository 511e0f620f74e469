"""What a network can choose from at a step: the tokens of its vocabulary, then those only the document has.

A pointing network writes some thousands of tokens itself and points at a few dozen others. Decoding works on
these columns instead of on a distribution over all tokens, most of which it could never write.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Choices:
    """The columns of a batch.

    Attributes:
        vocabulary: tokens of the first columns, ``(written,)``.
        source: the documents, ``(batch, source)``.
        places: the column of every token of the documents, ``(batch, source)``: its own in ``vocabulary``, or
            else ``written`` plus the first position that has the token.
    """

    vocabulary: Tensor
    source: Tensor
    places: Tensor

    @classmethod
    def of(cls, vocabulary: Tensor, column: Tensor, source: Tensor) -> Choices:
        """The choices for documents.

        Args:
            vocabulary: the tokens that the network writes from, ``(written,)``.
            column: where every token stands among them, -1 if nowhere, ``(vocab,)``.
            source: the documents, ``(batch, source)``.
        """
        first = (source.unsqueeze(2) == source.unsqueeze(1)).byte().argmax(2)
        written = column[source]
        return cls(vocabulary, source, torch.where(written >= 0, written, len(vocabulary) + first))

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.vocabulary) + self.source.shape[1]

    def tokens(self, chosen: Tensor) -> Tensor:
        """The tokens of chosen columns, one a row, ``(batch,)``."""
        written = len(self.vocabulary)
        pointed = self.source.gather(1, (chosen - written).clamp(min=0).unsqueeze(1)).squeeze(1)
        return torch.where(chosen < written, self.vocabulary[chosen.clamp(max=written - 1)], pointed)

    def select(self, rows: Tensor) -> Choices:
        """Those of some rows, ``(new batch,)``."""
        return Choices(self.vocabulary, self.source[rows], self.places[rows])
