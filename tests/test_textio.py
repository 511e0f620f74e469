from __future__ import annotations

import contextlib
import datetime
import gzip
import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textae.errors import InputError, TextaeError
from textae.textio import Document, SummaryWriter, read_documents, read_pairs, read_predictions, read_texts

ENGLISH = "The ferry to Ilvenport was cancelled on Monday."
CHINESE = "渡輪服務星期一取消，「大風」吹襲全島。"
# What breaks naive readers: separators that str.splitlines takes for line ends, quotes, tabs, an emoji.
AWKWARD = 'a\u2028b\x0bc\x85d "quoted", tab\there 🚢'


def texts(*files: Path, **options: Any) -> list[str]:
    return [document.text for document in read_documents([str(file) for file in files], **options)]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


# Plain text


@pytest.mark.parametrize("suffix", [".txt", ".TXT"])
def test_plain_text_is_one_document_a_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"story{suffix}"
    path.write_bytes(b"\xef\xbb\xbf" + f"{ENGLISH}\r\n\r\n{CHINESE}\n".encode())
    assert list(read_documents([str(path)])) == [
        Document(f"{ENGLISH}\r\n\r\n{CHINESE}\n", None, str(path), None)
    ]


def test_plain_text_by_line_keeps_empty_lines_as_empty_documents(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(f"{ENGLISH}\r\n\n{AWKWARD}".encode())
    documents = list(read_documents([str(path)], lines=True))
    assert [(document.text, document.line) for document in documents] == [(ENGLISH, 1), ("", 2), (AWKWARD, 3)]


def test_markdown_is_read_without_its_marks_but_line_by_line_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "story.md"
    path.write_text("# Ferry\n\nThe *ferry* sank.\n")
    assert texts(path) == ["The ferry sank."]
    assert texts(path, lines=True) == ["# Ferry", "", "The *ferry* sank."]


def test_pages_are_one_document_a_file_gzipped_or_not(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    page = b"<html><body><article><p>The ferry sank.</p><p>Nobody drowned.</p></article></body></html>"
    (tmp_path / "a.html").write_bytes(page)
    (tmp_path / "b.htm.gz").write_bytes(gzip.compress(page))
    found = list(read_documents([str(tmp_path / "a.html"), str(tmp_path / "b.htm.gz")], lines=True))
    assert [(document.text, document.row, document.line) for document in found] == [
        ("The ferry sank.\n\nNobody drowned.", None, None)
    ] * 2


def test_files_are_read_in_the_order_given(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "a.jsonl", [{"text": "one"}, {"text": "two"}])
    story = tmp_path / "b.txt"
    story.write_text("three")
    assert texts(story, rows) == ["three", "one", "two"]


# Rows


def test_jsonl_keeps_every_field_and_skips_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = {"id": 7, "text": CHINESE, "tags": ["a", None], "nested": {"x": 1.5}}
    path.write_text(f"\ufeff{json.dumps(row)}\n\n   \n{json.dumps(row)}", encoding="utf-8")
    documents = list(read_documents([str(path)]))
    assert [document.row for document in documents] == [row, row]
    assert [document.line for document in documents] == [1, 4]


def test_an_empty_text_in_a_row_is_an_empty_document(tmp_path: Path) -> None:
    assert texts(write_rows(tmp_path / "rows.jsonl", [{"text": ""}, {"text": "a"}])) == ["", "a"]


@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ","), (".tsv", "\t")])
def test_delimited_rows(tmp_path: Path, suffix: str, delimiter: str) -> None:
    path = tmp_path / f"table{suffix}"
    lines = [
        delimiter.join(["id", "text"]),
        delimiter.join(["1", '"two lines,\r\nand a ""quote"""']),
        "",
        delimiter.join(["2", CHINESE]),
    ]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    documents = list(read_documents([str(path)]))
    assert [document.row for document in documents] == [
        {"id": "1", "text": 'two lines,\r\nand a "quote"'},
        {"id": "2", "text": CHINESE},
    ]
    assert [document.line for document in documents] == [2, 5]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".txt"])
