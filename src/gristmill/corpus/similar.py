"""Which texts are alike: each new content is compared once with all others, and the pairs are kept in a table.

Whether two texts are alike follows from the two alone, so the table after any history is the table of a rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gristmill.corpus.duplicates import (
    Likeness,
    SimilarPair,
    candidate_pairs,
    normalised_heading,
    signature_matrix,
    verified_pairs,
)
from gristmill.fingerprint import fingerprint
from gristmill.storage.lake import Lake
from gristmill.storage.tables import EXAMINED, SIMILAR

_ITSELF = Likeness(1.0, 1.0, 0, 0)


def similar_pairs(lake: Lake, examined: pl.DataFrame) -> list[SimilarPair]:
    """Bring `similar_texts` up to date with the contents of `examined`, and return the pairs among them."""
    contents = _contents(examined)
    stored = lake.read(SIMILAR)
    known = contents.join(stored, left_on="itself", right_on="pair", how="semi").select("content_hash")
    kept = stored.join(known, left_on="left", right_on="content_hash", how="semi").join(
        known, left_on="right", right_on="content_hash", how="semi"
    )
    lake.delete(SIMILAR, stored.join(kept, on="pair", how="anti")["pair"])
    is_new = ~contents["content_hash"].is_in(known["content_hash"].implode())
    added = _rows(_compare(lake, contents, is_new.to_numpy()), contents.filter(is_new))
    lake.append(SIMILAR, added)
    rows = kept.vstack(added).filter(pl.col("left") != pl.col("right")).sort("pair")
    return [_pair(row) for row in rows.iter_rows(named=True)]


def _contents(examined: pl.DataFrame) -> pl.DataFrame:
    """One row for each content, whichever documents have it: one of their keys, their heading, and its own pair.

    That pair is stored when a content was compared with all others. It names the heading, which has a part in it.
    """
    contents = (
        examined.filter(pl.col("content_hash").is_not_null())
        .group_by("content_hash")
        .agg(pl.col("examined_key").min(), pl.col("heading").max().fill_null(""))
        .sort("content_hash")
    )
    itself = [fingerprint(name, name, heading) for name, _, heading in contents.iter_rows()]
    return contents.with_columns(pl.Series("itself", itself, dtype=pl.String))


def _compare(lake: Lake, contents: pl.DataFrame, is_new: NDArray[np.bool_]) -> list[SimilarPair]:
    if not is_new.any():
        return []
    names, keys = contents["content_hash"].to_list(), contents["examined_key"].to_list()
    headings = [normalised_heading(heading) for heading in contents["heading"]]
    signatures = dict(lake.read(EXAMINED, ["examined_key", "signature"]).iter_rows())
    matrix = signature_matrix([signatures[key] for key in keys])
    candidates = candidate_pairs(matrix, is_new, headings=headings)
    return verified_pairs(candidates, names, _reader(lake, dict(zip(names, keys, strict=True))), headings=headings)


def _reader(lake: Lake, keys: dict[str, str]) -> Callable[[Collection[str]], dict[str, str]]:
    def read(contents: Collection[str]) -> dict[str, str]:
        wanted = pl.Series([keys[content] for content in contents], dtype=pl.String)
        return dict(
            lake.read(EXAMINED, ["content_hash", "text"], pl.col("examined_key").is_in(wanted.implode())).iter_rows()
        )

    return read


def _rows(pairs: list[SimilarPair], compared: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {"pair": fingerprint(pair.left, pair.right), "left": pair.left, "right": pair.right, **pair.likeness._asdict()}
        for pair in pairs
    ]
    rows += [
        {"pair": itself, "left": name, "right": name, **_ITSELF._asdict()}
        for name, itself in compared.select("content_hash", "itself").iter_rows()
    ]
    return pl.DataFrame(rows, schema=SIMILAR.schema)


def _pair(row: dict[str, object]) -> SimilarPair:
    return SimilarPair(row["left"], row["right"], Likeness(*(row[name] for name in Likeness._fields)))  # type: ignore[arg-type]
