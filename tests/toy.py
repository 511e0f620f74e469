"""A toy newspaper for the tests: two corpora without pairs, a tokenizer, and networks of a few weights."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from textae.autoencoder import TextAutoencoder
from textae.config import TrainConfig, config_from_dict
from textae.language_model import LanguageModel, LanguageModelConfig
from textae.networks import PointerGenerator, build_network
from textae.token_table import writable_tokens
from textae.tokenizer import train_tokenizer

_FIRMS = [
    "Exxon Mobil",
    "Norvane Airlines",
    "Brightwell Foods",
    "Tessaly Motors",
    "O'Neill Steel",
    "Oranta-Kelm",
]
_PEOPLE = ["Angela Merkel", "Lena Sorrel", "Tomas Reik", "Vladimir Zagrebov", "U.S. envoy Kim", "Mayor Quill"]
_PLACES = ["Berlin", "Hallowmere", "Karelta", "Port Ansel", "South Ostria", "Kestrel Bay"]
_VERBS = [("opens", "opened"), ("closes", "closed"), ("cuts", "cut"), ("wins", "won"), ("sells", "sold")]
_NOUNS = [
    "schools",
    "bridges",
    "talks",
    "jobs",
    "prices",
    "hospitals",
    "elections",
    "farms",
    "trains",
    "votes",
]
_REASONS = ["after a storm", "before the election", "as prices rise", "despite a strike", "amid new talks"]
_NUMBERS = ["3.5 percent", "$43.7 billion", "1,200", "12", "10%", "90,000", "###", "#.#", "7"]
_DAYS = ["Monday", "Wednesday", "Friday"]

CHINESE_TEXTS = [
    "市议会昨日批准新桥工程。",
    "李明表示，市议会批准新的大桥计划，渡轮公司关闭旧桥。",
    "新华社北京6月1日电，台风袭击港口，学校关闭，渡轮停航。",
    "消防员在港口救出12人，桥梁、学校、港口关闭。",
    "iPhone 15在6月9日发售，价格为3.5万元；《旧桥》获奖，NBA球星出席。",
    "市议会没有批准工程。学校关闭！",
]
"""Leads of Chinese news as such, with numbers, names and marks."""


def documents(count: int = 200, seed: int = 0) -> list[str]:
    """News paragraphs of one to three sentences, with names and numbers in several tokens."""
    draw = random.Random(seed)
    return [" ".join(_sentence(draw) for _ in range(draw.randint(1, 3))) for _ in range(count)]


def human_text(count: int = 300, seed: int = 1) -> list[str]:
    """Headlines of other events."""
    draw = random.Random(seed)
    return [_headline(draw) for _ in range(count)]


def _sentence(draw: random.Random) -> str:
    who = draw.choice(_FIRMS + _PEOPLE)
    what = f"{draw.choice(_NUMBERS)} {draw.choice(_NOUNS)}"
    where = draw.choice(_PLACES)
    said = draw.choice(
        [", a spokesman said.", ".", ", it was said on Tuesday.", f", {draw.choice(_PEOPLE)} said."]
    )
    return (
        f"{who}'s office in {where} {draw.choice(_VERBS)[1]} {what} on {draw.choice(_DAYS)} "
        f"{draw.choice(_REASONS)}{said}"
    )


def _headline(draw: random.Random) -> str:
    who = draw.choice([name.split()[-1] for name in _FIRMS + _PEOPLE])
    what = f"{draw.choice(_VERBS)[0]} {draw.choice(_NOUNS)} in {draw.choice(_PLACES)} {draw.choice(_REASONS)}"
    return f"{who} {what}" if draw.random() < 0.5 else f"{who}'s office {what}, spokesman says"


@cache
def tokenizer(vocab_size: int = 560) -> PreTrainedTokenizerFast:
    """A vocabulary small enough for most names and numbers to have several tokens."""
    return train_tokenizer([*documents(), *human_text()], vocab_size)


@cache
def writable() -> tuple[int, ...]:
    """What the toy generator may write out of its own head."""
    return tuple(writable_tokens(tokenizer(), human_text()))


SIZES = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "dropout": 0.0,
    "max_position_embeddings": 512,
}


def network(seed: int = 0, *, restricted: bool = True, spread: float = 0.3) -> PointerGenerator:
    """A pointing network with random weights, in eval mode.

    Args:
        seed: of the weights.
        restricted: whether most words can only be pointed at, as for a generator.
        spread: of the weights; the larger, the more the network prefers some tokens to others.
    """
    torch.manual_seed(seed)
    built = build_network({**SIZES, "init_std": spread}, tokenizer(), writable() if restricted else None)
    return built.eval()


def language_model(seed: int = 0) -> LanguageModel:
    """A language model with random weights, in eval mode."""
    torch.manual_seed(seed)
    config = LanguageModelConfig(
        vocab_size=len(tokenizer()), embedding_size=8, hidden_size=8, bos_token_id=tokenizer().bos_token_id
    )
    return LanguageModel(config).eval()


def autoencoder(seed: int = 0, window: int = 64) -> TextAutoencoder:
    """A whole auto-encoder with random weights."""
    networks = {
        "generator": network(seed),
        "reconstructor": network(seed + 1, restricted=False),
        "language_model": language_model(seed),
    }
    settings = {"description": "a toy", "scripts": ["latin"], "max_document_tokens": window}
    return TextAutoencoder(tokenizer(), networks, settings)


def checkpoint(folder: Path, seed: int = 0) -> Path:
    """The folder of a saved toy auto-encoder."""
    autoencoder(seed).save_pretrained(folder)
    return folder


def config(**changes: Any) -> TrainConfig:
    """Settings of a run of a few seconds: both warm starts in full precision, nothing random but the data."""
    tiny = {
        "d_model": 16,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "ffn_dim": 32,
        "heads": 2,
        "dropout": 0.0,
    }
    return config_from_dict(
        {
            "vocab_size": 560,
            "max_document_tokens": 32,
            "precision": "no",
            "device": "cpu",
            "checkpoint_every": 1000,
            "generator": tiny,
            "reconstructor": tiny,
            "salience": {"steps": 0},
            "language_model": {"steps": 0},
            "reconstructor_warm_start": {"steps": 0, "batch_size": 8},
            "generator_warm_start": {"steps": 0, "batch_size": 4},
            "self_training": {"steps": 0},
            "adversarial": {"steps": 0},
            **changes,
        }
    )
