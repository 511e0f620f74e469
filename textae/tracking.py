"""What a run leaves to look at: ``metrics.jsonl``, one row a step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


class Tracker:
    """Appends scalars to a run's ``metrics.jsonl``.

    Args:
        run: the run's folder.
        active: whether this process writes.
        done: steps the run has done; rows of later steps, lost to an interruption, are dropped.
    """

    def __init__(self, run: Path, active: bool, done: int) -> None:
        self._active = active
        if not active:
            return
        path = run / "metrics.jsonl"
        kept = []
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    break  # The last line of a killed run.
                if row["step"] <= done:
                    kept.append(line)
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def log(self, step: int, stage: str, scalars: Mapping[str, float]) -> None:
        """Write one row."""
        if self._active:
            rounded = {name: round(value, 5) for name, value in scalars.items()}
            self._file.write(json.dumps({"step": step, "stage": stage, **rounded}) + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._active:
            self._file.close()
