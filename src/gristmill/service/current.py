"""The release that the service answers from, opened and warm, and exchanged for a new one while requests go on.

A request takes the release once, at its beginning, and keeps it to its end. A new release is opened and warmed beside
the old one before it takes over; the old one is dropped when its last request ends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from threading import Lock

from gristmill.asking import Answerer, in_force
from gristmill.errors import AuditError, GristmillError, SearchIndexError
from gristmill.search.probes import require_agreement
from gristmill.search.version import IndexVersion
from gristmill.service import metrics
from gristmill.workspace import Workspace

_REBUILD = "Run 'gristmill index rebuild'."
# An encoder that gives other vectors is not asked for the same ones every second.
_WAIT_SECONDS = 60.0
_LOG = logging.getLogger("gristmill.service")


class CurrentRelease:
    """The release in force."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._serving: Answerer | None = None
        self._mark: str | None = None
        self._problem: GristmillError | None = None
        self._refused: tuple[str, float] = ("", 0.0)  # a release, and until when it is not tried again
        self._looking = Lock()

    def take(self) -> Answerer:
        """Return the release to answer one request from.

        Raises:
            SearchIndexError: there is none yet.
        """
        if self._serving is None:
            if self._problem is not None:
                raise self._problem
            raise SearchIndexError("The service is still loading its models.", "Try again in a moment.")
        return self._serving

    def index(self) -> IndexVersion:
        """Return the index of the release in force, with today's audiences.

        Raises:
            SearchIndexError: there is none yet.
        """
        return self.take().tools.index

    @property
    def name(self) -> str | None:
        """The name of the release in force, if there is one."""
        return None if self._serving is None else self._serving.release.name

    def look(self) -> bool:
        """Look for a new release and exchange it for the one in force. Returns whether it did."""
        with self._looking:
            try:
                mark = in_force(self._workspace)
                if mark == self._mark:
                    self._look_at_index()
                    return False
                if mark == self._refused[0] and time.monotonic() < self._refused[1]:
                    return False
                answerer = Answerer(self._workspace, heals=True)
                if self._serving is not None and not answerer.is_as_released:
                    raise SearchIndexError(f"Its index is damaged: {', '.join(answerer.damage)}.", _REBUILD)
                _open(answerer)
                self._compare(answerer, mark)
            except GristmillError as error:
                # What answers now goes on; the next look tries again.
                self._problem = error
                _LOG.warning("no new release: %s", error)
                return False
            if self._serving is not None:
                metrics.swapped()
            self._serving, self._mark, self._problem = answerer, mark, None
            self._look_at_index()
            _LOG.info("answering from release %s", answerer.tools.release)
            return True

    def _compare(self, answerer: Answerer, mark: str) -> None:
        """Make sure that the encoders give the vectors that they gave first.

        Raises:
            AuditError: one gives others.
        """
        try:
            for encoder in filter(None, (answerer.tools.encoder, answerer.tools.bridge)):
                require_agreement(self._workspace.lake, encoder)
        except AuditError:
            self._refused = mark, time.monotonic() + _WAIT_SECONDS
            raise

    def _look_at_index(self) -> None:
        """Notice a damaged file though nobody asks, and begin to heal it."""
        if self._serving is not None:
            _ = self._serving.tools
            metrics.index_damaged(bool(self._serving.damage))

    async def watch(self, seconds: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(seconds)


def _open(answerer: Answerer) -> None:
    """Load the models and open every file: an index version may be deleted while it is in use."""
    answerer.warm()
    tools = answerer.tools
    index = tools.index
    _ = index.rows, index.matrix, index.bridge, index.runs, index.documents, index.superseded, index.lexical
    if index.is_approximate(index.manifest.chunks, tools.search.exact_rows):
        _ = index.chroma, index.row_of
