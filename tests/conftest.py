"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from textae.checkpoint import resolve
from textae.phrases import Words, bare
from textae.tokenizer import join_words, load_tokenizer, split_words

# Networks as small as the tests' only wait for a second thread, and its sums come out in another order.
torch.set_num_threads(1)


@pytest.fixture
def stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Put bytes on standard input; with a file descriptor of its own, as a real one has."""

    def put(content: bytes) -> None:
        path = tmp_path / "stdin"
        path.write_bytes(content)
        monkeypatch.setattr("sys.stdin", path.open(encoding="utf-8"))

    return put


@pytest.fixture(scope="session")
def split() -> Callable[[str], Words]:
    """Split Chinese text into words as the bundled model does."""
    return partial(split_words, load_tokenizer(resolve("zh")))


_NAMES = {"nr": "PER", "ns": "LOC", "nt": "ORG", "t": "TIME", "uj": "u", "ul": "u", "x": "w"}
"""What the tagger calls the kinds of words that the dictionary of rjieba tells."""


@pytest.fixture(scope="session")
def dictionary_tags() -> Callable[[Words], list[str]]:
    """Tag Chinese words as the tagger would, but by a dictionary: tests of grammar need no network."""
    import rjieba

    def tag(words: Words) -> list[str]:
        tags: list[str] = []
        pieces = iter(rjieba.tag(join_words(words)))
        end = stop = 0
        for word in words:
            name, stop = "w", stop + len(word)
            while end < stop:
                piece, kind = next(pieces)
                end += len(piece.strip())
                name = name if kind == "x" else _NAMES.get(kind, kind)
            tags.append(f"B-{name}")
        for i, word in enumerate(words):
            if bare(word) in ("年", "月", "日", "天") and i and words[i - 1][-1].isdigit():
                tags[i - 1 : i + 1] = [
                    "I-TIME" if i > 1 and tags[i - 2][2:] == "TIME" else "B-TIME",
                    "I-TIME",
                ]
        return tags

    return tag
