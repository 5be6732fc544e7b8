"""What a team's host has added to the settings: where its own PostgreSQL, Chroma and Dagster are.

`gristmill team` writes it into the home, so that every other command works on the same installation. What people state
in `gristmill.toml` or the environment comes first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gristmill.errors import SettingsError

REMEDY = "Delete it and run 'gristmill team' again: it writes it anew."


def remembered_file(home: Path) -> Path:
    """Return where a home keeps it."""
    return home / "team" / "settings.json"


def remembered(home: Path) -> dict[str, Any]:
    """Return what a home remembers; nothing where no team was started.

    Raises:
        SettingsError: the file cannot be read.
    """
    file = remembered_file(home)
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}.", REMEDY) from error
    return found


def home_of(stated: Mapping[str, Any]) -> Path:
    """Return the home that stated values lead to; `Settings.home_path` says the same once there are settings."""
    root = Path(stated.get("root", Path.cwd()))
    return (root / Path(stated.get("home", ".gristmill")).expanduser()).resolve()
