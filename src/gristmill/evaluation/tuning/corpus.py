"""The texts that search is tuned on: those of the accepted documents, in a random order that is always the same."""

from __future__ import annotations

from gristmill.corpus.ledger import accepted
from gristmill.errors import SearchIndexError
from gristmill.search.trial import TrialText
from gristmill.storage.lake import Lake
from gristmill.storage.tables import TEXTS

_SEED = 5


def accepted_texts(lake: Lake) -> list[TrialText]:
    """Return the accepted documents.

    Raises:
        SearchIndexError: nothing was ingested yet.
    """
    documents = accepted(lake).select("document", "title", "language", "text_hash")
    rows = documents.join(lake.read(TEXTS, ["text_hash", "text"]), on="text_hash").sort("document")
    if rows.is_empty():
        raise SearchIndexError("There are no accepted documents to tune on.", "Run 'gristmill ingest FOLDER' first.")
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=_SEED)
    return [
        TrialText(row["document"], row["title"] or "", row["text"], row["language"] or "")
        for row in shuffled.iter_rows(named=True)
    ]
