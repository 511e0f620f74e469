"""An evaluation as text for a terminal and as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING

from textae.segment import unit_spans

if TYPE_CHECKING:
    from textae.diagnostics import Diagnostics
    from textae.evaluation import Evaluation, Example, Score, Significance

_ROUGE = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _plain(value: float) -> str:
    return f"{value:.1f}"


# Field of Diagnostics, heading, format, and what a reader needs to know.
_DIAGNOSTICS: list[tuple[str, str, Callable[[float], str], str]] = [
    ("length", "length", _plain, "mean units: words, or characters for Chinese"),
    ("copied", "copied %", _percent, "share of a summary's units that stand in the document"),
    ("prefix", "prefix %", _percent, "summaries that are the document's first words"),
    ("repeated", "repeats %", _percent, "summaries that repeat a content word (Chinese: two characters)"),
    ("new_number", "new numbers %", _percent, "summaries with a number, in digits, absent from the document"),
    (
        "new_name",
        "new names %",
        _percent,
        "summaries with a name absent from the document; natural case only",
    ),
    ("open_end", "open end %", _percent, "summaries that end in a function word or comma"),
    ("empty", "empty %", _percent, "summaries without a word"),
    ("perplexity", "perplexity", _plain, "of the model's language model of headlines"),
]


def text_table(evaluation: Evaluation) -> str:
    """Scores with intervals, differences with p values, and diagnostics: scores and shares times 100."""
    scores = [["system", *(_ROUGE[metric] for metric in _metrics(evaluation))]]
    for system in evaluation.systems:
        if system.rouge:
            scores.append([system.name, *map(_with_interval, system.rouge.values())])
    parts = [
        f"ROUGE {evaluation.statistic} x 100 of {evaluation.count} rows [95 % interval]",
        _aligned(scores),
    ]
    differences = _difference_rows(evaluation)
    if differences:
        parts += [f"{evaluation.systems[0].name} less (paired bootstrap)", _aligned(differences)]
    diagnostics = [["system", *(heading for _, heading, _, _ in _DIAGNOSTICS)]]
    diagnostics += [[system.name, *_diagnostic_cells(system.diagnostics)] for system in evaluation.systems]
    parts += ["Diagnostics", _aligned(diagnostics), f"Signature: {evaluation.signature}"]
    return "\n\n".join(parts)


def html_page(evaluation: Evaluation) -> str:
    """A page that needs nothing beside itself; every text of the corpus is escaped."""
    model = evaluation.systems[0].name
    scored = [system for system in evaluation.systems if system.rouge]
    score_rows = [
        [escape(system.name), *(_with_interval(score) for score in system.rouge.values())]
        for system in scored
    ]
    metrics = _metrics(evaluation)
    sections = [
        f"<h1>Evaluation of {escape(model)}</h1>",
        f"<p>ROUGE {evaluation.statistic}, times 100, over {evaluation.count} rows, with 95 % bootstrap "
        "intervals. The oracle has seen the references: it shows how far choosing the document's own words "
        "can reach.</p>",
        '<div class="charts">',
        *(
            _chart(_ROUGE[metric], [(system.name, system.rouge[metric]) for system in scored])
            for metric in metrics
        ),
        "</div>",
        "<h2>Scores</h2>",
        _html_table(["system", *(_ROUGE[metric] for metric in metrics)], score_rows),
    ]
    differences = _difference_rows(evaluation)
    if differences:
        sections += [
            f"<h2>{escape(model)} less the others</h2>",
            "<p>Differences with 95 % intervals and two-sided p by the paired bootstrap.</p>",
            _html_table(differences[0], [[escape(cell) for cell in row] for row in differences[1:]]),
        ]
    diagnostics = [
        [escape(system.name), *_diagnostic_cells(system.diagnostics)] for system in evaluation.systems
    ]
    notes = "".join(f"<dt>{heading}</dt><dd>{note}</dd>" for _, heading, _, note in _DIAGNOSTICS)
    sections += [
        "<h2>Diagnostics</h2>",
        "<p>The row of the references shows what people do.</p>",
        _html_table(["system", *(heading for _, heading, _, _ in _DIAGNOSTICS)], diagnostics),
        f"<dl>{notes}</dl>",
        "<h2>Examples</h2>",
        "<p><mark>Marked</mark> words do not stand in the document.</p>",
        *map(_example, evaluation.examples),
        "<h2>Signature</h2>",
        f"<p><code>{escape(evaluation.signature)}</code></p>",
    ]
    return _PAGE.substitute(title=escape(model), body="\n".join(sections))


def _metrics(evaluation: Evaluation) -> list[str]:
    return list(evaluation.systems[0].rouge)


def _with_interval(score: Score) -> str:
    return f"{100 * score.value:.2f} [{100 * score.low:.2f}, {100 * score.high:.2f}]"


def _difference(entry: Significance) -> str:
    difference, low, high = (f"{100 * value:+.2f}" for value in (entry.difference, entry.low, entry.high))
    return f"{difference} [{low}, {high}] p={entry.p_value:.3f}"


def _difference_rows(evaluation: Evaluation) -> list[list[str]]:
    if not evaluation.significance:
        return []
    metrics = _metrics(evaluation)
    cells = [_difference(entry) for entry in evaluation.significance]
    others = [entry.other for entry in evaluation.significance][:: len(metrics)]
    rows = [
        [other, *cells[start : start + len(metrics)]]
        for other, start in zip(others, range(0, len(cells), len(metrics)), strict=True)
    ]
    return [["system", *(_ROUGE[metric] for metric in metrics)], *rows]


def _diagnostic_cells(diagnostics: Diagnostics) -> list[str]:
    values = [(getattr(diagnostics, field), style) for field, _, style, _ in _DIAGNOSTICS]
    return ["n/a" if value is None else style(value) for value, style in values]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _html_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _chart(title: str, scores: Sequence[tuple[str, Score]]) -> str:
    """Bars with their intervals as inline SVG, the model's own in another colour."""
    left, width, line = 150, 230, 24
    height = line * len(scores) + 30
    scale = width / max(max(score.high for _, score in scores), 0.01)
    parts = [
        f'<svg viewBox="0 0 {left + width + 60} {height}" role="img" aria-label="{escape(title)}">',
        f'<text x="0" y="16" class="title">{escape(title)}</text>',
    ]
    for index, (name, score) in enumerate(scores):
        top = 28 + index * line
        middle = top + 8
        low, high = left + score.low * scale, left + score.high * scale
        parts.append(
            f'<text x="{left - 8}" y="{middle + 4}" text-anchor="end">{escape(_shortened(name))}</text>'
            f'<rect x="{left}" y="{top}" width="{score.value * scale:.1f}" height="16"'
            f' class="{"model" if index == 0 else "other"}"/>'
            f'<path d="M{low:.1f} {middle - 4}v8m0 -4H{high:.1f}m0 -4v8" class="interval"/>'
            f'<text x="{high + 6:.1f}" y="{middle + 4}">{100 * score.value:.1f}</text>'
        )
    return "".join([*parts, "</svg>"])


