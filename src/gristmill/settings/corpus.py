"""Settings of the corpus: sources, who may see what, how documents become text, and what they must be like."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import Field, field_validator

from gristmill.settings.section import Section, normal_groups


class AudienceRule(Section):
    """Documents whose path matches `pattern` are for `groups`. The first rule that matches decides."""

    pattern: str
    groups: tuple[str, ...]

    @field_validator("groups")
    @classmethod
    def _normalised(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        return normal_groups(groups)


Treatment = Literal["keep", "mask", "quarantine"]
_MASKED = ("secret", "iban", "credit_card", "national_id", "passport", "driving_licence")


class PrivacySettings(Section):
    """What is done with personal data in documents: kept, masked with stable pseudonyms, or the document held back.

    The kinds are those of `corpus/privacy`: person, email, phone, address, date_of_birth, national_id, passport,
    driving_licence, iban, credit_card, ip_address, secret. Names and telephone numbers are normal in business papers.
    """

    default: Treatment = Field("keep", description="For kinds that 'kinds' does not name.")
    kinds: dict[str, Treatment] = Field(
        dict.fromkeys(_MASKED, "mask"),
        description="Treatment by kind; what is not named here stays as it is by default.",
    )

    @field_validator("kinds", mode="before")
    @classmethod
    def _over_the_defaults(cls, kinds: dict[str, Treatment]) -> dict[str, Treatment]:
        return {**dict.fromkeys(_MASKED, "mask"), **kinds}


class CorpusSettings(Section):
    """What a document must be like to be used. A source can have thresholds of its own."""

    quality: dict[str, float] = Field(
        default_factory=dict, description="Thresholds by rule of corpus/quality.py, such as too_short = 5."
    )
    stale_after_days: float = Field(7 * 365.25, gt=0, description="A document that states an older date is stale.")
    max_bad_share: float = Field(
        0.25, ge=0, le=1, description="Share of readable documents that may be bad; beyond it the run stops."
    )
    hidden_orders: Literal["leave out", "quarantine"] = Field(
        "leave out",
        description="What no reader sees is never used; 'quarantine' also holds back the document.",
    )
    leave_out_duplicates: bool = Field(
        True, description="Quarantine a document that adds no word to another one for the same groups."
    )
    authority: tuple[str, ...] = Field(
        (), description="Folders, the most authoritative first: of equal documents the one there is kept."
    )


class SourceSettings(Section):
    """A place documents come from: a folder, or any location fsspec knows."""

    location: str = Field(description="A folder, relative to this file, or an fsspec URL such as s3://bucket/docs.")
    prefix: str = Field("", description="Put before each path, so that two sources cannot name the same document.")
    include: tuple[str, ...] = Field(("**",), description="Patterns of paths to take.")
    exclude: tuple[str, ...] = Field((), description="Patterns of paths to leave out.")
    audience: tuple[AudienceRule, ...] = Field((), description="Rules of this source, asked before the common ones.")
    max_bytes: int = Field(50_000_000, gt=0, description="A larger document fails with a reason and is never read.")
    options: dict[str, Any] = Field(default_factory=dict, description="Passed to fsspec, for instance a profile.")
    quality: dict[str, float] = Field(default_factory=dict, description="Thresholds of this source, by rule.")
    stale_after_days: float | None = Field(None, gt=0, description="Instead of the limit below [corpus].")
    privacy: PrivacySettings | None = Field(None, description="Instead of the settings below [privacy].")

    @field_validator("prefix")
    @classmethod
    def _clean_prefix(cls, prefix: str) -> str:
        return "/".join(part for part in PurePosixPath(prefix).parts if part not in {"/", ".", ".."})


class ParserSettings(Section):
    """How documents become text."""

    engine: Literal["kreuzberg"] = "kreuzberg"
    workers: int = Field(2, ge=1, le=64, description="Parsing processes.")
    seconds: float = Field(60.0, gt=0, description="Time limit for one document.")
    memory_mb: int = Field(2048, ge=512, description="Address space of one parsing process.")
    max_characters: int = Field(20_000_000, gt=0, description="Longest text one document may give.")
    attempts: int = Field(3, ge=1, description="Tries of a document that failed for a passing reason.")
    most_failed: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Share of readable documents that may fail; beyond, the parser or a disk is broken.",
    )
    ocr: bool = Field(True, description="Read scans when Tesseract is installed.")
    ocr_languages: tuple[str, ...] = ("eng", "deu", "fra")
