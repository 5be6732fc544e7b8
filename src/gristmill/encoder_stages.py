"""Encoder tuning as the command line and the orchestrator run it: a memory, an index with it beside, a candidate.

What is remembered stands in `learning/remembering.py`, what that does in `models/memory.py`. Nothing here changes what
answers: the tuned encoder becomes a candidate with an index of its own, and the gate decides.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from gristmill.contents import Contents
from gristmill.corpus.ledger import accepted
from gristmill.corpus.report import Change, Progress, Silent, StageReport
from gristmill.errors import SettingsError
from gristmill.evaluation.question_set import read_set
from gristmill.fingerprint import fingerprint, lines_hash
from gristmill.identity import EVERYONE
from gristmill.learning.examples import general_prompts, teachable
from gristmill.learning.remembering import Choice, Confirmed, answers_of, choose, likenesses_moved, stated
from gristmill.learning.tuned_models import ENCODER_RUN, models_of, parents_of, register
from gristmill.models.catalog import encoder_weights
from gristmill.models.encoder import Encoder
from gristmill.models.memory import Memory, Pull
from gristmill.models.vectors import Vectors
from gristmill.search.embedding import embed_beside, vectors_of
from gristmill.search.index import Publication, publish_beside
from gristmill.search.rows import embeddings_for, with_context
from gristmill.search.version import read_manifest
from gristmill.settings import EncoderSettings
from gristmill.storage.tables import CHUNKS
from gristmill.workspace import Workspace

SILENT = Silent()
_FORM = "memory"
_FOLDER = "models/encoders"  # below the home
_JOULES_PER_WH = 3_600.0


@dataclass(frozen=True)
class Remembered:
    """A memory, how its pull was chosen, and what it leaves of general texts."""

    memory: Memory
    choice: Choice
    likenesses_moved: float
    data_hash: str

    def as_json(self) -> dict[str, Any]:
        """Return the parts that interfaces print."""
        return {
            "passages": len(self.memory.passages), "questions": len(self.memory.questions),
            **asdict(self.memory.pull), "chosen_because": self.choice.reason,
            "mean_reciprocal_rank": {str(pull): round(rank, 4) for pull, rank in self.choice.measured.items()},
            "likenesses_moved": round(self.likenesses_moved, 5),
        }  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What tuning came to: the registered encoder, what it remembers, and the index that was built with it."""

    run: str
    model: dict[str, Any]
    remembered: Remembered
    version: int

    def as_json(self) -> dict[str, Any]:
        """Return the parts that interfaces print."""
        return {"run": self.run, **self.remembered.as_json(), "model": self.model, "index_version": self.version}


def remember(workspace: Workspace, progress: Progress = SILENT) -> Remembered:
    """Make the memory of the documents and the confirmed questions as they are now.

    It is made for the configured encoder alone each time, so that mistakes do not pile up. Documents that are not for
    everyone are left out: what is near them must not show in how others are found.

    Raises:
        SettingsError: there are too few passages, or nothing that would be moved.
    """
    settings, base = workspace.settings.encoder_tuning, workspace.encoder_alone
    rows = _rows(workspace)
    asked = _confirmed(workspace, rows)
    kept = _kept(rows, asked, settings.most_passages)
    if kept.height < settings.least_passages:
        raise SettingsError(
            f"There are {kept.height} passages for everyone to remember; {settings.least_passages} are needed.",
            "Ingest more documents, or lower 'least_passages' below [encoder_tuning].",
        )
    place = {key: at for at, key in enumerate(kept["embedding_key"])}
    confirmed = [Confirmed(question, tuple(sorted({place[key] for key in keys}))) for question, keys in asked]
    passages = _vectors(workspace, kept, base, progress)
    questions = base.encode([c.question for c in confirmed]) if confirmed else passages[:0]
    pull = Pull(settings.neighbours, settings.towards_neighbours or 0.0, settings.towards_answers, settings.least_alike)
    memory = Memory(passages, questions, answers_of(passages, confirmed), pull)
    if settings.towards_neighbours is not None:
        choice = stated(memory, questions, confirmed, settings.least_questions)
    else:
        choice = choose(memory, questions, confirmed, kept["document"].n_unique(), settings.least_questions)
        memory = memory.pulled(choice.pull)
    if not choice.pull and not confirmed:
        raise SettingsError(
            f"There is nothing to tune: with {choice.reason}, neighbours are left where they are.",
            "Confirm questions ('gristmill feedback', or a question file), or set 'towards_neighbours' below "
            "[encoder_tuning].",
        )
    moved = likenesses_moved(memory, base.encode(general_prompts()))
    asked_lines = [fingerprint(c.question, [kept["embedding_key"][row] for row in c.passages]) for c in confirmed]
    return Remembered(memory, choice, moved, lines_hash([*sorted(kept["embedding_key"]), *sorted(asked_lines)]))


