"""What a run starts from: its folder, its tokenizer, its networks as they are before the first step."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from accelerate import Accelerator

from textae import checkpoint
from textae.config import NetworkConfig, TrainConfig
from textae.critic_training import build_critic
from textae.errors import CheckpointError, UsageError
from textae.language_model import LanguageModel, LanguageModelConfig
from textae.networks import build_network
from textae.parser import DependencyParser
from textae.salience import SalienceTagger
from textae.token_table import writable_tokens
from textae.tokenizer import load_tokenizer, train_tokenizer, with_length_prompts


def check_device(config: TrainConfig) -> None:
    """Refuse ``device: cuda`` where there is none: accelerate would go on with the CPU."""
    if config.device == "cuda" and not torch.cuda.is_available():
        raise UsageError("device is cuda, and this machine has none; leave it at auto or set it to cpu")


def pick_precision(config: TrainConfig) -> str:
    """What accelerate calls ``mixed_precision``: bf16 where the machine computes in it."""
    if config.precision != "auto":
        return config.precision
    if torch.cuda.is_available() and config.device != "cpu":
        return "bf16" if torch.cuda.is_bf16_supported() else "no"
    return "bf16" if torch.cpu._is_avx512_bf16_supported() else "no"


def open_parser(config: TrainConfig) -> DependencyParser | None:
    """The parser that a run's search shall have.

    Raises:
        UsageError: when it is of the other language.
        CheckpointError: when there is none, or a damaged one.
    """
    if not config.parser:
        return None
    parser = checkpoint.read_parser(checkpoint.resolve_parser(config.parser))
    if parser.chinese != config.chinese:
        language = "Chinese" if parser.chinese else "English"
        raise UsageError(f"parser: {config.parser} reads {language}; set chinese or take another parser")
    return parser


def fingerprint(*corpora: Sequence[str]) -> str:
    """Tells corpora apart: a resumed run must have the very ones it began with."""
    digest = hashlib.sha256()
    for corpus in corpora:
        digest.update(f"{len(corpus)}\n".encode())
        for text in corpus:
            digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def open_run(
    output: Path,
    config: TrainConfig,
    corpora: str,
    init: str | None,
    resume: bool,
    accelerator: Accelerator,
) -> str | None:
    """Make the run's folder, or check that what is there is this very run; returns what it started from.

    Raises:
        UsageError: when it is another run, or there is none to resume.
        CheckpointError: when its ``config.yaml`` is damaged.
    """
    file = output / "config.yaml"
    if file.exists() and not resume:
        raise UsageError(f"{output}: holds a run already; go on with --resume or choose another folder")
    if output.is_dir() and any(output.iterdir()) and not file.exists():
        raise UsageError(f"{output}: exists and is not a run of textae; choose another folder")
    if file.exists():
        known = _read_run(file)
        if known["corpora"] != corpora:
            raise UsageError(f"{output}: was begun with other documents or human text; resume needs the same")
        init = init or known.get("init")
    elif resume:
        raise UsageError(f"{output}: no run to resume here")
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        output.mkdir(parents=True, exist_ok=True)
        run = {"corpora": corpora, "init": init, "config": config.to_dict()}
        partial = output / ".config.yaml.partial"
        partial.write_text(yaml.safe_dump(run, sort_keys=False), encoding="utf-8")
        partial.rename(file)
    accelerator.wait_for_everyone()
    return init


def _read_run(file: Path) -> dict[str, Any]:
    try:
        known = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(known, dict) and "corpora" in known:
            return known
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CheckpointError(f"{file}: unreadable; start anew in another folder") from error
    raise CheckpointError(f"{file}: not the settings of a run; start anew in another folder")


def open_tokenizer(
    output: Path,
    config: TrainConfig,
    documents: Sequence[str],
    human_text: Sequence[str],
    init: str | None,
    accelerator: Accelerator,
) -> Any:
    """The run's tokenizer: in its folder, or of the checkpoint it starts from, or trained on its corpora."""
    folder = output / "tokenizer"
    if accelerator.is_main_process and not folder.exists():
        if init is None:
            tokenizer = train_tokenizer([*documents, *human_text], config.vocab_size, chinese=config.chinese)
        else:
            tokenizer = with_length_prompts(load_tokenizer(checkpoint.resolve_start(init), offline=False))
        temporary = output / ".tokenizer.partial"
        tokenizer.save_pretrained(temporary)
        temporary.rename(folder)
    accelerator.wait_for_everyone()
    return load_tokenizer(folder)


def build_networks(
    config: TrainConfig, tokenizer: Any, human_text: Sequence[str], init: str | None, accelerator: Accelerator
) -> dict[str, Any]:
    """The networks as they are before the first step."""
    networks: dict[str, Any] = {}
    if config.salience.steps:
        networks["salience"] = SalienceTagger()
    if init is None:
        writable = writable_tokens(tokenizer, human_text)
        networks["generator"] = build_network(_sizes(config.generator), tokenizer, writable)
        networks["reconstructor"] = build_network(_sizes(config.reconstructor), tokenizer)
    else:
        networks |= checkpoint.read_start(init)
        for name in ("generator", "reconstructor"):
            networks[name].resize_token_embeddings(len(tokenizer))
    if "language_model" not in networks:
        begin = networks["generator"].config.decoder_start_token_id
        networks["language_model"] = LanguageModel(
            LanguageModelConfig(vocab_size=len(tokenizer), bos_token_id=begin)
        )
    game = config.adversarial
    if game.steps and game.critic != "none":
        networks["discriminator"] = build_critic(game.critic, tokenizer)
    return {name: network.to(accelerator.device) for name, network in networks.items()}


def _sizes(config: NetworkConfig) -> dict[str, Any]:
    return {
        "d_model": config.d_model,
        "encoder_layers": config.encoder_layers,
        "decoder_layers": config.decoder_layers,
        "encoder_ffn_dim": config.ffn_dim,
        "decoder_ffn_dim": config.ffn_dim,
        "encoder_attention_heads": config.heads,
        "decoder_attention_heads": config.heads,
        "dropout": config.dropout,
        "max_position_embeddings": 256,
    }
