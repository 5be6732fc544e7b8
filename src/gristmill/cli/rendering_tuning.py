"""How tuned models look in a terminal."""

from __future__ import annotations

from rich.table import Table

from gristmill.encoder_stages import Outcome as EncoderOutcome
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
    first = outcome.models[0]
    if first["pairs"]:
        table.caption = (
            f"{first['pairs']} pairs taught to prefer true words: likelier than those that were dropped in "
            f"{first['preferred']:.0%} of the held-out ones, {first['preferred_before']:.0%} before"
        )
    return table


def remembered(outcome: EncoderOutcome) -> dict[str, str]:
    """Return what a tuned encoder remembers, how strongly, and why."""
    memory, choice = outcome.remembered.memory, outcome.remembered.choice
    said = {
        "remembers": f"{len(memory.passages):,} passages, {len(memory.questions):,} confirmed questions",
        "pull of neighbours": f"{memory.pull.towards_neighbours:g} ({choice.reason})",
    }
    if choice.measured:
        said["tried"] = ", ".join(f"{pull:g}: {rank:.3f}" for pull, rank in choice.measured.items())
        said["tried"] += " (mean reciprocal rank of the first passage that answers)"
    return said | {
        "general texts moved": f"{outcome.remembered.likenesses_moved:.4f}",
        "index": f"version {outcome.version}, beside the one in force",
        "candidate": outcome.model["candidate"],
        "took": f"{outcome.model['seconds']:.1f} seconds",
    }
