"""Immutable, numbered versions of a folder, published atomically: staging, verify, fsync, rename, pointer.

    ROOT/staging/<token>/        being made; swept by the next publisher
    ROOT/versions/000007/        published; never written again
    ROOT/current                 the pointer: the number of the version in force
    ROOT/fence                   the highest token given out

A publisher takes a token when it starts. A later publisher takes a higher one, and from then on the earlier can no
longer publish, however late it wakes up. Killed at any moment, `current` names a complete version.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gristmill.errors import FencedError, StorageError
from gristmill.storage.locks import exclusive


@dataclass(frozen=True)
class Staging:
    """A folder to build the next version in, and the token that allows to publish it."""

    folder: Path
    token: int


class VersionStore:
    """The versions below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self) -> int | None:
        """Return the number of the version in force, or None before the first."""
        try:
            return int((self.root / "current").read_text())
        except FileNotFoundError:
            return None
        except ValueError as error:
            remedy = f"Write one of {self.numbers()} into it."
            raise StorageError(f"The pointer {self.root / 'current'} is damaged.", remedy) from error

    def numbers(self) -> list[int]:
        """Return the numbers of all published versions, oldest first."""
        folder = self.root / "versions"
        return sorted(int(p.name) for p in folder.iterdir() if p.name.isdigit()) if folder.is_dir() else []

    def folder(self, number: int) -> Path:
        """Return the folder of a published version."""
        return self.root / "versions" / f"{number:06d}"

    def current_folder(self) -> Path | None:
        """Return the folder of the version in force, or None before the first."""
        number = self.current()
        return None if number is None else self.folder(number)

    def stage(self) -> Staging:
        """Take a token and an empty staging folder. Whoever held an earlier token can no longer publish."""
        with self._lock("stage"):
            token = self._fence() + 1
            write_durably(self.root / "fence", str(token))
            shutil.rmtree(self.root / "staging", ignore_errors=True)
            folder = self.root / "staging" / f"{token:06d}"
            folder.mkdir(parents=True)
        return Staging(folder, token)

    def settle(self, staging: Staging) -> None:
        """Have the disk take what is staged so far: publishing it waits for the disk."""
        with suppress(OSError):  # publishing tells
            _sync_tree(staging.folder)

    def publish(self, staging: Staging, *, in_force: bool = True) -> int:
        """Make a staged folder a version, and the one in force unless told otherwise; return its number.

        Raises:
            FencedError: a later publisher took over; the staged folder is left to be swept.
        """
        # Whoever fenced this one off may be sweeping its folder at this moment; the fence below says so.
        with suppress(FileNotFoundError):
            _sync_tree(staging.folder)
        with self._lock("publish"):
            if self._fence() != staging.token:
                raise FencedError("A newer run took over the index; this one did not publish.", "Nothing is lost.")
            number = max(self.numbers(), default=0) + 1
            target = self.folder(number)
            target.parent.mkdir(parents=True, exist_ok=True)
            staging.folder.rename(target)
            _sync_folder(target.parent)
            if in_force:
                write_durably(self.root / "current", str(number))
        return number

    def point_to(self, number: int) -> None:
        """Make a published version the one in force: a rollback, or its undoing."""
        if number not in self.numbers():
            raise StorageError(f"There is no version {number}.", f"Published are {self.numbers()}.")
        with self._lock("point"):
            write_durably(self.root / "current", str(number))

    def prune(self, keep: int, protected: Collection[int] = ()) -> list[int]:
        """Delete all but the newest `keep` versions, the one in force and `protected`; return the deleted numbers."""
        with self._lock("prune"):
            kept = {self.current(), *protected}
            doomed = [number for number in self.numbers()[:-keep] if number not in kept]
            for number in doomed:
                # First out of sight in one step: killed here, it is swept later, and never taken for a version.
                swept = self.root / "staging" / f"pruned-{number:06d}"
                swept.parent.mkdir(exist_ok=True)
                self.folder(number).rename(swept)
                shutil.rmtree(swept)
        return doomed

    def _fence(self) -> int:
        try:
            return int((self.root / "fence").read_text())
        except FileNotFoundError:
            return 0
        except ValueError as error:
            # Only a number above every one given out keeps stalled publishers out.
            remedy = "Make sure that no other run is at work, and write a number above all before into it."
            raise StorageError(f"The file {self.root / 'fence'} is damaged.", remedy) from error

    @contextmanager
    def _lock(self, purpose: str) -> Iterator[None]:
        with exclusive(self.root / "lock", purpose, wait=True):
            yield


def write_durably(path: Path, content: str | bytes) -> None:
    """Replace a small file so that a crash leaves the old or the new content, never a part.

    Raises:
        StorageError: it cannot be written; its old content holds.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        remedy = "Free space or correct its rights, and run again."
        raise StorageError(f"{path} cannot be written: {error.strerror or error}.", remedy) from error
    finally:
        temporary.unlink(missing_ok=True)


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        else:
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
