"""A process that does tasks for this one: each given as a line of JSON, told about in lines of JSON.

What it writes to standard error goes to a file: a pipe that nobody reads would stop it after 64 KB.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from gristmill.errors import SearchIndexError

DONE = {"task": "done"}  # said after all else of a task
_SHOWN = 300
_TAIL_BYTES = 8_192


class Child:
    """One process. Started before there is a task, it has done its imports when there is one."""

    def __init__(self, command: Sequence[str]) -> None:
        self._errors = TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )

    @classmethod
    def worker(cls, kind: str) -> Child:
        """Start a process that will `build` or `audit`."""
        return cls([sys.executable, "-m", "gristmill.search.worker", kind])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self.dismiss()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    def let_go(self) -> None:
        """Tell the process that there will be no more tasks: it ends when it has done what it has."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def dismiss(self) -> None:
        """Let the process go, and wait until it has ended."""
        self.let_go()
        self._process.wait()

    def look_ahead(self) -> None:
        """Tell it that the tables are as they will be for its task: it may read what it will need. It tells nothing."""

    def ask(self, task: Mapping[str, Any]) -> None:
        """Hand over the task."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it is dead already; its return code says so below
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()

    def told(self) -> Iterator[dict[str, Any]]:
        """Yield what the process tells of its task, until that is done or the process ends.

        Raises:
            SearchIndexError: it ended with an error; the message is the last line that it wrote.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if said == DONE:
                return
            yield said
        if self._process.wait() != 0:
            raise SearchIndexError(self._last_words())

    def _last_words(self) -> str:
        if self._process.returncode == -signal.SIGBUS:
            # A mapped file that outgrows the disk ends its process without a word.
            return "no space is left on its disk"
        size = self._errors.seek(0, 2)
        self._errors.seek(max(0, size - _TAIL_BYTES))
        lines = self._errors.read().decode(errors="replace").splitlines()
        silent = f"it ended with code {self._process.returncode}"
        return next((line for line in reversed(lines) if line.strip()), silent)[:_SHOWN]
