"""The errors textae raises on purpose: each is one clear line that says what to do.

The command line prints them without a traceback; ``UsageError`` exits with 2, every other with 1.
"""

from __future__ import annotations

from pathlib import Path


class TextaeError(Exception):
    """Something the user can mend; the message is one line."""


class UsageError(TextaeError):
    """A command, option or configuration value that cannot be right."""


class InputError(TextaeError):
    """A document, table or corpus that cannot be read.

    Args:
        path: the file, or ``-`` for standard input.
        message: what is wrong and what to do.
        line: the 1-based line or row, where one is known.
    """

    def __init__(self, path: str | Path, message: str, line: int | None = None) -> None:
        where = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}")


class CheckpointError(TextaeError):
    """A folder that is not a checkpoint, or is a damaged one."""
