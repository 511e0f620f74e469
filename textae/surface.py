"""Give a summary its letters back: the networks read and write lower case, people do not.

Words that were copied take the form that the document has ("exxon mobil's" -> "Exxon Mobil's"); words of the
generator's own stay lower case; the first letter is a capital where the document uses capitals at all.
Chinese characters are of the document's script, and punctuation among them is as wide as the document's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping

from textae.segment import CJK_LETTERS, is_cjk, sentences, strip_word, unit_spans, units

_POSSESSIVE = "'s"
_MARKS = ",:;"
_QUOTES = "\"“‘'("
_WIDE = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！"}
_WIDE_MARK = re.compile("[，：；？！。、]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_BETWEEN_CJK = re.compile(rf"(?<=[{CJK_LETTERS}])[,:;?!]|[,:;?!](?=[{CJK_LETTERS}])")


def restore(
    summary: str,
    document: str,
    normalize: Callable[[str], str],
    common: Callable[[str], bool],
    traditional: Mapping[str, str],
) -> str:
    """Put the document's own forms of its words into a summary.

    Args:
        summary: as the generator wrote it, in the tokenizer's normal form.
        document: the text that was summarized.
        normalize: the tokenizer's normal form of a text.
        common: whether a word is one of the language's common lower-case words; such a word keeps a capital
            only where the document writes one inside a sentence ("White House").
        traditional: how Traditional text writes Simplified characters, where it mostly writes others.
    """
    inside, first = _forms(document, normalize)

    def restored(word: str) -> str:
        bare = word.rstrip(_MARKS)
        stem = bare.removesuffix(_POSSESSIVE).removesuffix("'")
        for part in (bare, stem):
            known = inside.get(part) or (None if common(part) else first.get(part))
            if known is not None:
                return known.replace("’", "'") + word[len(part) :]
        return word

    text = " ".join(
        _each_unit(word, restored) if is_cjk(word) else restored(word) for word in summary.split()
    )
    if is_cjk(text):
        text = _in_script_of(document, text, normalize, traditional)
        return _BETWEEN_CJK.sub(lambda m: _WIDE[m[0]], text) if _WIDE_MARK.search(document) else text
    # A first word with a capital further on ("iPhone") is as its owners want it.
    if text.split(" ")[0].islower() and any(character.isupper() for character in document):
        text = text[0].upper() + text[1:]
    return text


def _in_script_of(
    document: str, text: str, normalize: Callable[[str], str], traditional: Mapping[str, str]
) -> str:
    """A text of Simplified characters in the document's own, where it has them.

    ``normalize`` maps Chinese characters one to one.
    """
    normal = "".join(normalize(character) if _HAN.match(character) else character for character in document)
    if normal == document:
        return text
    places: dict[str, list[int]] = defaultdict(list)
    for place, character in enumerate(normal):
        places[character].append(place)
    written = ""
    for i, character in enumerate(text):
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        if character in places:
            # 发 is 發 in one word and 髮 in another: what stands beside it tells.
            alike = [
                (normal[p - 1 : p] == before) + (normal[p + 1 : p + 2] == after) for p in places[character]
            ]
            character = document[places[character][alike.index(max(alike))]]
        else:
            character = traditional.get(character, character)
        written += character
    return written


def _each_unit(stretch: str, restored: Callable[[str], str]) -> str:
    """Chinese text with the Latin words in it restored."""
    text, end = "", 0
    for start, stop in unit_spans(stretch):
        unit = stretch[start:stop]
        text += stretch[end:start] + (unit if is_cjk(unit) else restored(unit))
        end = stop
    return text + stretch[end:]


def _forms(document: str, normalize: Callable[[str], str]) -> tuple[dict[str, str], dict[str, str]]:
    """Forms of the words inside sentences, and of those that begin one, by their normal form."""
    inside: dict[str, str] = {}
    first: dict[str, str] = {}
    for sentence in sentences(document):
        opens = True
        for word in sentence.split():
            opens = opens or word[0] in _QUOTES
            for unit in units(word) if is_cjk(word) else [word]:
                form = strip_word(unit)
                key = normalize(form)
                known = first if opens and unit == word else inside
                # "NEW YORK (Reuters) - New York ..."
                if key and " " not in key and (key not in known or (known[key].isupper() and form.istitle())):
                    known[key] = form
            # What follows a colon, or a dateline's dash, begins a sentence too.
            opens = word[-1] == ":" or not any(character.isalnum() for character in word)
    return inside, first
