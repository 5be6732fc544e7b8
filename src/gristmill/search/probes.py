"""Probes: texts that are encoded again and again, so that changed weights or numerics are noticed before vectors mix.

An encoder's first vectors are kept in the lake. A fingerprint says what an encoder is; the probes say what it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from gristmill.errors import AuditError
from gristmill.fingerprint import fingerprint, text_hash
from gristmill.models.encoder import TextEncoder
from gristmill.models.vectors import Vectors
from gristmill.search.probe_texts import PROBE_TEXTS
from gristmill.storage.lake import Lake
from gristmill.storage.tables import PROBES

# float32 in batches of 1 and of 64 agree beyond 0.99999; noise of 5% on every weight gives less than this. Both are
# tests. bfloat16 stays above it.
TOLERANCE = 0.998
_REMEDY = (
    "Put the model's files and the versions of openvino, torch and transformers back ('make setup'). To go on with "
    "what there is now, set 'revision' below [encoder] one higher and run 'gristmill ingest': all vectors are made new."
)


@dataclass(frozen=True)
class Agreement:
    """How well vectors agree with those that were kept."""

    worst: float  # cosine
    text: str  # the probe it belongs to

    @property
    def holds(self) -> bool:
        """Whether the difference is noise."""
        return self.worst >= TOLERANCE


def require_same(lake: Lake, encoder: TextEncoder) -> None:
    """Make sure that an encoder gives the vectors that it gave first; keep those of one that is new here.

    Raises:
        AuditError: it gives others now. Encoding more with it would mix vectors that cannot be compared.
    """
    found = compare(lake, encoder)
    if found is None:
        lake.upsert(PROBES, _rows(encoder.fingerprint, encoder.encode(PROBE_TEXTS)))
    else:
        _demand(encoder, found)


def require_agreement(lake: Lake, encoder: TextEncoder) -> None:
    """Make sure that an encoder gives the vectors that it gave first, where these are known.

    Raises:
        AuditError: it gives others now. Questions would be compared with vectors of another kind.
    """
    found = compare(lake, encoder)
    if found is not None:
        _demand(encoder, found)


def _demand(encoder: TextEncoder, found: Agreement) -> None:
    if not found.holds:
        raise AuditError(
            f"The encoder {encoder.fingerprint[:12]} gives other vectors than when its first ones were made: cosine "
            f"{found.worst:.4f}, at least {TOLERANCE} is noise, for the probe '{found.text[:40]}'.",
            _REMEDY,
        )


def compare(lake: Lake, encoder: TextEncoder) -> Agreement | None:
    """Compare the vectors of the probes with those that were kept; None when none were."""
    stored = lake.read(PROBES, where=pl.col("encoder") == encoder.fingerprint).sort("ordinal")
    if stored.height != len(PROBE_TEXTS):
        return None
    kept = np.frombuffer(b"".join(stored["vector"]), dtype="<f4").reshape(stored.height, -1)
    return agreement(kept, encoder.encode(PROBE_TEXTS))


def agreement(kept: Vectors, again: Vectors) -> Agreement:
    """Compare two sets of vectors of the probes, row by row; all have unit length."""
    if kept.shape != again.shape:
        return Agreement(-1.0, PROBE_TEXTS[0])
    cosines = np.nan_to_num(np.einsum("ij,ij->i", kept.astype(np.float64), again.astype(np.float64)), nan=-1.0)
    at = int(np.argmin(cosines))
    return Agreement(float(cosines[at]), PROBE_TEXTS[at])


def _rows(encoder: str, vectors: Vectors) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "probe": [fingerprint(encoder, text_hash(text)) for text in PROBE_TEXTS],
            "encoder": encoder,
            "ordinal": range(len(PROBE_TEXTS)),
            "vector": [vector.astype("<f4").tobytes() for vector in vectors],
        },
        schema=PROBES.schema,
    )
