"""The registry of tuned models: what each file was made of, how, what it took, and what it is offered as.

The rows are written once a file is whole. Whether a model answers is decided by the gate, on the release that names it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from gristmill.corpus.checks import CheckResult, found, result
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.questions import Split
from gristmill.evaluation.splits import near_pairs
from gristmill.fingerprint import file_hash
from gristmill.learning.examples import Kind, read_examples
from gristmill.learning.training import Point
from gristmill.storage.lake import Lake
from gristmill.storage.tables import TRAINING_CURVES, TUNED_MODELS

# What the names of runs begin with.
ENCODER_RUN = "e-"
_TRAIN_AGAIN = "Materialise 'tuned_generator' again, or run 'gristmill tune generator'."
_REMEMBER_AGAIN = "Materialise 'tuned_encoder' again, or run 'gristmill tune encoder'."
_MAKE_AGAIN = "Materialise 'training_examples' again."


def register(lake: Lake, rows: Sequence[dict[str, Any]], run: str, points: Sequence[Point]) -> None:
    """Store the models of a run with its curves."""
    curve = [asdict(point) | {"run": run, "point": f"{run}:{point.step:06d}"} for point in points]
    lake.upsert(TRAINING_CURVES, pl.DataFrame(curve, schema=TRAINING_CURVES.schema))
    lake.upsert(TUNED_MODELS, pl.DataFrame(rows, schema=TUNED_MODELS.schema))


def models_of(lake: Lake, run: str | None = None) -> list[dict[str, Any]]:
    """Return the registered models, of one run or all, newest first."""
    where = None if run is None else pl.col("run") == run
    rows = lake.read(TUNED_MODELS, where=where).sort("at", "bytes", descending=True).to_dicts()
    return [row | {"settings": json.loads(row["settings"])} for row in rows]


def curve_of(lake: Lake, run: str) -> list[dict[str, Any]]:
    """Return the steps of a run in their order."""
    return lake.read(TRAINING_CURVES, where=pl.col("run") == run).sort("step").to_dicts()


def is_encoder(row: Mapping[str, Any]) -> bool:
    """Say whether a registered model is an encoder; the others are generators."""
    return str(row["run"]).startswith(ENCODER_RUN)


def parents_of(lake: Lake, sha256: str) -> list[str]:
    """Return the hashes of the files that a model was made of, itself first."""
    rows = lake.read(TUNED_MODELS, ["model", "parents"], pl.col("model") == sha256)
    return [sha256, *(rows["parents"][0] if rows.height else [])]


def check_examples(lake: Lake) -> CheckResult:
    """Check that every example says where it is from, and that none is near a question of gate or holdout."""
    examples = read_examples(lake)
    protected = [q for q in read_set(lake) if q.split in {Split.GATE, Split.HOLDOUT}]
    asked = [example.text for example in examples]
    near = [asked[row] for row, _ in near_pairs(asked, [question.text for question in protected])]
    answers = [example for example in examples if example.kind is Kind.ANSWER]
    bare = [e.text for e in answers if not e.evidence or not all(s.chunk and s.version for s in e.evidence)]
    empty = [example.text for example in examples if not example.completion.strip()]
    return result(
        {"examples": len(examples), "answers": len(answers), "near": len(near)},
        (
            found("examples are nearly a question of gate or holdout.", near, _MAKE_AGAIN),
            found("answers do not say which document they stand on.", bare, _MAKE_AGAIN),
            found("examples teach nothing.", empty, _MAKE_AGAIN),
        ),
    )


def check_encoder(lake: Lake, home: Path, most_moved: float) -> CheckResult:
    """Check that the newest memory is there with its hash, serves the questions, and leaves general texts alone.

    Args:
        lake: holds the registry.
        home: below which the memories lie.
        most_moved: how far the likenesses of general texts may have moved.
    """
    newest = [row for row in models_of(lake) if is_encoder(row)][:1]
    lost = [row["place"] for row in newest if not (home / row["place"]).is_file()]
    changed = [r["place"] for r in newest if r["place"] not in lost and file_hash(home / r["place"]) != r["model"]]
    worse = [row["name"] for row in newest if row["held_out"] > row["held_out_before"]]
    moved = [row["name"] for row in newest if row["settings"]["likenesses_moved"] > most_moved]
    return result(
        {"encoders": len(newest), "passages": newest[0]["examples"] if newest else 0},
        (
            found("memories of the encoder are missing.", lost, _REMEMBER_AGAIN),
            found("memories of the encoder are not the files that were written.", changed, _REMEMBER_AGAIN),
            found("the tuned encoder finds the answers later than its base.", worse, "Leave out "
                  "'towards_neighbours' below [encoder_tuning], so that the questions choose."),
            found("the tuned encoder takes general texts otherwise than its base.", moved, "Lower "
                  "'towards_neighbours' below [encoder_tuning]."),
        ),
    )  # fmt: skip


def check_models(lake: Lake, home: Path) -> CheckResult:
    """Check that the files of the newest run are there with their hashes, and that the best did learn something."""
    models = [row for row in models_of(lake) if not is_encoder(row)]
    newest = [row for row in models if row["run"] == models[0]["run"]] if models else []
    lost = [row["place"] for row in newest if not (home / row["place"]).is_file()]
    changed = [
        row["place"] for row in newest if row["place"] not in lost and file_hash(home / row["place"]) != row["model"]
    ]
    dull = [row["name"] for row in newest[:1] if row["held_out"] > row["held_out_before"]]
    return result(
        {"models": len(newest), "held_out": newest[0]["held_out"] if newest else 0.0},
        (
            found("tuned models are missing.", lost, _TRAIN_AGAIN),
            found("tuned models are not the files that were written.", changed, _TRAIN_AGAIN),
            found("the tuned model does worse on the held-out examples than its base.", dull, "Confirm more questions, "
                  "or lower 'learning_rate' below [tuning]."),
        ),
    )  # fmt: skip
