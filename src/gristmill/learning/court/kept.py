"""The findings of earlier sessions, in one file: derived, so deleting it only costs the time to examine again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from gristmill.evaluation.questions import Evidence
from gristmill.learning.court.findings import Finding
from gristmill.learning.court.verdicts import Cause
from gristmill.storage.artifacts import write_durably


class KeptFindings:
    """Findings by the fingerprint of what they depend on."""

    def __init__(self, home: Path) -> None:
        self._file = home / "cache" / "court.json"

    def read(self) -> dict[str, Finding]:
        """Return all kept findings; a damaged file is as good as none."""
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            return {key: _finding(fields) for key, fields in stored.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def write(self, findings: Mapping[str, Finding]) -> None:
        """Keep these findings and no others."""
        stored = {key: asdict(found) | {"cause": str(found.cause)} for key, found in sorted(findings.items())}
        write_durably(self._file, json.dumps(stored, ensure_ascii=False))


def _finding(fields: dict[str, object]) -> Finding:
    evidence = fields["evidence"]
    assert isinstance(evidence, list)
    return Finding(**fields | {"cause": Cause(fields["cause"]), "evidence": tuple(Evidence(**e) for e in evidence)})  # type: ignore[arg-type]
