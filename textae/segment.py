"""Units, sentences, content words, numbers and names of a text, English and Chinese.

A *unit* is what every length in the project counts. Text that sets its words apart with spaces counts words;
Chinese and Japanese text, which does not, counts characters. The choice is made for each stretch between
spaces, never for a whole text, so that a text cut short still counts as it did.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import sentencex


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


CJK_LETTERS = (
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd\u3040-\u30ff\u31f0-\u31ff"
)
_CJK_MARKS = "\u3000-\u303f\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
# A letter or digit between CJK characters; "#" stands for a digit in corpora that mask their numbers.
_INLINE = rf"(?:#|[^\W_{CJK_LETTERS}])"

_STRETCH = re.compile(r"\S+")
# A stretch with a letter or digit in it; brackets as the Penn Treebank writes them are punctuation, though
# they have letters.
_WORD = re.compile(r"(?<!\S)(?!-[lr][rcs]b-(?!\S))\S*?(?:#|[^\W_])\S*", re.IGNORECASE)
_CJK = re.compile(rf"[{CJK_LETTERS}{_CJK_MARKS}]")
_CJK_UNIT = re.compile(rf"[{CJK_LETTERS}]|{_INLINE}+(?:[.,．]{_INLINE}+)*[%％]?")
_LETTER_OR_DIGIT = re.compile(r"#|[^\W_]")

_NUMBER = re.compile(r"[\d#]{1,3}(?:,[\d#]{3})+(?:\.[\d#]+)?(?!,?[\d#])|[\d#]+(?:\.[\d#]+)*")
_DIGITS = {**{digit: i for i, digit in enumerate("〇一二三四五六七八九")}, "零": 0, "两": 2, "兩": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_NUMERALS = "".join((*_DIGITS, *_SCALES))
_MEASURES = "人名死伤傷宗例岁歲年月日天次倍个個家间間架辆輛"
_TENTHS = "成(?![为為立功员員果就本])"
_LARGE = re.compile(rf" ?([万萬亿億]|{_TENTHS})")
_CHINESE_NUMBER = re.compile(
    rf"(?<![\d.{_NUMERALS}])([{_NUMERALS}]{{2,}}|[{_NUMERALS}](?=[{_MEASURES}]|{_TENTHS}))({_TENTHS})?"
)
_HASHTAG = re.compile(r"#(?=[^\W\d_])(?!(?:st|nd|rd|th|s|k|m|km|mm|cm|bn|mn|pc|pct|am|pm)\b)")

_OUTER_PUNCTUATION = ".,;:!?\"'`()[]{}*_~-–—…“”‘’«»|/\\"
_NAME_BREAK = re.compile(r"[-–—/]")
_POSSESSIVE = re.compile(r"['’]s?$")
_OPENERS = "「『（【《〈“‘("
_CLOSERS = "」』）】》〉”’)"
# Never the first character of an English sentence, as ’ may be.
_MISPLACED_CLOSERS = "」』）】》〉”"
_CLAUSE_ENDS = "；…"
_TERMINATORS = "。！？"
# Blank lines, and what marks the items of a list.
_PARAGRAPH = re.compile(r"\n\s*\n|(?:^|\n)[ \t]*(?:[-*•‣▪]|\d{1,2}[.)])[ \t]+(?=\S)")
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
_LANGUAGE_OF_SCRIPT = {"han": "zh", "hiragana": "ja"}

# Function words after which a phrase is unfinished. Particles that may well end a headline ("talks
# break off", "prices up") are left out.
_OPEN_WORDS = word_set("""
a an the of to in on at by for from with without within into onto upon as than that which who whose whom
and or but nor if because while although though until unless since whether amid among between against
toward towards during despite via per about its their his her our your my is are was were be been being
am has have had will would shall should may might can could must do does did not n't very every each 's
'
""")
# Only characters that seldom close a word of two (as 令 closes 禁令, 為 行為).
_OPEN_CHARACTERS = frozenset("的和與与及或而在對对將将被把於于從从向並并是若讓让")

STOP_WORDS = _OPEN_WORDS | word_set("""
i me we us you he him she it they them mine ours yours hers theirs myself yourself himself herself itself
ourselves yourselves themselves this these those there here what when where why how
're 've 'll 'd 'm it's that's he's she's i'm we're they're you're isn't aren't wasn't weren't hasn't haven't
hadn't won't wouldn't shouldn't can't cannot couldn't don't doesn't didn't
""")
_STOP_CHARACTERS = _OPEN_CHARACTERS | frozenset(
    "了為为由因也就都著着等們们之其這这那個个她他它我你您嗎吗呢吧啊"
)
DETERMINERS = word_set("a an the its their his her our my your this that these those every each")
COUNTS = word_set("one two three four five six seven eight nine ten eleven twelve")
MAGNITUDES = word_set("hundred thousand million billion trillion dozen percent pct mln bln")
WEEKDAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
_NOT_CONTENT = STOP_WORDS | _STOP_CHARACTERS | WEEKDAYS | {"said"}


def unit_spans(text: str) -> list[tuple[int, int]]:
    """Where each unit of a text stands, as ``(start, end)`` offsets into it."""
    if not is_cjk(text):
        return [word.span() for word in _WORD.finditer(text)]
    spans: list[tuple[int, int]] = []
    for stretch in _STRETCH.finditer(text):
        if _CJK.search(text, *stretch.span()):
            spans.extend(unit.span() for unit in _CJK_UNIT.finditer(text, *stretch.span()))
        elif _WORD.match(text, *stretch.span()):
            spans.append(stretch.span())
    return spans


def units(text: str) -> list[str]:
    """The units of a text, as written and in order.

    Between spaces, a stretch without CJK characters is one unit, unless it is bare punctuation.
    Elsewhere each CJK character is a unit, each run of other letters and digits (``3.5%``, ``NBA``) is
    one, and punctuation is none.
    """
    return [text[start:end] for start, end in unit_spans(text)]


def count_units(text: str) -> int:
    """How long a text is: in words, or in characters for Chinese."""
    return len(unit_spans(text))


def is_cjk(text: str) -> bool:
    """Whether any Chinese or Japanese character, or punctuation of theirs, stands in a text."""
    return _CJK.search(text) is not None


def join_units(parts: Sequence[str]) -> str:
    """Units as one text: with spaces between them, but none next to a CJK character."""
    text = ""
    for part in parts:
        text += part if not text or is_cjk(text[-1]) or is_cjk(part[0]) else f" {part}"
    return text


def script_of(text: str) -> str:
    """The script most of a text is written in.

    A Chinese character weighs as much as a whole word of an alphabet, so that Latin names do not outvote the
    Chinese around them. A tenth of kana among the CJK characters marks Japanese.

    Returns:
        ``"latin"``, ``"han"``, ``"hiragana"`` for Japanese, another script's Unicode name in lower case
        (``"cyrillic"``), or ``"none"`` for a text without letters.
    """
    scripts = Counter(script for unit in units(text) if (script := _script_of_unit(unit)))
    if not scripts:
        return "none"
    kana = scripts["hiragana"] + scripts["katakana"]
    if kana and kana * 10 >= kana + scripts["han"]:
        scripts["hiragana"] = kana + scripts["han"]
        del scripts["han"], scripts["katakana"]
    return scripts.most_common(1)[0][0]


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, stripped, none of them empty.

    Blank lines always separate sentences, single line breaks only in Chinese and Japanese: elsewhere
    they wrap lines, and become spaces, unless the next one begins an item of a list, whose mark is left out.
    Chinese sentences also end at ``；`` and ``…`` outside quotes. Closing quotes and stray punctuation stay
    with the sentence before them.
    """
    language = _LANGUAGE_OF_SCRIPT.get(script_of(text), "en")
    found: list[str] = []
    for paragraph in _PARAGRAPH.split(text) if language == "en" else text.splitlines():
        # The splitter cuts into the bytes of a wide space.
        pieces = sentencex.segment(language, _WIDE_SPACE.sub(" ", paragraph))
        if language == "en":
            pieces = _joined_at_letters(_with_their_quotes(pieces))
        else:
            pieces = [clause for piece in pieces for clause in _clauses(piece)]
        found.extend(" ".join(piece.split()) for piece in _joined_to_punctuation(pieces))
    return found


