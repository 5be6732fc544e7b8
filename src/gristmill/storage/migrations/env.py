"""What Alembic runs: the scripts, on the connection it is handed. Nothing here opens a database."""

from alembic import context  # noqa: TID253 - only Alembic imports this module

from gristmill.storage.records import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
