"""Everything one installation works with, wired together from its settings: the one place that chooses real parts.

Parts are imported and opened when they are first used, so that looking at a status loads no model and no database.
Tests hand in their own encoder or generator.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gristmill.corpus.sources import Source
from gristmill.errors import ModelError, SettingsError
from gristmill.settings import EncoderSettings, Settings, SourceSettings, load_settings
from gristmill.storage.artifacts import write_durably
from gristmill.storage.lake import Lake

if TYPE_CHECKING:
    from gristmill.answering.cache import AnswerCache
    from gristmill.answering.learned import LearnedStore
    from gristmill.answering.prompts.store import PromptStore
    from gristmill.answering.routing import Router
    from gristmill.models.encoder import Encoder, TextEncoder
    from gristmill.models.generators import Generator
    from gristmill.models.reader import TextReader
    from gristmill.models.reranker import Reranker
    from gristmill.release.known import KnownReleases
    from gristmill.release.manifest import Release
    from gristmill.release.registry import Registry
    from gristmill.search.version import Manifest
    from gristmill.settings import GeneratorSettings, RaySettings, SearchSettings
    from gristmill.storage.artifacts import VersionStore
    from gristmill.storage.database import Database
    from gristmill.storage.journal import Journal

# Of the tables' narrow columns, which one run looks at ten times.
_KEPT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Models:
    """The models that a release names, ready to be loaded."""

    encoder: TextEncoder
    bridge: TextEncoder | None
    generator: Generator
    reranker: Reranker | None = None
    reader: TextReader | None = None


class Workspace:
    """The parts of one installation."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        encoder: Encoder | None = None,
        bridge: TextEncoder | None = None,
        generator: Generator | None = None,
        reader: TextReader | None = None,
    ) -> None:
        self.settings = settings or load_settings()
        if encoder is not None:
            # Whoever brings an encoder decides on bridge and reader too: none, unless they are given.
            self.encoder_alone, self.bridge, self.reader = encoder, bridge, reader
        if generator is not None:
            self.generator = generator

    @property
    def home(self) -> Path:
        """The folder that holds all state."""
        return self.settings.home_path

    @cached_property
    def lake(self) -> Lake:
        """The Delta tables."""
        return Lake(self.settings.lake_url, _KEPT_BYTES)

    @cached_property
    def database(self) -> Database:
        """The operational database."""
        from gristmill.storage.database import Database

        self.home.mkdir(parents=True, exist_ok=True)
        return Database(self.settings.database_url)

    def close_database(self) -> None:
        """Close the connections of the database, if it was opened."""
        if "database" in vars(self):
            self.database.close()

    @cached_property
    def journal(self) -> Journal:
        """The audit log."""
        from gristmill.storage.journal import Journal

        return Journal(self.database, self.home / "audit.anchor")

    @cached_property
    def pseudonym_key(self) -> bytes:
        """The key of the pseudonyms that stand for masked data."""
        from gristmill.storage.keyfile import key_at

        return key_at(self.home / "pseudonyms.key")

    @cached_property
    def index_store(self) -> VersionStore:
        """The published versions of the search index."""
        from gristmill.search.index import index_store

        return index_store(self.home)

    @property
    def cluster(self) -> RaySettings | None:
        """The cluster that heavy work is spread over; none where it is done on this machine."""
        return self.settings.ray if self.settings.compute == "ray" else None

    @cached_property
    def encoder_alone(self) -> Encoder:
        """The configured encoder, without a memory."""
        return self._transformer(self.settings.encoder)

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder: the configured one, with the memory that came into force for it."""
        return self.encoder_of(self.encoder_settings)

    @property
    def encoder_settings(self) -> EncoderSettings:
        """What loads the encoder: the configured one, with the memory that came into force for it."""
        from gristmill.models.catalog import encoder_weights

        release, wanted = self.releases.in_force(), self.settings.encoder
        present = None if release is None else release.encoder_settings
        if present is None or present.memory is None or wanted.memory is not None:
            return wanted
        if encoder_weights(present).sha256 != encoder_weights(wanted).sha256:
            return wanted
        # All else is as configured now: a higher 'revision' must be heard.
        return wanted.model_copy(update={"memory": present.memory, "memory_sha256": present.memory_sha256})

    def encoder_of(self, settings: EncoderSettings) -> Encoder:
        """Return the encoder that settings describe; memories lie below the home.

        Raises:
            ModelError: its memory has no hash in the settings.
        """
        from gristmill.models.memory import MemoryEncoder

        alone = _without_memory(settings)
        encoder = self.encoder_alone if alone == _without_memory(self.settings.encoder) else self._transformer(alone)
        if settings.memory is None:
            return encoder
        if settings.memory_sha256 is None:
            raise ModelError(f"The memory {settings.memory} has no 'memory_sha256' in the settings.", "Add it.")
        return MemoryEncoder(encoder, self.home / settings.memory, settings.memory_sha256)

    def _transformer(self, settings: EncoderSettings) -> Encoder:
        from gristmill.models.encoder import TransformerEncoder
        from gristmill.models.ray_encoder import RayEncoder

        verified = self.home / "cache" / "encoder-verified.json"
        if self.cluster is not None:
            return RayEncoder(settings, verified, self.cluster)
        return TransformerEncoder(settings, verified)

    @cached_property
    def bridge(self) -> TextEncoder | None:
        """The multilingual second encoder, unless the settings leave it out."""
        from gristmill.models.bridge import BridgeEncoder

        return BridgeEncoder(self.home / "cache" / "bridge-verified.json") if self.settings.search.bridge else None

    @property
    def encoders(self) -> tuple[TextEncoder, ...]:
        """The main encoder, then the bridge if there is one."""
        return (self.encoder,) if self.bridge is None else (self.encoder, self.bridge)

    @cached_property
    def generator(self) -> Generator:
        """The configured generator."""
        return self.generator_of(self.generator_settings)

    @property
    def generator_settings(self) -> GeneratorSettings:
        """What loads the generator: the configured one, or what was tuned from it and came into force."""
        from gristmill.models.catalog import generator_weights

        release, wanted = self.releases.in_force(), self.settings.generator
        present = None if release is None else release.generation
        if present is None or present.base is None or wanted.engine == "quote":
            return wanted
        return present if present.base == generator_weights(wanted).sha256 else wanted

    def generator_of(self, settings: GeneratorSettings) -> Generator:
        """Return the generator that settings describe; tuned ones lie below the home."""
        from gristmill.models.generators import make_generator

        if settings.base is not None and settings.path is not None:
            settings = settings.model_copy(update={"path": self.home / settings.path})
        return make_generator(settings, self.home / "cache" / "generators")

    @cached_property
    def prompts(self) -> PromptStore:
        """The versions of the prompts; the latest one stands in the next candidate."""
        from gristmill.answering.prompts.store import PromptStore

        return PromptStore(self.home)

    @cached_property
    def learned(self) -> LearnedStore:
        """What was learnt from use; what is proposed stands in the next candidate."""
        from gristmill.answering.learned import LearnedStore

        return LearnedStore(self.home)

    @cached_property
    def registry(self) -> Registry:
        """The releases, and which one is in force."""
        from gristmill.release.registry import Registry

        return Registry(self.database, self.home)

    @property
    def releases(self) -> KnownReleases:
        """The releases, as far as they can be looked at without opening the database."""
        from gristmill.release.known import KnownReleases

        return KnownReleases(self.settings.database_url, self.home, lambda: self.registry)

    def protected(self) -> set[str]:
        """Return the contents of the index versions that releases answer from, or can be gone back to."""
        return {release.index for release in self.releases.needed(self.settings.search.keep_versions)}

    def candidate(self, index: Manifest | None = None) -> Release:
        """Return the release that the settings make with an index: the newest one when none is given.

        Raises:
            SearchIndexError: nothing was published yet.
        """
        from gristmill.release.making import release_of
        from gristmill.search.chunking import chunker_fingerprint
        from gristmill.search.index import open_current

        manifest = index or open_current(self.index_store).manifest
        chunker = chunker_fingerprint(self.settings.chunker, self.encoder)
        prompt = self.prompts.get().prompt
        chosen = {"generator": self.generator_settings, "encoder": self.encoder_settings}
        settings = self.settings.model_copy(update=chosen)
        return release_of(settings, manifest, chunker, prompt, self.generator, self._to_be_learned())

    def _to_be_learned(self) -> str:
        """Return what the next candidate has learnt: what is proposed, else what the release in force has."""
        proposed, present = self.learned.proposed, self.releases.in_force()
        if proposed is not None:
            return proposed
        return present.learned if present is not None else ""

    def models(self, release: Release) -> Models:
        """Return the models of a release: the configured ones where they are the same, else those that it names.

        Raises:
            SearchIndexError: its index was made with other encoders than those that can be had.
        """
        from gristmill.models.bridge import BridgeEncoder
        from gristmill.release.opening import require_own_encoders

        encoder: TextEncoder = self.encoder
        if encoder.fingerprint != release.encoders[0]:
            encoder = self.encoder_of(release.encoder_settings)
        bridge = None
        if len(release.encoders) > 1 and release.search_settings.bridge:
            bridge = self.bridge or BridgeEncoder(self.home / "cache" / "bridge-verified.json")
        require_own_encoders(release, encoder, bridge)
        generator = self.generator
        if generator.fingerprint != release.generator:
            generator = self.generator_of(release.generation)
        reader = self.reader if release.answering_settings.reader else None
        return Models(encoder, bridge, generator, self.reranker_of(release.search_settings), reader)

    @cached_property
    def reader(self) -> TextReader | None:
        """What reads the best evidence of a question, for releases that let it."""
        from gristmill.models.reader import Reader

        return Reader(self.home / "cache" / "readers")

    def reranker_of(self, settings: SearchSettings) -> Reranker | None:
        """Return the cross-encoder that settings name, not loaded yet; None where they name none.

        Raises:
            ModelError: it has no hash in the settings.
        """
        from gristmill.models.reranker import Reranker

        if settings.reranker is None:
            return None
        if settings.reranker_sha256 is None:
            raise ModelError(f"The reranker {settings.reranker} has no 'reranker_sha256'.", "Add it below [search].")
        folder = self.settings.root / settings.reranker.expanduser()
        return Reranker(folder, settings.reranker_sha256, self.home / "cache" / "reranker-verified.json")

    @cached_property
    def answer_cache(self) -> AnswerCache | None:
        """The answers that are given again, unless the settings leave the cache out."""
        from gristmill.answering.cache import AnswerCache

        settings = self.settings.cache
        return AnswerCache(settings.answers, settings.near) if settings.enabled else None

    @cached_property
    def router(self) -> Router | None:
        """The way to the remote engine, if one is configured."""
        from gristmill.answering.receipts import spent_today
        from gristmill.answering.routing import Router

        settings = self.settings.remote
        return Router(settings, lambda: spent_today(self.database)) if settings.url else None

    def sources(self) -> list[Source]:
        """Return all sources: those of the settings, and the folders that were given to `ingest`."""
        configured = [Source(source, self.settings) for source in self.settings.sources]
        places = {source.url for source in configured}
        added = [Source(source, self.settings) for source in self._added()]
        return configured + [source for source in added if source.url not in places]

    def source_at(self, location: str) -> Source:
        """Return the source at `location`, adding it to this home when it is not known yet.

        Raises:
            SettingsError: there is nothing at `location`.
        """
        for source in self.sources():
            if location in {source.name, source.url}:
                return source
        if "://" not in location:
            folder = Path(location).expanduser().resolve()
            if not folder.is_dir():
                raise SettingsError(f"There is no folder {folder}.", "Give a folder of documents.")
            location = str(folder)
            for source in self.sources():
                if source.url == location:
                    return source
        added = SourceSettings(location=location)
        self._remember([*self._added(), added])
        return Source(added, self.settings)

    def forget_source(self, location: str) -> None:
        """Take a folder that was given to `ingest` off the list; its documents go with the next full run."""
        self._remember([source for source in self._added() if source.location != location])

    def _added(self) -> list[SourceSettings]:
        try:
            return [SourceSettings(**fields) for fields in json.loads(self._list.read_text())]
        except FileNotFoundError:
            return []

    def _remember(self, sources: Sequence[SourceSettings]) -> None:
        write_durably(self._list, json.dumps([{"location": source.location} for source in sources], indent=2))

    @property
    def _list(self) -> Path:
        return self.home / "sources.json"


def _without_memory(settings: EncoderSettings) -> EncoderSettings:
    return settings.model_copy(update={"memory": None, "memory_sha256": None})