def test_a_document_of_ten_megabytes(tmp_path: Path, suffix: str) -> None:
    path, text = tmp_path / f"long{suffix}", "word " * 2_000_000
    content = {".csv": f"text\n{text}\n", ".jsonl": json.dumps({"text": text}), ".txt": text}
    path.write_text(content[suffix])
    assert texts(path) == [text]


def test_parquet_with_the_row_number_and_values_json_lacks(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path, output = tmp_path / "table.parquet", tmp_path / "out.jsonl"
    day = datetime.date(2024, 2, 29)
    parquet.write_table(pyarrow.table({"text": [ENGLISH, CHINESE], "day": [day, None]}), path)
    documents = list(read_documents([str(path)]))
    assert [(document.text, document.line) for document in documents] == [(ENGLISH, 1), (CHINESE, 2)]
    with SummaryWriter(output, "jsonl") as writer:
        writer.write(documents[0], "s")
    assert json.loads(output.read_text()) == {"text": ENGLISH, "day": "2024-02-29", "summary": "s"}

    packed = tmp_path / "table.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert texts(packed) == [ENGLISH, CHINESE]


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.parquet"
    path.touch()
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(InputError, match=r'table\.parquet: .*pip install "textae\[parquet\]"'):
        texts(path)


@pytest.mark.parametrize("name", ["story.txt.gz", "rows.jsonl.gz", "table.csv.gz", "table.tsv.GZ"])
def test_gzip_reads_as_the_file_inside(tmp_path: Path, name: str) -> None:
    content = {"txt": CHINESE, "jsonl": json.dumps({"text": CHINESE}), "csv": f"text\n{CHINESE}\n"}
    path = tmp_path / name
    path.write_bytes(gzip.compress(content.get(name.split(".")[1], f"text\n{CHINESE}\n").encode()))
    assert texts(path) == [CHINESE]


# Standard input and files without a suffix


@pytest.mark.parametrize("files", [[], ["-"]])
def test_stdin_is_jsonl_when_its_first_line_is_a_json_object(
    stdin: Callable[[bytes], None], files: list[str]
) -> None:
    stdin('\ufeff{"text": "a", "id": 1}\n{"text": "b"}\n'.encode())
    documents = list(read_documents(files))
    assert [(document.text, document.source, document.line) for document in documents] == [
        ("a", "-", 1),
        ("b", "-", 2),
    ]


def test_stdin_is_else_plain_text(stdin: Callable[[bytes], None]) -> None:
    content = f"{{braces}} are prose\n{ENGLISH}\n"
    stdin(content.encode())
    assert [document.text for document in read_documents([])] == [content]
    stdin(content.encode())
    assert [document.text for document in read_documents([], lines=True)] == content.splitlines()


def test_a_broken_first_row_of_stdin_is_not_taken_for_prose(stdin: Callable[[bytes], None]) -> None:
    stdin(b'{"text": "cut off\n')
    with pytest.raises(InputError, match="-:1: broken JSON"):
        list(read_documents([]))


def test_a_file_without_suffix_is_read_as_stdin_is(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows", [{"text": "a"}])
    assert texts(path) == ["a"]


def test_rows_of_stdin_are_handed_on_as_they_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    monkeypatch.setattr("sys.stdin", os.fdopen(reading, encoding="utf-8"))
    documents = read_documents([])
    with os.fdopen(writing, "wb", buffering=0) as producer:
        # A reader that waits for more than a row would wait for ever here; closing the pipe frees it.
        rescue = threading.Timer(5, producer.close)
        rescue.start()
        for text in ("one", "two"):
            producer.write(json.dumps({"text": text}).encode() + b"\n")
            assert next(documents).text == text
        assert rescue.is_alive()
        rescue.cancel()


def test_a_large_file_is_not_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "a"}\n' * 10_000 + b"broken\n")
    documents = read_documents([str(path)])
    assert [next(documents).text for _ in range(3)] == ["a"] * 3


# Bad input: the message names the file, and the line where there is one


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "a.txt: empty"),
        ("a.txt", b"\xef\xbb\xbf \r\n", "a.txt: empty"),
        ("a.jsonl", b"\n", "a.jsonl: empty"),
        ("a.csv", b"text,id\n", "a.csv: empty"),
        ("a.txt", b"caf\xe9\n", "a.txt:1: not UTF-8 text (byte 0xe9 at 4)"),
        ("a.jsonl", b'{"text": "a"}\n{"text": "\xff"}\n', "a.jsonl:2: not UTF-8 text"),
        ("a.jsonl", b'{"text": "a"}\n{"text": \n', "a.jsonl:2: broken JSON"),
        ("a.jsonl", b'{"text": "a"}\n["a"]\n', "a.jsonl:2: expected a JSON object, found a list"),
        ("a.jsonl", b'{"text": "a"}\n' + b"[" * 100_000, "a.jsonl:2: JSON that cannot be read"),
        ("a.jsonl", b'{"text": 1' + b"0" * 5000 + b"}", "a.jsonl:1: JSON that cannot be read"),
        ("a.jsonl", b'{"id": 1, "body": "a"}', 'a.jsonl:1: no field "text"; there are: id, body'),
        ("a.jsonl", b"{}", 'a.jsonl:1: no field "text"; there are: none'),
        ("a.jsonl", b'{"text": null}', 'a.jsonl:1: field "text" is not a string but null'),
        ("a.jsonl", b'\n{"text": 3}', 'a.jsonl:2: field "text" is not a string but a number'),
        ("a.jsonl", b'{"text": "\\ud83d"}', 'a.jsonl:1: field "text" has half a surrogate pair'),
        ("a.csv", b"id,body\n1,a\n", 'a.csv:2: no field "text"; there are: id, body'),
        ("a.csv", b"text\nfirst, second\n", "a.csv:2: 2 fields, where the first row names 1: text"),
        ("a.csv", b'text\nfine\n"never closed\nmore\n', "a.csv:3: broken row"),
        ("a.jsonl.gz", b'{"text": "a"}', "a.jsonl.gz:1: damaged, or not a gzip file"),
        ("a.jsonl.gz", gzip.compress(b'{"text": "a"}\n' * 50)[:-9], "damaged, or not a gzip file"),
        ("a.jsonl.gz", gzip.compress(b'{"text": "a"}')[:12] + b"\xff" * 20, "damaged, or not a gzip file"),
        ("a.parquet", b"PAR1 no", "a.parquet:1: damaged, or not a Parquet file"),
        ("a.pdf.gz", b"%PDF", "a.pdf.gz: damaged, or not a gzip file"),
        ("a.md", b"caf\xe9\n", "a.md:1: not UTF-8 text"),
        ("a.doc", b"PK", "a.doc: unknown kind of file .doc; known: .txt, .md, .html"),
        ("a.doc.gz", b"PK", "a.doc.gz: unknown kind of file .doc"),
    ],
)
def test_bad_input(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        texts(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_table_without_its_header_gives_a_short_message(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{'long ' * 10_000}\nmore\n")
    with pytest.raises(InputError) as caught:
        texts(path)
    assert len(str(caught.value)) < 400


def test_missing_files_are_named_before_any_is_read(tmp_path: Path) -> None:
    story = tmp_path / "a.txt"
    story.write_text("a")
    with pytest.raises(InputError, match=r"b\.txt: no such file"):
        read_documents([str(story), str(tmp_path / "b.txt")])
    with pytest.raises(InputError, match="is a folder"):
        read_documents([str(tmp_path)])


def test_another_text_field(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [{"text": "no", "body": "yes"}])
    assert texts(path, text_field="body") == ["yes"]


# Training corpora


def test_read_texts_takes_lines_of_text_and_rows_and_skips_blanks(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text(f"  {ENGLISH} \n\n{CHINESE}\n")
    rows = write_rows(tmp_path / "rows.jsonl", [{"text": " "}, {"text": "a\nb"}])
    assert list(read_texts([str(lines), str(rows)])) == [ENGLISH, CHINESE, "a\nb"]


def test_read_texts_complains_of_blanks_only(tmp_path: Path) -> None:
    blank = tmp_path / "lines.txt"
    blank.write_text(" \n\n")
    with pytest.raises(InputError, match="only blank"):
        list(read_texts([str(blank)]))


# Evaluation sets and predictions


def test_read_pairs_takes_one_reference_or_several(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "x", "text": "a", "summary": "s"},
        {"text": "b", "summaries": ["t", "u"], "summary": "not this"},
    ]
    pairs = read_pairs(str(write_rows(tmp_path / "pairs.jsonl", rows)))
    assert [(pair.id, pair.text, pair.references) for pair in pairs] == [
        ("x", "a", ["s"]),
        (None, "b", ["t", "u"]),
    ]
    assert [pair.row for pair in pairs] == rows


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "a"}, 'no field "summary" or "summaries"; there are: text'),
        ({"text": "a", "summary": None}, 'field "summary" is not a string but null'),
        ({"text": "a", "summaries": []}, 'field "summaries" is not a list of one or more strings'),
        ({"text": "a", "summaries": "s"}, 'field "summaries" is not a list of one or more strings'),
        ({"text": "a", "summaries": ["s", 1]}, 'field "summaries" is not a string but a number'),
    ],
)
def test_bad_pairs(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    path = write_rows(tmp_path / "pairs.jsonl", [{"text": "a", "summary": "s"}, row])
    with pytest.raises(InputError) as caught:
        read_pairs(str(path))
    assert str(caught.value) == f"{path}:2: {message}"


def test_plain_text_is_no_set_of_pairs(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    with pytest.raises(InputError, match="no reference summaries"):
        read_pairs(str(path))


def test_read_predictions_must_match_the_pairs(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": i, "text": "a", "summary": "s"} for i in range(3)]
    pairs = read_pairs(str(write_rows(tmp_path / "pairs.jsonl", rows)))
    lines = tmp_path / "lines.txt"
    lines.write_text("one\n\nthree\n")
    assert read_predictions(str(lines), pairs) == ["one", "", "three"]
    with pytest.raises(InputError, match=r"lines\.txt: 3 summaries for 2 documents"):
        read_predictions(str(lines), pairs[:2])

    table = tmp_path / "table.csv"
    table.write_text("id,summary\n0,x\n1,y\n2,z\n")
    assert read_predictions(str(table), pairs) == ["x", "y", "z"]
    shuffled = write_rows(tmp_path / "shuffled.jsonl", [rows[0], rows[2], rows[1]])
    with pytest.raises(InputError, match=r"shuffled\.jsonl:2: summary of id 2, where 1 is due"):
        read_predictions(str(shuffled), pairs)


# Writing


def test_text_to_jsonl_to_text_loses_nothing(tmp_path: Path) -> None:
    """Whatever a document and a summary hold, JSONL and back gives the same."""
    alphabet = 'abc ,"\\\t\r\n\x00\x0b\x1f\x85\u2028é中文，🚢{}[]'
    chance = random.Random(0)
    documents = [
        Document("".join(chance.choices(alphabet, k=chance.randrange(20))), None, "-", None)
        for _ in range(300)
    ]
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    with SummaryWriter(first, "jsonl") as writer:
        for document in documents:
            writer.write(document, document.text[::-1])
    back = list(read_documents([str(first)]))
    assert [document.text for document in back] == [document.text for document in documents]
    assert texts(first, text_field="summary") == [document.text[::-1] for document in documents]
    with SummaryWriter(second, "jsonl") as writer:
        for document in back:
            assert document.row is not None
            writer.write(document, document.row["summary"])
    assert second.read_bytes() == first.read_bytes()


def test_text_output_is_one_line_a_document(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    summaries = [AWKWARD, "", "two\r\nlines", CHINESE]
    with SummaryWriter(output, "text") as writer:
        for summary in summaries:
            writer.write(Document("a", None, "-", None), summary)
    written = output.read_text(encoding="utf-8")
    assert written.splitlines() == ['a b c d "quoted", tab\there 🚢', "", "two lines", CHINESE]
    # The same count for readers that know fewer line ends.
    assert written.count("\n") == len(summaries)


def test_jsonl_output_keeps_the_row_and_its_order(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    row = {"id": 3, "text": CHINESE, "summary": "old", "half": "\ud83d", "more": {"b": [1.5, None]}}
    with SummaryWriter(output, "jsonl") as writer:
        writer.write(Document(CHINESE, row, "-", 1), "new")
        writer.write(Document(CHINESE, {"text": CHINESE}, "-", 2), "new")
    first, second = output.read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {**row, "summary": "new"}
    assert list(json.loads(first)) == list(row)
    assert CHINESE in second


def test_stdout_is_flushed_after_every_row(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with SummaryWriter(None, "text") as writer:
        writer.write(Document("a", None, "-", None), CHINESE)
        assert capfdbinary.readouterr().out == f"{CHINESE}\n".encode()


def test_nothing_is_left_when_the_work_fails(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    output.write_text("older\n")
    writer = SummaryWriter(output, "text")
    with contextlib.suppress(KeyboardInterrupt), writer:
        writer.write(Document("a", None, "-", None), "half")
        raise KeyboardInterrupt
    assert output.read_text() == "older\n"
    assert list(tmp_path.iterdir()) == [output]


def test_the_file_appears_only_when_complete(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    with SummaryWriter(output, "text") as writer:
        writer.write(Document("a", None, "-", None), "s")
        assert not output.exists()
    assert output.read_text() == "s\n"
    assert list(tmp_path.iterdir()) == [output]
    # As any file a program makes, not the private mode of a temporary one.
    (tmp_path / "other").touch()
    assert output.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_target_of_a_link_is_replaced_and_not_the_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("older\n")
    link.symlink_to(target)
    with SummaryWriter(link, "text") as writer:
        writer.write(Document("a", None, "-", None), "s")
    assert link.is_symlink()
    assert target.read_text() == "s\n"


def test_a_device_is_written_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()), daemon=True)
    reader.start()
    with SummaryWriter(pipe, "text") as writer:
        writer.write(Document("a", None, "-", None), "s")
    reader.join(timeout=5)
    assert received == ["s\n"]
    assert pipe.is_fifo()


def test_an_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(TextaeError, match=r"none/out\.txt: cannot write \(No such file"),
        SummaryWriter(tmp_path / "none" / "out.txt", "text"),
    ):
        pass
    with pytest.raises(TextaeError, match="cannot write"), SummaryWriter(tmp_path, "text"):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document("a", None, "-", None)
    with (
        pytest.raises(TextaeError, match=r"/dev/full: cannot write \(No space left"),
        SummaryWriter(Path("/dev/full"), "text") as writer,
    ):
        writer.write(document, "s")
    # A regular file is only found to be full when its buffer is written out at the end.
    output = tmp_path / "out.txt"
    full = open("/dev/full", "wb")  # noqa: SIM115  (the writer closes it)
    monkeypatch.setattr(Path, "open", lambda *_: full)
    with (
        pytest.raises(TextaeError, match=r"out\.txt: cannot write \(No space left"),
        SummaryWriter(output, "text") as writer,
    ):
        writer.write(document, "s")
    assert not output.exists()
