"""A process for tasks: its tale is read, its errors stop nobody, its end is told."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from gristmill.errors import SearchIndexError
from gristmill.search.child import DONE, Child


def child(code: str) -> Child:
    return Child([sys.executable, "-c", code])


def answered(worker: Child, task: dict[str, str]) -> list[dict[str, Any]]:
    worker.ask(task)
    return list(worker.told())


@pytest.mark.timeout(60)
def test_a_process_that_writes_a_megabyte_of_errors_is_not_stopped_by_it() -> None:
    code = "import sys; sys.stdin.readline(); sys.stderr.write('warning\\n' * 130_000); print('{\"done\": 1}')"
    with child(code) as worker:
        assert answered(worker, {}) == [{"done": 1}]


def test_what_a_failed_process_said_last_is_the_error() -> None:
    code = "import sys; sys.stdin.readline(); sys.stderr.write('x' * 100_000 + '\\nno space left\\n\\n'); sys.exit(3)"
    with child(code) as worker, pytest.raises(SearchIndexError, match=r"^no space left"):
        answered(worker, {})


def test_a_process_that_dies_before_it_has_its_task_is_an_error() -> None:
    with child("import os; os._exit(9)") as worker, pytest.raises(SearchIndexError, match="code 9"):
        answered(worker, {"large": "x" * 1_000_000})


@pytest.mark.timeout(60)
def test_a_process_that_never_gets_a_task_ends() -> None:
    with child("import sys; sys.exit(bool(sys.stdin.readline()))"):
        pass


@pytest.mark.timeout(60)
def test_what_a_process_tells_ends_with_its_task_and_it_does_the_next_one() -> None:
    code = f"import sys\nfor line in sys.stdin: print(line, end=''); print({json.dumps(json.dumps(DONE))}, flush=True)"
    with child(code) as worker:
        assert answered(worker, {"first": "1"}) == [{"first": "1"}]
        assert answered(worker, {"second": "2"}) == [{"second": "2"}]
