"""Which texts are alike: each new content is compared once with all others, and the pairs are kept in a table.

Whether two texts are alike follows from the two alone, so the table after any history is the table of a rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import polars as pl

from gristmill.corpus.duplicates import Likeness, SimilarPair, candidate_pairs, signature_matrix, verified_pairs
from gristmill.fingerprint import fingerprint
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EXAMINED, SIMILAR

_ITSELF = Likeness(1.0, 1.0, 0, 0)


def similar_pairs(lake: Lake, examined: pl.DataFrame) -> list[SimilarPair]:
    """Bring `similar_texts` up to date with the contents of `examined`, and return the pairs among them."""
    contents = examined.select("content_hash", "examined_key").unique("content_hash", keep="any").sort("content_hash")
    stored = lake.read(SIMILAR)
    gone = stored.join(contents, left_on="left", right_on="content_hash", how="anti").vstack(
        stored.join(contents, left_on="right", right_on="content_hash", how="anti")
    )
    lake.delete(SIMILAR, gone["pair"].unique())
    kept = stored.join(gone, on="pair", how="anti")
    added = _rows(_compare(lake, contents, kept))
    lake.append(SIMILAR, added)
    rows = kept.vstack(added).filter(pl.col("left") != pl.col("right")).sort("pair")
    return [_pair(row) for row in rows.iter_rows(named=True)]


def _compare(lake: Lake, contents: pl.DataFrame, known: pl.DataFrame) -> list[SimilarPair]:
    compared = set(known.filter(pl.col("left") == pl.col("right"))["left"])
    names = contents["content_hash"].to_list()
    is_new = np.array([name not in compared for name in names], dtype=np.bool_)
    if not is_new.any():
        return []
    keys = dict(contents.iter_rows())
    signatures = lake.read(EXAMINED, ["examined_key", "signature"])
    by_key = dict(signatures.iter_rows())
    matrix = signature_matrix([by_key[keys[name]] for name in names])
    found = verified_pairs(candidate_pairs(matrix, is_new), names, _reader(lake, keys))
    return [*found, *(SimilarPair(name, name, _ITSELF) for name, new in zip(names, is_new, strict=True) if new)]


def _reader(lake: Lake, keys: dict[str, str]) -> Callable[[Collection[str]], dict[str, str]]:
    def read(contents: Collection[str]) -> dict[str, str]:
        wanted = pl.Series([keys[content] for content in contents], dtype=pl.String)
        return dict(
            lake.read(EXAMINED, ["content_hash", "text"], pl.col("examined_key").is_in(wanted.implode())).iter_rows()
        )

    return read


def _rows(pairs: list[SimilarPair]) -> pl.DataFrame:
    rows = [
        {"pair": fingerprint(pair.left, pair.right), "left": pair.left, "right": pair.right, **pair.likeness._asdict()}
        for pair in pairs
    ]
    return pl.DataFrame(rows, schema=SIMILAR.schema)


def _pair(row: dict[str, object]) -> SimilarPair:
    return SimilarPair(row["left"], row["right"], Likeness(*(row[name] for name in Likeness._fields)))  # type: ignore[arg-type]
