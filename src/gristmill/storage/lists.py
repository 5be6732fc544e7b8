"""Lists that pages show as they were made last: a JSON file each, below the reports of a home."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gristmill.storage.artifacts import write_durably


@dataclass(frozen=True)
class KeptList:
    """One list, such as the gaps."""

    home: Path
    name: str

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return self.home / "reports" / f"{self.name}.json"

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep rows in place of those before.

        Raises:
            StorageError: they cannot be written; those before hold.
        """
        write_durably(self.file, json.dumps(rows, ensure_ascii=False, indent=2))

    def read(self) -> list[dict[str, Any]]:
        """Return the rows; none before the first time, or where the file cannot be read."""
        try:
            rows: list[dict[str, Any]] = json.loads(self.file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return []
        return rows
