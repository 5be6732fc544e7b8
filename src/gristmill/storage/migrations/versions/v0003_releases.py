"""Releases, what the gate decided on them, and which one was in force when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op  # noqa: TID253 - only alembic imports this file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "releases",
        sa.Column("release", sa.String(64), primary_key=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("parent", sa.String(64)),
        sa.Column("manifest", sa.JSON(), nullable=False),
    )
    op.create_table(
        "gate_decisions",
        sa.Column("decision", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("candidate", sa.String(64), nullable=False),
        sa.Column("baseline", sa.String(64)),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("question_set", sa.String(64), nullable=False),
        sa.Column("alpha", sa.Float(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
    )
    for column in ("candidate", "question_set"):
        op.create_index(f"ix_gate_decisions_{column}", "gate_decisions", [column])
    op.create_table(
        "release_moves",
        sa.Column("move", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("release", sa.String(64), nullable=False),
        sa.Column("how", sa.String(20), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
