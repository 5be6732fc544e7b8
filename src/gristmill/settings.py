"""All settings, declared once, with their defaults and their reasons.

They come from `gristmill.toml`, and each can be overridden by the environment: `GRISTMILL_HOME`,
`GRISTMILL_SEARCH__PASSAGES=8`. What a model is (weights, hash, limits) stands in `models/catalog.py`.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableValueError

from gristmill.errors import SettingsError
from gristmill.identity import EVERYONE, normalise_groups

SETTINGS_FILE = "gristmill.toml"
HOME_VARIABLE = "GRISTMILL_HOME"
SETTINGS_VARIABLE = "GRISTMILL_SETTINGS"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AudienceRule(_Section):
    """Documents whose path matches `pattern` are for `groups`. The first rule that matches decides."""

    pattern: str
    groups: tuple[str, ...]

    @field_validator("groups")
    @classmethod
    def _normalised(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        return _normal(groups)


Treatment = Literal["keep", "mask", "quarantine"]
_MASKED = ("secret", "iban", "credit_card", "national_id", "passport", "driving_licence")


class PrivacySettings(_Section):
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


class CorpusSettings(_Section):
    """What a document must be like to be used. A source can have thresholds of its own."""

    quality: dict[str, float] = Field(
        default_factory=dict, description="Thresholds by rule of corpus/quality.py, such as too_short = 5."
    )
    stale_after_days: float = Field(7 * 365.25, gt=0, description="A document that states an older date is stale.")
    max_bad_share: float = Field(
        0.25, ge=0, le=1, description="Share of readable documents that may be bad; beyond it the run stops."
    )
    leave_out_duplicates: bool = Field(
        True, description="Quarantine a document that adds no word to another one for the same groups."
    )
    authority: tuple[str, ...] = Field(
        (), description="Folders, the most authoritative first: of equal documents the one there is kept."
    )


class SourceSettings(_Section):
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


class ParserSettings(_Section):
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


class ChunkerSettings(_Section):
    """How an accepted document is cut. Sizes are in the encoder's own tokens."""

    strategy: Literal["markdown"] = "markdown"
    tokens: int = Field(190, ge=16, description="Largest chunk; with its context it must fit the encoder's window.")
    context_tokens: int = Field(48, ge=0, description="Most of the title and heading path that is embedded with it.")


class EncoderSettings(_Section):
    """Which model makes vectors of text. A name of the catalog, or a folder with its hash."""

    name: str = "all-MiniLM-L6-v2"
    path: Path | None = Field(None, description="A safetensors folder of your own.")
    sha256: str | None = Field(None, description="SHA-256 of that folder's model.safetensors.")
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    batch: int = Field(32, ge=1)


class GeneratorSettings(_Section):
    """Which model words answers. `quote` words nothing and only quotes."""

    name: str = "SmolLM2-135M-Instruct"
    engine: Literal["openvino", "quote"] = "openvino"
    path: Path | None = Field(None, description="A GGUF file of your own.")
    sha256: str | None = None
    chat_format: Literal["chatml"] = "chatml"
    max_new_tokens: int = Field(64, ge=8)
    seconds: float = Field(20.0, gt=0, description="Time limit for one answer; what is there by then is verified.")


class SearchSettings(_Section):
    """How passages are found. Measured by `python -m benchmarks.sample`, tune split."""

    passages: int = Field(5, ge=1, le=50)
    candidates: int = Field(100, ge=1, description="How many each of dense and lexical search hands to fusion.")
    fusion: Literal["weighted", "rrf"] = "weighted"
    dense_weight: float = Field(0.4, ge=0, le=1, description="Weight of the main encoder's score.")
    lexical_weight: float = Field(0.35, ge=0, le=1, description="Weight of the words' score.")
    bridge_weight: float = Field(0.25, ge=0, le=1, description="Weight of the multilingual encoder's score.")
    bridge: bool = Field(True, description="Use a second, multilingual encoder beside the main one.")
    rrf_constant: int = Field(60, ge=1, description="Cormack, Clarke and Buettcher 2009.")
    passages_per_document: int = Field(2, ge=1, description="So that one long document does not fill the page.")
    neighbours: int = Field(3, ge=0, le=5, description="Chunks before and after a found one that its passage takes in.")
    superseded_penalty: float = Field(0.25, ge=0, le=1, description="Share taken off the score of an outdated version.")
    exact_rows: int = Field(200_000, ge=0, description="Permitted rows up to which search is exact, not approximate.")
    audit_rows: int = Field(20_000, ge=1, description="Rows found again one by one in an audit; beyond, a sample.")
    keep_versions: int = Field(3, ge=1, description="Published index versions kept for rollback.")


