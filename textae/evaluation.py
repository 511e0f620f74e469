"""Score summaries against human ones: ROUGE with intervals and significance, diagnostics, baselines beside.

The figures of each row are computed once; intervals and significance come from resampling them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from textae.baselines import content_lead, lead, oracle
from textae.bootstrap import CONFIDENCE, RESAMPLES, Array, interval, p_values, resampled_means
from textae.diagnostics import Diagnostics, DocumentFacts, summarize_diagnostics
from textae.errors import TextaeError
from textae.report import html_page, text_table
from textae.rouge import METRICS, Rouge, tokenizer_for
from textae.segment import script_of

_RANDOM_EXAMPLES = 16
_EXTREME_EXAMPLES = 4

Perplexity = Callable[[Sequence[str]], float]
System = tuple[str, Sequence[str]]
"""A name and one summary for each pair."""


class EvaluationPair(Protocol):
    """A document and the summaries people wrote of it."""

    @property
    def text(self) -> str:
        """The document."""
        ...

    @property
    def references(self) -> Sequence[str]:
        """One human summary or more."""
        ...


@dataclass(frozen=True, slots=True)
class Score:
    """One figure of one system, from 0 to 1, with its 95 % interval and the settings it depends on."""

    value: float
    low: float
    high: float
    signature: str


@dataclass(frozen=True, slots=True)
class SystemScore:
    """All figures of one system; ``rouge`` is keyed by ``rouge1``, ``rouge2``, ``rougeL``.

    The references have an entry of their own, as the measure of the diagnostics, without ROUGE.
    """

    name: str
    rouge: dict[str, Score]
    diagnostics: Diagnostics


@dataclass(frozen=True, slots=True)
class Significance:
    """Whether the model differs from another system: model less other, its 95 % interval, two-sided p."""

    other: str
    metric: str
    difference: float
    low: float
    high: float
    p_value: float
    signature: str


@dataclass(frozen=True, slots=True)
class Example:
    """One row for a person to read; ``row`` is 1-based, ``rouge`` in the order of ``METRICS``."""

    kind: str
    """How it was chosen: ``"at random"``, ``"best"`` or ``"worst"``."""
    row: int
    text: str
    references: list[str]
    prediction: str
    new_words: set[str]
    rouge: list[float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The outcome of ``evaluate``: the model first, then what it was compared to, baselines, references."""

    signature: str
    count: int
    statistic: str
    systems: list[SystemScore]
    significance: list[Significance]
    examples: list[Example]

    def to_dict(self) -> dict[str, Any]:
        """Everything but the examples, as plain values for JSON; shares and scores from 0 to 1."""
        found = asdict(self)
        del found["examples"]
        return found

    def table(self) -> str:
        """The figures as aligned text for a terminal, scores and shares times 100."""
        return text_table(self)

    def to_html(self) -> str:
        """One self-contained page: scores with their intervals, diagnostics, examples to read."""
        return html_page(self)


def evaluate(
    pairs: Sequence[EvaluationPair],
    predictions: Sequence[str],
    *,
    compare: Sequence[str] | None = None,
    perplexity: Perplexity | None = None,
    limit_bytes: int | None = None,
    baselines: bool = True,
    seed: int = 0,
    name: str = "model",
    compare_name: str = "compared",
) -> Evaluation:
    """Score predictions, one for each pair and in the same order.

    Args:
        pairs: documents with their references.
        predictions: the model's summaries; an empty one scores 0.
        compare: another system's summaries, to test the difference for significance.
        perplexity: of a language model of headlines, from texts to their common perplexity.
        limit_bytes: report recall of that many bytes of each summary instead of F1 (DUC 2004: 75).
        baselines: also score lead, content lead and oracle, at the usual length of the documents' script.
        seed: of the bootstrap and of the choice of examples.
        name: what to call the model in tables.
        compare_name: what to call the other system.

    Raises:
        TextaeError: when there is nothing to score, or not one prediction for each pair.
    """
    if not pairs:
        raise TextaeError("nothing to evaluate: no rows")
    systems: list[System] = [(name, predictions)]
    if compare is not None:
        systems.append((compare_name, compare))
    for system, summaries in systems:
        if len(summaries) != len(pairs):
            raise TextaeError(f"{system}: {len(summaries)} summaries for {len(pairs)} documents")
    if baselines:
        systems += _baselines(pairs)

    rouge = Rouge(limit_bytes)
    signature = _signature(rouge, pairs, seed)
    references: System = ("reference", [pair.references[0] for pair in pairs])
    scores = _rouge_items(pairs, systems, rouge)
    diagnostics = _diagnostic_items(pairs, [*systems, references])
    described = [
        summarize_diagnostics(diagnostics[:, index], summaries, perplexity)
        for index, (_, summaries) in enumerate([*systems, references])
    ]
    low, high = interval(resampled_means(scores.reshape(len(pairs), -1), seed))
    intervals = np.stack([scores.mean(axis=0).ravel(), low, high], axis=-1)
    intervals = intervals.reshape(len(systems), len(METRICS), 3)
    return Evaluation(
        signature=signature,
        count=len(pairs),
        statistic=rouge.statistic,
        systems=[
            *(
                SystemScore(system, _scores(row, signature), found)
                for (system, _), row, found in zip(systems, intervals, described, strict=False)
            ),
            SystemScore(references[0], {}, described[-1]),
        ],
        significance=_significance([system for system, _ in systems], scores, seed, signature),
        examples=_examples(pairs, predictions, scores[:, 0], seed),
    )