def content_words(text: str) -> list[str]:
    """The units that carry content, in order, without the punctuation around them.

    Left out, whatever their case: English stop words, weekdays and "said"; the commonest Chinese function
    characters.
    """
    # The unit is looked up as it stands too: a clitic's apostrophe ("'s") is no punctuation around it.
    words = (strip_word(unit) for unit in units(text) if unit.lower() not in _NOT_CONTENT)
    return [word for word in words if word and word.lower() not in _NOT_CONTENT]


def numbers(text: str) -> list[str]:
    """The numbers written in digits, in order, in one normal form.

    Full-width digits become plain ones and thousands separators go (``1,200`` is ``1200``); signs,
    units and ordinal endings do not belong to the number. A run of ``#``, as corpora write that mask
    their digits, counts as digits. Chinese numbers are told in digits: ``二十三人`` has 23, ``1.2万`` 12000
    and ``三成`` 30, as ``30%`` has. A single numeral counts before a measure word only ("三人", not "三星").
    """
    plain = _HASHTAG.sub(" ", unicodedata.normalize("NFKC", text))
    found = []
    for match in _NUMBER.finditer(plain):
        number = match[0].replace(",", "")
        large = _LARGE.match(plain, match.end())
        if large and "#" not in number and number.count(".") < 2:
            number = _plain(Decimal(number) * _SCALES.get(large[1], 10))
        found.append((match.start(), number))
    for match in _CHINESE_NUMBER.finditer(plain):
        found.append((match.start(), _plain(_value(match[1]) * (10 if match[2] else 1))))
    return [number for _, number in sorted(found)]


