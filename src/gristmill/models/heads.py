"""The linear head of a tuned encoder: where it lies in a sentence-transformers folder, and how it is pinned.

The settings pin `model.safetensors`; its metadata pin the head, so one hash covers both. Nothing here trains.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file

from gristmill.errors import ModelError
from gristmill.fingerprint import file_hash

PIN = "head_sha256"
FOLDER = "2_Dense"
WEIGHT = "linear.weight"
_DENSE = "Dense"
_REMEDY = "Use a folder that 'gristmill tune encoder' made, or one with mean pooling and nothing behind it."


def load_head(weights: Path) -> NDArray[np.float32] | None:
    """Return the linear head of the folder that holds `weights`, or None when its model has none.

    Raises:
        ModelError: there is one that is not pinned, not the pinned one, or more than a linear layer.
    """
    folder = _head_folder(weights.parent)
    if folder is None:
        return None
    file = folder / "model.safetensors"
    pinned = _metadata(weights).get(PIN)
    if pinned is None or not file.is_file() or file_hash(file) != pinned:
        raise ModelError(f"The dense layer in {folder} is not the one that {weights.name} names.", _REMEDY)
    config = json.loads((folder / "config.json").read_text())
    if config.get("bias") or "Identity" not in str(config.get("activation_function")):
        raise ModelError(f"The dense layer in {folder} is more than a linear map.", _REMEDY)
    matrix: NDArray[np.float32] = load_file(file)[WEIGHT].astype(np.float32)
    return matrix


def _head_folder(folder: Path) -> Path | None:
    modules: list[dict[str, Any]]
    try:
        modules = json.loads((folder / "modules.json").read_text())
    except (OSError, ValueError):
        return None
    found = (module for module in modules if str(module.get("type", "")).rpartition(".")[2] == _DENSE)
    module = next(found, None)
    return None if module is None else folder / str(module["path"])


def _metadata(weights: Path) -> dict[str, str]:
    with safe_open(weights, "np") as stored:
        return dict(stored.metadata() or {})
