"""Traditional and Simplified Chinese as one language: the networks read and write Simplified characters.

One vocabulary then serves both scripts, and each learns from the other's texts. The conversion, character by
character, becomes part of the tokenizer when it is trained, which takes OpenCC; using the tokenizer does not.
A summary gets its document's own characters back (``surface``); what the document does not have is written
as the corpora write it in Traditional text.
"""

from __future__ import annotations

import io
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import sentencepiece

from textae.errors import UsageError

NUMERALS = frozenset("〇零一二三四五六七八九十百千万亿兆两半几壹贰叁肆伍陆柒捌玖拾佰仟萬億兩幾成%％‰")
"""Characters of written numbers: of "二十三人" or "三成", no part is copied alone."""
IN_NUMBERS = frozenset(["点", "點", "多", "余", "餘", "分之", "百分之"])
"""Pieces that stand inside a number: "三点五亿", "10多万", "百分之三十"."""
MEASURES = frozenset(
    "人名死伤岁年月日天号点时分秒次倍个家间架辆宗例件起项条张只位届场层楼期周米吨元架艘台所座国地"
)
"""Characters that a number goes before: "三人", "15日", "两宗"."""
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范廖石金韦贾夏付傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤区岑霍简"
)
"""Of one character, in their Simplified form: the next one or two characters are a given name."""

_MISSING = "chinese: true needs OpenCC and protobuf: pip install 'textae[chinese]'"
_IDEOGRAPHS = [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00)]


def is_numeral(character: str) -> bool:
    """Whether a character is a digit, a mask for one, or stands in a written Chinese number."""
    return character.isdigit() or character == "#" or character in NUMERALS


def simplified_forms() -> dict[str, str]:
    """The Simplified form of every Traditional character that has one.

    Raises:
        UsageError: when OpenCC is not installed.
    """
    try:
        import opencc
    except ImportError:
        raise UsageError(_MISSING) from None
    convert = opencc.OpenCC("t2s").convert
    forms = {character: convert(character) for character in map(chr, _IDEOGRAPHS)}
    return {character: form for character, form in forms.items() if form != character and len(form) == 1}


def charsmap(forms: dict[str, str]) -> bytes:
    """A mapping of characters in the compiled form that tokenizers reads: sentencepiece compiles it."""
    try:
        from sentencepiece import sentencepiece_model_pb2
    except ImportError:
        raise UsageError(_MISSING) from None
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        rules.write_text("".join(f"{ord(old):X}\t{ord(new):X}\n" for old, new in forms.items()))
        # What it is trained on does not matter: only the rules are wanted.
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["rules"]),
            model_writer=model,
            model_type="char",
            vocab_size=10,
            hard_vocab_limit=False,
            normalization_rule_tsv=str(rules),
            minloglevel=2,
        )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def traditional_forms(texts: Iterable[str], normalize: Callable[[str], str]) -> dict[str, str]:
    """How Traditional texts write each Simplified character, where they mostly write another.

    Args:
        texts: in any script; one with a character that ``normalize`` changes is Traditional.
        normalize: to Simplified characters; nothing is found where it leaves them alone.
    """
    normal = lru_cache(maxsize=None)(normalize)
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        characters = [(normal(c), c) for c in text if "\u3400" <= c < "\ufb00"]
        if any(form != character for form, character in characters):
            for form, character in characters:
                written[form][character] += 1
    commonest = {form: counts.most_common(1)[0][0] for form, counts in written.items()}
    return {form: character for form, character in sorted(commonest.items()) if form != character}
