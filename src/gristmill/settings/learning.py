"""Settings of learning from use: how much one person counts, and how many must agree."""

from __future__ import annotations

from pydantic import Field

from gristmill.settings.section import Section


class LearningSettings(Section):
    """When feedback is believed. Caps are absolute: how much anybody says never buys more weight."""

    per_day: int = Field(40, ge=1, description="Pieces of feedback of one person in a day that count; the first ones.")
    voices: int = Field(2, ge=1, description="Independent people who must agree; a reviewer counts as that many.")
    shared: int = Field(4, ge=2, description="Judgements in common from which two people are compared.")
    overlap: float = Field(0.5, gt=0, le=1, description="Share of common judgements from which two count as one voice.")
    trust: float = Field(0.4, ge=0, le=1, description="Least share of a person's corrections that the documents carry.")
    least_lessons: int = Field(8, ge=1, description="Confirmed corrections from which a model is fitted to them.")