class AnsweringSettings(_Section):
    """When there is an answer, and when there is an honest refusal."""

    answerable: float = Field(0.6, ge=0, le=1, description="Least probability that the passages answer the question.")
    support: float = Field(0.62, ge=0, le=1, description="Least support of a generated sentence by its citation.")
    quotes: int = Field(2, ge=1, le=5, description="Most sentences quoted in one answer.")
    max_question_characters: int = Field(2_000, ge=50)


class OrchestrationSettings(_Section):
    """How Dagster runs the assets."""

    executor: Literal["in process", "multiprocess"] = Field(
        "in process", description="A process for each step costs about 5 s each, and gains nothing on one machine."
    )
    patience: float = Field(300.0, ge=0, description="Seconds a step waits for another process at work on this home.")


class Settings(BaseSettings):
    """Everything that can be set. `load_settings` is the way to make one."""

    model_config = SettingsConfigDict(
        env_prefix="GRISTMILL_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    root: Path = Field(default_factory=Path.cwd, description="Where relative locations start: the settings' folder.")
    home: Path = Field(Path(".gristmill"), description="Where state lives.")
    lake: str | None = Field(None, description="Folder or URL of the Delta tables, instead of HOME/lake.")
    database: str | None = Field(None, description="SQLAlchemy URL, instead of HOME/gristmill.db.")
    sources: tuple[SourceSettings, ...] = ()
    audience: tuple[AudienceRule, ...] = Field((), description="Rules for all sources.")
    default_groups: tuple[str, ...] = Field((EVERYONE,), description="Audience of a document no rule matches.")
    parser: ParserSettings = ParserSettings()
    corpus: CorpusSettings = CorpusSettings()
    privacy: PrivacySettings = PrivacySettings()
    chunker: ChunkerSettings = ChunkerSettings()
    encoder: EncoderSettings = EncoderSettings()
    generator: GeneratorSettings = GeneratorSettings()
    search: SearchSettings = SearchSettings()
    answering: AnsweringSettings = AnsweringSettings()
    orchestration: OrchestrationSettings = OrchestrationSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file; the file's place is looked up at each load."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        return init_settings, env_settings, file

    @field_validator("default_groups")
    @classmethod
    def _normalised(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        return _normal(groups)

    @model_validator(mode="after")
    def _distinct_prefixes(self) -> Settings:
        prefixes = [source.prefix for source in self.sources]
        if len(set(prefixes)) < len(prefixes):
            msg = "two sources have the same prefix; give each its own, so that no two documents share a name"
            raise ValueError(msg)
        return self

    @property
    def home_path(self) -> Path:
        """The home folder as an absolute path."""
        return (self.root / self.home.expanduser()).resolve()

    @property
    def lake_url(self) -> str:
        """Where the Delta tables are."""
        return self.lake or str(self.home_path / "lake")

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the operational database."""
        return self.database or f"sqlite:///{self.home_path / 'gristmill.db'}"


def settings_file() -> Path | None:
    """Return the settings file in force: the one named by the environment, else the nearest one upwards."""
    if named := os.environ.get(SETTINGS_VARIABLE):
        return Path(named).expanduser().resolve()
    here = Path.cwd()
    return next(
        (folder / SETTINGS_FILE for folder in (here, *here.parents) if (folder / SETTINGS_FILE).is_file()), None
    )


def load_settings(**overrides: Any) -> Settings:
    """Read settings from file and environment.

    Args:
        **overrides: take precedence over both.

    Raises:
        SettingsError: the file is missing, is not TOML, or a value is not valid; the message names the setting.
    """
    file = settings_file()
    if file is not None and not file.is_file():
        raise SettingsError(f"There is no settings file {file}.", f"Unset {SETTINGS_VARIABLE} or run 'gristmill init'.")
    try:
        defaults = {} if file is None else {"root": file.parent}
        return Settings(**(defaults | overrides))
    except ValidationError as error:
        raise SettingsError(_explain(error), f"Correct it in {file or 'the environment'}.") from error
    except UnreadableValueError as error:
        raise SettingsError(
            f"Not a valid setting: {error}.", "In the environment, lists are written as JSON."
        ) from error
    except ValueError as error:  # the TOML reader's own error
        raise SettingsError(f"{file} is not valid TOML: {error}.", "Correct that line.") from error


def _explain(error: ValidationError) -> str:
    lines = (f"'{'.'.join(str(part) for part in e['loc']) or 'settings'}': {e['msg']}" for e in error.errors())
    return "Not a valid setting: " + "; ".join(lines) + "."


def _normal(groups: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return normalise_groups(groups)
    except SettingsError as error:
        raise ValueError(str(error).rstrip(".")) from error  # pydantic adds which setting it is
