"""The fitted models that come with the package: which files they are, and one hash of them all."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from gristmill.answering.evidence import QUESTION_FILE, UNIT_FILE
from gristmill.answering.support import MODEL_FILE


@cache
def fitted_models() -> str:
    """Return the hash of the models that weigh evidence and support: fitted anew, they make another release."""
    folder = files("gristmill.answering")
    digest = hashlib.sha256()
    for name in (UNIT_FILE, QUESTION_FILE, MODEL_FILE):
        digest.update(folder.joinpath(name).read_bytes())
    return digest.hexdigest()
