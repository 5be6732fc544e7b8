"""Settings of evaluation: the questions, what the gate demands, and what energy and tokens are taken to cost."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from gristmill.settings.section import Section


class EvaluationSettings(Section):
    """Which questions a release is measured on, and what the gate demands of a candidate."""

    questions: Path | None = Field(None, description="JSONL or CSV file of questions, from the settings' folder.")
    generated: int = Field(0, ge=0, description="Most questions that are made from the documents; 0 makes none.")
    margin: float = Field(0.05, gt=0, lt=0.5, description="Loss of right answers that is still 'not worse'.")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Chance of letting a worse candidate pass, over all tries.")
    power: float = Field(0.9, gt=0.5, lt=1, description="Chance of promoting one better by 'gain', at the sample size.")
    gain: float = Field(0.10, gt=0, lt=1, description="Improvement that the printed sample size is meant to see.")
    slice_loss: float = Field(0.10, gt=0, lt=1, description="Loss in one slice from which it counts, when significant.")
    slice_least: int = Field(5, ge=1, description="Questions from which a slice is judged.")
    floors: dict[str, float] = Field(
        {}, description="Least share of right answers by slice, such as 'kind=table'; whatever the baseline does."
    )
    recall_loss: float = Field(0.02, ge=0, lt=1, description="Loss of recall by which new documents are held back.")
    closed_book: int = Field(24, ge=0, description="Questions asked of the model alone, for the report.")
    bootstrap: int = Field(2_000, ge=200, description="Repetitions of the bootstrap.")
    watts_per_core: float = Field(10.0, gt=0, description="Power of one busy core, where energy is not measured.")
    price_per_million_tokens: float = Field(0.0, ge=0, description="Of a remote generator, in your currency.")
