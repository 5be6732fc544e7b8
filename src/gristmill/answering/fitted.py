"""The fitted models that come with the package: which files they are, and one hash of them all."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from gristmill.models.catalog import ADAPTER_FILE

# They weigh a unit of evidence, tell whether a question can be answered, read both together, and support a claim.
UNIT_FILE, QUESTION_FILE = "evidence.json", "answerable.npz"
READING_FILE = "reading.json"
SUPPORT_FILE = "support.json"


@cache
def fitted_models() -> str:
    """Return the hash of what is fitted to weigh and read evidence, and support: fitted anew, it is another release."""
    here, models = files("gristmill.answering"), files("gristmill.models")
    digest = hashlib.sha256()
    for name in (UNIT_FILE, QUESTION_FILE, READING_FILE, SUPPORT_FILE):
        digest.update(here.joinpath(name).read_bytes())
    digest.update(models.joinpath(ADAPTER_FILE).read_bytes())
    return digest.hexdigest()
