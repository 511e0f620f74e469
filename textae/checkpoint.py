"""What lies on disk, and where: the only file that knows.

A model is a folder with ``config.json``, the tokenizer's files, and one folder for each network in
safetensors: ``generator/``, ``reconstructor/``, ``discriminator/``, ``language_model/``; ``search/`` has what
the search for summaries knows, a parser in it. A run is a folder with ``config.yaml``, ``metrics.jsonl``, the
exact state of training in ``state/step-N/`` and the model in ``model/``. A folder is written under another
name first and then renamed: whoever finds one finds it whole.
"""

from __future__ import annotations

import copy
import json
import lzma
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel, AutoModelForSeq2SeqLM

from textae import discriminator, language_model  # noqa: F401 - registers their classes
from textae.counts import Counts
from textae.errors import CheckpointError
from textae.networks import load_network, quiet_transformers
from textae.parser import DependencyParser
from textae.salience import SalienceTagger, Vocabulary
from textae.search import Search
from textae.tokenizer import load_tokenizer

FORMAT = "textae"
NETWORKS = ("generator", "reconstructor", "discriminator", "language_model")
_BUNDLED = Path(__file__).parent / "models"


@dataclass(frozen=True)
class ModelEntry:
    """A bundled model."""

    name: str
    path: Path
    description: str


def list_models() -> list[ModelEntry]:
    """The models that come with textae."""
    entries = []
    for file in sorted(_BUNDLED.glob("*/config.json")):
        settings = read_settings(file.parent)
        entries.append(ModelEntry(file.parent.name, file.parent, settings.get("description", "")))
    return entries


def resolve(name_or_path: str | Path) -> Path:
    """A bundled model's folder by its name, or the folder itself.

    Raises:
        CheckpointError: when there is neither.
    """
    bundled = {entry.name: entry.path for entry in list_models()}
    if str(name_or_path) in bundled:
        return bundled[str(name_or_path)]
    path = Path(name_or_path)
    if (path / "model" / "config.json").is_file():
        return path / "model"
    if path.is_dir():
        return path
    known = ", ".join(bundled) or "none"
    raise CheckpointError(
        f"{name_or_path}: no such model; bundled are: {known}; or give a checkpoint's folder"
    )


def read_settings(path: Path) -> dict[str, Any]:
    """The ``config.json`` of a model folder.

    Raises:
        CheckpointError: when it is missing, broken or another program's.
    """
    file = path / "config.json"
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"{path}: not a textae checkpoint (it has no config.json)") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: unreadable ({error})") from error
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise CheckpointError(f"{path}: not a textae checkpoint (its config.json is another program's)")
    return settings


def write_model(
    path: Path,
    settings: Mapping[str, Any],
    tokenizer: Any,
    networks: Mapping[str, Any],
    dtype: torch.dtype,
    search: Search | None = None,
) -> None:
    """Write a model folder whole; a folder already there is replaced by it.

    Args:
        path: where.
        settings: for ``config.json``; ``format`` is added.
        tokenizer: a transformers tokenizer.
        networks: by the names in ``NETWORKS``.
        dtype: of the weights on disk.
        search: that writes the model's summaries, if it is not the generator.
    """
    with quiet_transformers(), _replacing(path) as temporary:
        text = json.dumps({"format": FORMAT, **settings}, indent=1, ensure_ascii=False)
        (temporary / "config.json").write_text(text + "\n", encoding="utf-8")
        tokenizer.save_pretrained(temporary)
        for name, network in networks.items():
            # Of a copy: rounding must not reach the network that goes on being used.
            copy.deepcopy(network).to(dtype).save_pretrained(temporary / name)
        if search is not None:
            write_search(temporary / "search", search)


def read_model(path: Path) -> tuple[dict[str, Any], Any, dict[str, Any], Search | None]:
    """A model folder's settings, tokenizer, networks (fp32, in memory) and search, if it has one.

    Raises:
        CheckpointError: when it is none, or a damaged one.
    """
    settings = read_settings(path)
    if not (path / "generator").is_dir():
        raise CheckpointError(f"{path}: not a whole checkpoint (it has no generator)")
    tokenizer = load_tokenizer(path)
    networks: dict[str, Any] = {}
    for name in NETWORKS:
        if (path / name).is_dir():
            opener = AutoModelForSeq2SeqLM if name in ("generator", "reconstructor") else AutoModel
            networks[name] = load_network(path / name, opener)
    search = read_search(path / "search") if (path / "search").is_dir() else None
    return settings, tokenizer, networks, search


def resolve_start(init: str) -> str:
    """The folder (or hub name) that ``--init`` means: a textae checkpoint's, or any other model's."""
    try:
        return str(resolve(init))
    except CheckpointError:
        return init


def read_start(init: str) -> dict[str, Any]:
    """The networks that a run starts from: those of a textae checkpoint, or twice any other seq2seq model.

    Raises:
        CheckpointError: when there is none, or a damaged one.
    """
    path = resolve_start(init)
    try:
        _, _, networks, _ = read_model(Path(path))
        return networks
    except CheckpointError:
        if (Path(path) / "generator").is_dir():
            raise
    return {"generator": load_network(path), "reconstructor": load_network(path)}