def _baselines(pairs: Sequence[EvaluationPair]) -> list[System]:
    """The usual baselines, in words for a spaced script and in characters for Chinese."""

    def leads(*lengths: int) -> list[System]:
        return [(f"lead-{length}", [lead(pair.text, length) for pair in pairs]) for length in lengths]

    def best(length: int) -> System:
        return f"oracle-{length}", [oracle(pair.text, pair.references, length) for pair in pairs]

    if script_of("\n".join(pair.references[0] for pair in pairs)) in ("han", "hiragana"):
        return [*leads(20, 25), best(25)]
    content = ("content-lead-10", [content_lead(pair.text, 10) for pair in pairs])
    return [*leads(8, 10), content, best(10)]


def _rouge_items(pairs: Sequence[EvaluationPair], systems: Sequence[System], rouge: Rouge) -> Array:
    """``(rows, systems, metrics)``."""
    return np.array(
        [
            [rouge.score(summaries[row], pair.references) for _, summaries in systems]
            for row, pair in enumerate(pairs)
        ]
    )


def _diagnostic_items(pairs: Sequence[EvaluationPair], systems: Sequence[System]) -> Array:
    """``(rows, systems, diagnostics)``, NaN where a row cannot tell."""
    items = []
    for row, pair in enumerate(pairs):
        document = DocumentFacts(pair.text)
        items.append([document.diagnose(summaries[row]) for _, summaries in systems])
    return np.array(items)


def _signature(rouge: Rouge, pairs: Sequence[EvaluationPair], seed: int) -> str:
    tokenizers = sorted({tokenizer_for(pair.references).name for pair in pairs})
    settings = rouge.signature(tokenizers, [len(pair.references) for pair in pairs])
    return f"{settings}|rows:{len(pairs)}|bootstrap:{RESAMPLES},{CONFIDENCE:.0%}-percentile,seed-{seed}"


def _scores(intervals: Array, signature: str) -> dict[str, Score]:
    """From ``(metrics, 3)``: mean, low, high."""
    return {
        metric: Score(float(value), float(low), float(high), f"{metric}|{signature}")
        for metric, (value, low, high) in zip(METRICS, intervals, strict=True)
    }


def _significance(names: Sequence[str], scores: Array, seed: int, signature: str) -> list[Significance]:
    """The first system against every other but the oracle, which has seen the references."""
    others = [index for index, name in enumerate(names) if index and not name.startswith("oracle")]
    if not others:
        return []
    differences = (scores[:, :1] - scores[:, others]).reshape(len(scores), -1)
    means = resampled_means(differences, seed)
    columns = zip(differences.mean(axis=0), *interval(means), p_values(means), strict=True)
    labels = [(names[index], metric) for index in others for metric in METRICS]
    return [
        Significance(
            other, metric, float(mean), float(low), float(high), float(p), f"{metric}|paired|{signature}"
        )
        for (other, metric), (mean, low, high, p) in zip(labels, columns, strict=True)
    ]


def _examples(
    pairs: Sequence[EvaluationPair], predictions: Sequence[str], scores: Array, seed: int
) -> list[Example]:
    """Rows drawn at random, then the best and the worst by the sum of the metrics, each row once."""
    ranked = [int(row) for row in np.argsort(-scores.sum(axis=1), kind="stable")]
    drawn = sorted(random.Random(seed).sample(range(len(pairs)), min(_RANDOM_EXAMPLES, len(pairs))))
    chosen = {
        **dict.fromkeys(ranked[:_EXTREME_EXAMPLES], "best"),
        **dict.fromkeys(ranked[-_EXTREME_EXAMPLES:], "worst"),
        **dict.fromkeys(drawn, "at random"),
    }
    return [
        Example(
            kind=kind,
            row=row + 1,
            text=pairs[row].text,
            references=list(pairs[row].references),
            prediction=predictions[row],
            new_words=DocumentFacts(pairs[row].text).new_words(predictions[row]),
            rouge=[float(score) for score in scores[row]],
        )
        for row, kind in sorted(chosen.items(), key=lambda item: (item[1], item[0]))
    ]
