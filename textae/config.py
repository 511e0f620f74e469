"""The settings of a training run: dataclasses, their checks, YAML files and ``key=value`` overrides.

A run passes through stages in the order of the fields of ``TrainConfig``; a stage with ``steps: 0`` is
left out. Never imports torch: the command line reads this before anything heavy.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

from textae.errors import UsageError

LONGEST_INPUT = 250
"""Tokens a network from scratch can read, with room for the prompt and the end token."""


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of a network built from scratch; ignored where ``--init`` gives one."""

    d_model: int = 256
    encoder_layers: int = 3
    decoder_layers: int = 2
    ffn_dim: int = 1024
    heads: int = 4
    dropout: float = 0.1

    def __post_init__(self) -> None:
        """Check what transformers would only complain about with a traceback."""
        for name in ("d_model", "encoder_layers", "decoder_layers", "ffn_dim", "heads"):
            _check_least(name, getattr(self, name), 1)
        if self.d_model % self.heads:
            raise UsageError(f"d_model {self.d_model} must be a multiple of heads {self.heads}")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout must be 0 or more and below 1, not {self.dropout}")


@dataclass(frozen=True)
class StageConfig:
    """What every stage has: how long, how fast, how many rows a step."""

    steps: int = 0
    learning_rate: float = 1e-3
    batch_size: int = 96

    def __post_init__(self) -> None:
        """Reject what could only fail later."""
        _check_least("steps", self.steps, 0)
        _check_least("batch_size", self.batch_size, 1)
        _check_positive("learning_rate", self.learning_rate)


@dataclass(frozen=True)
class GeneratorWarmStart(StageConfig):
    """The generator learns from pseudo-documents of human sentences and from compressions of documents."""

    human_share: float = 0.5
    """Share of rows whose target is a human sentence; the others' is a compression of a real document."""
    back_translated: float = 0.2
    """Share of the human sentences that the reconstructor writes a document for; the others are expanded."""
    temperature: float = 0.7
    """Of the reconstructor's samples, which are the pseudo-documents."""

    def __post_init__(self) -> None:
        """Check the shares."""
        super().__post_init__()
        _check_share("human_share", self.human_share)
        _check_share("back_translated", self.back_translated)
        _check_least("temperature", self.temperature, 0)


@dataclass(frozen=True)
class SelfTraining(StageConfig):
    """The generator learns from the best of its own candidates for real documents."""

    candidates: int = 8
    """Samples a document, beside the beam's own."""
    language_weight: float = 1.0
    """Of the language model's mean log-probability a token, in the choice."""
    likelihood_weight: float = 1.0
    """Of the generator's own mean log-probability a token."""
    similarity_weight: float = 4.0
    """Of the cosine between summary and document."""
    reconstruction_weight: float = 1.0
    """Of the document's mean log-probability a token given the candidate."""
    human_share: float = 0.5
    """Share of rows that stay pseudo-documents: what keeps the generator writing like people."""

    def __post_init__(self) -> None:
        """Check counts and shares."""
        super().__post_init__()
        _check_share("human_share", self.human_share)
        _check_least("candidates", self.candidates, 1)


@dataclass(frozen=True)
class Adversarial(StageConfig):
    """The paper's game of three networks, with the second cycle beside it."""

    learning_rate: float = 1e-4
    batch_size: int = 48
    critic: Literal["reinforce", "wgan-gp", "none"] = "reinforce"
    critic_steps: int = 3
    """Critic updates a step."""
    critic_learning_rate: float = 1e-3
    critic_warmup: int = 100
    """First steps, in which only critic and reconstructor learn."""
    gradient_penalty: float = 10.0
    discount: float = 0.3
    """Of the prefix critic's token rewards."""
    reconstructor_learning_rate: float = 1e-4
    critic_weight: float = 1.0
    reconstruction_weight: float = 0.5
    similarity_weight: float = 4.0
    language_weight: float = 0.5
    length_weight: float = 0.2
    """Penalty a word over the wanted length."""
    repetition_weight: float = 1.0
    cycle_weight: float = 0.3
    """Of the second cycle: human sentence -> pseudo-document -> the sentence."""

    def __post_init__(self) -> None:
        """Check counts and shares."""
        super().__post_init__()
        _check_share("discount", self.discount)
        _check_least("critic_steps", self.critic_steps, 1)
        _check_least("critic_warmup", self.critic_warmup, 0)
        _check_least("gradient_penalty", self.gradient_penalty, 0)
        _check_positive("critic_learning_rate", self.critic_learning_rate)
        _check_positive("reconstructor_learning_rate", self.reconstructor_learning_rate)


