"""Lexical search in one index version: BM25 in Tantivy, with each text analysed in its own language.

All languages share one field, so a word's rarity is counted over the whole corpus. A question is analysed in every
language of the corpus; of the forms of one word only the best counts. Questions are never parsed as query syntax.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import tantivy

from gristmill.corpus.hygiene import iso_639_1
from gristmill.errors import SearchIndexError

LEXICAL = "tantivy"
_STEMMED = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "nl": "dutch",
            "pt": "portuguese", "sv": "swedish", "da": "danish", "nb": "norwegian", "fi": "finnish"}  # fmt: skip
_DEFAULT = "en"
_LONGEST_WORD = 60
_WRITER_BYTES = 64_000_000
_MOST_WORDS = 64
_REMEDY = "Run 'gristmill ingest' to build it again."


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

    def __init__(self, index: tantivy.Index, languages: Iterable[str]) -> None:
        self._index = index
        self._searcher = index.searcher()
        self._languages = tuple(
            dict.fromkeys((_DEFAULT, *(code for code in map(iso_639_1, languages) if code in _STEMMED)))
        )

    @classmethod
    def create(cls, folder: Path, records: Iterable[tuple[str, str, str, list[str]]]) -> None:
        """Write an index of records (chunk, text, language, audience)."""
        (folder / LEXICAL).mkdir()
        index = tantivy.Index(_schema(), path=str(folder / LEXICAL))
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        for row, (chunk, text, language, audience) in enumerate(records):
            document = tantivy.Document()
            document.add_text("chunk", chunk)
            document.add_unsigned("row", row)
            document.add_pre_tokenized_text("body", analyzer(language).pre_tokenize(text))
            for group in audience:
                document.add_text("audience", group)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    @classmethod
    def open(cls, folder: Path, languages: Iterable[str]) -> LexicalIndex:
        """Open the index of a version."""
        return cls(tantivy.Index.open(str(folder / LEXICAL)), languages)

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
        return [(int(self._stored(address, "row")), float(score)) for score, address in hits]

    def document_frequency(self, term: str) -> int:
        """Return in how many chunks a term stands."""
        return int(self._searcher.doc_freq("body", term))

    @property
    def size(self) -> int:
        """How many chunks are indexed."""
        return int(self._searcher.num_docs)

    def ids(self) -> set[str]:
        """Return all chunk ids."""
        hits = self._searcher.search(tantivy.Query.all_query(), limit=max(1, self.size)).hits
        return {str(self._stored(address, "chunk")) for _, address in hits}

    def _stored(self, address: tantivy.DocAddress, field: str) -> Any:
        try:
            return self._searcher.doc(address).get_first(field)
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


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chunk", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("row", stored=True)
    builder.add_text_field("body", stored=False, tokenizer_name="default", index_option="freq")
    builder.add_text_field("audience", stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()
