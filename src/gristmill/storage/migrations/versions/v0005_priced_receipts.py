"""An index of the receipts that cost something: a day's budget is summed for each question."""

import sqlalchemy as sa
from alembic import op  # noqa: TID253 - only Alembic imports this module

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step."""
    priced = sa.text("cost > 0")
    op.create_index(
        "ix_receipt_details_priced", "receipt_details", ["at"], sqlite_where=priced, postgresql_where=priced
    )
