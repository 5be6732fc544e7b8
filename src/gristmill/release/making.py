"""The release that settings, models and an index make: everything that can change an answer, put together."""

from __future__ import annotations

from dataclasses import asdict

from gristmill.answering.fitted import fitted_models
from gristmill.answering.prompts import Prompt
from gristmill.models.generators import Generator
from gristmill.release.manifest import Release
from gristmill.search.version import Manifest
from gristmill.settings import Settings

# Settings of search that decide how an index is kept and examined, not what is answered.
_NOT_ANSWERING = {"approximate", "audit_rows", "chroma_url", "keep_versions"}
# Where none is configured they are left out, so that releases of before keep their names.
_RERANKER = {"reranker", "reranker_sha256", "reranked"}
# What decides which words may come from elsewhere; prices, budget and patience do not.
_REMOTE = {"url", "model", "when", "groups", "strong", "max_new_tokens"}


def release_of(
    settings: Settings, index: Manifest, chunker: str, prompt: Prompt, generator: Generator, learned: str = ""
) -> Release:
    """Return the release that these parts make."""
    return Release(
        index=index.content,
        chunker=chunker,
        encoders=index.encoders,
        encoder=settings.encoder.model_dump(mode="json"),
        search=settings.search.model_dump(
            mode="json", exclude=_NOT_ANSWERING | (_RERANKER if settings.search.reranker is None else set())
        ),
        answering=settings.answering.model_dump(mode="json"),
        prompt=asdict(prompt),
        generator=generator.fingerprint,
        generator_settings=settings.generator.model_dump(mode="json"),
        weighing=fitted_models(),
        learned=learned,
        remote=settings.remote.model_dump(mode="json", include=_REMOTE) if settings.remote.url else {},
    )
