from __future__ import annotations

import json
import logging
import os
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import pytest

import textae
from textae import cli
from textae.errors import CheckpointError, InputError, UsageError
from textae.textio import Document

Run = Callable[..., SimpleNamespace]


class FirstWords:
    """Stands in for a model: the summary is the first words (two, unless said otherwise)."""

    networks = ("generator", "language_model")

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def load(self, name: str, device: str = "auto") -> FirstWords:
        self.calls.append({"model": name, "device": device})
        return self

    def summarize(self, texts: Sequence[str], **options: Any) -> list[str]:
        self.calls.append({"texts": list(texts), **options})
        if any("unlucky" in text for text in texts):
            raise RuntimeError("no luck\nat all")
        length = options["length"]
        return [" ".join(text.split()[: length if isinstance(length, int) else 2]) for text in texts]

    def perplexity(self, texts: Sequence[str]) -> float:
        return 123.0


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> FirstWords:
    fake = FirstWords()
    # Into the module's dictionary, because asking the module for `load` would import torch.
    monkeypatch.setitem(vars(textae), "load", fake.load)
    return fake


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command line in this process; gives ``code``, ``out`` and ``err``."""

    def call(*arguments: object) -> SimpleNamespace:
        with pytest.raises(SystemExit) as exit_:
            cli.main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return SimpleNamespace(code=exit_.value.code or 0, out=captured.out, err=captured.err)

    yield call
    logging.getLogger("textae").handlers.clear()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        '{"id": 1, "text": "one two three"}\n{"id": 2, "text": ""}\n{"id": 3, "text": "甲 乙 丙"}\n',
        encoding="utf-8",
    )
    return path


# What the arguments mean


@pytest.mark.parametrize(
    ("text", "length"),
    [(None, None), ("10", 10), ("1", 1), ("10%", 0.1), ("2.5%", 0.025), ("100%", 1.0)],
)
def test_length(text: str | None, length: float | None) -> None:
    parsed = cli.parse_length(text)
    assert parsed == length
    assert type(parsed) is type(length)


@pytest.mark.parametrize(
    "text", ["0", "-5", "0%", "0.0%", "101%", "100.1%", "0.3", "ten", "", "%", "1e3", "１０", "5 words"]
)
def test_a_length_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match=f"--length {re.escape(text)}: expected"):
        cli.parse_length(text)


@pytest.mark.parametrize(
    ("given", "arranged"),
    [
        ("", ""),
        ("summarize a b --debug", "--debug summarize a b"),
        ("--debug summarize a --debug", "--debug summarize a"),
        ("summarize --documents a b", "summarize --documents a b"),
        ("train --documents a b c", "train --documents a --documents b --documents c"),
        (
            "train --documents a - --human-text=c d --output RUN --set x=1 y=2 --resume",
            "train --documents a --documents - --human-text=c --human-text d --output RUN "
            "--set x=1 --set y=2 --resume",
        ),
        ("train --documents a --documents b", "train --documents a --documents b"),
        # A stray word stays one, for click to complain of.
        ("train --documents a --output RUN b", "train --documents a --output RUN b"),
        ("train --resume b", "train --resume b"),
    ],
)
def test_arranged_arguments(given: str, arranged: str) -> None:
    assert cli.arrange_arguments(given.split()) == arranged.split()


def test_no_arguments_show_the_help(run: Run) -> None:
    result = run()
    assert (result.code, result.err) == (0, "")
    assert all(command in result.out for command in ("summarize", "train", "evaluate", "models", "info"))


def test_version(run: Run) -> None:
    result = run("--version")
    assert (result.code, result.err) == (0, "")
    assert result.out == f"textae {textae.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["summarize", "--frobnicate"],
        ["summarize", "--format", "xml"],
        ["summarize", "--batch-size", "0"],
        ["summarize", "--device", "abacus"],
        ["summarize", "--length", "0"],
        ["summarize", "--length", "-3"],
        ["train", "--documents", "a.txt", "--output", "RUN"],
        ["evaluate"],
        ["info"],
    ],
)
def test_wrong_usage_exits_with_2(run: Run, model: FirstWords, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err
    assert model.calls == []


# summarize


def test_text_output_in_order_with_an_empty_line_for_an_empty_document(
    run: Run, model: FirstWords, rows: Path, tmp_path: Path
) -> None:
    story = tmp_path / "story.txt"
    story.write_text("last one\nof all")
    result = run("summarize", rows, story)
    assert (result.code, result.out, result.err) == (0, "one two\n\n甲 乙\nlast one\n", "")


def test_jsonl_output_keeps_the_rows(run: Run, model: FirstWords, rows: Path) -> None:
    result = run("summarize", rows, "--format", "jsonl", "--length", "1")
    assert [json.loads(line) for line in result.out.splitlines()] == [
        {"id": 1, "text": "one two three", "summary": "one"},
        {"id": 2, "text": "", "summary": ""},
        {"id": 3, "text": "甲 乙 丙", "summary": "甲"},
    ]


@pytest.mark.parametrize("files", [[], ["-"]])
def test_stdin(run: Run, model: FirstWords, stdin: Callable[[bytes], None], files: list[str]) -> None:
    stdin(b"a b c\nd e f\n")
    assert run("summarize", *files).out == "a b\n"
    stdin(b"a b c\nd e f\n")
    assert run("summarize", "--lines", *files).out == "a b\nd e\n"
    stdin(b'{"text": "a b c"}\n{"text": "d e f"}\n')
    assert run("summarize", *files).out == "a b\nd e\n"


def test_options_reach_the_model(run: Run, model: FirstWords, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,body\nno,a b c\n")
    result = run(
        *("summarize", path, "--model", "en", "--length", "50%", "--text-field", "body"),
        *("--batch-size", "3", "--device", "cpu", "--style", "short"),
    )
    assert result.out == "a b\n"
    assert model.calls == [
        {"model": "en", "device": "cpu"},
        {"texts": ["a b c"], "length": 0.5, "batch_size": 3, "style": "short"},
    ]


def test_defaults(run: Run, model: FirstWords, rows: Path) -> None:
    run("summarize", rows)
    assert model.calls[0] == {"model": "auto", "device": "auto"}
    assert model.calls[1]["length"] is None


def test_output_to_a_file(run: Run, model: FirstWords, rows: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    result = run("summarize", rows, "--output", output)
    assert (result.code, result.out, result.err) == (0, "", "")
    assert output.read_text(encoding="utf-8") == "one two\n\n甲 乙\n"


def test_a_failure_leaves_no_file(run: Run, model: FirstWords, rows: Path, tmp_path: Path) -> None:
    with rows.open("a") as more:
        more.write('{"text": "unlucky"}\n')
    result = run("summarize", rows, "--output", tmp_path / "out.txt")
    assert result.code == 1
    assert list(tmp_path.iterdir()) == [rows]


def test_rows_before_a_broken_one_are_summarized(run: Run, model: FirstWords, rows: Path) -> None:
    with rows.open("a") as more:
        more.write("{broken\n")
    result = run("summarize", rows)
    assert (result.code, result.out) == (1, "one two\n\n甲 乙\n")
    assert result.err.startswith(f"textae: error: {rows}:4: broken JSON")
    assert result.err.count("\n") == 1


def test_an_output_that_cannot_be_written_is_found_before_the_model_is_loaded(
    run: Run, model: FirstWords, rows: Path, tmp_path: Path
) -> None:
    result = run("summarize", rows, "--output", tmp_path / "none" / "out.txt")
    assert result.code == 1
    assert re.fullmatch(r"textae: error: .*out\.txt: cannot write \(No such file.*\)\n", result.err)
    assert model.calls == []


def test_warnings_go_to_stderr_unless_quiet(
    run: Run, model: FirstWords, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: Any, **__: Any) -> FirstWords:
        logging.getLogger("textae.somewhere").warning("read in parts")
        return model

    monkeypatch.setitem(vars(textae), "load", load)
    result = run("summarize", rows)
    assert (result.code, result.err) == (0, "textae: read in parts\n")
    assert result.out == "one two\n\n甲 乙\n"
    assert run("summarize", rows, "--quiet").err == ""


# Chunks


def documents(count: int) -> Iterator[Document]:
    return (Document(str(number), None, "-", number) for number in range(count))


def test_the_first_chunk_is_one_batch_and_the_others_many() -> None:
    sizes = [len(chunk) for chunk in cli.chunks(documents(100), 2)]
    assert sizes == [2, 32, 32, 32, 2]


def test_chunks_keep_the_order_and_lose_nothing() -> None:
    found = [document.text for chunk in cli.chunks(documents(99), 4) for document in chunk]
    assert found == [str(number) for number in range(99)]


def test_a_pause_ends_a_chunk() -> None:
    go_on = threading.Event()

    def slowly() -> Iterator[Document]:
        yield from documents(3)
        assert go_on.wait(5)
        yield from documents(1)

    found = cli.chunks(slowly(), 8)
    assert len(next(found)) == 3
    go_on.set()
    assert [len(chunk) for chunk in found] == [1]


def test_documents_before_an_error_come_first() -> None:
    def broken() -> Iterator[Document]:
        yield from documents(3)
        raise InputError("-", "broken", 4)

    found = cli.chunks(broken(), 8)
    assert len(next(found)) == 3
    with pytest.raises(InputError, match="-:4: broken"):
        next(found)


# Errors


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (CheckpointError("x: not a checkpoint"), 1, "textae: error: x: not a checkpoint\n"),
        (UsageError("no CUDA here"), 2, "textae: error: no CUDA here\n"),
        (ValueError("a\nb"), 1, "textae: error: unexpected ValueError: a b (--debug shows where)\n"),
        (OSError(28, "No space"), 1, "textae: error: [Errno 28] No space (--debug shows where)\n"),
        (KeyboardInterrupt(), 130, "textae: interrupted\n"),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_an_error_is_one_line_and_a_code(
    run: Run, rows: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    def load(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setitem(vars(textae), "load", load)
    result = run("summarize", rows)
    assert (result.code, result.out, result.err) == (code, "", line)


@pytest.mark.parametrize("arguments", [["--debug", "summarize"], ["summarize", "--debug", "--quiet"]])
def test_debug_shows_the_traceback(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    result = run(*arguments, tmp_path / "none.txt")
    assert result.code == 1
    assert "Traceback (most recent call last)" in result.err
    assert result.err.endswith("none.txt: no such file\n")


# train


@pytest.fixture
def corpora(tmp_path: Path) -> SimpleNamespace:
    for name, content in {
        "a.txt": "one\n\ntwo\n",
        "b.jsonl": '{"text": "three"}\n',
        "h.txt": "head\n",
    }.items():
        (tmp_path / name).write_text(content)
    return SimpleNamespace(a=tmp_path / "a.txt", b=tmp_path / "b.jsonl", human=tmp_path / "h.txt")


def test_train_reads_its_corpora_and_settings(
    run: Run, corpora: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from textae import trainer

    train = create_autospec(trainer.train)
    monkeypatch.setattr(trainer, "train", train)
    result = run(
        *("train", "--documents", corpora.a, corpora.b, "--human-text", corpora.human),
        *(
            "--output",
            tmp_path / "run",
            "--init",
            "bart",
            "--set",
            "seed=3",
            "adversarial.steps=0",
            "--resume",
        ),
    )
    assert (result.code, result.out, result.err) == (0, "", "")
    settings, *rest = train.call_args.args
    assert (settings.seed, settings.adversarial.steps) == (3, 0)
    assert rest == [["one", "two", "three"], ["head"], tmp_path / "run", "bart", True]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--set", "sed=3"], 2, "sed"),
        (["--set", "seed=x"], 2, "seed must be a whole number"),
        (["--config", "none.yaml"], 2, "none.yaml"),
        (["--human-text", "none.txt"], 1, "none.txt: no such file"),
    ],
)
def test_what_train_cannot_begin_with(
    run: Run, corpora: SimpleNamespace, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    output = tmp_path / "run"
    result = run(
        *("train", "--documents", corpora.a, "--human-text", corpora.human, "--output", output, *arguments)
    )
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not output.exists()


# evaluate


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    texts = ["ferry services stop in heavy wind", "council opens library on monday"]
    references = ["ferry services stop", "council opens library"]
    path.write_text(
        "".join(json.dumps({"text": t, "summary": r}) + "\n" for t, r in zip(texts, references, strict=True))
    )
    return path


def test_evaluate_a_model(run: Run, model: FirstWords, pairs: Path, tmp_path: Path) -> None:
    result = run("evaluate", pairs, "--model", "en", "--length", "3", "--report", tmp_path / "report.html")
    assert (result.code, result.err) == (0, "")
    assert model.calls[0]["model"] == "en"
    assert model.calls[1]["length"] == 3
    assert "100.00" in result.out
    assert "123" in result.out
    assert "<html" in (tmp_path / "report.html").read_text()


def test_evaluate_predictions_as_json(run: Run, model: FirstWords, pairs: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("ferry services stop\ncouncil opens library\n")
    bad.write_text("services\nlibrary\n")
    result = run("evaluate", pairs, "--predictions", good, "--compare", bad, "--json")
    assert (result.code, result.err) == (0, "")
    first, second = json.loads(result.out)["systems"][:2]
    assert (first["name"], first["rouge"]["rouge1"]["value"]) == ("good.txt", 1)
    assert (second["name"], second["rouge"]["rouge1"]["value"]) == ("bad.txt", 0.5)
    assert model.calls == []


def test_evaluate_recall_of_the_first_bytes(run: Run, pairs: Path, tmp_path: Path) -> None:
    predictions = tmp_path / "predictions.txt"
    predictions.write_text("ferry and much that is cut\ncouncil and much that is cut\n")
    result = run("evaluate", pairs, "--predictions", predictions, "--limit-bytes", "9", "--json")
    assert json.loads(result.out)["systems"][0]["rouge"]["rouge1"]["value"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--predictions", "p.txt", "--model", "en"], 2, "without --model and --length"),
        (["--predictions", "p.txt", "--length", "3"], 2, "without --model and --length"),
        (["--predictions", "pairs.jsonl", "--report", "none/r.html"], 2, "none/r.html: no such folder"),
        (["--predictions", "short.txt"], 1, "short.txt: 1 summaries for 2 documents"),
        (["--compare", "short.txt"], 1, "short.txt: 1 summaries for 2 documents"),
    ],
)
def test_what_evaluate_refuses(
    run: Run,
    model: FirstWords,
    pairs: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(pairs.parent)
    Path("short.txt").write_text("one\n")
    result = run("evaluate", pairs, *arguments)
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert model.calls == []


# models, info


def test_models(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from textae import checkpoint

    entries = [
        checkpoint.ModelEntry("en", Path("en"), "English news"),
        checkpoint.ModelEntry("zh-hant", Path("zh"), "Chinese news"),
    ]
    monkeypatch.setattr(checkpoint, "list_models", lambda: entries)
    result = run("models")
    assert (result.code, result.err) == (0, "")
    assert result.out == "en       English news\nzh-hant  Chinese news\n"


def test_info(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = SimpleNamespace(info=lambda: {"vocabulary": 8000, "device": "cpu"})
    monkeypatch.setitem(vars(textae), "TextAutoencoder", SimpleNamespace(from_pretrained=lambda _: opened))
    result = run("info", "en")
    assert (result.code, result.out, result.err) == (0, "vocabulary: 8000\ndevice: cpu\n", "")


def test_info_on_what_is_no_model(run: Run, tmp_path: Path) -> None:
    result = run("info", tmp_path)
    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(r"textae: error: .*not a textae checkpoint.*\n", result.err)


# In a process of its own

PROGRAM = """
import sys, textae
from textae import cli
class Model:
    def summarize(self, texts, **options):
        return [text[:3] for text in texts]
