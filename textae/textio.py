"""Documents in, summaries out: text, web pages, PDF, JSONL, CSV, TSV, Parquet, gzip and the standard streams.

Everything streams: a file is never held whole unless it is one document, and a row of standard input is
handed on as soon as it has arrived. Every complaint names the file and, where there is one, the line.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import itertools
import json
import os
import re
import sys
import textwrap
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

from textae import markup
from textae.errors import InputError, TextaeError

STDIN = "-"

_KINDS = {
    ".txt": "text",
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}

# How a JSON object begins. A first line that begins so but is not one is reported as a broken row:
# summarized as prose, it would go unnoticed.
_JSON_OBJECT = re.compile(r'\s*\{\s*("|\}\s*$)')

# BadGzipFile is an OSError, but speaks of what is in the file.
_UNREADABLE = (OSError, EOFError, zlib.error)

Lines = Iterator[tuple[int, str]]
Rows = Iterator[tuple[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Document:
    """One document, with where it came from."""

    text: str
    row: dict[str, Any] | None
    """All fields of its row; None where it came from plain text."""
    source: str
    """The file, or ``-``."""
    line: int | None
    """1-based line (row for Parquet); None where the document is a whole file."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A document with its human summaries, for evaluation."""

    id: Any
    """The row's ``id``, or None."""
    text: str
    references: list[str]
    """One or more human summaries."""
    row: dict[str, Any]


def read_documents(
    files: Sequence[str], *, lines: bool = False, text_field: str = "text"
) -> Iterator[Document]:
    """Stream the documents of all files, in order.

    ``.txt``, ``.md``, ``.html`` and ``.pdf`` are one document a file, ``.jsonl``, ``.csv``, ``.tsv`` and
    ``.parquet`` one a row, any of them gzipped with a further ``.gz``. Standard input (no file, or ``-``) and
    files without a suffix (such as a shell's ``<(...)``) are JSONL when their first line is a JSON object,
    else plain text.

    Args:
        files: paths; none at all means standard input.
        lines: plain text has one document a line (an empty line is an empty document) instead of one a file.
        text_field: the field of a row that holds the document.

    Raises:
        InputError: at once for a file that is missing, a folder or of an unknown kind; while reading, for one
            that is empty, damaged or not UTF-8, for one whose kind needs a package that is missing, and for a
            row that is broken or whose ``text_field`` is missing or not a string.
    """
    names = list(files) or [STDIN]
    kinds = [_kind(name) for name in names]
    return itertools.chain.from_iterable(
        _documents(name, kind, lines, text_field) for name, kind in zip(names, kinds, strict=True)
    )


def read_texts(files: Sequence[str], *, text_field: str = "text") -> Iterator[str]:
    """Stream a training corpus: as ``read_documents``, but plain text is one text a line; blanks are skipped.

    Raises:
        InputError: as ``read_documents``, and for a file with blank texts only.
    """
    return itertools.chain.from_iterable(
        _not_blank(file, read_documents([file], lines=True, text_field=text_field)) for file in files
    )


def read_pairs(file: str) -> list[Pair]:
    """Rows with a ``text`` and its ``summary`` (a string) or ``summaries`` (a list of strings).

    ``summaries`` is used where a row has both.

    Raises:
        InputError: as ``read_documents``, and for a row without references or a file of plain text.
    """
    pairs = []
    for document in read_documents([file]):
        if document.row is None:
            raise InputError(file, "plain text has no reference summaries; give rows with text and summary")
        references = _references(document.row, file, document.line)
        pairs.append(Pair(document.row.get("id"), document.text, references, document.row))
    return pairs


def read_predictions(file: str, pairs: Sequence[Pair]) -> list[str]:
    """Summaries of another system, one for each pair, in the same order.

    Args:
        file: plain text with one summary a line, or rows with ``summary``.
        pairs: what they are summaries of. Where both sides have an ``id``, it must agree.

    Raises:
        InputError: as ``read_documents``, and where the two do not match.
    """
    predictions = list(read_documents([file], lines=True, text_field="summary"))
    for prediction, pair in zip(predictions, pairs, strict=False):
        found = (prediction.row or {}).get("id")
        # As text, because a CSV has no numbers.
        if found is not None and pair.id is not None and str(found) != str(pair.id):
            raise InputError(file, f"summary of id {found!r}, where {pair.id!r} is due", prediction.line)
    if len(predictions) != len(pairs):
        raise InputError(file, f"{len(predictions)} summaries for {len(pairs)} documents")
    return [prediction.text for prediction in predictions]


