"""Probes: texts that are encoded again and again, so that changed weights or numerics are noticed before they mix.

The first vectors of an encoder are kept in the lake and go into every index version. A fingerprint says what an
encoder is; the probes say what it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from gristmill.errors import AuditError
from gristmill.fingerprint import text_hash
from gristmill.models.encoder import Numerics, TextEncoder, Vectors
from gristmill.search.embedding import embedding_id, vectors_of
from gristmill.search.probe_texts import PROBE_TEXTS
from gristmill.storage.lake import Lake
from gristmill.storage.tables import PROBES

PROBES_FILE = "probes.arrow"
# Measured with MiniLM: float32 in batches of 1 and 64 agree to 1 - 2e-7, bfloat16 with float32 to 0.9993 in the worst
# probe; noise of 2% on every weight gives 0.996.
TOLERANCE = 0.998
PROBES_REMEDY = (
    "Put its weights and the versions of torch and transformers back; or set 'revision' below [encoder] one higher "
    "and run 'gristmill ingest': every vector is made again."
)
_AT_OPENING = (0, 11, 32, 55)  # English, a table, German, Japanese: about a hundred tokens


@dataclass(frozen=True)
class Agreement:
    """How well vectors agree with those that were kept."""

    worst: float  # cosine
    text: str  # the probe it belongs to

    @property
    def holds(self) -> bool:
        """Whether the difference is noise."""
        return self.worst >= TOLERANCE


def agreement(kept: Vectors, again: Vectors, texts: Sequence[str] = PROBE_TEXTS) -> Agreement:
    """Compare the vectors of the same texts, row by row; both have unit length."""
    if kept.shape != again.shape:
        return Agreement(-1.0, texts[0])
    cosines = np.einsum("ij,ij->i", kept.astype(np.float64), again.astype(np.float64))
    at = int(np.argmin(np.nan_to_num(cosines, nan=-1.0)))
    return Agreement(float(np.nan_to_num(cosines[at], nan=-1.0)), texts[at])


def require_same(lake: Lake, encoder: TextEncoder, *, again: bool) -> Vectors:
    """Return the kept vectors of the probes, having made sure that the encoder still gives them.

    An encoder without any has its vectors kept now. One that is not loaded, on a machine whose numerics are those of
    the last comparison, is not loaded for it.

    Args:
        lake: where the vectors are kept.
        encoder: the encoder in question.
        again: encode again when the encoder is loaded; otherwise only when the numerics changed.

    Raises:
        AuditError: it gives other vectors now.
    """
    stored = lake.read(PROBES, where=pl.col("encoder") == encoder.fingerprint).sort("ordinal")
    numerics = encoder.numerics if isinstance(encoder, Numerics) else ""
    if stored.height != len(PROBE_TEXTS):
        kept = encoder.encode(PROBE_TEXTS)
        lake.upsert(PROBES, _rows(encoder.fingerprint, numerics, kept))
        return kept
    kept = vectors_of(stored["vector"])
    known = bool(numerics) and set(stored["numerics"]) == {numerics}
    if known and not (again and isinstance(encoder, Numerics) and encoder.is_loaded):
        return kept
    found = agreement(kept, encoder.encode(PROBE_TEXTS))
    if not found.holds:
        raise AuditError(_message(encoder.fingerprint, found, "the vectors in the lake were made"), PROBES_REMEDY)
    if not known:
        lake.upsert(PROBES, _rows(encoder.fingerprint, numerics, kept))
    return kept


def write_probes(folder: Path, encoders: Sequence[TextEncoder], vectors: Sequence[Vectors]) -> None:
    """Write the probes of a version's encoders into its folder."""
    frames = [_rows(encoder.fingerprint, "", rows) for encoder, rows in zip(encoders, vectors, strict=True)]
    pl.concat(frames).write_ipc(folder / PROBES_FILE, compression="uncompressed")


def compare_with_version(folder: Path, encoder: TextEncoder, *, every: bool) -> Agreement | None:
    """Compare an encoder with the probes of a version: every probe, or a few; None when the version has none."""
    file = folder / PROBES_FILE
    if not file.is_file():
        return None
    rows = pl.read_ipc(file).filter(pl.col("encoder") == encoder.fingerprint).sort("ordinal")
    if rows.is_empty():
        return None
    chosen = list(range(rows.height)) if every else [at for at in _AT_OPENING if at < rows.height]
    texts = [PROBE_TEXTS[at] for at in chosen]
    return agreement(vectors_of(rows["vector"])[chosen], encoder.encode(texts), texts)


def require_version(folder: Path, encoder: TextEncoder) -> None:
    """Make sure, with a few probes, that an encoder still gives the vectors that a version was built with.

    Raises:
        AuditError: it does not; what it finds would be wrong without a sign of it.
    """
    found = compare_with_version(folder, encoder, every=False)
    if found is not None and not found.holds:
        raise AuditError(
            _message(encoder.fingerprint, found, f"index version {int(folder.name)} was built"), PROBES_REMEDY
        )


def _message(encoder: str, found: Agreement, when: str) -> str:
    return (
        f"The encoder {encoder[:12]} gives other vectors than when {when}: cosine {found.worst:.4f}, at least "
        f"{TOLERANCE} is noise, for the probe '{found.text[:40]}'."
    )


def _rows(encoder: str, numerics: str, vectors: Vectors) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "probe": [embedding_id(encoder, text_hash(text)) for text in PROBE_TEXTS],
            "encoder": encoder,
            "ordinal": range(len(PROBE_TEXTS)),
            "numerics": numerics,
            "vector": [vector.astype("<f4").tobytes() for vector in vectors],
        },
        schema=PROBES.schema,
    )