def encoder_tuning_stage(workspace: Workspace, progress: Progress = SILENT) -> Outcome:
    """Give the encoder a memory, build an index with it beside the one in force, and offer both to the gate.

    What was done already is found and not made again.

    Args:
        workspace: the installation; its lock is held by the caller.
        progress: told how far it is.

    Raises:
        SettingsError: there is too little to remember.
        GateError: the documents have not passed their gates.
        AuditError: the index failed its audit twice.
    """
    began, cpu = time.perf_counter(), time.process_time()
    remembered = remember(workspace, progress)
    weights = encoder_weights(workspace.settings.encoder)
    run = f"{ENCODER_RUN}{fingerprint(weights.sha256, remembered.data_hash, asdict(remembered.memory.pull))[:12]}"
    place = f"{_FOLDER}/{run}.safetensors"
    sha256 = remembered.memory.save(workspace.home / place)
    settings = EncoderSettings.model_validate(
        workspace.settings.encoder.model_dump() | {"memory": place, "memory_sha256": sha256}
    )
    candidate, version = _offered(workspace, settings, remembered.memory, progress)
    watts = workspace.settings.evaluation.watts_per_core
    measured = remembered.choice.measured
    row = {
        "model": sha256, "run": run, "at": datetime.now(UTC), "name": f"{weights.name}-{run}", "quantisation": _FORM,
        "place": place, "bytes": (workspace.home / place).stat().st_size, "base": weights.name,
        "base_sha256": weights.sha256, "parents": parents_of(workspace.lake, weights.sha256),
        "data_hash": remembered.data_hash, "examples": len(remembered.memory.passages),
        "settings": json.dumps(remembered.as_json()), "steps": 0,
        "held_out_before": 1 - measured[0.0] if measured else 0.0,
        "held_out": 1 - measured[remembered.choice.pull] if measured else 0.0,
        "flops": _flops(remembered.memory), "flops_share": None, "seconds": time.perf_counter() - began,
        "energy_wh": (time.process_time() - cpu) * watts / _JOULES_PER_WH, "candidate": candidate,
    }  # fmt: skip
    register(workspace.lake, [row], run, ())
    _sweep(workspace)
    (model,) = models_of(workspace.lake, run)
    return Outcome(run, model, remembered, version)


def tuned_report(outcome: Outcome) -> tuple[StageReport, Contents]:
    """Return what a tuning came to for the orchestrator."""
    row, memory = outcome.model, outcome.remembered.memory
    numbers = {
        "passages": len(memory.passages), "questions": len(memory.questions),
        "towards_neighbours": memory.pull.towards_neighbours, "bytes": row["bytes"], "flops": row["flops"],
        "energy_wh": row["energy_wh"], "index_version": outcome.version, "seconds": round(row["seconds"], 3),
    }  # fmt: skip
    said = f"neighbours pull by {memory.pull.towards_neighbours:g}: {outcome.remembered.choice.reason}"
    changes = [Change(row["candidate"], "offered", f"{said}; 'gristmill gate {row['candidate']}' decides")]
    return StageReport.of("tuned_encoder", numbers, changes), Contents(row["place"], 1, row["model"])


