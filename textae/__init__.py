"""Summarize text without ever having seen a summary: a text auto-encoder whose latent is words.

import textae
textae.load("en").summarize(["..."], length=10)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textae.autoencoder import TextAutoencoder as TextAutoencoder
    from textae.autoencoder import load as load

__version__ = "0.1.0"
__all__ = ["TextAutoencoder", "__version__", "load"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: the command line shows its help without waiting for torch.
    if name in ("TextAutoencoder", "load"):
        from textae import autoencoder

        return getattr(autoencoder, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
