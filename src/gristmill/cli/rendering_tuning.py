"""How tuned models look in a terminal."""

from __future__ import annotations

from rich.table import Table

from gristmill.tuning_stages import Outcome


def tuned(outcome: Outcome) -> Table:
    """Return the files of a tuning: size, held-out loss and the candidate that each is."""
    table = Table(title=f"{outcome.run}: {'trained now' if outcome.anew else 'was trained before'}")
    for column in ("form", "MB", "held-out loss", "of the base", "candidate"):
        table.add_column(column, justify="left" if column in {"form", "candidate"} else "right")
    for row in outcome.models:
        table.add_row(
            row["quantisation"], f"{row['bytes'] / 1e6:.0f}", f"{row['held_out']:.4f}",
            f"{row['held_out_before']:.4f}", row["candidate"],
        )  # fmt: skip
    return table
