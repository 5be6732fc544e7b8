"""OpenVINO's own form of a GGUF file: it converts one at each load, and loads what it converted in half the time."""

from __future__ import annotations

import time
from pathlib import Path


def converted(file: Path, cache: Path) -> Path:
    """Return the folder with a GGUF file as OpenVINO has it, `model` below `cache`; never half written.

    It writes beside what it reads, so it reads a link, in a folder that is renamed when all is there.
    """
    target = cache / "model"
    if (target / "openvino_model.xml").is_file():
        return target
    import openvino_genai

    staging = cache / f"staging-{time.time_ns()}"
    staging.mkdir(parents=True)
    link = staging / file.name
    link.symlink_to(file)
    openvino_genai.LLMPipeline(str(link), "CPU", enable_save_ov_model=True)
    link.unlink()
    if not target.exists():
        staging.rename(target)
    return target
