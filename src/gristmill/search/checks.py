"""What must hold of chunks, their vectors and the published search index before anyone searches in them.

Each check is a pure function of the lake and the index store, in the words of `corpus/checks.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from gristmill.corpus.checks import REBUILD, CheckResult, Problem, found, result
from gristmill.corpus.expectations.measuring import view
from gristmill.corpus.expectations.suites import LENGTH_TOLERANCE, embeddings_suite
from gristmill.corpus.ledger import accepted
from gristmill.corpus.quality import Severity
from gristmill.errors import SearchIndexError
from gristmill.models.encoder import Encoder, TextEncoder
from gristmill.search.index import open_current
from gristmill.search.rows import index_keys, wanted_content, with_context
from gristmill.search.version import IndexVersion
from gristmill.storage.artifacts import VersionStore
from gristmill.storage.lake import Lake
from gristmill.storage.tables import CHUNKS, EMBEDDINGS, TEXTS

# Documents whose chunks are compared with their text one by one: all of a small corpus, a second's work of a large one.
_SAMPLE_DOCUMENTS = 1_000
# Of a large corpus that passed before, so many are compared beside those that changed: others each time.
_COMPARED_AGAIN = 10
_BLOCK = 4_096


def check_chunks(lake: Lake, encoder: Encoder, passed: int | None = None) -> CheckResult:
    """Check that chunks and accepted documents belong together, and that chunks are verbatim and fit the encoder.

    Args:
        lake: the tables.
        encoder: the tokens are counted by it.
        passed: the commit of the table that passed before: tokens of chunks that stand there too are not counted again,
            and of a large corpus little more is looked at than what came since.
    """
    documents = accepted(lake).select("document", "text_hash", "boilerplate")
    chunks = lake.read(CHUNKS, ["chunk", "document", "ordinal", "start", "end", "tokens"])
    orphans = chunks.join(documents, on="document", how="anti")["document"].unique().sort()
    long = chunks.filter(pl.col("tokens").is_null() | (pl.col("tokens") > encoder.window))
    sample = _sample(lake, documents, passed)
    texts = _texts(lake, sample)
    rows = lake.read(CHUNKS, where=pl.col("document").is_in(sample["document"].implode()))
    altered = _altered(rows, texts)
    cut = list(_cut(_to_be_counted(lake, rows, sample, passed, of=documents.height), encoder))
    bare = documents.join(chunks, on="document", how="anti")
    lost, mute = _without_chunks(lake, bare)
    torn, short = _incomplete(chunks), _left_out(chunks, _visible(documents, texts))
    again = REBUILD.format(CHUNKS.name)
    return result(
        {"chunks": chunks.height, "documents": documents.height, "documents_compared": sample.height},
        (
            found("accepted documents have no chunk: no answer can use them.", lost, again),
            found(
                "accepted documents are only headings: no answer can use them.",
                mute,
                "Fill the documents with text, or take them out of the source.",
                Severity.WARN,
            ),
            found("documents lack chunks between the first and the last.", torn, again),
            found("documents have text before or after all their chunks.", short, again),
            found("documents have chunks and are not accepted: answers could still quote them.", orphans, again),
            found("chunks are not the text at their place: citations would be wrong.", altered, again),
            found(
                f"chunks with their context exceed the encoder's window of {encoder.window} tokens.",
                [*long["chunk"], *cut],
                f"Make 'tokens' or 'context_tokens' below [chunker] in gristmill.toml smaller. {again}",
            ),
        ),
    )


def check_chunk_embeddings(
    lake: Lake, encoders: Sequence[TextEncoder], seen: pl.DataFrame | None = None
) -> CheckResult:
    """Check that every chunk has a vector by each encoder, and that vectors are of one size and unit length.

    The numbers are those of the first encoder.

    Args:
        lake: the tables.
        encoders: in force.
        seen: the view of the suite of `embeddings`, if there is one: the vectors need not be read once more.
    """
    if seen is None:
        seen = view(embeddings_suite([encoder.fingerprint for encoder in encoders]), lake)
    wanted = lake.read(CHUNKS, ["embedding_key", "document"])
    results = [_check_encoder(seen.filter(pl.col("encoder") == encoder.fingerprint), wanted) for encoder in encoders]
    return CheckResult(results[0].numbers, tuple(problem for each in results for problem in each.problems))


def _check_encoder(vectors: pl.DataFrame, wanted: pl.DataFrame) -> CheckResult:
    orphans = vectors.join(wanted, on="embedding_key", how="anti")["embedding"]
    without = wanted.join(vectors, on="embedding_key", how="anti")["document"].unique().sort()
    size = pl.col("bytes")
    sizes = vectors["bytes"].drop_nulls()
    usual = int(sizes.mode().sort().to_list()[-1]) if sizes.len() else 0
    odd = vectors.filter((size != usual) | (size == 0) | (size % 4 != 0))["embedding_key"]
    # A length that is no number counts as wrong.
    unit = ((pl.col("length") - 1).abs() <= LENGTH_TOLERANCE).fill_null(value=False)
    off = vectors.filter((size == usual) & (size > 0) & ~unit)["embedding_key"]
    again = REBUILD.format(EMBEDDINGS.name)
    return result(
        {"vectors": vectors.height, "dimensions": usual // 4},
        (
            found("vectors are null.", vectors.filter(size.is_null())["embedding_key"], again),
            found("documents have chunks without a vector: dense search would miss them.", without, again),
            found("vectors belong to no chunk.", orphans, again),
            found("vectors have another size than the rest.", odd, again),
            found("vectors are not of length 1.", off, again),
        ),
    )


def check_search_index(lake: Lake, store: VersionStore, encoders: Sequence[TextEncoder]) -> CheckResult:
    """Check that the version in force holds what the lake asks for, and as much as its manifest says."""
    rows = index_keys(lake)
    try:
        version = open_current(store)
        held = {"rows": version.rows.height, "vectors": len(version.matrix)}
        held |= {} if version.bridge is None else {"bridge vectors": len(version.bridge)}
    except SearchIndexError as error:
        return result({"chunks": 0, "version": 0}, (Problem(error.message, (), "Materialise 'search_index'."),))
    wanted = wanted_content(lake, [encoder.fingerprint for encoder in encoders])
    numbers = {"chunks": version.manifest.chunks, "version": store.current() or 0}
    return result(numbers, (_stale(version, rows, wanted), _miscounted(version, held)))


def _sample(lake: Lake, documents: pl.DataFrame, passed: int | None) -> pl.DataFrame:
    """Return the documents to compare: all of a small corpus, of a large one those that are new, and some others."""
    seed = max(lake.version(CHUNKS), 0)
    documents = documents.with_columns(is_new=pl.lit(value=True))
    if documents.height <= _SAMPLE_DOCUMENTS:
        return documents
    # These two stand for a chunk's document, place, text and context.
    same = ["chunk", "embedding_key"]
    before = None if passed is None else lake.read_at(CHUNKS, passed, same)
    if before is None:
        return documents.sample(_SAMPLE_DOCUMENTS, seed=seed)
    changed = lake.read(CHUNKS, [*same, "document"]).join(before, on=same, how="anti")
    new = documents.join(changed, on="document", how="semi")
    others = documents.join(changed, on="document", how="anti").with_columns(is_new=pl.lit(value=False))
    return pl.concat(
        [some.sample(min(most, some.height), seed=seed)
         for some, most in ((new, _SAMPLE_DOCUMENTS), (others, _COMPARED_AGAIN))]
    )  # fmt: skip


def _texts(lake: Lake, documents: pl.DataFrame) -> dict[str, str]:
    """Return the text of each of the documents."""
    texts = lake.read(TEXTS, ["text_hash", "text"], pl.col("text_hash").is_in(documents["text_hash"].implode()))
    return dict(documents.join(texts, on="text_hash").select("document", pl.col("text").fill_null("")).iter_rows())


def _altered(rows: pl.DataFrame, texts: Mapping[str, str]) -> list[str]:
    """Return the chunks that differ from their place in the text."""
    following = pl.col("start").shift(-1).over("document", order_by="ordinal")
    columns = rows.select("chunk", "document", "start", "end", "text", "gap", next=following).iter_rows()
    return [chunk for chunk, name, *place in columns if not _verbatim(texts.get(name), *place)]


def _to_be_counted(lake: Lake, rows: pl.DataFrame, sample: pl.DataFrame, passed: int | None, of: int) -> pl.DataFrame:
    """Return the chunks of a sample whose tokens are counted.

    All of a first sample; of a small corpus those that came since it passed; of a large one those that came and those
    of the others, but none where nothing came: for that no tokenizer is loaded.
    """
    if passed is None:
        return rows
    if sample.height == of:
        return _uncounted(lake, rows, passed)
    return rows if sample["is_new"].any() else rows.clear()


def _uncounted(lake: Lake, rows: pl.DataFrame, passed: int) -> pl.DataFrame:
    """Return the chunks without those that stood in the table when it passed, if all were counted then."""
    # A chunk's set stands for the chunker and its tokenizer too.
    same = ["chunk", "document", "chunk_set", "context", "text"]
    before = lake.read_at(CHUNKS, passed, same)
    if before is None or before["document"].n_unique() > _SAMPLE_DOCUMENTS:
        return rows
    return rows.join(before, on=same, how="anti", nulls_equal=True)


def _without_chunks(lake: Lake, documents: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Return the documents that should have chunks, and those with nothing to cut: they are only headings."""
    texts = _texts(lake, documents)
    lost = [name for name in documents["document"] if _says_something(texts.get(name) or "no text at all")]
    return lost, sorted(set(documents["document"]) - set(lost))


