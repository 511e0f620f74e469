from __future__ import annotations

import io
import sys

import pytest

from textae import markup
from textae.errors import InputError


def pdf(*pages: list[str]) -> bytes:
    """A PDF file of lines, by hand."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, lines in enumerate(pages):
        shown = "BT /F1 11 Tf 14 TL 60 760 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * i} 0 R >>",
            f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
        ]
    content, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(f"{len(content):010} 00000 n \n")
        content += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{''.join(offsets)}"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    return content + table.encode() + trailer.encode()


# Markdown


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (
            "---\ntitle: x\n---\n# Head?\n\nSome *bold* `code`, [a link](u) and ![a picture](p)\nwrapped "
            "&amp; so<br>on[^1].\n\nSet\n===\n",
            "Some bold code, a link and  wrapped & so on.",
        ),
        (
            "- First\n  item.\n- [x] *Second* one.\n  1. Third.\n\n> Quoted.\n",
            "First item.\n\nSecond one.\n\nThird.\n\nQuoted.",
        ),
        (
            "Before.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx = 1\n```\n\n    y = 2\n\n<div>z</div>\n\n"
            "[^1]: A note.\n\nAfter 3 \\* 4 of snake_case_names.",
            "Before.\n\nAfter 3 * 4 of snake_case_names.",
        ),
        ("# Only\n\n## Heads\n", "# Only\n\n## Heads\n"),
        ("暴雨淹沒**舊橋**。\n", "暴雨淹沒舊橋。"),
    ],
)
def test_markdown(text: str, plain: str) -> None:
    assert markup.from_markdown(text) == plain


# Web pages


def test_a_web_page_is_its_article() -> None:
    pytest.importorskip("trafilatura")
    page = """<html><head><meta charset="utf-8"><title>Ferry</title></head><body>
    <nav><ul><li><a href="/">Home</a></li></ul></nav><article><h1>Ferry lost</h1>
    <p>The ferry to <b>Ilvenport</b> sank off Port Ansel on Monday night – 3 * 4 crew_members were saved.</p>
    <h2>What next</h2><ul><li>A crane has been ordered from Tarnley.</li></ul>
    <table><tr><td>2001</td><td>3</td></tr></table>
    <p>Nobody drowned, said the harbour master &amp; his wife.</p></article>
    <footer>Copyright. All rights reserved.</footer></body></html>"""
    assert markup.from_html("a.html", page.encode()).split("\n\n") == [
        "The ferry to Ilvenport sank off Port Ansel on Monday night – 3 * 4 crew_members were saved.",
        "A crane has been ordered from Tarnley.",
        "Nobody drowned, said the harbour master & his wife.",
    ]


@pytest.mark.parametrize("page", [b"", b" ", b"<html></html>", b"\x00\x01\xff no page"])
def test_a_web_page_without_text(page: bytes) -> None:
    pytest.importorskip("trafilatura")
    with pytest.raises(InputError, match=r"^a\.html: there is no text in it$"):
        markup.from_html("a.html", page)


# PDF


def test_a_pdf_is_its_paragraphs_without_running_heads() -> None:
    pytest.importorskip("pypdf")
    wide = "was lost off Port Ansel in the night of Monday, in a storm,"
    towns = ["Tarnley", "Ilvenport", "Brackwater"]
    bodies = [[f"{town} harbour", f"The ferry to {town} {wide}", "and sank."] for town in towns]
    pages = [["Report 7", *body, f"- {number} -"] for number, body in enumerate(bodies, start=1)]
    pages[2][-2:] = ["and sank in the har-", "bour."]
    bodies[2][-1] = "and sank in the harbour."
    assert markup.from_pdf("a.pdf", pdf(*pages)).split("\n") == [
        line for head, long, end in bodies for line in (head, "", long, end, "")
    ]


def test_a_pdf_that_cannot_be_read() -> None:
    pypdf = pytest.importorskip("pypdf")
    locked, opened = io.BytesIO(), io.BytesIO()
    for passwords, file in ((("secret",), locked), (("", "owner"), opened)):
        writer = pypdf.PdfWriter(io.BytesIO(pdf(["The ferry sank."])))
        writer.encrypt(*passwords)
        writer.write(file)
    assert markup.from_pdf("a.pdf", opened.getvalue()).strip() == "The ferry sank."
    for data, message in [
        (locked.getvalue(), "asks for a password"),
        (b"", "damaged, or not a PDF file"),
        (b"no PDF", "damaged, or not a PDF file"),
        (pdf(["The ferry sank."])[:200], "damaged, or not a PDF file"),
        (pdf([]), "there is no text in it"),
    ]:
        with pytest.raises(InputError, match=rf"^a\.pdf: {message}[^\n]*$"):
            markup.from_pdf("a.pdf", data)


@pytest.mark.parametrize(
    ("kind", "package", "extra"), [("html", "trafilatura", "web"), ("pdf", "pypdf", "pdf")]
)
def test_a_missing_package_is_named(
    kind: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf'^a\.{kind}: .*pip install "textae\[{extra}\]"$'):
        getattr(markup, f"from_{kind}")(f"a.{kind}", b"")
