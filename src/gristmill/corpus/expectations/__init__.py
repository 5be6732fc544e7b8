"""What is expected of the tables, declared once as data, and two ways to look at them.

Polars decides, because it is always at hand; Great Expectations shows the same rules to people, with its own pages.
"""

from gristmill.corpus.expectations.data_docs import docs_folder
from gristmill.corpus.expectations.declared import Expectation, Kind, Observation, Suite
from gristmill.corpus.expectations.measuring import observe, view
from gristmill.corpus.expectations.problems import as_result
from gristmill.corpus.expectations.suites import (
    chunks_suite,
    documents_suite,
    embeddings_suite,
    questions_suite,
)

__all__ = [
    "Expectation",
    "Kind",
    "Observation",
    "Suite",
    "as_result",
    "chunks_suite",
    "docs_folder",
    "documents_suite",
    "embeddings_suite",
    "observe",
    "questions_suite",
    "view",
]
