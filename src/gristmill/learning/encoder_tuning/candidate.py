"""A candidate encoder: an immutable folder named by its hash, with a manifest that says where it comes from.

It is a sentence-transformers folder like its base's, and loadable by `[encoder] path` and `sha256`. Lying there changes
nothing: an encoder is used when settings or a release name it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gristmill.errors import StorageError
from gristmill.fingerprint import file_hash
from gristmill.models.heads import FOLDER, PIN, WEIGHT

if TYPE_CHECKING:
    import torch

MANIFEST = "candidate.json"
WEIGHTS = "model.safetensors"
_LEFT_OUT = {WEIGHTS, MANIFEST, "README.md", "data_config.json", ".gitattributes"}
_MODULES = (
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": FOLDER, "type": "sentence_transformers.models.Dense"},
    {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.models.Normalize"},
)


@dataclass(frozen=True)
class Origin:
    """Where a candidate comes from, and how it did before anybody uses it."""

    base: str  # SHA-256 of the base's weights
    base_name: str
    parents: tuple[str, ...]  # the base's own origin, nearest first
    data: str  # hash of the texts and pairs
    texts: int
    pairs: Mapping[str, int]
    settings: Mapping[str, Any]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Candidate:
    """A candidate on disk."""

    sha256: str
    folder: Path
    origin: Origin

    @property
    def name(self) -> str:
        """A short name: the base's, and the beginning of the hash."""
        return f"{self.origin.base_name.split('+')[0]}+{self.sha256[:8]}"

    def as_settings(self) -> str:
        """Return the lines of gristmill.toml that would use it."""
        return f'[encoder]\nname = "{self.name}"\npath = "{self.folder}"\nsha256 = "{self.sha256}"'


def encoders_folder(home: Path) -> Path:
    """Return where the candidates of a home lie."""
    return home / "models" / "encoders"


def write_candidate(
    home: Path, base: Path, tensors: Mapping[str, torch.Tensor], head: torch.Tensor, origin: Origin
) -> Candidate:
    """Write the folder of a candidate, unless the same weights lie there already.

    Args:
        home: the installation's.
        base: folder that the tuning began with; its tokenizer and configuration are taken over.
        tensors: the transformer's weights by name.
        head: the linear layer, shape (dimensions, dimensions).
        origin: what its manifest says.
    """
    from safetensors.torch import save_file

    staging = encoders_folder(home) / ".staging"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(base, staging, ignore=lambda _, names: _LEFT_OUT.intersection(names) | {FOLDER, "2_Normalize"})
    dense = staging / FOLDER
    dense.mkdir()
    save_file({WEIGHT: head.contiguous()}, dense / WEIGHTS)
    size = head.shape[0]
    config = {"in_features": size, "out_features": size, "bias": False}
    _write(dense / "config.json", config | {"activation_function": "torch.nn.modules.linear.Identity"})
    _write(staging / "modules.json", _MODULES)
    save_file(dict(tensors), staging / WEIGHTS, {"format": "pt", PIN: file_hash(dense / WEIGHTS)})
    sha = file_hash(staging / WEIGHTS)
    _write(staging / MANIFEST, asdict(origin))
    target = encoders_folder(home) / sha
    if target.exists():
        shutil.rmtree(staging)
    else:
        staging.rename(target)
    return read_candidate(target)


def read_candidate(folder: Path) -> Candidate:
    """Return the candidate in a folder.

    Raises:
        StorageError: it has no readable manifest.
    """
    try:
        fields = json.loads((folder / MANIFEST).read_text())
        return Candidate(folder.name, folder, Origin(**fields | {"parents": tuple(fields["parents"])}))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StorageError(f"{folder} holds no candidate encoder.", "Delete it, and tune again.") from error


def candidates(home: Path) -> Iterator[Candidate]:
    """Yield the candidates of a home, newest first."""
    folders = [f for f in encoders_folder(home).glob("*") if (f / MANIFEST).is_file() and f.name != ".staging"]
    yield from map(read_candidate, sorted(folders, key=lambda folder: -(folder / MANIFEST).stat().st_mtime))


def parents_of(base: Path, sha256: str) -> tuple[str, ...]:
    """Return the hashes of what a base itself was tuned from, nearest first."""
    if not (base / MANIFEST).is_file():
        return ()
    origin = read_candidate(base).origin
    return (sha256, origin.base, *origin.parents) if origin.base != sha256 else origin.parents


def _write(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")
