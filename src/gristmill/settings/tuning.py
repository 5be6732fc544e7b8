"""Settings of tuning: how much of a model is trained, on what, and how fast."""

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
    preferences: bool = Field(True, description="Learn, after the examples, from pairs: true against dropped words.")
    least_pairs: int = Field(16, ge=2, description="Pairs from which that is worth its while.")
    pair_steps: int = Field(30, ge=1, description="Most steps on pairs.")
    pair_rate: float = Field(5e-5, gt=0, lt=1, description="Highest learning rate on pairs.")
    beta: float = Field(0.1, gt=0, le=10, description="How closely pairs keep to what the examples taught (DPO).")
    anchor: float = Field(1.0, ge=0, description="Weight of the true words' own loss beside the preference.")
    seed: int = 17


class EncoderTuningSettings(Section):
    """What the encoder is made to remember of the corpus, and how strongly; the reasons are in `models/memory.py`."""

    neighbours: int = Field(3, ge=1, le=50, description="Passages nearest to a text that it is moved towards.")
    towards_neighbours: float | None = Field(
        None, ge=0, le=5, description="How strongly; not given: as questions want it, or as the documents suggest."
    )
    towards_answers: float = Field(
        0.5, ge=0, le=5, description="How strongly a question goes where one like it was answered."
    )
    least_alike: float = Field(0.8, ge=0, le=1, description="Cosine from which two questions count as alike.")
    least_questions: int = Field(30, ge=1, description="Confirmed questions from which they choose.")
    least_passages: int = Field(50, ge=2, description="Passages from which tuning is worth its while.")
    most_passages: int = Field(50_000, ge=2, description="Of more, a sample is remembered.")
    most_moved: float = Field(
        0.05, gt=0, le=1, description="How far the likenesses of general texts with each other may move."
    )