def _shortened(name: str) -> str:
    return name if len(name) <= 20 else f"…{name[-19:]}"


def _example(example: Example) -> str:
    figures = " / ".join(f"{100 * score:.1f}" for score in example.rouge)
    references = "".join(f"<dt>reference</dt><dd>{escape(text)}</dd>" for text in example.references)
    return (
        f'<section><p class="row">Row {example.row}, {example.kind}, ROUGE-1/2/L {figures}</p><dl>'
        f"<dt>summary</dt><dd>{_marked(example.prediction, example.new_words) or '<em>empty</em>'}</dd>"
        f'{references}<dt>document</dt><dd class="document">{escape(example.text)}</dd></dl></section>'
    )


def _marked(summary: str, new_words: set[str]) -> str:
    """A summary as HTML, with the units marked that do not stand in the document."""
    parts, done = [], 0
    for start, end in unit_spans(summary):
        parts.append(escape(summary[done:start]))
        word = escape(summary[start:end])
        parts.append(f"<mark>{word}</mark>" if summary[start:end] in new_words else word)
        done = end
    return "".join([*parts, escape(summary[done:])])


_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: light-dark(#1d2530, #e4e8ee); --quiet: light-dark(#5a6675, #9aa6b4);
  --line: light-dark(#dde2e8, #333c47); --model: light-dark(#2f6fb5, #6aa5e4);
  --other: light-dark(#c3cbd5, #515d6b); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem; } svg { flex: 1 1 20rem; max-width: 30rem; }
svg text { font-size: 12px; fill: var(--ink); } svg .title { font-weight: 600; font-size: 13px; }
.model { fill: var(--model); } .other { fill: var(--other); } .interval { stroke: var(--ink); fill: none; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { color: var(--quiet); font-weight: 600; } th:first-child, td:first-child { text-align: left; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: .5rem 0; } .row { color: var(--quiet); margin: 0; }
.document { max-height: 12rem; overflow-y: auto; white-space: pre-wrap; } code { overflow-wrap: anywhere; }
</style>
</head>
<body>
$body
</body>
</html>
""")