def _incomplete(chunks: pl.DataFrame) -> pl.Series:
    """Return the documents whose chunks are not numbered from nought without a hole."""
    each = chunks.group_by("document").agg(pl.len(), pl.col("ordinal").n_unique().alias("different"), pl.max("ordinal"))
    whole = (pl.col("len") == pl.col("different")) & (pl.col("ordinal") == pl.col("len") - 1)
    return each.filter(~whole.fill_null(value=False))["document"].sort()


def _left_out(chunks: pl.DataFrame, texts: Mapping[str, str]) -> list[str]:
    """Return the documents of which something before the first or after the last chunk belongs into one."""
    ends = chunks.group_by("document").agg(pl.min("start"), pl.max("end")).drop_nulls().sort("document")
    sides = ((name, texts.get(name, ""), start, end) for name, start, end in ends.iter_rows())
    return [name for name, text, start, end in sides if _says_something(text[:start]) or _says_something(text[end:])]


def _visible(documents: pl.DataFrame, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts with blanks in place of their boilerplate, which belongs into no chunk."""
    visible = dict(texts)
    for name, marked in documents.select("document", "boilerplate").iter_rows():
        for start, end in ((span["start"], span["end"]) for span in marked or () if name in visible):
            visible[name] = f"{visible[name][:start]}{' ' * (end - start)}{visible[name][end:]}"
    return visible


def _says_something(text: str) -> bool:
    """Say whether a part of a text is more than headings, which chunks carry as their path, and marks."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return any(character.isalnum() for line in lines for character in line)


def _verbatim(
    text: str | None, start: int | None, end: int | None, chunk: str | None, gap: str | None, following: int | None
) -> bool:
    if text is None or start is None or end is None or not chunk:
        return False
    between = "" if following is None else text[end:following]
    return 0 <= start < end <= len(text) and text[start:end] == chunk and gap == between


def _cut(rows: pl.DataFrame, encoder: Encoder) -> Iterator[str]:
    # No token is shorter than a character, and two special ones are added: shorter texts need no counting.
    full = pl.concat_str("context", "text", separator="\n", ignore_nulls=True)
    long = rows.filter(full.str.len_chars() + 2 > encoder.window)
    for block in long.iter_slices(_BLOCK):
        texts = [
            with_context(context or "", text or "") for context, text in block.select("context", "text").iter_rows()
        ]
        encodings = encoder.tokenizer.encode_batch(texts)
        yield from (c for c, e in zip(block["chunk"], encodings, strict=True) if len(e.ids) > encoder.window)


def _stale(version: IndexVersion, rows: pl.DataFrame, wanted: str) -> Problem | None:
    if version.manifest.content == wanted:
        return None
    held = version.rows
    new = rows.join(held, on="chunk", how="anti")["document"].unique()
    old = held.join(rows, on="chunk", how="anti")["document"].unique()
    examples = [f"{name} (not in the index yet)" for name in new] + [f"{name} (should be gone)" for name in old]
    return Problem(
        "The search index does not hold what the lake asks for.",
        tuple(sorted(examples)[:5]),
        "Materialise 'search_index'.",
    )


def _miscounted(version: IndexVersion, held: dict[str, int]) -> Problem | None:
    said = version.manifest.chunks
    wrong = tuple(f"{count:,} {part}" for part, count in held.items() if count != said)
    recovery = (
        "The published version was damaged afterwards. Delete its folder's 'manifest.json' and materialise "
        "'search_index': a new version is built."
    )
    return Problem(f"The manifest says {said:,} chunks.", wrong, recovery) if wrong else None
