"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from textae.checkpoint import resolve
from textae.phrases import Words
from textae.tokenizer import load_tokenizer, split_words

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
