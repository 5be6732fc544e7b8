"""What must hold of the candidate and of the release in force, in the words of `corpus/checks.py`."""

from __future__ import annotations

from gristmill.corpus.checks import CheckResult, Problem, result
from gristmill.errors import SearchIndexError
from gristmill.evaluation.ruling import Outcome
from gristmill.release.decisions import How
from gristmill.release.manifest import Release
from gristmill.release.opening import version_of
from gristmill.release.registry import Registry
from gristmill.storage.artifacts import VersionStore


def check_candidate(candidate: Release, store: VersionStore) -> CheckResult:
    """Check that the index which a candidate names is there to answer from."""
    try:
        version = version_of(store, candidate.index)
    except SearchIndexError as error:
        return result({"version": 0}, (Problem(error.message, (candidate.name,), "Materialise 'search_index'."),))
    return result({"version": version}, ())


def check_in_force(registry: Registry, store: VersionStore) -> CheckResult:
    """Check that what answers can be opened, and came into force by a decision, as the first, or by a rollback."""
    moves = registry.moves()
    if not moves:
        return result({"moves": 0}, (Problem("No release is in force.", (), "Materialise 'release_candidate'."),))
    last = moves[-1]
    problems: list[Problem | None] = []
    decided = any(row.outcome == Outcome.PROMOTE for row in registry.decisions(last.release))
    if not decided and last.how not in {How.FIRST, How.ROLLED_BACK}:
        recovery = "Run 'gristmill release rollback', then the gate."
        problems.append(Problem("What is in force was never decided on.", (last.release,), recovery))
    try:
        version_of(store, registry.get(last.release).index)
    except SearchIndexError as error:
        problems.append(Problem(error.message, (last.release,), "Run 'gristmill release rollback'."))
    return result({"moves": len(moves)}, tuple(problems))
