"""What a receipt says beyond the answer."""

import sqlalchemy as sa
from alembic import op  # noqa: TID253 - only Alembic imports this module

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "receipt_details",
        sa.Column("receipt", sa.String(40), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cost", sa.Float(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
    )
    op.create_index("ix_receipt_details_at", "receipt_details", ["at"])
