"""Near duplicates on the Python manual, where Debian's python3.11-doc is installed."""

from pathlib import Path

import pytest

from gristmill.evaluation.benchmarks.duplicates import benchmark_duplicates

MANUAL = Path("/usr/share/doc/python3.11/html")


@pytest.mark.slow
def test_pages_of_the_python_manual_are_found_in_two_markups() -> None:
    if not (MANUAL / "_sources").is_dir():
        pytest.skip("Debian's python3.11-doc is not installed")
    report = benchmark_duplicates(MANUAL)
    assert report.precision >= 0.98
    assert report.recall_comparable >= 0.95
    assert report.recall >= 0.85
