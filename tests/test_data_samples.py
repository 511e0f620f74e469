"""The sample data in ``data/``: sizes, forms, and that the human text is unpaired."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from textae.textio import read_documents, read_pairs, read_texts

DATA = Path(__file__).parent.parent / "data"


def read_rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def read_lines(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()


def han_script(text: str) -> str | None:
    """Return the script whose older character set holds the whole text, or None where both or neither do."""
    fits = []
    for script, charset in (("hant", "big5hkscs"), ("hans", "gb2312")):
        try:
            text.encode(charset)
        except UnicodeEncodeError:
            continue
        fits.append(script)
    return fits[0] if len(fits) == 1 else None


def keywords(text: str) -> set[str]:
    """Return what tells one story from another: long English words, Chinese bigrams."""
    words = {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3}
    characters = "".join(re.findall(r"[一-鿿]", text))
    return words | {characters[i : i + 2] for i in range(len(characters) - 1)}


def shared(headline: str, text: str) -> float:
    """Return the share of the headline's keywords that the text holds, 0 to 1."""
    wanted = keywords(headline)
    return len(wanted & keywords(text)) / len(wanted)


@pytest.mark.parametrize(
    ("name", "rows", "fields"),
    [
        ("en/documents.jsonl", 40, {"id", "text"}),
        ("en/pairs.jsonl", 20, {"id", "text", "summaries"}),
        ("zh/documents.jsonl", 20, {"id", "text", "script"}),
        ("zh/pairs.jsonl", 10, {"id", "text", "summaries", "script"}),
    ],
)
def test_rows_have_their_fields_and_something_in_them(name: str, rows: int, fields: set[str]) -> None:
    found = read_rows(name)
    assert len(found) == rows
    for row in found:
        assert set(row) == fields
        values = [row["text"], *row.get("summaries", [])]
        assert all(value and value == " ".join(value.split()) for value in values)
        assert len(set(row.get("summaries", ["one", "two"]))) == 2


def test_ids_and_texts_are_unique() -> None:
    rows = [
        row
        for name in ("documents", "pairs")
        for lang in ("en", "zh")
        for row in read_rows(f"{lang}/{name}.jsonl")
    ]
    assert len({row["id"] for row in rows}) == len(rows) == 90
    assert len({row["text"] for row in rows}) == len(rows)


@pytest.mark.parametrize(("language", "count"), [("en", 60), ("zh", 30)])
def test_human_text_is_one_headline_a_line(language: str, count: int) -> None:
    lines = read_lines(f"{language}/human_text.txt")
    assert len(lines) == len(set(lines)) == count
    assert all(line and line == line.strip() and not line.endswith((".", "。")) for line in lines)


def test_english_lengths_in_words() -> None:
    rows = read_rows("en/documents.jsonl") + read_rows("en/pairs.jsonl")
    assert {len(row["text"].split()) for row in rows} <= set(range(25, 46))
    headlines = read_lines("en/human_text.txt") + [s for row in rows for s in row.get("summaries", [])]
    assert {len(headline.split()) for headline in headlines} <= set(range(6, 12))
    assert 650 <= len((DATA / "en/article.txt").read_text(encoding="utf-8").split()) <= 800


def test_chinese_lengths_in_characters() -> None:
    rows = read_rows("zh/documents.jsonl") + read_rows("zh/pairs.jsonl")
    assert {len(row["text"]) for row in rows} <= set(range(40, 91))
    headlines = read_lines("zh/human_text.txt") + [s for row in rows for s in row.get("summaries", [])]
    assert {len(headline) for headline in headlines} <= set(range(9, 23))


def test_both_chinese_scripts_are_present_and_named_rightly() -> None:
    for name in ("zh/documents.jsonl", "zh/pairs.jsonl"):
        rows = read_rows(name)
        assert [han_script(row["text"]) for row in rows] == [row["script"] for row in rows]
        assert sum(row["script"] == "hant" for row in rows) == len(rows) / 2
    scripts = [han_script(line) for line in read_lines("zh/human_text.txt")]
    assert scripts.count("hant") >= 10
    assert scripts.count("hans") >= 10


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_headline_of_the_human_text_is_paired_to_a_document(language: str) -> None:
    pairs = read_rows(f"{language}/pairs.jsonl")
    texts = [row["text"] for row in read_rows(f"{language}/documents.jsonl") + pairs]
    for headline in read_lines(f"{language}/human_text.txt"):
        nearest = max(texts, key=lambda text: shared(headline, text))
        assert shared(headline, nearest) <= 0.5, f"{headline!r} may belong to {nearest!r}"
    # The measure must tell: of most pairs, the document does hold more than half of its headline.
    paired = [shared(row["summaries"][0], row["text"]) for row in pairs]
    assert sum(share > 0.5 for share in paired) > len(paired) / 2


def test_the_documents_exercise_numbers_percentages_and_quotes() -> None:
    texts = [row["text"] for row in read_rows("en/documents.jsonl")]
    assert sum(any(c.isdigit() for c in text) for text in texts) >= 30
    assert any("percent" in text for text in texts)
    assert any('"' in text for text in texts)


@pytest.mark.parametrize(
    ("language", "documents", "headlines", "pairs"), [("en", 40, 60, 20), ("zh", 20, 30, 10)]
)
def test_the_commands_read_every_file(language: str, documents: int, headlines: int, pairs: int) -> None:
    folder = DATA / language
    assert len(list(read_documents([str(folder / "documents.jsonl")]))) == documents
    assert len(list(read_texts([str(folder / "human_text.txt")]))) == headlines
    assert [len(pair.references) for pair in read_pairs(str(folder / "pairs.jsonl"))] == [2] * pairs
