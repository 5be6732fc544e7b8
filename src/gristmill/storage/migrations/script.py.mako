"""${message}."""

import sqlalchemy as sa
from alembic import op  # noqa: TID253 - only Alembic imports this module

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Take the step."""
    ${upgrades if upgrades else "pass"}
