"""Duplicates, near duplicates and superseded versions of documents.

Pure functions over texts, signatures and metadata: the store keeps a signature for each content hash, the assets say
which are new. Nothing here removes a document.
"""

from gristmill.corpus.duplicates.families import Duplicate, Family, Member, Relation, find_families
from gristmill.corpus.duplicates.limits import Limits
from gristmill.corpus.duplicates.normalisation import content_hash, normalised_heading, normalised_words, shingles
from gristmill.corpus.duplicates.signatures import SIGNATURE_VERSION, candidate_pairs, signature, signature_matrix
from gristmill.corpus.duplicates.similarity import Likeness, SimilarPair, likeness, verified_pairs
from gristmill.corpus.duplicates.superseded import (
    Reading,
    Superseded,
    VersionedDocument,
    find_amended,
    find_superseded,
    read_document,
)
from gristmill.corpus.duplicates.versions import Precision, Version, read_version

__all__ = [
    "SIGNATURE_VERSION",
    "Duplicate",
    "Family",
    "Likeness",
    "Limits",
    "Member",
    "Precision",
    "Reading",
    "Relation",
    "SimilarPair",
    "Superseded",
    "Version",
    "VersionedDocument",
    "candidate_pairs",
    "content_hash",
    "find_amended",
    "find_families",
    "find_superseded",
    "likeness",
    "normalised_heading",
    "normalised_words",
    "read_document",
    "read_version",
    "shingles",
    "signature",
    "signature_matrix",
    "verified_pairs",
]
