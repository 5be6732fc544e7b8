"""The fitted models that come with the package: which files they are, and one hash of them all."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from gristmill.answering.evidence import QUESTION_FILE, UNIT_FILE
from gristmill.answering.reading import READING_FILE
from gristmill.answering.support import MODEL_FILE
from gristmill.models.reader import ADAPTER_FILE


@cache
def fitted_models() -> str:
    """Return the hash of what is fitted to weigh and read evidence, and support: fitted anew, it is another release."""
    here, models = files("gristmill.answering"), files("gristmill.models")
    digest = hashlib.sha256()
    for name in (UNIT_FILE, QUESTION_FILE, READING_FILE, MODEL_FILE):
        digest.update(here.joinpath(name).read_bytes())
    digest.update(models.joinpath(ADAPTER_FILE).read_bytes())
    return digest.hexdigest()
