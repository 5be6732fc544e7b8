"""The files of a source: listing through fsspec, patterns, limits, audience. Reads names and sizes, never contents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import fsspec
from pathspec import PathSpec

from gristmill.corpus.formats import ENDINGS, media_type
from gristmill.errors import SourceError
from gristmill.identity import Audience
from gristmill.settings import Settings, SourceSettings

# What editors, mail programs and systems leave in folders, and no one means as a document.
_NEVER = (".*", "~$*", "Thumbs.db", "desktop.ini", "*.tmp", "*.part", "*.swp")


@dataclass(frozen=True)
class File:
    """One file of a source as the listing tells it."""

    document: str
    path: str
    location: str
    size: int
    stamp: str  # changes whenever the content may have changed
    modified: datetime
    media_type: str | None
    audience: Audience
    problem: str | None = None


class Source:
    """One configured source."""

    def __init__(self, source: SourceSettings, settings: Settings) -> None:
        self.settings = source
        self._common = settings
        self._include = PathSpec.from_lines("gitignore", source.include)
        self._exclude = PathSpec.from_lines("gitignore", (*source.exclude, *_NEVER))
        rules = (*source.audience, *settings.audience)
        self._audience = [(PathSpec.from_lines("gitignore", [rule.pattern]), rule.groups) for rule in rules]

    @property
    def name(self) -> str:
        """The source's location as the settings write it."""
        return self.settings.location

    @cached_property
    def filesystem(self) -> Any:
        """The fsspec file system."""
        return fsspec.url_to_fs(self.url, **self.settings.options)[0]

    @cached_property
    def url(self) -> str:
        """The source's absolute location."""
        location = self.settings.location
        return location if "://" in location else str((self._common.root / Path(location).expanduser()).resolve())

    @cached_property
    def _root(self) -> str:
        return str(fsspec.url_to_fs(self.url, **self.settings.options)[1]).rstrip("/")

    def files(self) -> Iterator[File]:
        """Yield the source's files in the order of their names.

        Raises:
            SourceError: the location does not exist or cannot be listed.
        """
        try:
            if not self.filesystem.isdir(self._root):
                raise SourceError(f"There is no folder {self.url}.", "Correct the location of the source.")
            listing = self.filesystem.find(self._root, detail=True)
        except OSError as error:
            raise SourceError(f"{self.url} cannot be listed: {error}.", "Check the location and its rights.") from error
        for location, info in sorted(listing.items()):
            path = location[len(self._root) :].lstrip("/")
            if self._include.match_file(path) and not self._exclude.match_file(path):
                yield self._file(path, location, info)

    def read(self, location: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            SourceError: it is gone, too large by now, or cannot be read.
        """
        try:
            with self.filesystem.open(location, "rb") as stream:
                data: bytes = stream.read(self.settings.max_bytes + 1)
        except OSError as error:
            raise SourceError(f"{location} cannot be read: {error.strerror or error}.", "Check its rights.") from error
        if len(data) > self.settings.max_bytes:
            raise SourceError(f"{location} grew beyond the limit.", "Raise 'max_bytes' of its source.")
        return data

    def _file(self, path: str, location: str, info: dict[str, Any]) -> File:
        size = int(info.get("size") or 0)
        kind = media_type(path)
        readable = _unicode(path)
        document = f"{self.settings.prefix}/{readable}" if self.settings.prefix else readable
        return File(
            document, path, _unicode(location), size, _stamp(info), _modified(info), kind, self._groups(path),
            self._problem(location, info, size, kind),
        )  # fmt: skip

    def _groups(self, path: str) -> Audience:
        matching = (groups for spec, groups in self._audience if spec.match_file(path))
        return next(matching, self._common.default_groups)

    def _problem(self, location: str, info: dict[str, Any], size: int, kind: str | None) -> str | None:
        if info.get("islink") and not self._stays_inside(location):
            return "It is a link that leads out of its source; put the file itself there."
        if location != _unicode(location):
            return "Its name is not valid UTF-8; rename it."
        if kind is None:
            return f"This file format is not read; known are {' '.join(ENDINGS)}."
        if size > self.settings.max_bytes:
            return f"It has {size:,} bytes, over the limit of {self.settings.max_bytes:,} ('max_bytes' of its source)."
        return None

    def _stays_inside(self, location: str) -> bool:
        return Path(os.path.realpath(location)).is_relative_to(os.path.realpath(self._root))


def _unicode(name: str) -> str:
    """Return a name with what is not Unicode in it written out, as no table holds it otherwise."""
    return name.encode("utf-8", "backslashreplace").decode()


def _stamp(info: dict[str, Any]) -> str:
    # "created" is fsspec's name for a local file's change time, which no program can put back as it can the other.
    parts = (info.get(name) for name in ("size", "mtime", "created", "ino", "ETag", "etag", "LastModified", "md5Hash"))
    return "|".join("" if part is None else str(part) for part in parts)


def _modified(info: dict[str, Any]) -> datetime:
    stated = info.get("mtime") or info.get("LastModified") or info.get("updated")
    if isinstance(stated, datetime):
        return stated.astimezone(UTC)
    return datetime.fromtimestamp(float(stated or 0), UTC)