@dataclass(frozen=True)
class TrainConfig:
    """Everything a run depends on beside its two corpora."""

    seed: int = 0
    vocab_size: int = 10_000
    chinese: bool = False
    """Whether the corpora are Chinese: both scripts share a vocabulary, summaries keep their own."""
    max_document_tokens: int = 96
    """Training documents are cut here (said in the log); summarizing reads any length."""
    precision: Literal["auto", "bf16", "no"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    checkpoint_every: int = 250
    """Steps between checkpoints; what an interruption can cost at most."""
    sample_every: int = 500
    """Steps between samples of the outputs."""
    writer: Literal["generator", "search"] = "generator"
    """Who writes the summaries of the finished model; the search is what the generator first learns from."""
    parser: str = ""
    """What the search parses with: a folder of ``scripts/train_parser.py``, or a model that has one."""
    generator: NetworkConfig = field(default_factory=NetworkConfig)
    reconstructor: NetworkConfig = field(
        default_factory=lambda: NetworkConfig(d_model=160, encoder_layers=1, ffn_dim=640)
    )
    salience: StageConfig = field(default_factory=lambda: StageConfig(1500, 2e-3, 64))
    language_model: StageConfig = field(default_factory=lambda: StageConfig(2500, 2e-3, 256))
    reconstructor_warm_start: StageConfig = field(default_factory=lambda: StageConfig(2500, 1e-3, 96))
    generator_warm_start: GeneratorWarmStart = field(default_factory=lambda: GeneratorWarmStart(4000))
    self_training: SelfTraining = field(default_factory=lambda: SelfTraining(0, 3e-4))
    adversarial: Adversarial = field(default_factory=lambda: Adversarial(500))

    def __post_init__(self) -> None:
        """Check what the fields' types cannot."""
        for name in ("checkpoint_every", "sample_every"):
            _check_least(name, getattr(self, name), 1)
        _check_least("vocab_size", self.vocab_size, 400)
        _check_least("seed", self.seed, 0)
        if not 8 <= self.max_document_tokens <= LONGEST_INPUT:
            raise UsageError(
                f"max_document_tokens must be between 8 and {LONGEST_INPUT}, not {self.max_document_tokens}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as YAML holds them."""
        return dataclasses.asdict(self)


def load_config(file: Path | None, overrides: Sequence[str]) -> TrainConfig:
    """Defaults, then the YAML file, then ``key=value`` overrides with dotted keys.

    Raises:
        UsageError: for an unknown key, a wrong type, a value out of range or a broken file.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(f"{file}: no such configuration file") from None
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise UsageError(f"{file}: not a readable YAML file ({' '.join(str(error).split())})") from error
        if not isinstance(loaded, Mapping | None):
            raise UsageError(f"{file}: expected keys and values, found {type(loaded).__name__}")
        values = dict(loaded or {})
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator:
            raise UsageError(f"--set {override}: expected key=value")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise UsageError(f"--set {override}: not a value in YAML") from None
        _assign(values, key.strip().split("."), value, override)
    return config_from_dict(values)


def config_from_dict(values: Mapping[str, Any]) -> TrainConfig:
    """Build a checked configuration from plain values.

    Raises:
        UsageError: as ``load_config``.
    """
    return _build(TrainConfig(), values, "")


def _assign(values: dict[str, Any], keys: list[str], value: Any, override: str) -> None:
    for key in keys[:-1]:
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            raise UsageError(f"--set {override}: {key} has no keys of its own")
        values = inner
    values[keys[-1]] = value


T = TypeVar("T")


def _build(default: T, values: Mapping[str, Any], prefix: str) -> T:
    """The dataclass ``default`` with ``values`` put in, each checked against its field's type."""
    hints = typing.get_type_hints(type(default))
    changed: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if key not in hints:
            raise UsageError(f"unknown setting {name}; known here: {', '.join(hints)}")
        current = getattr(default, key)
        if dataclasses.is_dataclass(current):
            if not isinstance(value, Mapping):
                raise UsageError(f"{name} is a group of settings ({name}.KEY=VALUE), not a single value")
            changed[key] = _build(current, value, f"{name}.")
        else:
            changed[key] = _checked(name, value, hints[key])
    try:
        return dataclasses.replace(default, **changed)  # type: ignore[type-var]
    except UsageError as error:
        raise UsageError(
            f"{prefix}{error}" if prefix and not str(error).startswith(prefix) else str(error)
        ) from None


def _checked(name: str, value: Any, kind: Any) -> Any:
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        # YAML reads a bare `no` as False.
        value = "no" if value is False and "no" in choices else value
        if value not in choices:
            raise UsageError(f"{name} must be one of {', '.join(map(str, choices))}, not {value}")
        return value
    if isinstance(kind, types.UnionType):
        raise TypeError(f"{name}: settings have one type each")
    if kind is float and isinstance(value, str):
        # YAML 1.1 reads 1e-3 as a string.
        try:
            value = float(value)
        except ValueError:
            raise UsageError(f"{name} must be a number, not {value!r}") from None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    broken = isinstance(value, float) and not math.isfinite(value)
    if broken or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        wanted = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}[kind]
        raise UsageError(f"{name} must be {wanted}, not {value!r}")
    return value


def _check_least(name: str, value: float, least: int) -> None:
    if value < least:
        raise UsageError(f"{name} must be {least} or more, not {value}")


def _check_positive(name: str, value: float) -> None:
    if value <= 0:
        raise UsageError(f"{name} must be above 0, not {value}")


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise UsageError(f"{name} must be between 0 and 1, not {value}")
