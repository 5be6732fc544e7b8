"""The manifest of a release: everything that can change an answer, and its name, the hash of that.

A manifest holds what is needed to answer as it says, settings and prompt included, so that a release can be put back in
force after the settings file has changed. Which release is in force is the registry's business. Whoever only moves
releases loads no settings.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from gristmill.fingerprint import fingerprint

if TYPE_CHECKING:
    from pydantic import BaseModel

    from gristmill.answering.prompts import Prompt
    from gristmill.settings import AnsweringSettings, EncoderSettings, GeneratorSettings, SearchSettings

SectionType = TypeVar("SectionType", bound="BaseModel")
# Releases that were made before there were uncertain answers refuse instead, and did neither look for what is wanted
# nor read the evidence.
_AS_BEFORE = {"perhaps": 1.0, "wanted": False, "reader": False}
# Where weights lie may differ between machines; what they are is in the fingerprints.
_NOT_IDENTITY = {"encoder", "generator_settings"}


@dataclass(frozen=True)
class Release:
    """Everything that can change an answer."""

    index: str  # content hash of the search index; it covers documents, audiences, chunks and vectors
    chunker: str  # fingerprint: with it one sees whether an index differs by its documents alone
    encoders: tuple[str, ...]  # fingerprints: the main encoder's, then the bridge's
    encoder: dict[str, Any]  # settings that load the main encoder
    search: dict[str, Any]
    answering: dict[str, Any]
    prompt: dict[str, str]
    generator: str  # fingerprint
    generator_settings: dict[str, Any]  # settings that load it
    weighing: str = ""  # hash of the fitted models that weigh evidence and support
    learned: str = ""  # name of what was learnt from use; empty when nothing was
    remote: dict[str, Any] = field(default_factory=dict)  # the engine that may be asked besides; never its key

    @property
    def name(self) -> str:
        """The release's name: the hash of all its parts."""
        identity = {name: value for name, value in asdict(self).items() if name not in _NOT_IDENTITY}
        if not self.learned:
            del identity["learned"]  # releases that were named before anything could be learnt keep their names
        return f"r-{fingerprint(identity)[:12]}"

    @property
    def search_settings(self) -> SearchSettings:
        """How this release searches."""
        from gristmill.settings import SearchSettings

        return _read(SearchSettings, self.search)

    @property
    def answering_settings(self) -> AnsweringSettings:
        """When this release answers."""
        from gristmill.settings import AnsweringSettings

        return _read(AnsweringSettings, _AS_BEFORE | self.answering)

    @property
    def encoder_settings(self) -> EncoderSettings:
        """What loads this release's main encoder."""
        from gristmill.settings import EncoderSettings

        return _read(EncoderSettings, self.encoder)

    @property
    def generation(self) -> GeneratorSettings:
        """What loads this release's generator."""
        from gristmill.settings import GeneratorSettings

        return _read(GeneratorSettings, self.generator_settings)

    @property
    def prompt_text(self) -> Prompt:
        """The prompt of this release."""
        from gristmill.answering.prompts import Prompt

        return Prompt(**self.prompt)

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, manifest: dict[str, Any]) -> Release:
        """Return the release that a stored manifest describes."""
        return cls(**manifest | {"encoders": tuple(manifest["encoders"])})


def differences(one: Release, other: Release) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two releases: a dotted name, and the values of both."""
    left, right = _flat(one), _flat(other)
    names = sorted(left.keys() | right.keys())
    return {name: (left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name)}


def differ_by_documents_alone(one: Release, other: Release) -> bool:
    """Say whether nothing but the documents, as an index holds them, tells two releases apart."""
    return one.name != other.name and replace(one, index=other.index).name == other.name


def _flat(release: Release) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for part in fields(release):
        value = getattr(release, part.name)
        if isinstance(value, dict):
            flat |= {f"{part.name}.{name}": each for name, each in value.items()}
        else:
            flat[part.name] = value
    return flat


def _read(section: type[SectionType], stored: dict[str, Any]) -> SectionType:
    # A manifest of an older version may name a setting that is gone; what is new has its default.
    return section(**{name: value for name, value in stored.items() if name in section.model_fields})
