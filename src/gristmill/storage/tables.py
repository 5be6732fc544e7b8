"""Every Delta table of Gristmill: its name, its schema and its key, declared once.

What the rows mean is decided by the stages; how they are changed stands in `lake.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from polars._typing import PolarsDataType

TIME = pl.Datetime("us", "UTC")
PAGES = pl.List(pl.Struct({"page": pl.Int64, "start": pl.Int64}))
HIDDEN = pl.List(
    pl.Struct({"kind": pl.String, "text": pl.String, "leaked": pl.Boolean, "times": pl.Int64, "shown": pl.Int64})
)
FINDINGS = pl.List(pl.Struct({"rule": pl.String, "severity": pl.String, "reason": pl.String, "recovery": pl.String}))
SPANS = pl.List(pl.Struct({"start": pl.Int64, "end": pl.Int64}))
EDGES = pl.List(pl.Struct({"number": pl.Int64, "start": pl.Int64, "end": pl.Int64, "hash": pl.Int64}))
LANGUAGES = pl.List(pl.Struct({"start": pl.Int64, "end": pl.Int64, "language": pl.String}))
MASKED = pl.List(pl.Struct({"kind": pl.String, "count": pl.Int64}))

# Columns that are most of their table: texts, and what is made of them.
WIDE = frozenset({"text", "hidden", "context", "signature", "vector"})


def schema(columns: Mapping[str, PolarsDataType]) -> pl.Schema:
    """Return a schema; it exists because a plain dict of types and classes of types has no common type."""
    return pl.Schema(columns)


@dataclass(frozen=True)
class Table:
    """A table's name, schema and key."""

    name: str
    key: str
    schema: pl.Schema


