"""Give a summary its letters back: the networks read and write lower case, people do not.

Words that were copied take the form that the document has ("exxon mobil's" -> "Exxon Mobil's"); words of the
generator's own stay lower case; the first letter is a capital where the document uses capitals at all.
"""

from __future__ import annotations

from collections.abc import Callable

from textae.segment import sentences, strip_word

_POSSESSIVE = "'s"
_MARKS = ",:;"


def restore(
    summary: str, document: str, normalize: Callable[[str], str], common: Callable[[str], bool]
) -> str:
    """Put the document's own forms of its words into a summary.

    Args:
        summary: as the generator wrote it, in the tokenizer's normal form.
        document: the text that was summarized.
        normalize: the tokenizer's normal form of a text.
        common: whether a word is one of the language's common lower-case words; such a word keeps a capital
            only where the document writes one inside a sentence ("White House").
    """
    inside, first = _forms(document, normalize)
    words = []
    for word in summary.split():
        bare = word.rstrip(_MARKS)
        marks = word[len(bare) :]
        stem = bare.removesuffix(_POSSESSIVE)
        if bare in inside:
            form = inside[bare]
        elif stem in inside:
            form = inside[stem] + bare[len(stem) :]
        elif stem in first and not common(stem):
            form = first[stem] + bare[len(stem) :]
        else:
            form = bare
        words.append(form + marks)
    text = " ".join(words)
    if any(character.isupper() for character in document):
        text = text[:1].upper() + text[1:]
    return text


def _forms(document: str, normalize: Callable[[str], str]) -> tuple[dict[str, str], dict[str, str]]:
    """Forms of the words inside sentences, and of those that begin one, by their normal form."""
    inside: dict[str, str] = {}
    first: dict[str, str] = {}
    for sentence in sentences(document):
        for place, word in enumerate(sentence.split()):
            form = strip_word(word)
            key = normalize(form)
            if not key or " " in key:
                continue
            (inside if place else first).setdefault(key, form)
    return inside, first