textae.load = lambda *names, **options: Model()
textae.TextAutoencoder = type("", (), {
    "from_pretrained": lambda name: type("", (), {"info": lambda self: {"device": "cpu"}})()
})
cli.main(sys.argv[1:])
"""


def start(*arguments: object, **streams: Any) -> subprocess.Popen[bytes]:
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    # Buffered, as it is for most people: only then does a missing flush show.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environment |= streams.pop("env", {})
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env=environment,
        # Whoever runs these tests in the background ignores Ctrl-C, and so would its children.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        **streams,
    )


def send(process: subprocess.Popen[bytes], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps({"text": text}).encode() + b"\n")
    process.stdin.flush()


def receive(process: subprocess.Popen[bytes]) -> bytes:
    """The next line of standard output; empty when there is none within 10 seconds."""
    assert process.stdout is not None
    return process.stdout.readline() if select.select([process.stdout], [], [], 10)[0] else b""


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["summarize", "--help"], ["summarize", "--length", "0"]]
)
def test_help_and_wrong_usage_import_nothing_heavy(arguments: list[str]) -> None:
    program = """
import atexit, sys
heavy = ("torch", "transformers", "numpy", "rich", "tqdm", "yaml", "pyarrow")
atexit.register(lambda: print("heavy:", *[name for name in heavy if name in sys.modules], file=sys.stderr))
from textae import cli
cli.main(sys.argv[1:])
"""
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].split() == ["heavy:"]


def test_a_slow_pipe_streams_and_ctrl_c_exits_with_130() -> None:
    process = start("summarize", "--format", "jsonl")
    for text in ("first", "second"):
        send(process, text)
        # Standard input stays open: the row must come out all the same.
        assert json.loads(receive(process)) == {"text": text, "summary": text[:3]}
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert process.communicate() == (b"", b"textae: interrupted\n")


def test_ctrl_c_leaves_no_half_written_file(tmp_path: Path) -> None:
    process = start("summarize", "--output", tmp_path / "out.txt")
    send(process, "first")
    deadline = time.monotonic() + 10
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    process.communicate()
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_stops_early_is_quiet(tmp_path: Path) -> None:
    # Standard input never ends here, so `head -1` also shows that it is not read to its end.
    endless = subprocess.Popen(["yes", '{"text": "abcdef"}'], stdout=subprocess.PIPE)
    process = start("summarize", stdin=endless.stdout)
    head = subprocess.run(["head", "-1"], stdin=process.stdout, capture_output=True)
    assert process.stdout is not None
    process.stdout.close()
    assert head.stdout == b"abc\n"
    assert process.wait(10) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    endless.kill()
    endless.wait()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["summarize"], "standard output: cannot write (No space left on device)"),
        (["info", "en"], "[Errno 28] No space left on device (--debug shows where)"),
    ],
)
def test_standard_output_on_a_full_disk(arguments: list[str], message: str) -> None:
    with open("/dev/full", "wb") as full:
        process = start(*arguments, stdout=full)
    _, errors = process.communicate(b"a text")
    assert errors.decode() == f"textae: error: {message}\n"
    assert process.returncode == 1


def test_a_reader_that_is_gone_before_the_first_word_is_quiet() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = start("info", "en", stdout=writing)
    os.close(writing)
    assert process.communicate() == (None, b"")
    assert process.returncode == 0


def test_utf_8_whatever_the_locale() -> None:
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = start("summarize", env=environment)
    out, errors = process.communicate("渡輪服務取消".encode())
    assert (out.decode(), errors) == ("渡輪服\n", b"")


@pytest.mark.parametrize("name", ["a.pdf", "a.html"])
def test_a_damaged_page_gives_one_line_whatever_its_reader_logs(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"neither")
    process = start("summarize", path)
    out, errors = process.communicate()
    assert (out, process.returncode) == (b"", 1)
    assert re.fullmatch(f"textae: error: {path}: [^\n]+\n", errors.decode())


def test_progress_is_shown_only_in_a_terminal(tmp_path: Path) -> None:
    master, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    output = tmp_path / "out.txt"
    process = start("summarize", "--output", output, stderr=terminal)
    os.close(terminal)
    process.communicate(b"a text")
    shown = b""
    while b"2.00 words" not in shown:
        shown += os.read(master, 4096)
    os.close(master)
    assert output.read_text() == "a t\n"
