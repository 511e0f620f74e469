"""A language of eighteen words, small enough for training to be seen in seconds.

A sentence says who does what to whom, in this order, one word of each class. A document has three such words
in any order among common ones. The order is what human sentences alone can teach, and which words matter is
what documents alone can.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from textae.config import Adversarial, TrainConfig
from textae.discriminator import (
    ConvolutionalCritic,
    ConvolutionalCriticConfig,
    PrefixCritic,
    PrefixCriticConfig,
)
from textae.language_model import LanguageModel, LanguageModelConfig
from textae.networks import build_network
from textae.tokenizer import train_tokenizer
from textae.workbench import Corpus, Workbench

WHO = ["bako", "dilu", "femo", "gari", "hotu", "jeda"]
DOES = ["kipo", "lamu", "nevi", "rosa", "suke", "tabi"]
WHOM = ["vefu", "wogi", "xalo", "yimu", "zope", "ciru"]
CLASSES = (WHO, DOES, WHOM)
COMMON = [words[0] for words in CLASSES]
CRITIC_SIZES = {"embedding_size": 16, "hidden_size": 64}
SIZES = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "max_position_embeddings": 64,
    "dropout": 0.0,
}


def sentences(count: int, random: np.random.Generator) -> list[str]:
    """Human sentences: three words each, half of them common ones."""
    return [
        " ".join(words[0] if random.random() < 0.5 else str(random.choice(words)) for words in CLASSES)
        for _ in range(count)
    ]


def documents(count: int, random: np.random.Generator) -> list[str]:
    """Documents of six to eight words in any order: three that matter, the others common."""
    texts = []
    for _ in range(count):
        words = [str(random.choice(words[1:])) for words in CLASSES]
        words += [str(word) for word in random.choice(COMMON, random.integers(3, 6))]
        texts.append(" ".join(words[i] for i in random.permutation(len(words))))
    return texts


def is_sentence(text: str) -> bool:
    """Whether a text is a sentence of the language."""
    words = text.split()
    return len(words) == 3 and all(word in choice for word, choice in zip(words, CLASSES, strict=True))


def toy_bench(run: Path, settings: Adversarial, seed: int = 0) -> Workbench:
    """A workbench over the toy language with tiny networks from scratch."""
    random = np.random.default_rng(seed)
    texts = documents(600, random)
    human = sentences(200, random)
    tokenizer = train_tokenizer([*texts, *human] * 3, 400)
    torch.manual_seed(seed)
    networks = {
        "generator": build_network(SIZES, tokenizer),
        "reconstructor": build_network(SIZES, tokenizer),
        "language_model": LanguageModel(
            LanguageModelConfig(
                vocab_size=len(tokenizer),
                bos_token_id=tokenizer.bos_token_id,
                embedding_size=16,
                hidden_size=32,
            )
        ),
    }
    vocab_size = len(tokenizer)
    if settings.critic == "reinforce":
        networks["discriminator"] = PrefixCritic(PrefixCriticConfig(vocab_size=vocab_size, **CRITIC_SIZES))
    if settings.critic == "wgan-gp":
        networks["discriminator"] = ConvolutionalCritic(
            ConvolutionalCriticConfig(vocab_size=vocab_size, num_layers=2, **CRITIC_SIZES)
        )
    return Workbench(
        config=TrainConfig(seed=seed, max_document_tokens=8, adversarial=settings),
        accelerator=Accelerator(cpu=True),
        tokenizer=tokenizer,
        documents=Corpus.encode(texts, tokenizer, 8),
        human_text=Corpus.encode(human, tokenizer, 8),
        networks=networks,
        run=run,
    )
