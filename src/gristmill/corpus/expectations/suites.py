"""The suites: what is expected of `documents`, `chunks`, `embeddings` and `questions`. Data only.

What needs two tables at once, or the text itself, is heavy and stands in the checks of `corpus` and `search`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from gristmill.corpus.checks import REBUILD
from gristmill.corpus.expectations.declared import Expectation, Kind, Suite
from gristmill.corpus.ledger import Status
from gristmill.corpus.quality import Severity
from gristmill.storage.tables import CHUNKS, DOCUMENTS, EMBEDDINGS, QUESTIONS

_HEX32, _SHA256 = "[0-9a-f]{32}", "[0-9a-f]{64}"
_LANGUAGE = "(?:[a-z]{2,3}(?:-[A-Za-z]+)?)?"
_DAY = 24 * 3600.0
# A float32 sum of 384 squares is off by less than 1e-6; bfloat16 vectors are normalised in float32.
LENGTH_TOLERANCE = 1e-3
# Fewer distinct vectors than this share of the texts: an encoder that says the same of everything.
_DISTINCT_VECTORS = 0.5
SPLITS = ("tune", "gate", "holdout")

_ACCEPTED = pl.col("status") == Status.ACCEPTED.value
_UNUSED = pl.col("status").is_in([Status.FAILED.value, Status.QUARANTINED.value])


def documents_suite(files: int = 1) -> Suite:
    """Return what is expected of the ledger, for sources with so many files."""
    kept = ["document", "source", "status", "version", "attempts", "characters", "language"]
    when = pl.when
    return Suite(
        DOCUMENTS,
        "document",
        [
            *map(pl.col, kept),
            pl.col("audience").list.len().cast(pl.Int64).alias("groups"),
            when(_ACCEPTED).then(pl.col("version").fill_null("")).alias("accepted_version"),
            when(_ACCEPTED).then(pl.col("text_hash").fill_null("")).alias("accepted_text"),
            when(_ACCEPTED).then(pl.col("characters").fill_null(0)).alias("accepted_characters"),
            when(_ACCEPTED).then(pl.col("title").fill_null("").str.strip_chars().str.len_chars()).alias("title_length"),
            when(~_ACCEPTED).then(pl.col("text_hash").is_null()).alias("has_no_text"),
            when(_UNUSED).then(pl.col("reason").fill_null("").str.contains(r"\S")).alias("has_a_reason"),
            (pl.col("changed") - pl.col("first_seen")).dt.total_seconds().cast(pl.Float64).alias("known_for"),
            ((pl.col("modified") - pl.col("changed")).dt.total_seconds() / _DAY).alias("days_ahead"),
        ],
        [
            Expectation("every file has a row", Kind.ROWS, low=files),
            Expectation("a document has one row", Kind.UNIQUE, "document"),
            Expectation("a document has a name", Kind.MATCHES, "document", pattern=r"(?s:.*\S.*)"),
            Expectation("a status is one that exists", Kind.ONE_OF, "status", values=tuple(s.value for s in Status)),
            Expectation("an audience is a list of groups", Kind.BETWEEN, "groups", low=0),
            Expectation("a source is named", Kind.MATCHES, "source", pattern=r"(?s:.*\S.*)"),
            Expectation("an accepted document has a version", Kind.MATCHES, "accepted_version", pattern=_SHA256),
            Expectation("an accepted document names its text", Kind.MATCHES, "accepted_text", pattern=_HEX32),
            Expectation("an accepted document has characters", Kind.BETWEEN, "accepted_characters", low=1),
            Expectation("only accepted documents have a text", Kind.ONE_OF, "has_no_text", values=(True,)),
            Expectation("what is left out has a reason", Kind.ONE_OF, "has_a_reason", values=(True,)),
            Expectation("characters are counted", Kind.BETWEEN, "characters", low=0),
            Expectation("attempts are counted", Kind.BETWEEN, "attempts", low=0, high=1_000),
            Expectation("nothing changed before it was seen", Kind.BETWEEN, "known_for", low=0),
            Expectation(
                "a language is a code", Kind.MATCHES, "language", pattern=_LANGUAGE, severity=Severity.WARN,
                recovery="The language of these documents was not understood; search treats them as English.",
            ),
            Expectation(
                "an accepted document has a title", Kind.BETWEEN, "title_length", low=1, severity=Severity.WARN,
                recovery="Give the document a heading, or its file a name.",
            ),
            Expectation(
                "no document is from the future", Kind.BETWEEN, "days_ahead", high=366, severity=Severity.WARN,
                recovery="Correct the date in the document's first lines or in its properties: newest wins.",
            ),
        ],
        REBUILD.format(DOCUMENTS.name),
        may_be_null=frozenset(
            {"accepted_version", "accepted_text", "accepted_characters", "title_length", "has_no_text",
             "has_a_reason", "days_ahead"}
        ),
    )  # fmt: skip


def chunks_suite(window: int) -> Suite:
    """Return what is expected of the chunks, for an encoder that reads `window` tokens at once."""
    smaller = "Make 'tokens' or 'context_tokens' below [chunker] in gristmill.toml smaller, and run all assets."
    return Suite(
        CHUNKS,
        "chunk",
        [
            *map(pl.col, ["chunk", "document", "chunk_set", "embedding_key", "ordinal", "start", "tokens", "page"]),
            pl.concat_str("document", "ordinal", separator="#").alias("place"),
            (pl.col("end") - pl.col("start")).alias("span"),
            (pl.col("text").str.len_chars().cast(pl.Int64) - (pl.col("end") - pl.col("start"))).alias("excess"),
            pl.col("text").str.contains(r"[\p{L}\p{N}]").alias("says_something"),
            pl.col("gap").str.len_chars().cast(pl.Int64).alias("gap_length"),
        ],
        [
            Expectation(
                "there is at least one chunk", Kind.ROWS, low=1, severity=Severity.WARN,
                recovery="Put documents into the sources: there is nothing that an answer could quote.",
            ),
            Expectation("a chunk has one row", Kind.UNIQUE, "chunk"),
            Expectation("a chunk's key is a hash", Kind.MATCHES, "chunk", pattern=_HEX32),
            Expectation("a chunk belongs to a document", Kind.MATCHES, "document", pattern=r"(?s:.*\S.*)"),
            Expectation("a chunk belongs to a set", Kind.MATCHES, "chunk_set", pattern=_HEX32),
            Expectation("a chunk names its vector", Kind.MATCHES, "embedding_key", pattern=_HEX32),
            Expectation("a place in a document is taken once", Kind.UNIQUE, "place"),
            Expectation("chunks are counted from nought", Kind.BETWEEN, "ordinal", low=0),
            Expectation("a chunk begins inside its text", Kind.BETWEEN, "start", low=0),
            Expectation("a chunk has at least one character", Kind.BETWEEN, "span", low=1),
            Expectation("a chunk is as long as its span", Kind.BETWEEN, "excess", low=0, high=0),
            Expectation("a chunk has a letter or a figure", Kind.ONE_OF, "says_something", values=(True,)),
            Expectation("what stands between chunks is known", Kind.BETWEEN, "gap_length", low=0),
            Expectation("a chunk fits the encoder", Kind.BETWEEN, "tokens", low=1, high=window, recovery=smaller),
            Expectation("pages are counted from one", Kind.BETWEEN, "page", low=1),
            Expectation(
                "most chunks are more than a line", Kind.BETWEEN, "tokens", low=8, share=0.8, severity=Severity.WARN,
                recovery="Many chunks are only a few words: look at them with 'gristmill search', and at the files.",
            ),
        ],
        REBUILD.format(CHUNKS.name),
        may_be_null=frozenset({"page"}),
    )  # fmt: skip


def embeddings_suite(encoders: Sequence[str], texts: int = 1) -> Suite:
    """Return what is expected of the vectors of so many texts, for the encoders in force, by their fingerprints."""
    usual = pl.col("bytes").mode().sort().last().over("encoder")
    distinct = pl.col("print").n_unique().over("encoder") / pl.len().over("encoder")
    return Suite(
        EMBEDDINGS,
        "embedding",
        [
            *map(pl.col, ["embedding", "embedding_key", "encoder"]),
            pl.col("vector").bin.size().cast(pl.Int64).alias("bytes"),
            pl.col("vector").map_batches(_lengths, return_dtype=pl.Float64).alias("length"),
            pl.col("vector").hash().alias("print"),
        ],
        [
            Expectation(
                "every text has a vector by each encoder", Kind.ROWS, low=texts * len(encoders),
                high=texts * len(encoders),
            ),
            Expectation("a vector has one row", Kind.UNIQUE, "embedding"),
            Expectation("a vector's key is a hash", Kind.MATCHES, "embedding", pattern=_HEX32),
            Expectation("a vector belongs to a text", Kind.MATCHES, "embedding_key", pattern=_HEX32),
            Expectation("an encoder is one in force", Kind.ONE_OF, "encoder", values=tuple(encoders)),
            Expectation("a text has one vector by each encoder", Kind.UNIQUE, "pair"),
            Expectation("vectors are of one size", Kind.BETWEEN, "size_difference", low=0, high=0),
            Expectation("a vector has at least one number", Kind.BETWEEN, "bytes", low=4),
            Expectation(
                "a vector has length 1", Kind.BETWEEN, "length", low=1 - LENGTH_TOLERANCE, high=1 + LENGTH_TOLERANCE
            ),
            Expectation(
                "different texts have different vectors", Kind.BETWEEN, "distinct_share", low=_DISTINCT_VECTORS,
                recovery="The encoder says the same of everything: run 'gristmill doctor', then all assets.",
            ),
        ],
        REBUILD.format(EMBEDDINGS.name),
        derived=[
            pl.concat_str("encoder", "embedding_key", separator=" ").alias("pair"),
            (pl.col("bytes") - usual).alias("size_difference"),
            # Two texts may well have one vector; among a few that says nothing.
            pl.when(pl.len().over("encoder") >= 20).then(distinct).alias("distinct_share"),
        ],
        may_be_null=frozenset({"distinct_share"}),
    )  # fmt: skip


def questions_suite() -> Suite:
    """Return what is expected of the question set."""
    answerable = pl.col("answerable")
    quotes = pl.col("evidence").list.len().fill_null(0).cast(pl.Int64)
    quoted = pl.element().struct.field("quote").fill_null("").str.contains(r"\S")
    asked_by = pl.col("groups").list.sort().list.join(",")
    return Suite(
        QUESTIONS,
        "question",
        [
            *map(pl.col, ["question", "text", "language", "kind", "split", "cluster", "answerable"]),
            pl.col("groups").list.len().cast(pl.Int64).alias("number_of_groups"),
            pl.concat_str("text", asked_by, separator="\n").alias("asked"),
            pl.when(answerable).then(pl.col("answer").fill_null("").str.contains(r"\S")).alias("has_an_answer"),
            pl.when(answerable).then(quotes).alias("quotes"),
            pl.when(~answerable).then(quotes).alias("needless"),
            pl.col("evidence").list.eval(quoted).list.all().alias("quotes_say_something"),
            pl.col("set_aside").is_null().alias("counts"),
        ],
        [
            Expectation(
                "there is at least one question", Kind.ROWS, low=1, severity=Severity.WARN,
                recovery="Name a file of questions in gristmill.toml: without one, no change can be measured.",
            ),
            Expectation("a question has one row", Kind.UNIQUE, "question"),
            Expectation("a question is asked once by the same groups", Kind.UNIQUE, "asked"),
            Expectation("near duplicates stand in one split", Kind.BETWEEN, "splits", low=1, high=1),
            Expectation("a question has words", Kind.MATCHES, "text", pattern=r"(?s:.*[^\W\d_].*)"),
            Expectation("a language is a code", Kind.MATCHES, "language", pattern="[a-z]{2,3}"),
            Expectation("a kind is named", Kind.MATCHES, "kind", pattern=r"\S.*"),
            Expectation("a split is one that exists", Kind.ONE_OF, "split", values=SPLITS),
            Expectation("somebody asks", Kind.BETWEEN, "number_of_groups", low=1),
            Expectation("it is known whether there is an answer", Kind.ONE_OF, "answerable", values=(True, False)),
            Expectation("an answerable question has its answer", Kind.ONE_OF, "has_an_answer", values=(True,)),
            Expectation("an answer has its evidence", Kind.BETWEEN, "quotes", low=1),
            Expectation("what has no answer has no evidence", Kind.BETWEEN, "needless", low=0, high=0),
            Expectation("evidence is quoted", Kind.ONE_OF, "quotes_say_something", values=(True,)),
            Expectation(
                "most questions count", Kind.ONE_OF, "counts", values=(True,), share=0.9, severity=Severity.WARN,
                recovery="The evidence of many questions is gone from the documents: correct their quotes.",
            ),
        ],
        "Correct these lines of the question set's file and materialise 'question_set' again.",
        derived=[pl.col("split").n_unique().over("cluster").cast(pl.Int64).alias("splits")],
        may_be_null=frozenset({"has_an_answer", "quotes", "needless", "quotes_say_something"}),
    )  # fmt: skip


def _lengths(vectors: pl.Series) -> pl.Series:
    """Return the Euclidean length of each binary vector; null for what is no whole number of floats."""
    sizes = vectors.bin.size()
    size = sizes.max()
    if isinstance(size, int) and size and _whole(size) and (sizes == size).all() and not vectors.null_count():
        matrix = vectors.bin.reinterpret(dtype=pl.Array(pl.Float32, size // 4), endianness="little").to_numpy()
        # As a list: of an array, a part of its library would be loaded that nothing else needs.
        return pl.Series(np.sqrt(np.einsum("ij,ij->i", matrix, matrix)).tolist(), dtype=pl.Float64)
    return pl.Series([_length(vector) for vector in vectors], dtype=pl.Float64)


def _length(vector: bytes | None) -> float | None:
    if not vector or not _whole(len(vector)):
        return None
    return float(np.linalg.norm(np.frombuffer(vector, dtype="<f4")))


def _whole(size: int) -> bool:
    return size % 4 == 0
