"""The data report: what came in, what was accepted, what was left out and why; as one page and as Markdown.

It shows what the ledger says and decides nothing.
"""

from gristmill.corpus.data_report.checking import check_report
from gristmill.corpus.data_report.gathering import DataReport, Family, Group, Reason, gather
from gristmill.corpus.data_report.markdown import as_markdown
from gristmill.corpus.data_report.page import as_page
from gristmill.corpus.data_report.runs import RunCounts, record_run, runs
from gristmill.corpus.data_report.writing import as_json, report_file, update_report, write_report

__all__ = [
    "DataReport",
    "Family",
    "Group",
    "Reason",
    "RunCounts",
    "as_json",
    "as_markdown",
    "as_page",
    "check_report",
    "gather",
    "record_run",
    "report_file",
    "runs",
    "update_report",
    "write_report",
]