def _sweep(workspace: Workspace) -> None:
    """Delete the memories that no release needs any more: they hold vectors of texts that may be gone."""
    releases = workspace.registry.needed(workspace.settings.search.keep_versions)
    named = {
        workspace.home / release.encoder_settings.memory for release in releases if release.encoder_settings.memory
    }
    for file in (workspace.home / _FOLDER).glob("*.safetensors"):
        if file not in named:
            file.unlink()


def _rows(workspace: Workspace) -> pl.DataFrame:
    """Return the chunks that may be remembered, in an order of their own; equal texts are there several times."""
    documents = accepted(workspace.lake).filter(pl.col("audience").list.contains(EVERYONE)).select("document")
    columns = ["document", "ordinal", "start", "end", "context", "text", "embedding_key"]
    return workspace.lake.read(CHUNKS, columns).join(documents, on="document").sort("document", "ordinal")


def _confirmed(workspace: Workspace, rows: pl.DataFrame) -> list[tuple[str, list[str]]]:
    """Return the confirmed questions with the keys of the chunks that hold their evidence."""
    held = {
        document: part.select("start", "end", "embedding_key").rows()
        for (document,), part in rows.group_by("document", maintain_order=True)
    }
    found = []
    for question in teachable(read_set(workspace.lake))[0]:
        keys = [
            key
            for evidence in question.evidence
            for start, end, key in held.get(evidence.document, ())
            if evidence.start >= 0 and start < evidence.end and evidence.start < end
        ]
        # A question about what only a few may read tells of it.
        public = all(evidence.document in held for evidence in question.evidence)
        if question.answerable and keys and public:
            found.append((question.text, keys))
    return found


def _kept(rows: pl.DataFrame, asked: Sequence[tuple[str, list[str]]], most: int) -> pl.DataFrame:
    """Return one row for each text: all of them, or those that questions need and others by their hashes."""
    distinct = rows.unique("embedding_key", keep="first", maintain_order=True)
    if distinct.height <= most:
        return distinct
    needed = {key for _, keys in asked for key in keys}
    order = sorted(distinct["embedding_key"], key=lambda key: (key not in needed, fingerprint("sample", key)))
    return distinct.filter(pl.col("embedding_key").is_in(order[: max(most, len(needed))]))


def _vectors(workspace: Workspace, rows: pl.DataFrame, base: Encoder, progress: Progress) -> Vectors:
    """Return the vectors of rows by the encoder that is tuned: the stored ones, and new ones where there are none."""
    stored = embeddings_for(workspace.lake, rows, base.fingerprint)
    missing = rows.filter(stored.is_null())
    if missing.is_empty():
        return vectors_of(stored)
    progress.start("embed", missing.height)
    made = base.encode([with_context(*row) for row in missing.select("context", "text").iter_rows()])
    progress.advance(missing.height)
    if missing.height == rows.height:
        return made
    whole = np.empty((rows.height, made.shape[1]), dtype=np.float32)
    absent = stored.is_null().to_numpy()
    whole[absent], whole[~absent] = made, vectors_of(stored.drop_nulls())
    return whole


def _flops(memory: Memory) -> float:
    """Return the operations of comparing all passages with all: 2 for each number of a vector."""
    return float(2 * len(memory.passages) ** 2 * memory.passages.shape[1])


def _offered(workspace: Workspace, settings: EncoderSettings, memory: Memory, progress: Progress) -> tuple[str, int]:
    """Build an index with the tuned encoder beside the one in force, and keep the release that both make."""
    encoder, search, store = workspace.encoder_of(settings), workspace.settings.search, workspace.index_store
    encoders = (encoder.fingerprint, *(each.fingerprint for each in workspace.encoders[1:]))
    if encoder.fingerprint != workspace.encoder.fingerprint:
        embed_beside(workspace.lake, encoder, progress, workspace.encoder_alone.fingerprint, memory.moved)
    version = publish_beside(Publication(workspace.lake, store, encoders, search, progress, workspace.protected))
    made = workspace.candidate(read_manifest(store.folder(version)))
    return workspace.registry.keep(replace(made, encoder=settings.model_dump(mode="json"))), version
