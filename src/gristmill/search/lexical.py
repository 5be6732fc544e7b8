"""Lexical search in one index version: BM25 in Tantivy, with each text analysed in its own language.

All languages share one field, so a word's rarity is counted over the whole corpus. A question is analysed in every
language of the corpus; of the forms of one word only the best counts. Questions are never parsed as query syntax.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

from gristmill.corpus.hygiene import iso_639_1
from gristmill.errors import SearchIndexError

LEXICAL = "tantivy"
LEXICAL_ROWS = "lexical.npy"
Record = tuple[str, str, str, list[str]]  # chunk, text, language, audience
_STEMMED = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "nl": "dutch",
            "pt": "portuguese", "sv": "swedish", "da": "danish", "nb": "norwegian", "fi": "finnish"}  # fmt: skip
_DEFAULT = "en"
_LONGEST_WORD = 60
_WRITER_BYTES = 32_000_000
_MOST_WORDS = 64
_READ_RECORDS = 20_000
_REMEDY = "Run 'gristmill index rebuild' to build it again."


@cache
def analyzer(language: str) -> tantivy.TextAnalyzer:
    """Return the analysis of a language: words, lower case, stop words out, stems, accents folded."""
    name = _STEMMED.get(iso_639_1(language), _STEMMED[_DEFAULT])
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.remove_long(_LONGEST_WORD)).filter(tantivy.Filter.lowercase())
    builder = builder.filter(tantivy.Filter.stopword(name)).filter(tantivy.Filter.stemmer(name))
    return builder.filter(tantivy.Filter.ascii_fold()).build()


def terms(text: str, language: str = _DEFAULT) -> list[str]:
    """Return the terms that `text` is found by, in order, with repetitions."""
    return analyzer(language).analyze(text)


class LexicalIndex:
    """The Tantivy index of one index version."""

    def __init__(self, index: tantivy.Index, languages: Iterable[str], rows: NDArray[np.uint32] | None = None) -> None:
        self._index = index
        self._searcher = index.searcher()
        self._rows = rows
        self._languages = tuple(
            dict.fromkeys((_DEFAULT, *(code for code in map(iso_639_1, languages) if code in _STEMMED)))
        )

    @classmethod
    def create(cls, folder: Path, records: Iterable[Record]) -> None:
        """Write an index of records into the version in `folder`."""
        (folder / LEXICAL).mkdir()
        _write(_writer(tantivy.Index(_schema(), path=str(folder / LEXICAL))), records)

    @classmethod
    def update(
        cls, folder: Path, previous: Path, gone: Iterable[str], records: Iterable[Record], origin: NDArray[np.int64]
    ) -> int:
        """Write an index into `folder` that is a copy of the `previous` version's without `gone` and with `records`.

        Records that are gone still count for how rare a word is, until the index is made anew.

        Args:
            folder: of the new version.
            previous: folder of the version before.
            gone: chunks.
            records: new ones, in the order of their rows.
            origin: for each row of the new version the one that it was in the previous, or -1 for those of `records`.

        Returns: how many records are gone and still counted.
        """
        shutil.copytree(previous / LEXICAL, folder / LEXICAL)
        index = tantivy.Index.open(str(folder / LEXICAL))
        file = previous / LEXICAL_ROWS
        rows = np.load(file, allow_pickle=False) if file.exists() else np.arange(index.searcher().num_docs)
        writer = _writer(index)
        for chunk in gone:
            writer.delete_documents_by_term("chunk", chunk)
        _write(writer, records, first=len(rows))
        # Each record has the serial number that it was added under; the row of that number is kept beside it.
        moved = np.zeros(max(int(rows.max(initial=0)), int(origin.max(initial=0))) + 1, dtype=np.uint32)
        moved[origin[origin >= 0]] = np.flatnonzero(origin >= 0)
        np.save(folder / LEXICAL_ROWS, np.concatenate([moved[rows], np.flatnonzero(origin < 0)]).astype(np.uint32))
        return _deleted(folder)

    @classmethod
    def in_memory(cls, records: Iterable[Record], languages: Iterable[str]) -> LexicalIndex:
        """Return an index of records that is nowhere on disk."""
        index = tantivy.Index(_schema())
        _write(_writer(index), records)
        index.reload()
        return cls(index, languages)

    @classmethod
    def open(cls, folder: Path, languages: Iterable[str]) -> LexicalIndex:
        """Open the index of a version."""
        file = folder / LEXICAL_ROWS
        rows = np.load(file, allow_pickle=False) if file.exists() else None
        return cls(tantivy.Index.open(str(folder / LEXICAL)), languages, rows)

    def search(self, question: str, groups: Iterable[str], k: int) -> list[tuple[int, float]]:
        """Return the rows that match best among those the groups may see, with their BM25 score, best first."""
        words = list(self._words(question))
        if not words:
            return []
        schema = self._index.schema
        audience = tantivy.Query.term_set_query(schema, "audience", list(groups))
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, tantivy.Query.const_score_query(audience, 0.0)),
                (tantivy.Occur.Must, self._any(words)),
            ]
        )
        hits = self._searcher.search(query, limit=k).hits
        return [(self._row(self._record(address)), float(score)) for score, address in hits]

    def document_frequency(self, term: str) -> int:
        """Return in how many chunks a term stands."""
        return int(self._searcher.doc_freq("body", term))

    @property
    def size(self) -> int:
        """How many chunks are indexed."""
        return int(self._searcher.num_docs)

    def ids(self) -> set[str]:
        """Return all chunk ids."""
        return {chunk for _, chunk in self.placed()}

    def placed(self) -> Iterator[tuple[int, str]]:
        """Yield the row and the chunk of each record, reading so many at a time that memory stays flat."""
        everything = tantivy.Query.all_query()
        for at in range(0, self.size, _READ_RECORDS):
            for _, address in self._searcher.search(everything, limit=_READ_RECORDS, offset=at, count=False).hits:
                record = self._record(address)
                yield self._row(record), str(record.get_first("chunk"))

    def _row(self, record: tantivy.Document) -> int:
        serial = int(str(record.get_first("row")))
        return serial if self._rows is None else int(self._rows[serial])

    def _record(self, address: tantivy.DocAddress) -> tantivy.Document:
        try:
            return self._searcher.doc(address)
        except ValueError as error:  # what tantivy raises when a file was altered
            raise SearchIndexError(f"The lexical index is damaged: {error}.", _REMEDY) from error

    def _words(self, question: str) -> Iterator[list[str]]:
        """Yield for each word of the question its distinct forms in the languages of the corpus."""
        seen: set[str] = set()
        for word in question.split()[:_MOST_WORDS]:
            by_language = [terms(word, language) for language in self._languages]
            for forms in zip(*by_language, strict=True) if len({len(f) for f in by_language}) == 1 else by_language:
                fresh = [form for form in dict.fromkeys(forms) if form not in seen]
                seen.update(fresh)
                if fresh:
                    yield fresh

    def _any(self, words: list[list[str]]) -> tantivy.Query:
        schema = self._index.schema
        queries = [
            tantivy.Query.disjunction_max_query([tantivy.Query.term_query(schema, "body", form) for form in forms])
            for forms in words
        ]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _writer(index: tantivy.Index) -> Any:  # tantivy does not name its class
    return index.writer(heap_size=_WRITER_BYTES, num_threads=1)


def _write(writer: Any, records: Iterable[Record], first: int = 0) -> None:
    """Add records under serial numbers from `first` on, and commit them with what was deleted before."""
    for serial, (chunk, text, language, audience) in enumerate(records, first):
        document = tantivy.Document()
        document.add_text("chunk", chunk)
        document.add_unsigned("row", serial)
        document.add_pre_tokenized_text("body", analyzer(language).pre_tokenize(text))
        for group in audience:
            document.add_text("audience", group)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _deleted(folder: Path) -> int:
    """Return how many deleted records the segments of an index still hold, from Tantivy's own list of them."""
    segments = json.loads((folder / LEXICAL / "meta.json").read_text())["segments"]
    return sum(segment["deletes"]["num_deleted_docs"] for segment in segments if segment["deletes"])


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chunk", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("row", stored=True)
    builder.add_text_field("body", stored=False, tokenizer_name="default", index_option="freq")
    builder.add_text_field("audience", stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()
