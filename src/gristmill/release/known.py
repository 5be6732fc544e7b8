"""The releases as a run needs them: looked up at a glance where that can be, moved by a helper where there is one.

What neither can do is asked of the registry, which loads the library of the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gristmill.release import glance
from gristmill.release.assistant import Assistant
from gristmill.release.decisions import Decision, withdrawn
from gristmill.release.manifest import Release

if TYPE_CHECKING:
    from gristmill.release.registry import Registry

_Looked = TypeVar("_Looked")


@dataclass(frozen=True)
class KnownReleases:
    """The releases of one installation."""

    url: str  # of the database
    home: Path
    registry: Callable[[], Registry]
    helper: Assistant | None = None

    def in_force(self) -> Release | None:
        """Return the release in force; None before the first. Looking makes no home."""
        if not self.home.is_dir():
            return None
        return self._look(lambda: glance.release_in_force(self.url), _in_force)

    def withdrawn(self) -> set[str]:
        """Return the releases that were rolled back and not promoted again since."""
        return self._look(lambda: withdrawn(glance.moves(self.url)), lambda registry: registry.withdrawn())

    def needed(self, last: int) -> list[Release]:
        """Return the releases whose index and vectors are kept, as `Registry.needed` does."""
        return self._look(lambda: glance.needed(self.url, last), lambda registry: registry.needed(last))

    def start(self, release: Release) -> str:
        """Put the first release of a home in force; the name of the one in force when there is one already."""
        return self.registry().start(release)

    def keep(self, release: Release) -> str:
        """Store a candidate. Returns its name."""
        return self.registry().keep(release)

    def advance(self, release: Release, decision: Decision) -> None:
        """Store a release of other documents with the decision on it, and put it in force if that says so.

        Raises:
            GateError: another release is in force by now than the one that it was compared with.
        """
        if self.helper is None or not self.helper.advance(self.url, self.home, release, decision):
            self.registry().advance(release, decision)

    def _look(self, at_a_glance: Callable[[], _Looked], asked: Callable[[Registry], _Looked]) -> _Looked:
        try:
            return at_a_glance()
        except LookupError:
            return asked(self.registry())


def _in_force(registry: Registry) -> Release | None:
    name = registry.in_force()
    return None if name is None else registry.get(name)
