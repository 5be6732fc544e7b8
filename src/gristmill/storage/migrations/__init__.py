"""How the operational database came to its present tables: a script for each step, run when a database is opened.

A new table or column needs a script in `versions/` and `HEAD` moved to it; a test compares the tables that the scripts
make with those that `storage/records` declares.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0005"
_FOLDER = Path(__file__).parent


def is_current(connection: Connection) -> bool:
    """Say whether a database has all tables of this version of Gristmill."""
    return _version(connection) == HEAD


def migrate(connection: Connection) -> None:
    """Bring a database up to date, inside the connection's transaction: all steps or none.

    A database from before there were versions has the tables of the first step, and gets the others.
    """
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    if _version(connection) is None and inspect(connection).has_table("receipts"):
        command.stamp(config, "0001")
    command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
