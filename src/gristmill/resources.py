"""What assets and checks are given: the workspace, its lock and a progress that is logged.

This is where the engine's errors become Dagster's. Nothing is decided here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr

from gristmill import mill
from gristmill.errors import BusyError, GristmillError
from gristmill.workspace import Workspace

# An asset with this tag takes long and is made when a person wants it: it follows nothing, and no schedule makes it.
BY_A_PERSON = "gristmill/by_a_person"
# When it is worth making an asset with this tag, a sensor decides, by counts and age: it follows nothing.
BY_ITS_SENSOR = "gristmill/by_its_sensor"
_SAY_EVERY_SECONDS = 10.0
# A home that another process holds is free again in a while; whatever else the engine refuses, it refuses again.
_BUSY_TRIES, _BUSY_SECONDS = 2, 60.0


class LoggedProgress:
    """A progress that writes to a log, often enough to see that it moves and seldom enough to be read."""

    def __init__(self, say: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._now = now
        self._stage, self._total, self._done, self._said = "", 0, 0, now()

    def start(self, stage: str, total: int) -> None:
        """Begin `stage`, which has `total` steps."""
        self._stage, self._total, self._done, self._said = stage, total, 0, self._now()
        if total:
            self._say(f"{stage}: {total:,} to do")

    def advance(self, steps: int = 1) -> None:
        """Say that `steps` more are done."""
        self._done += steps
        now = self._now()
        if now - self._said >= _SAY_EVERY_SECONDS:
            self._said = now
            self._say(f"{self._stage}: {self._done:,} of {self._total:,}")


class WorkspaceResource(dg.ConfigurableResource[Workspace]):
    """The installation that gristmill.toml and the environment describe."""

    _opened: Workspace | None = PrivateAttr(default=None)

    def open(self) -> Workspace:
        """Return a new workspace. Tests override this to hand in their own parts."""
        return Workspace()

    @contextmanager
    def at_work(
        self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, *, allow_empty: bool = False
    ) -> Iterator[mill.Run]:
        """Hold the home's lock and give what a stage works with; checks hold it too, to see no half-done work.

        Args:
            context: of the asset or check that works.
            allow_empty: take it as meant when a source that had documents has none now.

        Raises:
            dagster.Failure: for every error of the engine, with its remedy as `recovery`. It is permanent.
            dagster.RetryRequested: another process held the home all the while; asked for twice, then it fails.
        """
        try:
            workspace = self._workspace()
            run = mill.Run(
                workspace, workspace.sources(), allow_empty=allow_empty, progress=LoggedProgress(context.log.info)
            )
            purpose = f"Dagster run {context.run.run_id[:8]}, {context.op_execution_context.op_def.name}"
            patience = workspace.settings.orchestration.patience
            with mill.working(workspace, purpose, patience=patience, waiting=_waiting(context.log, patience)):
                yield run
        except GristmillError as error:
            if isinstance(error, BusyError) and context.retry_number < _BUSY_TRIES:
                pause = min(_BUSY_SECONDS, self._workspace().settings.orchestration.patience)
                raise dg.RetryRequested(max_retries=_BUSY_TRIES, seconds_to_wait=pause) from error
            # Trying again at once would end the same way.
            raise dg.Failure(error.message, {"recovery": error.remedy}, allow_retries=False) from error

    def _workspace(self) -> Workspace:
        if self._opened is None:
            self._opened = self.open()
        return self._opened


def _waiting(log: dg.DagsterLogManager, patience: float) -> Callable[[str], None]:
    return lambda holder: log.warning(f"{holder} Waiting up to {patience:.0f} s for it to end.")
