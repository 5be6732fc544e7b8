"""What the drill's company writes: its settings, its first documents, and what comes later."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces import write

# The real encoder with short documents; answers are quotes, which take no model. `pace` lets an hour of the watchers
# pass in 12 seconds.
SETTINGS = """
home = "home"

[[sources]]
location = "documents"

[parser]
workers = 1

[corpus]
max_bad_share = 1.0

[search]
bridge = false

[generator]
engine = "quote"

[watching]
pace = 300
"""
FIRST: dict[str, str | bytes] = {
    "mill.md": "# The mill\n\nThe wheel of the mill turns by day and by night, as long as the stream carries water.\n",
    "leave.md": "# Leave\n\nEverybody has 27 days of leave each year. The foreman signs the form two weeks before.\n",
    "pay.md": "# Pay\n\nPay band four begins at 41,000 crowns each year and rises after six years of work.\n",
}


def found(root: Path, settings: str = "") -> None:
    """Write settings and the first documents below a folder."""
    write(root, {"gristmill.toml": SETTINGS + settings})
    write(root / "documents", FIRST)
