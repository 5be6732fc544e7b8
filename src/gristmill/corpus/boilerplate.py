"""What of each document is boilerplate: page headers and footers, and edges that a source's documents share.

Lines of a source are counted anew in every run, over the edges that an examination stored; no count is kept, so a run
over few changes marks what a rebuild marks. Only the first and last lines of a document are looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from gristmill.corpus.hygiene import EdgeLine, Span, merged_spans, shared_edges

__all__ = ["Boilerplate", "boilerplate_of"]

# Below it, or in fewer documents, a line that many have is a form's: what it says can be asked for.
_FEWEST_DOCUMENTS = 10
_SHARE_OF_DOCUMENTS = 0.5


@dataclass(frozen=True)
class Boilerplate:
    """The marked spans of each document, by name; what has none is left out."""

    spans: Mapping[str, Sequence[Span]]

    def rows_of(self, document: str) -> list[dict[str, int]]:
        """The spans as the ledger holds them."""
        return [span._asdict() for span in self.spans.get(document, ())]


def boilerplate_of(files: pl.DataFrame, facts: pl.DataFrame) -> Boilerplate:
    """Mark the boilerplate of every document that was examined.

    Args:
        files: document, source and examined_key of each present file.
        facts: examined_key, content_hash, edges and page_lines of each examination.
    """
    documents = files.select("document", "source", "examined_key").join(
        facts.select("examined_key", "content_hash", "edges", "page_lines"), on="examined_key"
    )
    found: dict[str, list[Span]] = defaultdict(list)
    for name, lines in (
        documents.filter(pl.col("page_lines").list.len() > 0).select("document", "page_lines").iter_rows()
    ):
        found[name] += [Span(line["start"], line["end"]) for line in lines]
    for name, edges in _shared(documents):
        found[name] += shared_edges(edges)
    return Boilerplate({name: merged_spans(spans) for name, spans in found.items()})


def _shared(documents: pl.DataFrame) -> Iterable[tuple[str, list[EdgeLine]]]:
    """The lines of each document that many others of its source have; copies of one document count once."""
    contents = documents.unique(["source", "content_hash"], keep="any")
    sizes = contents.group_by("source").agg(pl.len().alias("contents"))
    each = contents.select("source", "content_hash", "edges").explode("edges", empty_as_null=True, keep_nulls=True)
    lines = each.drop_nulls("edges").unnest("edges")
    counts = lines.group_by("source", "hash").agg(pl.col("content_hash").n_unique().alias("held"))
    needed = pl.max_horizontal(pl.lit(_FEWEST_DOCUMENTS), _SHARE_OF_DOCUMENTS * pl.col("contents"))
    shared = counts.join(sizes, on="source").filter(pl.col("held") >= needed).select("source", "hash")
    if shared.is_empty():
        return
    own = documents.select("document", "source", "edges").explode("edges", empty_as_null=True, keep_nulls=True)
    marked = own.drop_nulls("edges").unnest("edges").join(shared, on=["source", "hash"], how="semi")
    for (name,), rows in marked.sort("document", "start").group_by("document", maintain_order=True):
        yield str(name), [EdgeLine(*row) for row in rows.select("number", "start", "end", "hash").iter_rows()]
