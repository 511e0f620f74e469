"""Write a public summarization set as the JSONL files that ``textae`` reads.

For ``textae evaluate``, rows of ``id``, ``text`` and ``summary``:

    python scripts/prepare_public.py xsum --split test --output xsum-test.jsonl

For ``textae train``, two files that share no story, ``documents.jsonl`` and ``human_text.jsonl``:

    python scripts/prepare_public.py gigaword --split train --unpaired --output gigaword-unpaired

The set is streamed from the Hugging Face hub, only the split that is asked for, or read from ``--local``: a
Parquet, JSONL or CSV file (which is then the whole split), a folder of such files, or a folder that
``Dataset.save_to_disk`` wrote. Needs ``pip install "textae[datasets]"``.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from textae.errors import InputError, TextaeError, UsageError


@dataclass(frozen=True)
class PublicSet:
    """Where a set lies on the hub and what its columns are called.

    Args:
        hub_name: the repository on the hub. It must hold data files: loading scripts no longer run.
        text_columns: the names the document's column goes by in the copies in use.
        summary_column: the name of the summary's column.
        config: the configuration within the repository.
        revision: the branch within the repository.
    """

    hub_name: str
    text_columns: tuple[str, ...]
    summary_column: str
    config: str | None = None
    revision: str | None = None


@dataclass(frozen=True)
class Pair:
    """One row of a set: a document and the summary a person wrote of it."""

    id: str
    text: str
    summary: str


# Harvard/gigaword holds only a loading script; the mirror named here has the same rows and splits as Parquet,
# with the column `document` renamed to `article`. XSum's data files are on the hub's conversion branch.
PUBLIC_SETS = {
    "gigaword": PublicSet("SalmanFaroz/gigaword", ("document", "article"), "summary"),
    "cnn_dailymail": PublicSet("abisee/cnn_dailymail", ("article",), "highlights", config="3.0.0"),
    "xsum": PublicSet("EdinburghNLP/xsum", ("document",), "summary", revision="refs/convert/parquet"),
}

_FORMATS = {".parquet": "parquet", ".jsonl": "json", ".json": "json", ".csv": "csv"}


def read_rows(public_set: PublicSet, split: str, local: Path | None) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a split, from the hub or from a local copy.

    Raises:
        UsageError: the local file's format is not one that can be read.
        InputError: no copy, hub not reachable, no such split, or a file that cannot be parsed.
        TextaeError: the ``datasets`` library is not installed.
    """
    try:
        import datasets
    except ImportError as error:
        raise TextaeError('needs the datasets library: pip install "textae[datasets]"') from error
    # They log each retry and each unreadable file; the error raised here says it once.
    for library in ("datasets", "huggingface_hub"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    source = str(local or public_set.hub_name)
    if local is not None and not local.exists():
        raise InputError(local, "no such file or folder")
    try:
        splits = _open_local(local, public_set, split) if local else _open_hub(public_set)
        if split not in splits:
            raise InputError(source, f"no split '{split}': it has {', '.join(sorted(splits))}")
        yield from splits[split]
    except StopIteration as error:  # datasets lets it out when a JSON file is empty
        raise InputError(source, f"no rows in split '{split}'") from error
    except ConnectionError as error:
        message = "cannot reach the Hugging Face hub: check the connection, or give a local copy with --local"
        raise InputError(source, message) from error
    # What datasets and pyarrow raise for files they cannot read; RuntimeError is for a loading script.
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise InputError(source, f"cannot be read: {' '.join(str(error).split())}") from error


def _open_hub(public_set: PublicSet) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    import datasets

    return datasets.load_dataset(
        public_set.hub_name, public_set.config, revision=public_set.revision, streaming=True
    )


def _open_local(path: Path, public_set: PublicSet, split: str) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    import datasets

    if path.is_file():
        suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
        if suffix not in _FORMATS:
            raise UsageError(f"{path}: not a .parquet, .jsonl, .json or .csv file, nor a folder")
        return datasets.load_dataset(_FORMATS[suffix], data_files={split: str(path)}, streaming=True)
    if (path / "dataset_dict.json").exists():
        return datasets.load_from_disk(str(path))
    if (path / "state.json").exists():
        return {split: datasets.load_from_disk(str(path))}
    # A clone of the hub's repository has its configurations, a plain folder of files has only "default".
    known = datasets.get_dataset_config_names(str(path))
    config = public_set.config if public_set.config in known else None
    return datasets.load_dataset(str(path), config, streaming=True)


def read_pairs(name: str, split: str, local: Path | None = None) -> Iterator[Pair]:
    """Yield the pairs of a split in order, whitespace tidied and nothing else changed.

    Gigaword keeps its tokenised form (``-lrb-``, ``UNK``); lines stay lines, since the highlights of
    CNN/DailyMail are one sentence a line, which is what rougeLsum needs. Rows without a document or without a
    summary are left out, and how many is said on standard error.

    Raises:
        InputError: as ``read_rows``, and when a column is missing or no row is left.
    """
    public_set = PUBLIC_SETS[name]
    source = str(local or public_set.hub_name)
    kept = skipped = 0
    for index, row in enumerate(read_rows(public_set, split, local)):
        text = tidy(_column(row, public_set.text_columns, source))
        summary = tidy(_column(row, (public_set.summary_column,), source))
        if text and summary:
            kept += 1
            yield Pair(str(row.get("id") or f"{name}-{split}-{index}"), text, summary)
        else:
            skipped += 1
    if not kept:
        raise InputError(source, f"no row of split '{split}' has both a document and a summary")
    if skipped:
        print(f"left out {skipped} rows without a document or a summary", file=sys.stderr)


def _column(row: Mapping[str, Any], names: Sequence[str], source: str) -> str:
    for name in names:
        if name in row:
            return "" if row[name] is None else str(row[name])
    raise InputError(source, f"no column '{' or '.join(names)}': it has {', '.join(row)}")


def tidy(text: str) -> str:
    """Return the text with one space between words, and no empty line."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def write_paired(pairs: Iterable[Pair], output: Path) -> int:
    """Write rows of ``id``, ``text`` and ``summary`` to a file; return their number."""
    count = 0
    with _replacing(output) as stream:
        for pair in pairs:
            _write_row(stream, {"id": pair.id, "text": pair.text, "summary": pair.summary})
            count += 1
    return count


def write_unpaired(pairs: Iterable[Pair], output: Path) -> tuple[int, int]:
    """Write the documents of the even rows and the summaries of the odd rows to two files in a folder.

    News sets hold many stories twice. A summary is therefore left out when its document, or the summary
    itself, also occurs among the even rows: no document's own summary is among the human text. The odd rows'
    summaries are held in memory for that (about 0.5 GB for the whole of Gigaword).

    Returns:
        The numbers of documents and of human sentences.
    """
    documents = 0
    seen_texts: set[int] = set()
    seen_summaries: set[int] = set()
    odd: list[tuple[int, Pair]] = []
    with _replacing(output / "documents.jsonl") as stream:
        for index, pair in enumerate(pairs):
            if index % 2:
                odd.append((_key(pair.text), Pair(pair.id, "", pair.summary)))
                continue
            _write_row(stream, {"id": pair.id, "text": pair.text})
            documents += 1
            seen_texts.add(_key(pair.text))
            seen_summaries.add(_key(pair.summary))
    human = [pair for key, pair in odd if key not in seen_texts and _key(pair.summary) not in seen_summaries]
    with _replacing(output / "human_text.jsonl") as stream:
        for pair in human:
            _write_row(stream, {"id": pair.id, "text": pair.summary})
    return documents, len(human)


def _key(text: str) -> int:
    return hash(text.casefold())


def _write_row(stream: TextIO, row: Mapping[str, str]) -> None:
    stream.write(json.dumps(row, ensure_ascii=False) + "\n")


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """Open a file that takes its name only when it is whole, so that a failed run leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("w", encoding="utf-8") as stream:
            yield stream
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0 done, 1 failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(description="Write a public summarization set as JSONL for textae.")
    parser.add_argument("name", choices=sorted(PUBLIC_SETS), metavar="NAME", help="%(choices)s")
    parser.add_argument("--split", default="test", help="train, validation or test (default: %(default)s)")
    parser.add_argument("--output", type=Path, required=True, help="a file; with --unpaired a folder")
    parser.add_argument("--local", type=Path, metavar="PATH", help="read a local copy instead of the hub")
    parser.add_argument(
        "--unpaired",
        action="store_true",
        help="write documents.jsonl and human_text.jsonl, of different stories",
    )
    options = parser.parse_args(arguments)
    try:
        if options.output.exists() and options.output.is_dir() != options.unpaired:
            wanted = "a folder with --unpaired" if options.unpaired else "a file without --unpaired"
            raise UsageError(f"{options.output}: --output must be {wanted}")
        pairs = read_pairs(options.name, options.split, options.local)
        if options.unpaired:
            documents, human = write_unpaired(pairs, options.output)
            written = f"{documents} documents and {human} human sentences"
        else:
            written = f"{write_paired(pairs, options.output)} pairs"
    except TextaeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    print(f"wrote {written} to {options.output}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