def write_search(path: Path, search: Search) -> None:
    """Write a search's folder whole, weights in fp16; a folder already there is replaced by it."""
    with _replacing(path) as temporary:
        config: dict[str, Any] = {"chinese": search.chinese}
        if search.salience:
            tagger, vocabulary = search.salience
            config["salience"] = vocabulary.words
            _save_halves(tagger, temporary / "salience.safetensors")
        text = json.dumps(config, ensure_ascii=False)
        (temporary / "config.json").write_text(text + "\n", encoding="utf-8")
        # The format of numpy.savez, packed more tightly: these arrays are most of the folder.
        with zipfile.ZipFile(temporary / "counts.npz", "w", zipfile.ZIP_LZMA) as file:
            for name, array in search.counts.to_arrays().items():
                with file.open(f"{name}.npy", "w") as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        if search.parser:
            write_parser(temporary / "parser", search.parser)


def read_search(path: Path) -> Search:
    """The search in a folder.

    Raises:
        CheckpointError: when it is none, or a damaged one.
    """
    with _usable(path, "search"):
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        with np.load(path / "counts.npz", allow_pickle=False) as arrays:
            counts = Counts.from_arrays(dict(arrays))
        salience = None
        if "salience" in config:
            tagger = SalienceTagger()
            _load_halves(tagger, path / "salience.safetensors")
            salience = tagger, Vocabulary(config["salience"])
        parser = read_parser(path / "parser") if (path / "parser").is_dir() else None
        return Search(counts, bool(config["chinese"]), salience, parser)


def write_parser(path: Path, parser: DependencyParser) -> None:
    """Write a parser's folder whole, its weights in fp16; a folder already there is replaced by it."""
    with _replacing(path) as temporary:
        text = json.dumps(parser.known, ensure_ascii=False)
        (temporary / "config.json").write_text(text + "\n", encoding="utf-8")
        _save_halves(parser, temporary / "model.safetensors")


def read_parser(path: Path) -> DependencyParser:
    """The parser in a folder.

    Raises:
        CheckpointError: when it is none, or a damaged one.
    """
    with _usable(path, "parser"):
        known = json.loads((path / "config.json").read_text(encoding="utf-8"))
        parser = DependencyParser(**known)
        _load_halves(parser, path / "model.safetensors")
        return parser.eval()


def resolve_parser(name_or_path: str) -> Path:
    """The folder of a parser, or of the one that a model has.

    Raises:
        CheckpointError: when there is neither.
    """
    path = Path(name_or_path)
    if (path / "model.safetensors").is_file():
        return path
    return resolve(name_or_path) / "search" / "parser"


@contextmanager
def _usable(path: Path, kind: str) -> Iterator[None]:
    """Whatever is wrong with the files of a folder is one error."""
    try:
        yield
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        RuntimeError,
        SafetensorError,
        zipfile.BadZipFile,
        lzma.LZMAError,
    ) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path}: no usable {kind} in this folder ({reason})") from error


def _save_halves(network: nn.Module, file: Path) -> None:
    save_file({name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}, file)


def _load_halves(network: nn.Module, file: Path) -> None:
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(file).items()})


class _replacing:  # noqa: N801 - reads as a verb where it is used
    """A context with a temporary folder that takes the place of ``path`` if all goes well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")

    def __enter__(self) -> Path:
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        return self._temporary

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            return
        old = self._path.with_name(f".{self._path.name}.{os.getpid()}.old")
        if self._path.exists():
            self._path.rename(old)
        self._temporary.rename(self._path)
        shutil.rmtree(old, ignore_errors=True)


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes:
        stage: the index of the stage it is in.
        step: steps done in that stage.
        done: steps done in all.
        tensors: weights and optimizer state by name.
    """

    stage: int
    step: int
    done: int
    tensors: dict[str, Tensor]


def write_progress(run: Path, progress: Progress) -> None:
    """Write the exact state of training; earlier states go once this one is whole."""
    folder = run / "state"
    path = folder / f"step-{progress.done}"
    with _replacing(path) as temporary:
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in progress.tensors.items()}
        save_file(tensors, temporary / "state.safetensors")
        counters = {"stage": progress.stage, "step": progress.step, "done": progress.done}
        (temporary / "progress.json").write_text(json.dumps(counters), encoding="utf-8")
    for other in folder.iterdir():
        if other != path:
            shutil.rmtree(other, ignore_errors=True)


def read_progress(run: Path) -> Progress | None:
    """The newest state of a run, or none when it has not come to its first.

    Raises:
        CheckpointError: when the state is damaged.
    """
    folder = run / "state"
    steps = [int(m[1]) for p in folder.glob("step-*") if (m := re.fullmatch(r"step-(\d+)", p.name))]
    if not steps:
        return None
    path = folder / f"step-{max(steps)}"
    try:
        counters = json.loads((path / "progress.json").read_text(encoding="utf-8"))
        return Progress(**counters, tensors=load_file(path / "state.safetensors"))
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        raise CheckpointError(
            f"{path}: damaged state of training ({error}); remove it to start anew"
        ) from error