class SummaryWriter:
    """Writes one summary a document, in UTF-8, to standard output or to a file that appears when complete.

    ``text`` is one summary a line (line breaks within one become spaces). ``jsonl`` is the document's row
    with ``summary`` added (replacing one that was there); for plain text, a row of ``text`` and ``summary``.

    Use as a context manager. A file is written beside its place under a temporary name and renamed when the
    block ends well; when it does not, nothing is left and an older file of that name stays. Standard output,
    and an output that is not a regular file (``/dev/null``, a named pipe), is flushed after every row.

    Raises:
        TextaeError: the output cannot be written: no such folder, no permission, no space.
        BrokenPipeError: whoever read standard output has stopped.
    """

    def __init__(self, output: Path | None, output_format: Literal["text", "jsonl"]) -> None:
        # Resolved, so that a link's target is replaced and not the link.
        self._target = output.resolve() if output is not None else None
        self._format = output_format
        self._name = "standard output" if output is None else str(output)
        self._in_place = self._target is None or (self._target.exists() and not self._target.is_file())
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Self:
        with self._clear_errors():
            if self._target is None:
                # Not sys.stdout.buffer: `python -u` leaves it unbuffered, and then half a row may get lost.
                self._stream = open(sys.stdout.fileno(), "wb", closefd=False)
            elif self._in_place:
                self._stream = self._target.open("wb")
            else:
                self._stream = self._temporary.open("xb")
        return self

    def write(self, document: Document, summary: str) -> None:
        """Write the summary of one document."""
        assert self._stream is not None, "SummaryWriter is used as a context manager"
        with self._clear_errors():
            self._stream.write(self._line(document, summary) + b"\n")
            if self._in_place:
                self._stream.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._stream is not None
        if self._target is None or self._in_place:
            with self._clear_errors():
                self._stream.close()
            return
        try:
            with self._clear_errors():
                # Closing writes what is still buffered: on a full disk it fails, and so must the command.
                self._stream.close()
                if kind is None:
                    os.replace(self._temporary, self._target)
        finally:
            self._temporary.unlink(missing_ok=True)

    @property
    def _temporary(self) -> Path:
        assert self._target is not None
        return self._target.with_name(f".{self._target.name}.{os.getpid()}.tmp")

    def _line(self, document: Document, summary: str) -> bytes:
        if self._format == "text":
            return " ".join(summary.splitlines()).encode()
        row = {"text": document.text} if document.row is None else document.row
        row = {**row, "summary": summary}
        # Parquet brings values that JSON has no word for (dates, decimals): they become strings.
        try:
            return json.dumps(row, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            # A field with half a surrogate pair can be kept only as the escape it was read from.
            return json.dumps(row, default=str).encode()

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            raise TextaeError(f"{self._name}: cannot write ({error.strerror})") from error


def _kind(file: str) -> str:
    """What a file's name says it is: one of the values of ``_KINDS``, or ``sniff``."""
    if file == STDIN:
        return "sniff"
    path = Path(file)
    if not path.exists():
        raise InputError(file, "no such file")
    if path.is_dir():
        raise InputError(file, "is a folder; name the files in it")
    suffix = path.with_suffix("").suffix if _is_gzip(file) else path.suffix
    if not suffix:
        return "sniff"
    if suffix.lower() not in _KINDS:
        raise InputError(file, f"unknown kind of file {suffix}; known: {', '.join(_KINDS)}, and with .gz")
    return _KINDS[suffix.lower()]


def _is_gzip(file: str) -> bool:
    return file.lower().endswith(".gz")


def _documents(file: str, kind: str, lines: bool, text_field: str) -> Iterator[Document]:
    """The documents of one file; complains if there is none."""
    found: Iterable[Document]
    if kind == "parquet":
        found = _row_documents(file, _parquet_rows(file), text_field)
    elif kind == "html":
        found = [Document(markup.from_html(file, _bytes(file)), None, file, None)]
    elif kind == "pdf":
        found = [Document(markup.from_pdf(file, _bytes(file)), None, file, None)]
    else:
        numbered = _lines(file)
        if kind == "sniff":
            first = list(itertools.islice(numbered, 1))
            kind = "jsonl" if first and _JSON_OBJECT.match(first[0][1]) else "text"
            numbered = itertools.chain(first, numbered)
        if kind in ("text", "markdown") and lines:
            found = (Document(line.rstrip("\r\n"), None, file, number) for number, line in numbered)
        elif kind == "text":
            found = _whole_document(file, numbered)
        elif kind == "markdown":
            found = _whole_document(file, numbered, markup.from_markdown)
        elif kind == "jsonl":
            found = _row_documents(file, _json_rows(file, numbered), text_field)
        else:
            rows = _delimited_rows(file, numbered, "," if kind == "csv" else "\t")
            found = _row_documents(file, rows, text_field)
    empty = True
    for document in found:
        empty = False
        yield document
    if empty:
        raise InputError(file, "empty: there is no document in it")


def _whole_document(file: str, lines: Lines, plain: Callable[[str], str] = str) -> Iterator[Document]:
    text = "".join(line for _, line in lines)
    if text.strip():
        yield Document(plain(text), None, file, None)


def _row_documents(file: str, rows: Rows, text_field: str) -> Iterator[Document]:
    for number, row in rows:
        yield Document(_string(row, text_field, file, number), row, file, number)


def _string(row: dict[str, Any], field: str, file: str, line: int | None) -> str:
    if field not in row:
        raise InputError(file, f'no field "{field}"; there are: {_listed(row)}', line)
    return _checked_string(row[field], f'field "{field}"', file, line)


def _checked_string(value: object, what: str, file: str, line: int | None) -> str:
    if not isinstance(value, str):
        raise InputError(file, f"{what} is not a string but {_json_type(value)}", line)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(file, f"{what} has half a surrogate pair: not a whole Unicode text", line) from None
    return value


def _references(row: dict[str, Any], file: str, line: int | None) -> list[str]:
    if "summaries" not in row:
        if "summary" not in row:
            raise InputError(file, f'no field "summary" or "summaries"; there are: {_listed(row)}', line)
        return [_string(row, "summary", file, line)]
    several = row["summaries"]
    if not isinstance(several, list) or not several:
        raise InputError(file, 'field "summaries" is not a list of one or more strings', line)
    return [_checked_string(one, 'field "summaries"', file, line) for one in several]


def _not_blank(file: str, documents: Iterable[Document]) -> Iterator[str]:
    blank = True
    for document in documents:
        text = document.text.strip()
        if text:
            blank = False
            yield text
    if blank:
        raise InputError(file, "there are only blank texts in it")


def _lines(file: str) -> Lines:
    """Numbered lines, split at line feeds only and with their ends kept, checked to be UTF-8."""
    number = 0
    try:
        with _open(file) as stream:
            for number, raw in enumerate(stream, start=1):
                try:
                    line = raw.decode()
                except UnicodeDecodeError as error:
                    byte = raw[error.start]
                    message = f"not UTF-8 text (byte 0x{byte:02x} at {error.start + 1}); convert it to UTF-8"
                    raise InputError(file, message, number) from None
                yield number, line.removeprefix("\ufeff") if number == 1 else line
    except _UNREADABLE as error:
        raise _unreadable(file, error, number + 1) from error


def _bytes(file: str) -> bytes:
    try:
        with _open(file) as stream:
            return stream.read()
    except _UNREADABLE as error:
        raise _unreadable(file, error, None) from error


def _unreadable(file: str, error: Exception, line: int | None) -> InputError:
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return InputError(file, f"cannot read ({error.strerror})")
    return InputError(file, f"damaged, or not a gzip file ({error})", line)


def _open(file: str) -> BinaryIO:
    if file == STDIN:
        # A reader of our own on the same descriptor: a thread may be waiting in it when the program ends, and
        # the interpreter aborts when it finds sys.stdin so occupied.
        return open(sys.stdin.fileno(), "rb", closefd=False)
    if _is_gzip(file):
        return io.BufferedReader(gzip.open(file, "rb"))
    return open(file, "rb")


def _json_rows(file: str, lines: Lines) -> Rows:
    for number, line in lines:
        if line.isspace():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(file, f"broken JSON ({error.msg}, column {error.colno})", number) from None
        except (ValueError, RecursionError) as error:
            # Numbers of thousands of digits, arrays nested thousands deep.
            raise InputError(file, f"JSON that cannot be read ({error})", number) from None
        if not isinstance(row, dict):
            raise InputError(file, f"expected a JSON object, found {_json_type(row)}", number)
        yield number, row


def _delimited_rows(file: str, lines: Lines, delimiter: str) -> Rows:
    """Rows of a CSV or TSV whose first row names the fields; numbered by the line a row starts on."""
    # The csv module refuses fields over 128 KiB, which a document can exceed; the limit is the process's.
    csv.field_size_limit(2**31 - 1)
    # Strict, because otherwise a quote that is never closed swallows the rest of the file without a word.
    reader = csv.reader((line for _, line in lines), delimiter=delimiter, strict=True)
    fields: list[str] | None = None
    while True:
        start = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"broken row ({error}); a quote within a quoted field must be doubled"
            raise InputError(file, message, start) from None
        if not values:
            continue
        if fields is None:
            fields = values
            continue
        if len(values) != len(fields):
            message = f"{len(values)} fields, where the first row names {len(fields)}: {_listed(fields)}"
            raise InputError(file, message, start)
        yield start, dict(zip(fields, values, strict=True))


def _parquet_rows(file: str) -> Rows:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(file, 'Parquet needs another package: pip install "textae[parquet]"') from None
    number = 0
    try:
        with _open(file) as stream:
            # Parquet is read from its end: a gzipped one has to be unpacked whole.
            source = io.BytesIO(stream.read()) if _is_gzip(file) else stream
            for batch in pyarrow.parquet.ParquetFile(source).iter_batches(batch_size=1024):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pyarrow.ArrowException, OSError, EOFError, zlib.error) as error:
        message = " ".join(str(error).split())
        raise InputError(file, f"damaged, or not a Parquet file ({message})", number + 1) from error


def _listed(names: Iterable[str]) -> str:
    """Field names on one line; a table without its header row can have a whole text for one."""
    return textwrap.shorten(", ".join(names) or "none", 200, placeholder=" ...")


def _json_type(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    names |= {int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