SOURCE_FILES = Table(
    "source_files",
    "document",
    schema(
        {
            "document": pl.String,
            "source": pl.String,
            "path": pl.String,
            "version": pl.String,  # SHA-256 of the bytes; null where the file could not be read
            "bytes": pl.Int64,
            "modified": TIME,  # the file's own time when this version was first seen
            "media_type": pl.String,
            "audience": pl.List(pl.String),
            "problem": pl.String,  # why it will not be read: too large, unreadable, unknown format
        }
    ),
)
PARSED = Table(
    "parsed_documents",
    "parse_key",
    schema(
        {
            "parse_key": pl.String,  # fingerprint of version, media type and parser
            "outcome": pl.String,  # an Outcome of corpus/parse.py
            "reason": pl.String,
            "attempts": pl.Int64,
            "text": pl.String,
            "title": pl.String,
            "language": pl.String,
            "modified": TIME,  # the document's own statement of its time
            "pages": PAGES,
            "hidden": HIDDEN,  # what a reader of the file does not see
            "seconds": pl.Float64,
            "tried": TIME,  # when it was parsed last; what failed for a passing reason is tried again later
        }
    ),
)
EXAMINED = Table(
    "examined_texts",
    "examined_key",
    schema(
        {
            "examined_key": pl.String,  # fingerprint of parse_key and policy
            "text": pl.String,  # clean and masked: what is chunked if a document with it is accepted
            "text_hash": pl.String,
            "pages": PAGES,
            "title": pl.String,
            "heading": pl.String,
            "head": pl.String,  # the first lines, which say which version this is
            "characters": pl.Int64,
            "words": pl.Int64,
            "content_hash": pl.String,
            "signature": pl.Binary,
            "findings": FINDINGS,
            "masked": MASKED,
            "edges": EDGES,  # the first and last lines, by which a source's boilerplate is found
            "page_lines": SPANS,  # headers and footers of pages
            "languages": LANGUAGES,
        }
    ),
)
SIMILAR = Table(
    "similar_texts",
    "pair",
    schema(
        {
            "pair": pl.String,
            "left": pl.String,  # a content with itself says that it was compared with all others
            "right": pl.String,
            "jaccard": pl.Float64,
            "containment": pl.Float64,
            "left_adds": pl.Int64,
            "right_adds": pl.Int64,
        }
    ),
)
DOCUMENTS = Table(
    "documents",
    "document",
    schema(
        {
            "document": pl.String,
            "source": pl.String,
            "version": pl.String,
            "status": pl.String,  # a Status of corpus/ledger.py
            "reason": pl.String,
            "attempts": pl.Int64,
            "audience": pl.List(pl.String),
            "media_type": pl.String,
            "title": pl.String,
            "language": pl.String,
            "bytes": pl.Int64,
            "characters": pl.Int64,
            "text_hash": pl.String,
            "findings": FINDINGS,
            "boilerplate": SPANS,  # of an accepted text: headers, footers, navigation; no chunk begins or ends in it
            "languages": LANGUAGES,  # the parts of an accepted text that has several
            "family": pl.String,  # the document that stands for a family of duplicates
            "duplicate_of": pl.String,
            "superseded_by": pl.String,
            "modified": TIME,
            "dated": pl.Boolean,  # the document states when it is from; else that is the time of its file
            "first_seen": TIME,
            "changed": TIME,
        }
    ),
)
TEXTS = Table(
    "accepted_texts",
    "text_hash",
    schema({"text_hash": pl.String, "text": pl.String, "pages": PAGES}),
)
CHUNKS = Table(
    "chunks",
    "chunk",
    schema(
        {
            "chunk": pl.String,
            "document": pl.String,
            "chunk_set": pl.String,  # fingerprint of document, its text, its title and the chunker
            "ordinal": pl.Int64,
            "start": pl.Int64,
            "end": pl.Int64,
            "text": pl.String,
            "parent_start": pl.Int64,  # the chunks of its section around it, which it can be read with
            "parent_end": pl.Int64,
            "gap": pl.String,  # what stands between this chunk and the next one: usually a blank line
            "headings": pl.List(pl.String),
            "page": pl.Int64,
            "tokens": pl.Int64,
            "context": pl.String,
            "embedding_key": pl.String,  # fingerprint of context and text; the encoder is the embedding's business
        }
    ),
)
EMBEDDINGS = Table(
    "embeddings",
    "embedding",
    schema(
        {
            "embedding": pl.String,  # fingerprint of embedding_key and encoder
            "embedding_key": pl.String,
            "encoder": pl.String,
            "vector": pl.Binary,  # float32, little endian, unit length
        }
    ),
)
# Vectors by main encoders that are not in force: of a tuned one that waits for the gate, and of those that releases to
# go back to were made with.
EMBEDDINGS_BESIDE = Table("embeddings_beside", "embedding", EMBEDDINGS.schema)
PROBES = Table(
    "probes",
    "probe",
    schema(
        {
            "probe": pl.String,  # fingerprint of encoder and text
            "encoder": pl.String,
            "ordinal": pl.Int64,  # place in search/probe_texts.py
            "vector": pl.Binary,  # the first one that this encoder gave here
        }
    ),
)
OVERRULES = Table(
    "overrules",
    "overrule",
    schema(
        {
            "overrule": pl.String,
            "document": pl.String,
            "version": pl.String,
            "decision": pl.String,  # a Decision of corpus/overruling.py
            "reason": pl.String,
            "who": pl.String,
            "at": TIME,
        }
    ),
)
SETTLED_CONFLICTS = Table(
    "settled_conflicts",
    "decision",
    schema(
        {
            "decision": pl.String,
            "conflict": pl.String,  # of two statements as they stood; where one changes, it is asked again
            "settled": pl.Boolean,  # false: it is open again
            "reason": pl.String,
            "who": pl.String,
            "at": TIME,
        }
    ),
)
STAGE_GATES = Table(
    "stage_gates",
    "stage",
    schema(
        {
            "stage": pl.String,
            "passed": pl.Boolean,
            "reason": pl.String,
            "subject": pl.String,  # what was decided on; a decision on something else does not count
            "rules": pl.String,  # fingerprint of the thresholds it was decided by
            "at": TIME,
        }
    ),
)
EVIDENCE = pl.List(
    pl.Struct(
        {
            "document": pl.String,
            "quote": pl.String,
            "found": pl.String,  # how it was found: a Found of evaluation/grounding.py
            "start": pl.Int64,
            "end": pl.Int64,
        }
    )
)
QUESTIONS = Table(
    "questions",
    "question",
    schema(
        {
            "question": pl.String,
            "text": pl.String,
            "language": pl.String,
            "kind": pl.String,
            "groups": pl.List(pl.String),  # of the asker
            "answerable": pl.Boolean,
            "answer": pl.String,
            "evidence": EVIDENCE,
            "split": pl.String,  # a Split of evaluation/questions.py; never changed once given
            "cluster": pl.String,  # near duplicates share one
            "origin": pl.String,  # an Origin of evaluation/questions.py
            "set_aside": pl.String,  # why it does not count at the moment; null when it counts
            "changed": TIME,
        }
    ),
)
INTERACTIONS = Table(
    "interactions",
    "receipt",
    schema(
        {
            "receipt": pl.String,
            "at": TIME,
            "asker": pl.String,
            "groups": pl.List(pl.String),
            "question": pl.String,
            "answer": pl.String,
            "refused": pl.Boolean,
            "release": pl.String,
            "citations": pl.List(
                pl.Struct(
                    {
                        "document": pl.String,
                        "chunk": pl.String,
                        "start": pl.Int64,
                        "end": pl.Int64,
                        "quote": pl.String,
                    }
                )
            ),
            "passages": pl.List(pl.Struct({"chunk": pl.String, "document": pl.String, "score": pl.Float64})),
            "latency_ms": pl.Float64,
            "feedback": pl.List(
                pl.Struct(
                    {
                        "feedback": pl.String,
                        "person": pl.String,
                        "at": TIME,
                        "rating": pl.String,
                        "reason": pl.String,
                        "correction": pl.String,
                    }
                )
            ),
        }
    ),
)
DATA_RUNS = Table(
    "data_runs",
    "run",
    schema(
        {
            "run": pl.String,  # the version of the ledger that a run left
            "at": TIME,
            "passed": pl.Boolean,
            "accepted": pl.Int64,
            "copies": pl.Int64,
            "quarantined": pl.Int64,
            "failed": pl.Int64,
            "removed": pl.Int64,
            "characters": pl.Int64,
        }
    ),
)
TRAINING_EXAMPLES = Table(
    "training_examples",
    "example",
    schema(
        {
            "example": pl.String,  # fingerprint of prompt, completion and provenance
            "kind": pl.String,  # a Kind of learning/examples.py
            "prompt": pl.String,  # the chat as answering fills it, open at the assistant's turn
            "completion": pl.String,
            "question": pl.String,  # id in the question set; null for general examples
            "text": pl.String,  # what was asked
            "cluster": pl.String,  # near duplicates share one; training and held out are divided by it
            "origin": pl.String,  # an Origin of evaluation/questions.py, or 'base model'
            "evidence": pl.List(
                pl.Struct({"document": pl.String, "version": pl.String, "chunk": pl.String, "quote": pl.String})
            ),
            "support": pl.Float64,  # what the verification of answers says of the completion
            "release": pl.String,  # the release whose prompt and passages these are
            "dropped": pl.String,  # what the model said instead and verification did not let through; empty if nothing
        }
    ),
)
TRAINING_CURVES = Table(
    "training_curves",
    "point",
    schema(
        {
            "point": pl.String,  # run and step
            "run": pl.String,
            "step": pl.Int64,
            "loss": pl.Float64,  # mean over the step's completion tokens, in nats
            "held_out": pl.Float64,  # the same over all held-out examples; null where nobody looked
            "learning_rate": pl.Float64,
            "tokens_per_second": pl.Float64,
            "phase": pl.String,  # examples or pairs; the losses of pairs are of another kind
        }
    ),
)
TUNED_MODELS = Table(
    "tuned_models",
    "model",
    schema(
        {
            "model": pl.String,  # SHA-256 of the file
            "run": pl.String,
            "at": TIME,
            "name": pl.String,
            "quantisation": pl.String,  # a Quantisation of models/gguf.py; memory for an encoder
            "place": pl.String,  # from the home
            "bytes": pl.Int64,
            "base": pl.String,  # name of the model it was tuned from
            "base_sha256": pl.String,
            "parents": pl.List(pl.String),  # SHA-256 of each file it was made of, nearest first
            "data_hash": pl.String,  # of the examples
            "examples": pl.Int64,
            "settings": pl.String,  # JSON
            "steps": pl.Int64,
            "held_out_before": pl.Float64,
            "held_out": pl.Float64,  # of this very file, read back
            "pairs": pl.Int64,  # of preferences that were learnt from
            "preferred_before": pl.Float64,  # share of held-out pairs whose wanted words are likelier; null without
            "preferred": pl.Float64,
            "flops": pl.Float64,
            "flops_share": pl.Float64,  # of the base's training; null where that is not known
            "seconds": pl.Float64,
            "energy_wh": pl.Float64,  # estimated from processor time
            "candidate": pl.String,  # the release that it was offered to the gate as
        }
    ),
)
FEEDBACK_VERDICTS = Table(
    "feedback_verdicts",
    "feedback",
    schema(
        {
            "feedback": pl.String,
            "receipt": pl.String,
            "person": pl.String,
            "at": TIME,
            "rating": pl.String,
            "question": pl.String,
            "cluster": pl.String,  # pieces about one question share it
            "groups": pl.List(pl.String),  # of who said it, today
            "standing": pl.String,  # a Standing of learning/court/verdicts.py
            "cause": pl.String,  # a Cause
            "reason": pl.String,
            "answer": pl.String,  # what would be right, as far as somebody said it
            "short": pl.Boolean,  # somebody wrote that answer; else it is what was given
            "evidence": EVIDENCE,  # where the documents carry it
            "voices": pl.Int64,  # independent people behind it, as they are counted
            "judged_on": pl.String,  # fingerprint of what the finding stands on
            "decided": TIME,
        }
    ),
)
TABLES = (
    SOURCE_FILES,
    PARSED,
    EXAMINED,
    SIMILAR,
    DOCUMENTS,
    TEXTS,
    CHUNKS,
    EMBEDDINGS,
    EMBEDDINGS_BESIDE,
    PROBES,
    OVERRULES,
    SETTLED_CONFLICTS,
    STAGE_GATES,
    QUESTIONS,
    INTERACTIONS,
    FEEDBACK_VERDICTS,
    DATA_RUNS,
    TRAINING_EXAMPLES,
    TRAINING_CURVES,
    TUNED_MODELS,
)