def _value(numeral: str) -> Decimal:
    """The value of a Chinese numeral ("二十三", "一百零五万", "二零二六")."""
    if not set(numeral) & _SCALES.keys():
        return Decimal("".join(str(_DIGITS[character]) for character in numeral))
    total = section = digit = Decimal(0)
    for character in numeral:
        if character in _DIGITS:
            digit = Decimal(_DIGITS[character])
        elif (scale := _SCALES[character]) < 10_000:
            section += (digit or 1) * scale
            digit = Decimal(0)
        else:
            total += (section + digit or 1) * scale
            section = digit = Decimal(0)
    return total + section + digit


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def names(text: str) -> list[str]:
    """The words a text writes with a capital where its grammar asks for none, in order.

    The first word of a sentence, of a quotation or after a colon does not count, nor do stop words.
    Hyphenated words count part by part, possessives without their ending, abbreviations without their
    points (``U.S.`` is ``US``). A text without any capital letter has no names to tell.
    """
    if text == text.lower():
        return []
    found: list[str] = []
    for sentence in sentences(text):
        opens = True
        for word in sentence.split():
            opens = opens or word[0] in "\"“‘'(" or not _LETTER_OR_DIGIT.search(word)
            if not opens:
                found.extend(part for part in name_parts(word) if part[0].isupper() and _may_be_name(part))
            opens = word.endswith(":")
    return found


def name_parts(word: str) -> list[str]:
    """A word as names are compared: split at hyphens, without possessive ending and punctuation."""
    parts: list[str] = []
    for part in _NAME_BREAK.split(word):
        bare = part.strip(_OUTER_PUNCTUATION)
        bare = _POSSESSIVE.sub("", bare).replace(".", "")
        if bare:
            parts.append(bare)
    return parts


def strip_word(word: str) -> str:
    """A word without the punctuation around it; an abbreviation keeps its last point (``U.S.``)."""
    bare = word.strip(_OUTER_PUNCTUATION)
    return f"{bare}." if "." in bare and f"{bare}." in word and bare[-1].isalpha() else bare


def ends_open(text: str) -> bool:
    """Whether a text breaks off: it ends in a comma, colon, dash or function word that needs a next word."""
    text = text.rstrip()
    if not text:
        return False
    if text[-1] in ",;:，、；：—–-":
        return True
    *before, last = text.split()[-2:]
    if is_cjk(last):
        return last[-1] in _OPEN_CHARACTERS
    if last.lower() == "may" and (last == "May" or (before and before[0].lower() in _OPEN_WORDS)):
        return False  # The month: "in may", "until May".
    return last.lower() in _OPEN_WORDS


def _may_be_name(word: str) -> bool:
    # "US" is a country though "us" is a stop word; "A" and "I" are words of the language.
    return word.lower() not in STOP_WORDS or (len(word) > 1 and word.isupper())


def _script_of_unit(unit: str) -> str | None:
    for character in unit:
        if character.isalpha():
            return _script_of_letter(character)
    return None


@lru_cache(maxsize=16384)
def _script_of_letter(letter: str) -> str:
    name = unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "unknown")
    script = re.split(r"[ -]", name)[0].lower()
    return "han" if script in ("cjk", "ideographic") else script


def _clauses(sentence: str) -> list[str]:
    """A Chinese sentence cut after each run of ``；`` or ``…`` that stands outside quotes and brackets."""
    clauses: list[str] = []
    start = depth = 0
    for position, character in enumerate(sentence):
        depth += character in _OPENERS
        depth -= character in _CLOSERS and depth > 0
        runs_on = sentence[position + 1 : position + 2] in {*_CLAUSE_ENDS, *_CLOSERS, *_TERMINATORS}
        if character in _CLAUSE_ENDS and depth == 0 and not runs_on:
            clauses.append(sentence[start : position + 1])
            start = position + 1
    return [*clauses, sentence[start:]]


def _with_their_quotes(pieces: list[str]) -> list[str]:
    """Pieces of an English paragraph, each quote with the words that it stands by.

    The splitter pairs straight quotes by count, and loses count where a quotation of several paragraphs opens
    anew in each of them and closes in the last.
    """
    found: list[str] = []
    opening = ""
    for piece in pieces:
        piece = opening + piece
        if found and piece.startswith('" ') and not found[-1][-1].isspace():
            found[-1] += '" '
            piece = piece[2:]
        opening = '"' if piece.endswith(' "') else ""
        piece = piece.removesuffix(opening)
        if found and found[-1].endswith('" ') and piece[:1].islower():
            found[-1] += piece
        elif piece:
            found.append(piece)
    return [*found, opening] if opening else found


def _joined_at_letters(pieces: list[str]) -> list[str]:
    """Pieces of an English paragraph, joined again where a word was split, as in ``example.com``."""
    joined: list[str] = []
    for piece in pieces:
        if joined and joined[-1][-1] == "." and piece[0].isalnum():
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _joined_to_punctuation(pieces: list[str]) -> list[str]:
    """Pieces of a paragraph, with what only closes a sentence moved to the end of the sentence it closes."""
    joined: list[str] = []
    for piece in pieces:
        if joined:
            closing = len(piece) - len(piece.lstrip(_MISPLACED_CLOSERS))
            if not _LETTER_OR_DIGIT.search(piece):
                closing = len(piece)
            joined[-1] += piece[:closing]
            piece = piece[closing:]
        if piece.strip():
            joined.append(piece)
    return joined
