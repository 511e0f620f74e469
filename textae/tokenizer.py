"""Train or load a tokenizer: a sentencepiece vocabulary behind a transformers tokenizer.

Text is brought to one form before it is split, so that newswire as its publisher wrote it ("the U.S.'s
$3.5 billion") and the tokenised, lower-cased form of research sets ("the u.s. 's $ #.# billion") give the
same tokens. The rules live inside ``tokenizer.json``: whoever opens a checkpoint with ``AutoTokenizer``
gets them too.
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from textae.chinese import NUMERALS, charsmap, simplified_forms
from textae.errors import CheckpointError, UsageError
from textae.segment import is_cjk

PAD, EOS, UNK, BOS = "<pad>", "</s>", "[unk]", "<s>"
WORD_START = "▁"
MAX_PROMPT_LENGTH = 64
"""The longest length, in words (characters for Chinese), that has a prompt token of its own."""

_MOST_LINES = 300_000
"""Texts that a vocabulary is learned from."""

_MARKS = ",.;:?!%"
_HAN = "\u3400-\u9fff"
_ABBREVIATION = re.compile(r"(?<!\S)(?:[a-z]\.){2,}")
_POSSESSIVE = re.compile(r"\w('s)\b")


def length_prompt(length: int) -> str:
    """The token that asks for a summary of ``length`` units; longer wishes share the last one."""
    return f"<length_{min(max(length, 1), MAX_PROMPT_LENGTH)}>"


def _normalizer(chinese: bool) -> normalizers.Normalizer:
    """Lower-case, one kind of apostrophe, no quotes or brackets, punctuation joined to its word."""
    replace = normalizers.Replace
    simplify, pause = [], []
    if chinese:
        simplify = [normalizers.Precompiled(charsmap(simplified_forms()))]
        # Headlines part their clauses with a space where sentences have a comma.
        pause = [replace(Regex(f"(?<=[{_HAN}]) (?=[{_HAN}])"), ",")]
    return normalizers.Sequence(
        [
            normalizers.NFKC(),
            *simplify,
            normalizers.Lowercase(),
            replace("-lrb-", " "),
            replace("-rrb-", " "),
            replace("<unk>", "unk"),
            # What reads like a token of the vocabulary's own is text.
            replace(Regex("<(?=(?:pad|/?s|length_\\d+|0x..)>)"), "< "),
            # Among Chinese characters no space comes in the place of a quote.
            replace(Regex(f'[「」『』《》〈〉【】]|(?<=[{_HAN}])[“”"]|[“”"](?=[{_HAN}])'), ""),
            replace(Regex("''|``|[\"▁“”«»()\\[\\]{}]"), " "),
            replace(Regex("[‘’`]"), "'"),
            replace(Regex("(?<!\\S)[-–—]+(?=\\s|$)|--+|[–—]"), " "),
            replace(Regex("\\s+(?=(?:[,.;:?!%]|'(?:s|re|ve|ll|d|m)?|n't)(?:\\s|$))"), ""),
            replace(Regex("(?<=[$£€])\\s+(?=[\\d#])"), ""),
            replace(Regex("\\s+"), " "),
            *pause,
            normalizers.Strip(),
        ]
    )


def _whole_pieces(texts: Sequence[str]) -> Counter[str]:
    """Strings with punctuation inside that deserve one piece: abbreviations ("u.s.") and the possessive."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(WORD_START + match for match in _ABBREVIATION.findall(text))
        counts.update(_POSSESSIVE.findall(text))
    least = max(20, len(texts) // 5000)
    return Counter({piece: count for piece, count in counts.items() if count >= least})


def train_tokenizer(
    texts: Iterable[str],
    vocab_size: int,
    *,
    character_coverage: float = 0.9995,
    chinese: bool = False,
) -> PreTrainedTokenizerFast:
    """Train a unigram sentencepiece vocabulary and wrap it as a transformers tokenizer.

    Args:
        texts: documents and human text together, as they are.
        vocab_size: pieces in all; a corpus too small for it gets a smaller vocabulary.
        character_coverage: share of the characters that become pieces; the others fall back to bytes.
        chinese: whether Traditional characters become Simplified ones, and no text begins with a space.

    Raises:
        UsageError: when there is no text, when OpenCC is wanted and not there, or when there are more
            different characters than ``vocab_size`` can hold.
    """
    normalizer = _normalizer(chinese)
    normalized = [line for line in (normalizer.normalize_str(text) for text in texts) if line]
    if not normalized:
        raise UsageError("there is no text to learn a vocabulary from")
    whole = _whole_pieces(normalized)
    specials = [PAD, EOS, UNK, BOS, *(length_prompt(n) for n in range(1, MAX_PROMPT_LENGTH + 1))]
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            # Evenly from all texts: the documents come first, and may be more than enough.
            sentence_iterator=iter(normalized[:: math.ceil(len(normalized) / _MOST_LINES)]),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocab_size - len(specials) - len(whole) + 1,
            hard_vocab_limit=False,
            character_coverage=character_coverage,
            normalization_rule_name="identity",
            byte_fallback=True,
            add_dummy_prefix=not chinese,
            shuffle_input_sentence=False,
            max_sentence_length=100_000,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            unk_id=0,
            unk_piece=UNK,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise UsageError(f"vocab_size {vocab_size} is too small for the characters of these texts") from error
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [
        (processor.id_to_piece(i), processor.get_score(i)) for i in range(1, processor.get_piece_size())
    ]
    known = {piece for piece, _ in pieces}
    total = sum(len(line.split()) for line in normalized)
    pieces += [(piece, math.log(count / total)) for piece, count in whole.most_common() if piece not in known]
    return _wrap([(token, 0.0) for token in specials] + pieces, normalizer, specials, chinese)


def _wrap(
    vocab: list[tuple[str, float]],
    normalizer: normalizers.Normalizer,
    specials: list[str],
    chinese: bool,
) -> PreTrainedTokenizerFast:
    backend = Tokenizer(Unigram(vocab, unk_id=specials.index(UNK), byte_fallback=True))
    backend.normalizer = normalizer
    prepend = "never" if chinese else "always"
    backend.pre_tokenizer = pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme=prepend)
    backend.decoder = decoders.Sequence(
        [
            decoders.Replace(WORD_START, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=PAD,
        eos_token=EOS,
        unk_token=UNK,
        bos_token=BOS,
        additional_special_tokens=[length_prompt(n) for n in range(1, MAX_PROMPT_LENGTH + 1)],
        clean_up_tokenization_spaces=False,
        split_special_tokens=True,
    )


def with_length_prompts(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Add the prompts for lengths to another model's tokenizer; one that has them stays as it is."""
    prompts = [length_prompt(n) for n in range(1, MAX_PROMPT_LENGTH + 1)]
    tokenizer.add_special_tokens({"extra_special_tokens": prompts}, replace_extra_special_tokens=False)
    return tokenizer


def load_tokenizer(path: str | Path, *, offline: bool = True) -> PreTrainedTokenizerFast:
    """Open the tokenizer of a checkpoint folder, or with ``offline=False`` of a model of the hub.

    Raises:
        CheckpointError: when the folder has none or it is damaged.
    """
    if offline and not Path(path).is_dir():
        raise CheckpointError(f"{path}: no such folder")
    try:
        # Documents may contain "</s>" or "<pad>", and mean it.
        return AutoTokenizer.from_pretrained(path, local_files_only=offline, split_special_tokens=True)
    except Exception as error:  # What the tokenizers library raises is of no more special a class.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path}: no usable tokenizer in this folder ({reason})") from error


def split_words(tokenizer: PreTrainedTokenizerFast, text: str) -> list[str]:
    """The words of a text in the tokenizer's normal form; those of Chinese are found by a dictionary.

    Marks stay with the word before them, and the parts of a number are one word.
    """
    normalizer = tokenizer.backend_tokenizer.normalizer
    normal = normalizer.normalize_str(text) if normalizer is not None else text
    if not is_cjk(normal):
        return normal.split()
    import rjieba

    words: list[str] = []
    spaced = True
    for piece in rjieba.cut(normal):
        if not piece.strip():
            spaced = True
        elif spaced or _apart(words[-1], piece):
            words.append(piece.strip())
            spaced = False
        else:
            words[-1] += piece
    return words


def join_words(words: Sequence[str]) -> str:
    """Undo ``split_words``: a space between words unless one of the two is Chinese."""
    parts = list(words[:1])
    for before, word in pairwise(words):
        parts.append(word if is_cjk(word[0]) or _ends_in_cjk(before) else f" {word}")
    return "".join(parts)


def _apart(word: str, piece: str) -> bool:
    """Whether a piece right after a word is a word of its own."""
    if _numeral(piece[0]) and all(_numeral(character) or character in _MARKS for character in word):
        return False
    return _has_letters(piece) and (is_cjk(piece[0]) or _ends_in_cjk(word))


def _numeral(character: str) -> bool:
    return character in NUMERALS or character.isdigit()


def _ends_in_cjk(word: str) -> bool:
    return is_cjk(word.rstrip(_MARKS)[-1:])


def _has_letters(piece: str) -> bool:
    return any(character.isalnum() or character == "#" for character in piece)
