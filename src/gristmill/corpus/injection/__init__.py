"""Screening documents for instructions aimed at a model: the public face of the package.

`screen` looks at one document, `screen_all` at several. They need numpy and the standard library
only, and are never the only defence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gristmill.lazily import offered

if TYPE_CHECKING:
    from gristmill.corpus.injection.findings import Finding, Screening, Verdict
    from gristmill.corpus.injection.pinned import CLASSIFIER_SHA256
    from gristmill.corpus.injection.screening import screen, screen_all, screen_with

__all__ = ["CLASSIFIER_SHA256", "Finding", "Screening", "Verdict", "screen", "screen_all", "screen_with"]

__getattr__, __dir__ = offered(
    __name__,
    {
        "pinned": ("CLASSIFIER_SHA256",),
        "findings": ("Finding", "Screening", "Verdict"),
        "screening": ("screen", "screen_all", "screen_with"),
    },
)
