"""Summaries that are found and not generated: the best of all short texts that a document's words can make.

Where the language has a parser, a document is shortened branch by branch (``headlines``); where it has none,
or where no clause is short enough, word by word (``compression``). Both ask the same counts of human text and
of documents, and the same tagger of what a story comes back to. Nothing is learned from a summary, and
nothing is said that the document does not say; only verbs may stand in the present, and "to" for "will".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from textae import chinese_clauses, compression, english_clauses, headlines
from textae.clauses import Clause
from textae.compression import Compressor
from textae.counts import Counts
from textae.headlines import Headlines
from textae.parser import DependencyParser, Parse
from textae.phrases import Words
from textae.salience import SalienceTagger, Vocabulary, log_odds
from textae.scoring import Nats
from textae.segment import count_units
from textae.tokenizer import join_words


class Search:
    """Writes summaries of documents.

    Args:
        counts: of the words of a corpus of documents and one of human text.
        chinese: whether they are Chinese.
        salience: a tagger of the words that matter, and its vocabulary; all matter alike, if not given.
        parser: of the documents' language.
    """

    def __init__(
        self,
        counts: Counts,
        chinese: bool,
        salience: tuple[SalienceTagger, Vocabulary] | None = None,
        parser: DependencyParser | None = None,
    ) -> None:
        self.counts, self.chinese, self.salience, self.parser = counts, chinese, salience, parser
        self.headlines = Headlines(counts, headlines.CHINESE if chinese else headlines.ENGLISH)
        weights = compression.CHINESE if chinese else compression.ENGLISH
        self.compressor = Compressor(counts, weights=weights)

    def write(self, texts: Sequence[Words], lengths: Sequence[int]) -> list[Words]:
        """A summary of each text.

        Args:
            texts: words of documents, in normal form.
            lengths: how many words (characters for Chinese) each summary may have.
        """
        odds = log_odds(*self.salience, texts) if self.salience else repeat(None)
        parses = self.parser.parse(texts) if self.parser else repeat(None)
        return [
            self.best(words, length, salience, parse)
            for words, length, salience, parse in zip(texts, lengths, odds, parses, strict=False)
        ]

    def best(self, words: Words, length: int, salience: Nats | None, parse: Parse | None) -> Words:
        """The best summary of one document, given what salience tagger and parser say of it."""
        found: Words = []
        if parse is not None:
            for loose in (False, True):
                found = self.headlines.best(words, self._clauses(words, parse, loose), length, salience)
                if found:
                    break
        slack = compression.slack(length)
        found = found or self.compressor.compress(words, length, salience=salience, slack=slack)
        # "0-2" is one unit by itself, and two between Chinese characters.
        if length > 1 and count_units(join_words(found)) > length:
            return self.best(words, length - 1, salience, parse)
        return found

    def _clauses(self, words: Words, parse: Parse, loose: bool) -> list[Clause]:
        if self.chinese:
            return chinese_clauses.clauses(words, parse, self.counts, loose)
        clauses = english_clauses.clauses(words, parse, self.counts, loose)
        return [clause for clause in clauses if clause.tells]
