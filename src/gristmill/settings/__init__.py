"""All settings, declared once, with their defaults and their reasons.

They come from `gristmill.toml`, and each can be overridden by the environment: `GRISTMILL_HOME`,
`GRISTMILL_SEARCH__PASSAGES=8`. What a model is (weights, hash, limits) stands in `models/catalog.py`.
"""

from gristmill.settings.answering import (
    AnsweringSettings,
    CacheSettings,
    ContactRule,
    GeneratorSettings,
    RemoteSettings,
)
from gristmill.settings.compute import RaySettings
from gristmill.settings.corpus import AudienceRule, CorpusSettings, ParserSettings, PrivacySettings, SourceSettings
from gristmill.settings.evaluation import EvaluationSettings
from gristmill.settings.learning import LearningSettings
from gristmill.settings.loading import (
    HOME_VARIABLE,
    SETTINGS_FILE,
    SETTINGS_VARIABLE,
    Settings,
    StatedSettings,
    load_settings,
    settings_file,
    unknown_variables,
)
from gristmill.settings.orchestration import OrchestrationSettings
from gristmill.settings.search import ChunkerSettings, EncoderSettings, FocusSettings, SearchSettings
from gristmill.settings.service import LimitSettings, OpenIdSettings, ServiceSettings, is_loopback
from gristmill.settings.team import TeamSettings
from gristmill.settings.tuning import EncoderTuningSettings, TuningSettings
from gristmill.settings.watching import AlertSettings, WatchingSettings

__all__ = [
    "HOME_VARIABLE",
    "SETTINGS_FILE",
    "SETTINGS_VARIABLE",
    "AlertSettings",
    "AnsweringSettings",
    "AudienceRule",
    "CacheSettings",
    "ChunkerSettings",
    "ContactRule",
    "CorpusSettings",
    "EncoderSettings",
    "EncoderTuningSettings",
    "EvaluationSettings",
    "FocusSettings",
    "GeneratorSettings",
    "LearningSettings",
    "LimitSettings",
    "OpenIdSettings",
    "OrchestrationSettings",
    "ParserSettings",
    "PrivacySettings",
    "RaySettings",
    "RemoteSettings",
    "SearchSettings",
    "ServiceSettings",
    "Settings",
    "SourceSettings",
    "StatedSettings",
    "TeamSettings",
    "TuningSettings",
    "WatchingSettings",
    "is_loopback",
    "load_settings",
    "settings_file",
    "unknown_variables",
]
