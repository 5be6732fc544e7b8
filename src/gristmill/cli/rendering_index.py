"""How versions of the search index look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from gristmill.cli.terminal import plain
from gristmill.search.audit import Finding

if TYPE_CHECKING:
    from gristmill.operating import ListedVersion
    from gristmill.search.crossing import Crossing


def versions(found: Sequence[ListedVersion]) -> Table:
    """Return a table of versions, the newest first."""
    table = Table(box=None, header_style="bold")
    for name in ("", "version", "published", "documents", "chunks", "MB", "approximate", "releases", "state"):
        table.add_column(name, justify="right" if name in {"version", "documents", "chunks", "MB"} else "left")
    for version in reversed(found):
        state = f"[red]{plain(version.damage)}[/]" if version.damage else "[green]whole[/]"
        table.add_row(
            "→" if version.in_force else "", str(version.number), f"{version.published:%Y-%m-%d %H:%M}",
            f"{version.documents:,}", f"{version.chunks:,}", f"{version.megabytes:,.1f}", version.approximate,
            ", ".join(version.releases), state,
        )  # fmt: skip
    return table


def audit(number: int, findings: Sequence[Finding]) -> Table | str:
    """Return what an audit found."""
    if not findings:
        return f"[green]✓[/] Version {number} is sound."
    table = Table("check", "finding", box=None, header_style="bold", title=f"Version {number}", title_justify="left")
    for finding in findings:
        table.add_row(f"[red]{plain(finding.check)}[/]", plain(finding.message))
    return table


def crossing(found: Crossing) -> Table:
    """Return the measured times, and what follows from them."""
    table = Table("rows", "exact ms", "approximate ms", "recall", box=None, header_style="bold", caption=found.advice)
    for at in found.measured:
        table.add_row(f"{at.rows:,}", f"{at.exact_ms:.2f}", f"{at.approximate_ms:.2f}", f"{at.recall:.3f}")
    return table
