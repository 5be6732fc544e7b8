"""Following the sources: what changes in them is taken in as soon as it is there, by a process that stays.

A command that begins anew spends most of a small change on loading its libraries; here they are loaded, and the
assistant of the next change waits for it. Folders tell of their changes themselves. Once a minute it is asked whether
something else moved: settings, a source elsewhere, a document that grew too old.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from watchfiles import Change, watch

from gristmill.corpus.report import Progress, StageReport
from gristmill.errors import BusyError, GristmillError
from gristmill.mill import Run, grind
from gristmill.release.assistant import Assistant
from gristmill.settings import Settings
from gristmill.standstill import Sighting, standstill
from gristmill.workspace import Workspace

# A file that is still being copied is waited for: for so long nothing may change, and so long that is waited for.
_QUIET_MS, _PATIENCE_MS = 500, 10_000
_LOOK_MS = 1_000
_ASK_SECONDS = 60.0
_BUSY_SECONDS = 30.0


@dataclass(frozen=True)
class Turn:
    """One run over all sources, and how it ended."""

    began: datetime
    seconds: float
    reports: tuple[StageReport, ...]
    error: GristmillError | None = None  # what stopped it; it is tried again after the next change or in a minute

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        numbers = {report.stage: report.numbers for report in self.reports}
        return self.error is None and not (
            numbers["documents"]["changed"]
            or numbers["search_index"]["published"]
            or numbers["question_set"]["changed"]
        )


def follow(
    settings_now: Callable[[], Settings], progress: Callable[[], AbstractContextManager[Progress]]
) -> Iterator[Turn]:
    """Take in all sources now and whenever something moved, until the iteration is given up.

    An error that is the same as in the turn before is not told again.

    Args:
        settings_now: reads the settings, which may change meanwhile.
        progress: makes what is told how far a run is.

    Raises:
        SettingsError: the settings are wrong from the start.
    """
    following = _Following(settings_now)
    due = following.due()
    said = None
    while True:
        with Assistant.start(following.workspace.lake.url) as assistant:
            error = next(due)
            turn = Turn(datetime.now(UTC), 0.0, (), error) if error else _turn(following.workspace, assistant, progress)
        if turn.error is None or turn.error.message != said:
            yield turn
        said = turn.error.message if turn.error is not None else None


class _Following:
    """What is followed: the sources of the settings as they are now."""

    def __init__(self, settings_now: Callable[[], Settings]) -> None:
        self._settings_now = settings_now
        self.workspace = Workspace(settings_now())

    def due(self) -> Iterator[GristmillError | None]:
        """Yield whenever a run is due: nothing, or why there can be none."""
        yield None
        while True:
            for _ in _moments(folders := self._folders(), self.workspace.home):
                try:
                    self._look_at_settings()
                except GristmillError as error:
                    yield error
                    continue
                if standstill(self.workspace.settings) is None:
                    yield None
                if folders != self._folders():
                    break

    def _look_at_settings(self) -> None:
        settings = self._settings_now()
        if settings != self.workspace.settings:
            self.workspace = Workspace(settings)

    def _folders(self) -> list[Path]:
        """The folders that can tell of changes: those on a disk that are there."""
        places = (Path(source.url) for source in self.workspace.sources() if "://" not in source.url)
        return [place for place in places if place.is_dir()]


def _moments(folders: Sequence[Path], home: Path) -> Iterator[None]:
    """Yield when something moved below the folders, soon after they are watched, and once a minute.

    Ends when one of them is gone.
    """
    if not folders:
        time.sleep(_ASK_SECONDS)
        yield
        return
    asked = float("-inf")
    try:
        for changes in watch(
            *folders, watch_filter=_Meant(folders, home), debounce=_PATIENCE_MS, step=_QUIET_MS,
            rust_timeout=_LOOK_MS, yield_on_timeout=True, ignore_permission_denied=True,
        ):  # fmt: skip
            if changes or time.monotonic() - asked >= _ASK_SECONDS:
                yield
                asked = time.monotonic()
            elif not all(folder.is_dir() for folder in folders):
                return
    except OSError:
        # A folder that just went, or more folders than the system tells of: then it is asked.
        time.sleep(_LOOK_MS / 1000)
        yield


class _Meant:
    """Says which changes are of documents: hidden files never are, nor is what a run itself writes."""

    def __init__(self, folders: Sequence[Path], home: Path) -> None:
        self._folders = folders
        self._home = home.resolve()

    def __call__(self, _: Change, path: str) -> bool:
        """Say whether a change is meant."""
        changed = Path(path)
        if changed.is_relative_to(self._home):
            return False
        inside = next((changed.relative_to(each) for each in self._folders if changed.is_relative_to(each)), changed)
        return not any(part.startswith(".") for part in inside.parts)


def _turn(workspace: Workspace, assistant: Assistant, progress: Callable[[], AbstractContextManager[Progress]]) -> Turn:
    began, clock = datetime.now(UTC), time.perf_counter()
    stopped: GristmillError | None = None
    while True:
        reports: list[StageReport] = []
        try:
            sources = workspace.sources()
            sighting = Sighting(workspace.settings, [source.url for source in sources])
            with progress() as shown:
                # Those before an error are kept.
                reports.extend(grind(Run(workspace, sources, sighting=sighting, progress=shown, assistant=assistant)))
        except BusyError as busy:
            # Whoever is at work on the same home takes in the same change.
            if time.perf_counter() - clock < _BUSY_SECONDS:
                time.sleep(_LOOK_MS / 1000)
                continue
            stopped = busy
        except GristmillError as error:
            stopped = error
        break
    return Turn(began, time.perf_counter() - clock, tuple(reports), stopped)
