"""All settings together, and how they are read from `gristmill.toml` and the environment."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableValueError

from gristmill.errors import SettingsError
from gristmill.identity import EVERYONE
from gristmill.settings.answering import AnsweringSettings, CacheSettings, GeneratorSettings, RemoteSettings
from gristmill.settings.compute import RaySettings
from gristmill.settings.corpus import AudienceRule, CorpusSettings, ParserSettings, PrivacySettings, SourceSettings
from gristmill.settings.evaluation import EvaluationSettings
from gristmill.settings.learning import LearningSettings
from gristmill.settings.orchestration import OrchestrationSettings
from gristmill.settings.remembered import home_of, remembered
from gristmill.settings.search import ChunkerSettings, EncoderSettings, FocusSettings, SearchSettings
from gristmill.settings.section import normal_groups
from gristmill.settings.service import OpenIdSettings, ServiceSettings
from gristmill.settings.team import TeamSettings
from gristmill.settings.tuning import EncoderTuningSettings, TuningSettings
from gristmill.settings.watching import AlertSettings, WatchingSettings

SETTINGS_FILE = "gristmill.toml"
HOME_VARIABLE = "GRISTMILL_HOME"
SETTINGS_VARIABLE = "GRISTMILL_SETTINGS"
_PREFIX, _DELIMITER = "GRISTMILL_", "__"


class Settings(BaseSettings):
    """Everything that can be set. `load_settings` is the way to make one."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter=_DELIMITER,
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
    focus: FocusSettings = FocusSettings()
    answering: AnsweringSettings = AnsweringSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    tuning: TuningSettings = TuningSettings()
    encoder_tuning: EncoderTuningSettings = EncoderTuningSettings()
    learning: LearningSettings = LearningSettings()
    cache: CacheSettings = CacheSettings()
    remote: RemoteSettings = RemoteSettings()
    orchestration: OrchestrationSettings = OrchestrationSettings()
    compute: Literal["local", "ray"] = Field("local", description="Where documents are parsed, encoded, evaluated.")
    ray: RaySettings = RaySettings()
    service: ServiceSettings = ServiceSettings()
    team: TeamSettings = TeamSettings()
    watching: WatchingSettings = WatchingSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file, both what a home remembers; their places are looked up at each load."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        stated = (init_settings, env_settings, file)
        if issubclass(settings_cls, StatedSettings):
            return stated
        home = home_of(file() | env_settings() | init_settings())
        return *stated, InitSettingsSource(settings_cls, remembered(home))

    @field_validator("default_groups")
    @classmethod
    def _normalised(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        return normal_groups(groups)

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


class StatedSettings(Settings):
    """What people stated, without what a home remembers of its team's host."""


def settings_file() -> Path | None:
    """Return the settings file in force: the one named by the environment, else the nearest one upwards."""
    if named := os.environ.get(SETTINGS_VARIABLE):
        return Path(named).expanduser().resolve()
    here = Path.cwd()
    return next(
        (folder / SETTINGS_FILE for folder in (here, *here.parents) if (folder / SETTINGS_FILE).is_file()), None
    )


def load_settings(kind: type[Settings] = Settings, **overrides: Any) -> Settings:
    """Read settings from file and environment.

    Args:
        kind: `StatedSettings` leaves out what a home remembers.
        **overrides: take precedence over both.

    Raises:
        SettingsError: the file is missing, is not TOML, or a value is not valid; the message names the setting.
    """
    file = settings_file()
    if file is not None and not file.is_file():
        raise SettingsError(f"There is no settings file {file}.", f"Unset {SETTINGS_VARIABLE} or run 'gristmill init'.")
    try:
        defaults = {} if file is None else {"root": file.parent}
        return kind(**(defaults | overrides))
    except ValidationError as error:
        raise SettingsError(_explain(error), f"Correct it in {file or 'the environment'}.") from error
    except UnreadableValueError as error:
        raise SettingsError(
            f"Not a valid setting: {error}.", "In the environment, lists are written as JSON."
        ) from error
    except ValueError as error:  # the TOML reader's own error
        raise SettingsError(f"{file} is not valid TOML: {error}.", "Correct that line.") from error


def unknown_variables() -> dict[str, str]:
    """Return each variable of the environment that begins like a setting and is none, with the nearest that is one.

    They change nothing, so a slip of the pen would go unseen.
    """
    secrets = {RemoteSettings().key_variable, AlertSettings().urls_variable, OpenIdSettings().secret_variable}
    known = {HOME_VARIABLE, SETTINGS_VARIABLE, *secrets}
    for name, field in Settings.model_fields.items():
        known.add(f"{_PREFIX}{name.upper()}")
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            known |= {f"{_PREFIX}{name.upper()}{_DELIMITER}{part.upper()}" for part in inner.model_fields}
    upper = {name: name.upper() for name in os.environ if name.upper().startswith(_PREFIX)}
    unknown = {name: wanted for name, wanted in upper.items() if not _is_known(wanted, known)}
    return {name: next(iter(get_close_matches(wanted, sorted(known), 1, 0.6)), "") for name, wanted in unknown.items()}


def _is_known(variable: str, known: set[str]) -> bool:
    """Whether it is a setting, or names a part of one: `GRISTMILL_PRIVACY__KINDS__EMAIL`."""
    return variable in known or any(variable.startswith(f"{one}{_DELIMITER}") for one in known if _DELIMITER in one)


def _explain(error: ValidationError) -> str:
    lines = (f"'{'.'.join(str(part) for part in e['loc']) or 'settings'}': {e['msg']}" for e in error.errors())
    return "Not a valid setting: " + "; ".join(lines) + "."
