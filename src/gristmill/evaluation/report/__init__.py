"""The evaluation report of a release: one page that needs no network, and the same in brief as Markdown."""

from gristmill.evaluation.report.content import Content, Learning, Tried
from gristmill.evaluation.report.markdown import as_markdown
from gristmill.evaluation.report.page import page

__all__ = ["Content", "Learning", "Tried", "as_markdown", "page"]
