"""Settings of a team's host: what `gristmill team` starts beside the service, and where it listens."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from gristmill.settings.section import Section


class TeamSettings(Section):
    """What a team's host runs beside the service; all of it listens to that host alone."""

    postgres_port: int = Field(8322, ge=1, le=65_535, description="Of its own PostgreSQL, when 'database' names none.")
    chroma_port: int = Field(8323, ge=1, le=65_535, description="Of its own Chroma, when 'search.chroma_url' is empty.")
    code_port: int = Field(8324, ge=1, le=65_535, description="Of the process that holds the assets and starts runs.")
    dagster_port: int = Field(8325, ge=1, le=65_535, description="Of Dagster's UI, for curators and admins.")
    dagster_read_only_port: int = Field(8326, ge=1, le=65_535, description="Of the same, for reviewers.")
    postgres_programs: Path | None = Field(None, description="Folder of PostgreSQL's programs, when it is a rare one.")
    dagster_database: str | None = Field(
        None, description="SQLAlchemy URL of Dagster's own database; none: 'dagster' beside 'database'."
    )

    @model_validator(mode="after")
    def _distinct_ports(self) -> TeamSettings:
        ports = [value for name, value in self if name.endswith("_port")]
        if len(set(ports)) < len(ports):
            msg = "two programs have the same port; give each its own"
            raise ValueError(msg)
        return self
