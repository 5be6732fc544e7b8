"""Starts Dagster's UI and daemon for this folder, with a history that outlives them. Run by `make ui`.

Dagster keeps runs and events where DAGSTER_HOME points and reads dagster.yaml only from there, so the project's own
dagster.yaml is copied to it: change that one, not the copy.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Become `dagster dev`; further arguments, such as `--port 3001`, go to it."""
    home = dagster_home()
    if (home.parent / "team" / "settings.json").exists():
        sys.exit("This home belongs to a team's host, whose Dagster keeps its history in PostgreSQL: run 'make team'.")
    os.environ["DAGSTER_HOME"] = str(home)
    print(f"Dagster keeps its history in {home}", flush=True)
    os.chdir(ROOT)
    dagster = Path(sys.executable).with_name("dagster")
    # `dg dev`, which Dagster would rather have, ignores workspace.yaml.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:Function `dev_command` is superseded")
    os.execv(dagster, ["dagster", "dev", "-w", "workspace.yaml", "--host", "127.0.0.1", *sys.argv[1:]])  # noqa: S606


def dagster_home() -> Path:
    """The folder of Dagster's history below Gristmill's home, with the current dagster.yaml in it."""
    home = ROOT / Path(os.environ.get("GRISTMILL_HOME") or ".gristmill").expanduser() / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "dagster.yaml", home / "dagster.yaml")
    return home


if __name__ == "__main__":
    main()
