"""Settings of search: how documents are cut, which model encodes them, how passages are found."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from gristmill.settings.section import Section

Strategy = Literal["fixed", "recursive", "markdown", "semantic", "structure"]


class ChunkerSettings(Section):
    """How an accepted document is cut. Sizes are in the encoder's own tokens."""

    strategy: Strategy = "markdown"
    tokens: int = Field(190, ge=16, description="Largest chunk; with its context it must fit the encoder's window.")
    context_tokens: int = Field(48, ge=0, description="Most of the title and heading path that is embedded with it.")
    parent_tokens: int = Field(800, ge=16, description="Most of the section around a chunk that counts as its parent.")


class EncoderSettings(Section):
    """Which model makes vectors of text. A name of the catalog, or a folder with its hash."""

    name: str = "all-MiniLM-L6-v2"
    path: Path | None = Field(None, description="A safetensors folder of your own.")
    sha256: str | None = Field(None, description="SHA-256 of that folder's model.safetensors.")
    precision: Literal["auto", "bfloat16", "float32"] = Field(
        "auto", description="What it computes in. By itself bfloat16, where the processor is faster in it."
    )
    backend: Literal["auto", "openvino", "torch"] = Field(
        "auto", description="What runs it. OpenVINO runs models of the BERT family; torch runs everything."
    )
    batch: int = Field(32, ge=1)
    revision: int = Field(0, ge=0, description="Count up to make all vectors again with the same weights.")
    memory: Path | None = Field(None, description="What it remembers of the corpus; written by 'tune encoder'.")
    memory_sha256: str | None = Field(None, description="SHA-256 of that file.")


class SearchSettings(Section):
    """How passages are found. Measured by `python -m benchmarks.sample`, tune split."""

    passages: int = Field(5, ge=1, le=50)
    candidates: int = Field(100, ge=1, description="How many each of dense and lexical search hands to fusion.")
    fusion: Literal["weighted", "rrf"] = "weighted"
    dense_weight: float = Field(0.4, ge=0, le=1, description="Weight of the main encoder's score.")
    lexical_weight: float = Field(0.35, ge=0, le=1, description="Weight of the words' score.")
    bridge_weight: float = Field(0.25, ge=0, le=1, description="Weight of the multilingual encoder's score.")
    bridge_in_english: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of that weight where all documents are in English.",
    )
    bridge: bool = Field(True, description="Use a second, multilingual encoder beside the main one.")
    expansion: float = Field(
        0.2,
        ge=0,
        le=2,
        description="How far a question is moved towards what it found first, and scored anew.",
    )
    expansion_passages: int = Field(3, ge=1, le=10, description="Passages that it is moved towards.")
    rrf_constant: int = Field(60, ge=1, description="Cormack, Clarke and Buettcher 2009.")
    passages_per_document: int = Field(2, ge=1, description="So that one long document does not fill the page.")
    neighbours: int = Field(3, ge=0, le=5, description="Chunks before and after a found one that its passage takes in.")
    superseded_penalty: float = Field(0.25, ge=0, le=1, description="Share taken off the score of an outdated version.")
    reranker: Path | None = Field(None, description="Folder of a cross-encoder that orders what was found anew.")
    reranker_sha256: str | None = Field(None, description="SHA-256 of that folder's model.safetensors.")
    reranked: int = Field(20, ge=2, description="How many chunks it reads for a question.")
    exact_rows: int = Field(
        200_000, ge=0, description="Permitted rows up to which search is exact: 'gristmill index crossing' measures it."
    )
    approximate: Literal["when needed", "always", "never"] = Field(
        "when needed", description="When a version gets a Chroma collection: 'when needed' is above 'exact_rows'."
    )
    chroma_url: str = Field("", description="A Chroma server, such as http://localhost:8000; empty: in the version.")
    audit_rows: int = Field(20_000, ge=1, description="Rows found again one by one in an audit; beyond, a sample.")
    keep_versions: int = Field(3, ge=1, description="Published index versions kept for rollback.")


class FocusSettings(Section):
    """What of the found passages search hands on in focus: the spans that matter for the question.

    Measured by `python -m benchmarks.focus`; the answer path weighs sentences itself and does not read it.
    """

    tokens: int = Field(1_000, ge=32, description="Most tokens of five passages of a question together.")
    share: float = Field(
        0.64, ge=0, le=1, description="Sentences below this share of the best one's score matter too little."
    )
    passages: int = Field(10, ge=1, le=50, description="Passages that are looked at; the best spans of them are kept.")
    neighbours: int = Field(2, ge=0, le=5, description="Chunks before and after a found one that are looked at too.")
    encoded_units: int = Field(
        0, ge=0, description="Sentences that are encoded to compare their meaning; the words of all are compared."
    )
