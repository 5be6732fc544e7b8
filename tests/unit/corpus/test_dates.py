"""When a document is from: what it says, else nothing but the time of its file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from tests.gates import NOON, Gate
from tests.workspaces import write

TEXT = "The mill is closed on the last Friday of each month, and nobody is paid for it by the hour.\n"
COPIED = datetime(2026, 11, 3, 8, tzinfo=UTC)


def test_the_day_that_a_text_states_is_its_date_and_the_time_of_its_file_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write(
        folder,
        {
            "stated.md": f"# Closing days\n\nValid from 1 April 2025.\n\n{TEXT}",
            "planned.md": f"# Closing days to come\n\nValid from 1 April 2099.\n\n{TEXT} Soon.",
            "year.md": f"# Closing days 2024\n\n{TEXT} It was so.",
            "plain.md": f"# Closing\n\n{TEXT} As ever.",
        },
    )
    for file in folder.iterdir():
        os.utime(file, (COPIED.timestamp(), COPIED.timestamp()))
    gate = Gate(tmp_path / "home", folder)
    gate.run()
    told = {name: (row["modified"], row["dated"]) for name, row in gate.ledger().items()}
    assert told["stated.md"] == (datetime(2025, 4, 1, tzinfo=UTC), True)
    assert told["planned.md"] == told["year.md"] == told["plain.md"] == (COPIED, False)
    assert NOON > COPIED
