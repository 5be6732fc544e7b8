"""Dagster's home on a team's host: the project's `dagster.yaml` with PostgreSQL as its storage, and a workspace file.

Both are written at each start; what people change stands in the project's own `dagster.yaml`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gristmill.errors import SettingsError
from gristmill.settings import Settings, TeamSettings
from gristmill.team.addresses import DAGSTER_VARIABLE
from gristmill.team.programs import LOCATION

_HERE = Path(__file__)
# A checkout, and an installed wheel.
_PLACES = (_HERE.parents[3] / "dagster.yaml", _HERE.parents[1] / "dagster.yaml")
_STORAGE = f"""
storage:
  postgres:
    postgres_url:
      env: {DAGSTER_VARIABLE}
"""


def instance_yaml() -> str:
    """Return the `dagster.yaml` of a team: that of the project, with PostgreSQL by environment.

    Raises:
        SettingsError: the project's is not there.
    """
    found = next((place for place in _PLACES if place.is_file()), None)
    if found is None:
        raise SettingsError("dagster.yaml is missing from this installation.", "Install Gristmill again.")
    return found.read_text(encoding="utf-8").rstrip() + "\n" + _STORAGE


def write_dagster_home(settings: Settings) -> None:
    """Write both files into Dagster's home."""
    write_files(settings.home_path / "dagster", "127.0.0.1", settings.team.code_port)


def write_files(home: Path, host: str, port: int) -> None:
    """Write both files, for a code server at an address."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(instance_yaml(), encoding="utf-8")
    (home / "workspace.yaml").write_text(workspace_yaml(host, port), encoding="utf-8")


def workspace_yaml(host: str, port: int) -> str:
    """Return the workspace of processes that ask one code server."""
    return f"load_from:\n  - grpc_server:\n      host: {host}\n      port: {port}\n      location_name: {LOCATION}\n"


if __name__ == "__main__":  # an image is built with it: FOLDER HOST
    write_files(Path(sys.argv[1]), sys.argv[2], TeamSettings().code_port)
