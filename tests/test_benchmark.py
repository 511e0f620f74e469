from __future__ import annotations

import importlib.util
from pathlib import Path

from textae.segment import count_units, sentences

SCRIPT = Path(__file__).parent.parent / "scripts" / "benchmark.py"
_spec = importlib.util.spec_from_file_location("benchmark", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
benchmark = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(benchmark)


def test_a_book_has_the_words_asked_for_in_sentences():
    text = benchmark.book(1000)
    assert count_units(text) == 1000
    assert 40 < len(sentences(text)) < 70
