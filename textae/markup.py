"""Markdown, web pages and PDF files as plain text: their paragraphs, with blank lines between them.

What is no prose is left out as far as it can be told: headings, tables, code, menus, running heads.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from textae.errors import InputError

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_FOOTNOTE = re.compile(r"\[\^[^\]]+\]")
_TASK = re.compile(r"\A\[[ xX]\] ")

_PAGE_NUMBER = re.compile(r"\W*(?:page )?\d+(?: of \d+)?\W*", re.IGNORECASE)
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n(?=[a-z])")
_HEADS = 2
"""Lines at the top and at the bottom of a page among which a running head or foot may be."""
_SHORT = 0.7
"""The share of the usual width below which a line ends its paragraph."""


def from_markdown(text: str) -> str:
    """The paragraphs of a Markdown file, those of lists among them; the text itself if there are none."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(_FRONT_MATTER.sub("", text))
    paragraphs = [
        _TASK.sub("", _FOOTNOTE.sub("", _words(token))).strip()
        for before, token in pairwise(tokens)
        if before.type == "paragraph_open" and not _FOOTNOTE.match(token.content)
    ]
    return "\n\n".join(filter(None, paragraphs)) or text


def _words(paragraph: Token) -> str:
    words = ""
    for child in paragraph.children or []:
        if child.type in ("text", "code_inline"):
            words += child.content
        elif child.type in ("softbreak", "hardbreak") or child.content.startswith("<br"):
            words += " "
    return words


def from_html(file: str, data: bytes) -> str:
    """The paragraphs of a web page's article, or of the whole page if none stands out.

    Raises:
        InputError: when it has no text, or trafilatura is missing.
    """
    try:
        import trafilatura
        from trafilatura.settings import use_config
    except ImportError:
        raise InputError(file, 'web pages need another package: pip install "textae[web]"') from None
    config = use_config()
    # Of an article that is shorter than this, the paragraphs would be lost.
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
    markdown = trafilatura.extract(
        data,
        output_format="markdown",
        include_formatting=True,
        include_comments=False,
        include_tables=False,
        config=config,
    )
    text = from_markdown(markdown) if markdown else trafilatura.html2txt(data)
    if not text.strip():
        raise InputError(file, "there is no text in it")
    return text


def from_pdf(file: str, data: bytes) -> str:
    """The paragraphs of a PDF file.

    Raises:
        InputError: when it is damaged, asks for a password or has no text, or pypdf is missing.
    """
    try:
        import pypdf
        from pypdf.errors import FileNotDecryptedError, PyPdfError
    except ImportError:
        raise InputError(file, 'PDF needs another package: pip install "textae[pdf]"') from None
    try:
        pages = [page.extract_text().splitlines() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    except FileNotDecryptedError:
        raise InputError(file, "asks for a password; save it without one") from None
    except PyPdfError as error:
        raise InputError(file, f"damaged, or not a PDF file ({' '.join(str(error).split())})") from error
    text = "\n".join(_paragraph_lines(pages))
    if not text.strip():
        raise InputError(file, "there is no text in it; scanned pages have to be recognized first")
    return _HYPHENATED.sub("", text)


def _paragraph_lines(pages: list[list[str]]) -> Iterator[str]:
    """The lines of all pages without page numbers and running heads, and an empty one after each paragraph.

    Paragraphs are told by their last lines, which are short, and headings are short lines, too.
    """
    edges = Counter(_without_digits(line) for page in pages for line in {*page[:_HEADS], *page[-_HEADS:]})
    lines = [
        line.strip()
        for page in pages
        for line in page
        if not _PAGE_NUMBER.fullmatch(line) and edges[_without_digits(line)] <= max(2, len(pages) // 3)
    ]
    widths = sorted(map(len, lines))
    usual = widths[len(widths) * 9 // 10] if widths else 0
    for line in lines:
        yield line
        if len(line) < _SHORT * usual and not line.endswith("-"):
            yield ""


def _without_digits(line: str) -> str:
    return re.sub(r"\d+", "", line).strip()
