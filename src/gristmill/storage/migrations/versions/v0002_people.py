"""People, keys, sessions, feedback and the audit log."""

import sqlalchemy as sa
from alembic import op  # noqa: TID253 - only Alembic imports this module

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Take the step."""
    op.create_index("ix_receipts_asker_at", "receipts", ["asker", "at"])
    _people()
    _sessions()
    _feedback()
    _audit_events()


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("created", _TIME, nullable=False),
    )
    op.create_table(
        "memberships",
        sa.Column("person", sa.String(200), sa.ForeignKey("people.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("group", sa.String(63), primary_key=True),
    )
    op.create_table(
        "api_keys",
        sa.Column("prefix", sa.String(20), primary_key=True),
        sa.Column("person", sa.String(200), sa.ForeignKey("people.name", ondelete="CASCADE"), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("expires", _TIME),
        sa.Column("revoked", _TIME),
    )
    op.create_index("ix_api_keys_person", "api_keys", ["person"])


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(200), sa.ForeignKey("people.name", ondelete="CASCADE"), nullable=False),
        sa.Column("key", sa.String(20), sa.ForeignKey("api_keys.prefix", ondelete="CASCADE")),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("expires", _TIME, nullable=False),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_index("ix_sessions_expires", "sessions", ["expires"])


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("feedback", sa.String(32), primary_key=True),
        sa.Column("receipt", sa.String(40), sa.ForeignKey("receipts.receipt"), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("rating", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(20)),
        sa.Column("correction", sa.Text(), nullable=False),
    )
    for column in ("receipt", "person", "at"):
        op.create_index(f"ix_feedback_{column}", "feedback", [column])


def _audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    for column in ("actor", "action"):
        op.create_index(f"ix_audit_events_{column}", "audit_events", [column])
