"""ROUGE of one summary, by the rouge_score package, in English and in scripts its own tokenizer drops.

Every figure is rouge_score's own (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004).
Only the tokenizer is chosen here, for each row by the script of its references.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Protocol

from nltk.stem.porter import PorterStemmer  # type: ignore[import-untyped]
from rouge_score import tokenize as rouge_tokenize
from rouge_score.rouge_scorer import RougeScorer

from textae.segment import CJK_LETTERS, script_of

METRICS = ("rouge1", "rouge2", "rougeL")


class Tokenizer(Protocol):
    """What rouge_score asks of a tokenizer, and the name a signature gives it."""

    name: str

    def tokenize(self, text: str) -> list[str]:
        """The tokens that ROUGE matches."""
        ...


class StemmedTokenizer:
    """rouge_score's default: runs of a-z and 0-9, lower case, Porter stems of words over three letters."""

    name = "rouge_score-default,porter"

    def __init__(self) -> None:
        # rouge_score asks the stemmer for every word anew, which takes most of its time.
        self.stem = lru_cache(maxsize=2**17)(PorterStemmer().stem)

    def tokenize(self, text: str) -> list[str]:
        """The tokens of ``RougeScorer(use_stemmer=True)``."""
        return list(rouge_tokenize.tokenize(text, self))


class CharacterTokenizer:
    """Each CJK character one token, each run of other letters or digits one, lower case, nothing stemmed."""

    name = "cjk-character"
    _token = re.compile(rf"[{CJK_LETTERS}]|[^\W_{CJK_LETTERS}]+")

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text; punctuation is none."""
        return self._token.findall(text.lower())


_STEMMED = StemmedTokenizer()
_CHARACTER = CharacterTokenizer()


def tokenizer_for(references: Sequence[str]) -> Tokenizer:
    """The tokenizer for a row with these references: rouge_score's own can only read the Latin alphabet."""
    return _STEMMED if script_of("\n".join(references)) in ("latin", "none") else _CHARACTER


class Rouge:
    """ROUGE-1, ROUGE-2 and ROUGE-L of summaries, one at a time.

    Args:
        limit_bytes: where given, a summary counts up to that many bytes of UTF-8 (never part of a
        character), and
            the figure is recall, as DUC 2004 had it with 75 bytes. References count whole.
    """

    def __init__(self, limit_bytes: int | None = None) -> None:
        self.limit_bytes = limit_bytes
        self._scorers = {t.name: RougeScorer(METRICS, tokenizer=t) for t in (_STEMMED, _CHARACTER)}

    @property
    def statistic(self) -> str:
        """Which figure of rouge_score is reported: ``"F1"`` or ``"recall"``."""
        return "F1" if self.limit_bytes is None else "recall"

    def score(self, summary: str, references: Sequence[str]) -> tuple[float, ...]:
        """The figures of one summary, from 0 to 1, in the order of ``METRICS``.

        With many references each metric takes the one of highest F1, as rouge_score's ``score_multi`` does.
        """
        if self.limit_bytes is not None:
            summary = summary.encode()[: self.limit_bytes].decode(errors="ignore")
        scores = self._scorers[tokenizer_for(references).name].score_multi(references, summary)
        if self.limit_bytes is None:
            return tuple(float(scores[metric].fmeasure) for metric in METRICS)
        return tuple(float(scores[metric].recall) for metric in METRICS)

    def signature(self, tokenizers: Sequence[str], reference_counts: Sequence[int]) -> str:
        """The settings behind the figures, in sacreBLEU's manner."""
        low, high = min(reference_counts), max(reference_counts)
        limit = "none" if self.limit_bytes is None else f"{self.limit_bytes}B"
        return "|".join(
            [
                f"rouge_score:{version('rouge-score')}",
                f"statistic:{self.statistic}",
                f"tokenizer:{'+'.join(tokenizers)}",
                f"limit:{limit}",
                f"references:{low if low == high else f'{low}-{high}'}",
                "best:F1",
            ]
        )
