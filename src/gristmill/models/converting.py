"""OpenVINO's own form of a GGUF file: it converts one at each load, and loads what it converted in half the time."""

from __future__ import annotations

import shutil
import time
from os import getpid
from pathlib import Path

from gristmill.errors import ModelError

_MODEL = "openvino_model.xml"


def is_converted(cache: Path) -> bool:
    """Say whether there is a converted model below `cache`."""
    return (cache / "model" / _MODEL).is_file()


def converted(file: Path, cache: Path) -> Path:
    """Return the folder with a GGUF file as OpenVINO has it, `model` below `cache`; never half written.

    It writes beside what it reads, so it reads a link, in a folder that is renamed when all is there. Of two processes
    that convert the same at once, the first one's is kept.

    Raises:
        ModelError: the file cannot be converted, or the disk is full.
    """
    target = cache / "model"
    if is_converted(cache):
        return target
    import openvino_genai

    staging = cache / f"staging-{getpid()}-{time.time_ns()}"
    try:
        staging.mkdir(parents=True)
        link = staging / file.name
        link.symlink_to(file)
        openvino_genai.LLMPipeline(str(link), "CPU", enable_save_ov_model=True)
        link.unlink()
        staging.rename(target)
    except (OSError, RuntimeError, LookupError) as error:
        if not is_converted(cache):
            said = str(error).strip().splitlines()[-1]
            raise ModelError(
                f"{file} cannot be converted for OpenVINO: {said}.",
                "Free space if the disk is full, or name another file.",
            ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target
