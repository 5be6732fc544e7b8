"""How the encoders of an index version are loaded, written into the version, and the way back.

A question is encoded by the encoder that the index in force was built with, whatever the settings name by now. So two
indexes stand side by side while a new encoder makes its vectors, and each query goes to exactly one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gristmill.errors import GristmillError, ModelError, SearchIndexError
from gristmill.models.bridge import BridgeEncoder
from gristmill.models.encoder import TextEncoder, TransformerEncoder
from gristmill.search.version import read_manifest
from gristmill.settings import EncoderSettings
from gristmill.storage.artifacts import VersionStore

ENCODERS_FILE = "encoders.json"


@dataclass(frozen=True)
class EncoderRecord:
    """What it takes to load one encoder again; without settings it is the bridge or one that only a caller has."""

    fingerprint: str
    kind: str
    settings: dict[str, object] | None = None


def write_records(folder: Path, encoders: Sequence[TextEncoder]) -> None:
    """Write how a version's encoders are loaded into its folder."""
    records = [asdict(_record(encoder)) for encoder in encoders]
    (folder / ENCODERS_FILE).write_text(json.dumps(records, indent=2, sort_keys=True) + "\n")


def read_records(folder: Path) -> list[EncoderRecord]:
    """Return the records of a version; nothing when it was built before there were any."""
    try:
        return [EncoderRecord(**fields) for fields in json.loads((folder / ENCODERS_FILE).read_text())]
    except (OSError, ValueError, TypeError):
        return []


def kept_encoders(store: VersionStore) -> set[str]:
    """Return the fingerprints of all encoders that a kept version was built with."""
    named: set[str] = set()
    for number in store.numbers():
        try:
            named.update(read_manifest(store.folder(number)).encoders)
        except SearchIndexError:
            continue  # a damaged version names nobody, and nobody can ask it
    return named


def encoder_for(
    folder: Path, wanted: str, at_hand: Iterable[Callable[[], TextEncoder | None]], memory: Path
) -> TextEncoder:
    """Return the encoder with a fingerprint: one at hand, else as the version's record says.

    Args:
        folder: the version's.
        wanted: fingerprint of the encoder that the version was built with.
        at_hand: give the encoders of the settings; one whose weights are missing raises and is passed by.
        memory: folder that remembers which weights were verified.

    Raises:
        SearchIndexError: it cannot be loaded.
    """
    for given in at_hand:
        try:
            encoder = given()
            if encoder is not None and encoder.fingerprint == wanted:
                return encoder
        except GristmillError:
            continue
    record = next((record for record in read_records(folder) if record.fingerprint == wanted), None)
    problem = "nothing says how to load it"
    if record is not None:
        try:
            encoder = _load(record, memory)
            if encoder.fingerprint == wanted:
                return encoder
            problem = "what lies there is another one by now"
        except GristmillError as error:
            problem = error.message.rstrip(".")
    raise SearchIndexError(
        f"Index version {int(folder.name)} was built with {_named(record, wanted)}, and that cannot be loaded: "
        f"{problem}.",
        "Put its weights back, or run 'gristmill ingest' to build an index with the encoder of the settings.",
    )


def _record(encoder: TextEncoder) -> EncoderRecord:
    if isinstance(encoder, TransformerEncoder):
        fields = encoder.settings.model_dump(mode="json")
        if encoder.settings.path is not None:
            fields["path"] = str(encoder.settings.path.expanduser().resolve())
        return EncoderRecord(encoder.fingerprint, "transformer", fields)
    return EncoderRecord(encoder.fingerprint, "bridge" if isinstance(encoder, BridgeEncoder) else "given")


def _load(record: EncoderRecord, memory: Path) -> TextEncoder:
    if record.kind == "bridge":
        return BridgeEncoder(memory / "bridge-verified.json")
    if record.kind != "transformer" or record.settings is None:
        raise ModelError("it was handed in by a program", "")
    settings = EncoderSettings(**record.settings)  # type: ignore[arg-type]
    encoder = TransformerEncoder(settings, memory / f"encoder-{record.fingerprint[:12]}-verified.json")
    encoder.weights.verify(memory / f"encoder-{record.fingerprint[:12]}-verified.json")
    return encoder


def _named(record: EncoderRecord | None, wanted: str) -> str:
    name = (record.settings or {}).get("name") if record is not None else None
    return f"the encoder '{name}' ({wanted[:12]})" if name else f"the encoder {wanted[:12]}"
