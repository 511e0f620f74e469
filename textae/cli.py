"""The command line: parse, call, write. Results go to standard output, everything else to standard error.

Nothing heavy (torch, transformers, numpy) is imported before a command needs it: ``--help`` is instant.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. A reader that stops early is no failure.
"""

from __future__ import annotations

import functools
import itertools
import json
import logging
import os
import queue
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, ParamSpec

import typer

from textae import __version__, textio
from textae.errors import TextaeError, UsageError
from textae.textio import Document

if TYPE_CHECKING:
    from tqdm import tqdm

# Batches summarized in one call: the more, the better rows of like length can share a batch.
BATCHES_A_CALL = 16
# Seconds without a new document after which those at hand are summarized: what a slow pipe waits at most.
PAUSE = 0.1
# Rows of an evaluation summarized in one call.
_PAIRS_A_CALL = 1024

# Options of `train` that take one value or more.
_SEVERAL = ("--documents", "--human-text", "--set")

_log = logging.getLogger("textae")
P = ParamSpec("P")

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Plain help: rich takes several times as long to import as everything else here.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

ModelOption = Annotated[
    str,
    typer.Option(
        metavar="NAME|PATH",
        help="A bundled model or a checkpoint folder; auto picks the bundled one by the script of the text.",
    ),
]
LengthOption = Annotated[
    str | None,
    typer.Option(
        metavar="N|P%",
        help="Longest summary: words (characters for Chinese), or a percentage of the document.",
    ),
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Args:
        arguments: without the program's name; those of the process when None.
    """
    app(args=arrange_arguments(sys.argv[1:] if arguments is None else arguments), prog_name="textae")


def arrange_arguments(arguments: Sequence[str]) -> list[str]:
    """Rewrite what click cannot parse into what it can; everything else stays as it is.

    1. ``--debug`` is an option of the program and is accepted anywhere: it moves to the front.
    2. ``train --documents a b`` becomes ``train --documents a --documents b``, and so do ``--human-text`` and
       ``--set``. ``train`` has no arguments of its own, so whatever follows such an option up to the next one
       belongs to it.
    """
    rest = [argument for argument in arguments if argument != "--debug"]
    front = ["--debug"] if len(rest) < len(arguments) else []
    command = next((argument for argument in rest if not argument.startswith("-")), None)
    if command != "train":
        return front + rest
    arranged: list[str] = []
    option, values = "", 0
    for argument in rest:
        if argument.startswith("-") and argument != textio.STDIN:
            name, equals, _ = argument.partition("=")
            option, values = name if name in _SEVERAL else "", 1 if equals else 0
            arranged.append(argument)
        else:
            arranged += [option, argument] if option and values else [argument]
            values += 1
    return front + arranged


def _reporting(command: Callable[P, None]) -> Callable[P, None]:
    """Turn a command's errors into one clear line and the exit code of the contract."""

    @functools.wraps(command)
    def reported(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt as error:
            raise _failed("interrupted", error, 130) from error
        except BrokenPipeError as error:
            _drop_output()
            raise typer.Exit(0) from error
        except TextaeError as error:
            raise _failed(str(error), error, 2 if isinstance(error, UsageError) else 1) from error
        except Exception as error:
            # The last resort of the whole program: the contract promises one line, whatever happens.
            cause = " ".join(str(error).split())
            message = cause if isinstance(error, OSError) else f"unexpected {type(error).__name__}: {cause}"
            raise _failed(f"{message} (--debug shows where)", error, 1) from error

    return reported


def _failed(message: str, error: BaseException, code: int) -> typer.Exit:
    _log.debug("what led to it:", exc_info=error)
    print(f"textae: error: {message}" if code != 130 else f"textae: {message}", file=sys.stderr)
    _drop_output()
    return typer.Exit(code)


def _drop_output() -> None:
    """Give up what standard output does not take, or the interpreter complains of it again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"textae {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _program(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Summarize text without ever having seen a summary: a text auto-encoder whose latent is words."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("textae: %(message)s"))
    _log.handlers = [handler]
    _log.setLevel(logging.DEBUG if debug else logging.INFO)
    if not debug:
        # What other libraries warn of is for developers; a handler that drops it keeps logging's last resort
        # from printing it.
        warnings.simplefilter("ignore")
        logging.getLogger().addHandler(logging.NullHandler())


@app.command()
@_reporting
def summarize(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help=".txt, .md, .html, .pdf, .jsonl, .csv, .tsv or .parquet, any of them .gz; none or - is "
            "standard input.",
        ),
    ] = None,
    model: ModelOption = "auto",
    length: LengthOption = None,
    style: Annotated[
        Literal["auto", "sentences", "short"],
        typer.Option(
            help="Whole sentences of the document, or short: headlines, and sentences cut down where the "
            "length has room for them; auto goes by the length."
        ),
    ] = "auto",
    lines: Annotated[bool, typer.Option("--lines", help="Plain text has one document a line.")] = False,
    text_field: Annotated[
        str, typer.Option(metavar="F", help="The field of a row that holds the document.")
    ] = "text",
    output_format: Annotated[
        Literal["text", "jsonl"],
        typer.Option("--format", help="One summary a line, or the input's rows with summary added."),
    ] = "text",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here, not to standard output.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Documents the model reads at once.")] = 64,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")] = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no warnings.")] = False,
) -> None:
    """Write a summary of each document, in the order given."""
    if quiet and not _log.isEnabledFor(logging.DEBUG):
        _log.setLevel(logging.ERROR)
    wanted = parse_length(length)
    documents = textio.read_documents(files or [], lines=lines, text_field=text_field)
    if (not files or textio.STDIN in files) and sys.stdin.isatty():
        _log.info("reading documents from the terminal; end with Ctrl-D")
    import textae
    from textae.segment import count_units

    # In a terminal the rows themselves are the progress.
    hidden = quiet or (output is None and sys.stdout.isatty())
    # In words, because a document may be a line or a book.
    with textio.SummaryWriter(output, output_format) as writer, _progress(hidden, "words") as bar:
        loaded = textae.load(model, device=device)
        for chunk in chunks(documents, batch_size):
            texts = [document.text for document in chunk]
            summaries = loaded.summarize(texts, length=wanted, batch_size=batch_size, style=style)
            for document, summary in zip(chunk, summaries, strict=True):
                writer.write(document, summary)
            bar.update(sum(map(count_units, texts)))


@app.command()
@_reporting
def train(
    documents: Annotated[
        list[str], typer.Option(metavar="FILE...", help="What shall be summarized: one text a line or row.")
    ],
    human_text: Annotated[
        list[str],
        typer.Option(
            metavar="FILE...",
            help="Human sentences in the style the summaries shall have, of other texts: one a line or row.",
        ),
    ],
    output: Annotated[
        Path, typer.Option(metavar="RUN", help="The run's folder; the model is left in RUN/model.")
    ],
    init: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH", help="Start from this model: ours or any sequence-to-sequence one."
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings in YAML.")] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE...", help="Settings that override those of --config."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that is in RUN.")] = False,
) -> None:
    """Train a model from documents and unpaired human sentences."""
    from textae.config import load_config

    settings = load_config(config, overrides or [])
    texts = list(textio.read_texts(documents))
    human = list(textio.read_texts(human_text))
    from textae import trainer

    trainer.train(settings, texts, human, output, init, resume)


@app.command()
@_reporting
def evaluate(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Rows with text and summary, or a list of summaries.")
    ],
    model: Annotated[
        str | None, typer.Option(metavar="NAME|PATH", help="The model to evaluate.", show_default="auto")
    ] = None,
    predictions: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Evaluate these summaries instead: one a line, or rows with summary."
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Another system's summaries, to test the difference against."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not a table.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Also write a page with examples to read.")
    ] = None,
    length: LengthOption = None,
    limit_bytes: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Recall of the first N bytes, not F1 (DUC 2004: 75)."),
    ] = None,
) -> None:
    """Score a model or summaries against human ones."""
    wanted = parse_length(length)
    if predictions is not None and (model is not None or length is not None):
        raise UsageError("--predictions are scored as they are: without --model and --length")
    if report is not None and not report.parent.is_dir():
        raise UsageError(f"--report {report}: no such folder")
    pairs = textio.read_pairs(file)
    compared = None if compare is None else textio.read_predictions(compare, pairs)
    if predictions is not None:
        perplexity = None
        summaries = textio.read_predictions(predictions, pairs)
    else:
        summaries, perplexity = _summarize_pairs(model or "auto", pairs, wanted)
    from textae import evaluation

    result = evaluation.evaluate(
        pairs,
        summaries,
        compare=compared,
        perplexity=perplexity,
        limit_bytes=limit_bytes,
        name=Path(predictions).name if predictions else model or "auto",
        compare_name=Path(compare).name if compare else "compared",
    )
    typer.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2) if as_json else result.table())
    if report is not None:
        report.write_text(result.to_html(), encoding="utf-8")


@app.command()
@_reporting
def models() -> None:
    """List the bundled models."""
    from textae import checkpoint

    entries = checkpoint.list_models()
    width = max((len(entry.name) for entry in entries), default=0)
    for entry in entries:
        typer.echo(f"{entry.name:{width}}  {entry.description}".rstrip())


@app.command()
@_reporting
def info(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A bundled model or a checkpoint folder.")],
) -> None:
    """Show what a model is made of."""
    import textae

    for key, value in textae.TextAutoencoder.from_pretrained(model).info().items():
        typer.echo(f"{key}: {value}")


def parse_length(text: str | None) -> int | float | None:
    """Words (or characters) as an int, a percentage as a share of the document, above 0 and up to 1.

    Raises:
        UsageError: for anything else.
    """
    if text is None:
        return None
    if re.fullmatch("[0-9]+", text) and int(text) > 0:
        return int(text)
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?%", text) and 0 < float(text[:-1]) <= 100:
        return float(text[:-1]) / 100
    raise UsageError(f"--length {text}: expected a count such as 10, or a percentage above 0% up to 100%")


def chunks(documents: Iterator[Document], batch_size: int) -> Iterator[list[Document]]:
    """What to summarize in one call: ``BATCHES_A_CALL`` batches, or fewer where the documents pause.

    The first is one batch, so that rows appear soon. A thread reads ahead: from a slow pipe, documents come
    out ``PAUSE`` seconds after they came in, while a file or a fast pipe always fills its chunks. Documents
    read before an error are handed on before it is raised.
    """
    waiting: queue.Queue[Document | Exception | None] = queue.Queue(maxsize=batch_size * BATCHES_A_CALL)

    def read() -> None:
        try:
            for document in documents:
                waiting.put(document)
        except Exception as error:
            waiting.put(error)
        else:
            waiting.put(None)

    # A daemon: it may wait for input that never comes when the program has reason to end.
    threading.Thread(target=read, daemon=True).start()
    for size in itertools.chain([batch_size], itertools.repeat(batch_size * BATCHES_A_CALL)):
        chunk = []
        item = waiting.get()
        while isinstance(item, Document):
            chunk.append(item)
            if len(chunk) == size:
                break
            try:
                item = waiting.get(timeout=PAUSE)
            except queue.Empty:
                break
        if chunk:
            yield chunk
        if item is None:
            return
        if isinstance(item, Exception):
            raise item


def _summarize_pairs(
    model: str, pairs: Sequence[textio.Pair], length: int | float | None
) -> tuple[list[str], Callable[[Sequence[str]], float] | None]:
    """The model's summaries, and the perplexity under its language model, if it has one."""
    import textae
    from textae.autoencoder import BundledModels

    loaded = textae.load(model)
    summaries: list[str] = []
    with _progress(hidden=False, unit="documents", total=len(pairs)) as bar:
        for start in range(0, len(pairs), _PAIRS_A_CALL):
            texts = [pair.text for pair in pairs[start : start + _PAIRS_A_CALL]]
            summaries += loaded.summarize(texts, length=length)
            bar.update(len(texts))
    one = loaded.for_text(pairs[0].text) if isinstance(loaded, BundledModels) else loaded
    return summaries, one.perplexity if "language_model" in one.networks else None


def _progress(hidden: bool, unit: str, total: int | None = None) -> tqdm[Any]:
    from tqdm import tqdm

    # disable=None shows it only where standard error is a terminal.
    return tqdm(total=total, unit=f" {unit}", unit_scale=total is None, disable=True if hidden else None)


if __name__ == "__main__":
    main()
