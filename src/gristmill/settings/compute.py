"""Settings of heavy work that is spread over a cluster."""

from __future__ import annotations

from pydantic import Field

from gristmill.settings.section import Section


class RaySettings(Section):
    """The Ray cluster that parsing, encoding and evaluating run on when `compute` is `ray`."""

    address: str = Field("", description="Of a cluster, such as 10.0.0.5:6379 or auto; empty: one on this machine.")
    processes: int = Field(0, ge=0, description="Processes at work at once; 0: as many as the cluster has processors.")
