"""What decoding must know of every token: whether it begins a word, may be written, may end a summary.

A token is *writable* when the generator may write it out of its own head: common lower-case words and a few
marks. All others it can only point at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from textae.chinese import IN_NUMBERS, NUMERALS, is_numeral
from textae.segment import COUNTS, MAGNITUDES, STOP_WORDS, content_words, count_units, ends_open, is_cjk
from textae.tokenizer import WORD_START

# "don't" is one word, which makes none of "don"; "China's" is "China", and no "s".
_WORD = re.compile(r"(?<![^\W_]['’])[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*")
_STARTS_SENTENCE = re.compile(r"(?:^|[.:?!])[\s\"'“‘(]*$")
_WORD_STARTS = (WORD_START, "Ġ")
"""How sentencepiece and byte-level vocabularies mark the start of a word."""
_SEPARATORS = frozenset(".,;:?!'…。、·")
_BYTE_PIECE = re.compile(r"<0x([0-9A-F]{2})>")
HASH_BASE = 1_000_003
"""Words of several tokens are compared by a hash: each token is a digit of it."""
_LEAST_COUNT = 20
_NAME_SHARE = 0.4
_LEAST_CHINESE_COUNT = 50
_HAN = re.compile("[\u3400-\u9fff]")
_MARKS = (",", ":", ";", "'s", "'")
_NUMBER_WORDS = (
    COUNTS
    | (MAGNITUDES - {"percent", "pct"})
    | {"half", "third", "quarter", "first", "second", "double", "triple"}
)


def writable_tokens(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> list[int]:
    """The tokens that may be written without standing in the document.

    They are whole words without a digit that ``texts`` use often and mostly write in lower case away from
    the start of a sentence, and a few marks. Words mostly seen with a capital ("China", "Reuters") are left
    out, and so are words for numbers. Of Chinese, which has no capitals, they are the pieces of one or two
    characters that ``texts`` use often: longer ones are mostly names.
    """
    texts = list(texts)
    chinese = _chinese_counts(tokenizer, texts)
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
        elif chinese[index] >= _LEAST_CHINESE_COUNT:
            kept.append(index)
    return sorted(kept)


def _chinese_counts(tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> Counter[int]:
    """How often texts have each token of one or two Chinese characters, none of them a numeral."""
    pieces = {
        index
        for piece, index in tokenizer.get_vocab().items()
        if 1 <= len(word := piece.removeprefix(WORD_START)) <= 2
        and all(_HAN.match(c) and c not in NUMERALS for c in word)
    }
    counts: Counter[int] = Counter()
    if pieces:
        for row in tokenizer([text for text in texts if is_cjk(text)], add_special_tokens=False)["input_ids"]:
            counts.update(pieces.intersection(row))
    return counts


@dataclass(frozen=True)
class TokenTable:
    """What ``Support`` must know of every token, each ``(vocab,)`` but for the last four.

    Attributes:
        starts: begins a word wherever it stands.
        cjk: is made of Chinese characters, or is the first byte of one.
        byte: goes on with the character that the byte before it began.
        writable: may be written without standing in the document.
        attached: writable, and joined to the word before it.
        apostrophe: the mark of a plural's possessive; only copied, never written.
        possessive: the ``'s`` that follows a word.
        separator: a mark joined to the word before it without being part of it.
        letters: has a letter or digit.
        number: ends with a digit, or is a word for a number or a magnitude.
        magnitude: "million", "percent", a digit or Chinese numeral: part of a number right before it.
        special: never written, but for the end token.
        open: a summary must not end with it.
        content: must not be said twice.
        units: words (characters for Chinese) that a token which starts a word adds to the length.
        open_words: hashes of the words of several tokens that a summary must not end with.
        vocabulary: the tokens that the generator writes from, ``(written,)``.
        column: where each token stands in ``vocabulary``; -1 where it can only be pointed at.
        eos: the end token.
    """

    starts: Tensor
    cjk: Tensor
    byte: Tensor
    writable: Tensor
    attached: Tensor
    apostrophe: Tensor
    possessive: Tensor
    separator: Tensor
    letters: Tensor
    number: Tensor
    magnitude: Tensor
    special: Tensor
    open: Tensor
    content: Tensor
    units: Tensor
    open_words: Tensor
    vocabulary: Tensor
    column: Tensor
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
        vocabulary = torch.arange(len(pieces)) if output_ids is None else torch.tensor(list(output_ids))
        column = torch.full((len(pieces),), -1)
        column[vocabulary] = torch.arange(len(vocabulary))
        writable = column >= 0
        possessive = torch.tensor([word == "'s" for word in words]) & ~starts
        marks = torch.tensor([_SEPARATORS.issuperset(word) for word in words]) & ~starts | possessive
        number = [word in COUNTS | MAGNITUDES | IN_NUMBERS or is_numeral(word[-1:]) for word in words]
        goes_on = [
            not piece.startswith(_WORD_STARTS) and (word in IN_NUMBERS or is_numeral(word[:1]))
            for piece, word in zip(pieces, words, strict=True)
        ]
        magnitude = torch.tensor([word in MAGNITUDES for word in words]) & starts | torch.tensor(goes_on)
        magnitude &= output_ids is not None
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
            possessive=possessive & ~special,
            separator=marks & ~special,
            letters=letters & ~special,
            number=torch.tensor(number) & ~special,
            magnitude=magnitude & ~special,
            special=special,
            open=torch.tensor([w == "'s" or ends_open(w) for w in words]) & (starts | bare),
            content=torch.tensor(content) & ~special,
            units=torch.tensor(units).masked_fill(special, 0),
            vocabulary=vocabulary,
            column=column,
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
                value = value * HASH_BASE + token + 1
            hashes.append(value)
    return torch.stack(hashes) if hashes else torch.zeros(0, dtype=torch.long)
