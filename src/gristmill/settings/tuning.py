"""Settings of generator tuning: how much is trained, how fast, and in which forms the result is written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gristmill.settings.section import Section


class TuningSettings(Section):
    """How a generator is tuned on confirmed questions with LoRA (Hu et al. 2021)."""

    rank: int = Field(8, ge=1, le=256, description="Rank of the added matrices.")
    scale: float = Field(2.0, gt=0, description="Weight of what is added: LoRA's alpha over its rank.")
    learning_rate: float = Field(
        5e-4, gt=0, lt=1, description="Highest; it rises for a tenth of the steps, then falls."
    )
    steps: int = Field(60, ge=1, description="Most steps; training ends earlier when it no longer helps.")
    batch: int = Field(4, ge=1, description="Examples per step.")
    max_tokens: int = Field(512, ge=64, description="An example with more is left out, never cut.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Of the frozen weights; 'auto' takes what a short measurement finds faster here."
    )
    held_out: float = Field(0.15, gt=0, lt=0.5, description="Share of the examples that training is watched on.")
    evaluate_every: int = Field(10, ge=1, description="Steps between two looks at the held-out examples.")
    patience: int = Field(2, ge=1, description="Looks without improvement after which training ends.")
    checkpoint_every: int = Field(5, ge=1, description="Steps between two checkpoints: what a kill can cost.")
    refusals: float = Field(0.25, ge=0, le=1, description="Most refusals, as a share of the answers.")
    general: float = Field(0.2, ge=0, le=1, description="Most general examples, as a share of the answers.")
    least_examples: int = Field(16, ge=4, description="Answers from which training is worth its while.")
    seed: int = 17
