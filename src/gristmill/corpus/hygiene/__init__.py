"""Cleaning of text: what a reader cannot see, what is repeated, and which language it is in.

Pure functions over one text, its bytes and its metadata. Nothing here reads the store or decides what becomes of a
document: `corpus.quality` judges, the assets act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gristmill.lazily import offered

if TYPE_CHECKING:
    from gristmill.corpus.hygiene.boilerplate import (
        BoilerplateModel,
        EdgeLine,
        RepeatedLine,
        edge_lines,
        merged_spans,
        page_lines,
        repeated_lines_across_pages,
        shared_edges,
    )
    from gristmill.corpus.hygiene.cleaning import SMUGGLING_KINDS, CleanText, Finding, clean
    from gristmill.corpus.hygiene.hidden import hidden_text
    from gristmill.corpus.hygiene.hidden_kinds import CONCEALED, Hidden, HiddenKind
    from gristmill.corpus.hygiene.languages import (
        UNDETERMINED,
        Language,
        detect_language,
        iso_639_1,
    )
    from gristmill.corpus.hygiene.multilingual import LanguageRun, language_runs
    from gristmill.corpus.hygiene.offsets import OffsetMap, Span
    from gristmill.corpus.hygiene.separation import HiddenSpan, Separated, remove_hidden

__all__ = [
    "CONCEALED",
    "SMUGGLING_KINDS",
    "UNDETERMINED",
    "BoilerplateModel",
    "CleanText",
    "EdgeLine",
    "Finding",
    "Hidden",
    "HiddenKind",
    "HiddenSpan",
    "Language",
    "LanguageRun",
    "OffsetMap",
    "RepeatedLine",
    "Separated",
    "Span",
    "clean",
    "detect_language",
    "edge_lines",
    "hidden_text",
    "iso_639_1",
    "language_runs",
    "merged_spans",
    "page_lines",
    "remove_hidden",
    "repeated_lines_across_pages",
    "shared_edges",
]

__getattr__, __dir__ = offered(
    __name__,
    {
        "boilerplate": (
            "BoilerplateModel",
            "EdgeLine",
            "RepeatedLine",
            "edge_lines",
            "merged_spans",
            "page_lines",
            "repeated_lines_across_pages",
            "shared_edges",
        ),
        "cleaning": ("SMUGGLING_KINDS", "CleanText", "Finding", "clean"),
        "hidden": ("hidden_text",),
        "hidden_kinds": ("CONCEALED", "Hidden", "HiddenKind"),
        "multilingual": ("LanguageRun", "language_runs"),
        "languages": ("UNDETERMINED", "Language", "detect_language", "iso_639_1"),
        "offsets": ("OffsetMap", "Span"),
        "separation": ("HiddenSpan", "Separated", "remove_hidden"),
    },
)
