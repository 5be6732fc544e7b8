"""The registry of releases: which there are, what was decided on them, which one is in force, and how that changes.

A release comes into force by one added row, and only through here: `promote` reads the stored decision again, so that
starting the last step by hand is no way around the gate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gristmill.errors import GateError, SettingsError
from gristmill.evaluation.ruling import Outcome
from gristmill.release.decisions import Decision, How, Kind, Listed, Move, Scope, withdrawn
from gristmill.release.manifest import Release
from gristmill.storage.artifacts import write_durably
from gristmill.storage.database import Database
from gristmill.storage.records import GateDecisionRow, ReleaseMoveRow, ReleaseRow

_NO_RELEASE = "Run 'gristmill ingest FOLDER' first: the first index makes the first release."


class Registry:
    """The releases of one installation."""

    def __init__(self, database: Database, home: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._home = home
        self._now = now

    def in_force(self) -> str | None:
        """Return the name of the release in force; None before the first."""
        with self._database.reading() as session:
            return _in_force(session)

    def current(self) -> Release:
        """Return the release in force.

        Raises:
            SettingsError: there is none yet.
        """
        name = self.in_force()
        if name is None:
            raise SettingsError("There is no release yet.", _NO_RELEASE)
        return self.get(name)

    def get(self, name: str) -> Release:
        """Return a release by its name, or by the beginning of it.

        Raises:
            SettingsError: there is none of that name, or more than one begins so.
        """
        with self._database.reading() as session:
            rows = session.scalars(select(ReleaseRow).where(ReleaseRow.release.startswith(name, autoescape=True))).all()
            if len(rows) != 1:
                said = "There is no release" if not rows else "More than one release begins with"
                raise SettingsError(f"{said} '{name}'.", "See 'gristmill release list'.")
            return Release.from_json(rows[0].manifest)

    def keep(self, release: Release, kind: Kind = Kind.CANDIDATE) -> str:
        """Store a release and write its manifest as a file, once. Returns its name."""
        with self._database.session() as session:
            self._keep(session, release, kind)
        self._write_manifest(release)
        return release.name

    def start(self, release: Release) -> str:
        """Put the first release of a home in force; the name of the one in force when there is one already."""
        name = self.keep(release, Kind.FIRST)
        with self._database.session() as session:
            present = _in_force(session)
            if present is not None:
                return present
            session.add(self._move(name, How.FIRST, "gristmill", "The first release: there is nothing to compare."))
        return name

    def decide(self, decision: Decision) -> None:
        """Store a decision."""
        with self._database.session() as session:
            session.add(_row(decision, self._now()))

    def decisions(self, candidate: str | None = None, question_set: str | None = None) -> list[GateDecisionRow]:
        """Return stored decisions, oldest first."""
        query = select(GateDecisionRow).order_by(GateDecisionRow.decision)
        if candidate is not None:
            query = query.where(GateDecisionRow.candidate == candidate)
        if question_set is not None:
            query = query.where(GateDecisionRow.question_set == question_set)
        with self._database.reading() as session:
            rows = list(session.scalars(query))
            session.expunge_all()
            return rows

    def promote(self, name: str, *, who: str, how: How = How.PROMOTED, scope: Scope | None = None) -> Move:
        """Put a release in force that the gate decided to promote.

        The decision is read here, in the transaction that moves the pointer, and must be the newest on this release
        and have compared it with what is in force now.

        Args:
            name: the release.
            who: recorded with the move.
            how: recorded with the move.
            scope: demand a decision of this scope; a decision on documents alone never promotes anything else.

        Raises:
            GateError: there is no such decision.
        """
        with self._database.session() as session:
            return _move_of(self._promote(session, name, who, how, scope))

    def advance(self, release: Release, decision: Decision) -> None:
        """Store a release of other documents with the decision on it, and put it in force if that says so.

        All in one transaction: whoever looks finds all of it or nothing.

        Raises:
            GateError: another release is in force by now than the one that it was compared with.
        """
        with self._database.session() as session:
            self._keep(session, release, Kind.DOCUMENTS)
            session.add(_row(decision, self._now()))
            if decision.outcome is Outcome.PROMOTE:
                self._promote(session, release.name, "gristmill", How.FAST_LANE, Scope.DOCUMENTS)
        self._write_manifest(release)

    def rollback(self, *, who: str, reason: str, to: str | None = None) -> Move:
        """Put an earlier release in force again: one added row.

        Args:
            who: recorded with the move.
            reason: recorded with the move.
            to: the release; the one that was in force before the present one when not given.

        Raises:
            SettingsError: there is nothing to go back to, or `to` was never in force.
        """
        with self._database.session() as session:
            moves = list(session.scalars(select(ReleaseMoveRow).order_by(ReleaseMoveRow.move)))
            target = to if to is not None else _before(moves)
            if target is None:
                raise SettingsError("There is no earlier release to go back to.", "See 'gristmill release list'.")
            if all(move.release != target for move in moves):
                raise SettingsError(
                    f"Release {target} was never in force.", f"Use 'gristmill release promote {target}'."
                )
            row = self._move(target, How.ROLLED_BACK, who, reason)
            session.add(row)
            return _move_of(row)

    def moves(self) -> list[Move]:
        """Return all moves of the pointer, oldest first."""
        with self._database.reading() as session:
            return [_move_of(row) for row in session.scalars(select(ReleaseMoveRow).order_by(ReleaseMoveRow.move))]

    def withdrawn(self) -> set[str]:
        """Return the releases that were rolled back and not promoted again since."""
        return withdrawn((move.release, move.how) for move in self.moves())

    def listed(self) -> list[Listed]:
        """Return all releases, newest first, each with its state."""
        with self._database.reading() as session:
            rows = [
                (row.release, Kind(row.kind), row.parent, row.at)
                for row in session.scalars(select(ReleaseRow).order_by(ReleaseRow.at.desc()))
            ]
        states = self._states()
        return [Listed(*row, states.get(row[0], "not decided")) for row in rows]

    def recent(self, last: int) -> list[Release]:
        """Return the release in force and the `last` ones that were before it, newest first."""
        newest = (
            select(ReleaseMoveRow.release)
            .group_by(ReleaseMoveRow.release)
            .order_by(func.max(ReleaseMoveRow.move).desc())
            .limit(last + 1)
        )
        with self._database.reading() as session:
            return [_release(session, name) for name in session.scalars(newest)]

    def needed(self, last: int) -> list[Release]:
        """Return the releases whose index and vectors are kept: the recent ones, and the newest tuned encoder offered.

        Args:
            last: how many before the one in force can be gone back to.
        """
        memory = ReleaseRow.manifest["encoder"]["memory"].as_string()
        tuned = select(ReleaseRow).where(memory.is_not(None)).order_by(ReleaseRow.at.desc()).limit(1)
        with self._database.reading() as session:
            offered = [Release.from_json(row.manifest) for row in session.scalars(tuned)]
        return [*self.recent(last), *offered]

    def protected(self, last: int) -> set[str]:
        """Return the index contents of the releases that are needed."""
        return {release.index for release in self.needed(last)}

    def _states(self) -> dict[str, str]:
        states = {row.candidate: row.outcome for row in self.decisions()}
        states |= {move.release: "was in force" for move in self.moves()}
        states |= dict.fromkeys(self.withdrawn(), "rolled back")
        present = self.in_force()
        return states if present is None else states | {present: "in force"}

    def _keep(self, session: Session, release: Release, kind: Kind) -> None:
        name = release.name
        if session.get(ReleaseRow, name) is None:
            parent = _in_force(session)
            session.add(
                ReleaseRow(release=name, at=self._now(), kind=str(kind), parent=parent, manifest=release.as_json())
            )

    def _write_manifest(self, release: Release) -> None:
        file = self._home / "releases" / f"{release.name}.json"
        if not file.exists():
            write_durably(file, json.dumps(release.as_json(), indent=2, sort_keys=True) + "\n")

    def _promote(self, session: Session, name: str, who: str, how: How, scope: Scope | None) -> ReleaseMoveRow:
        present = _in_force(session)
        if present == name:
            return _newest_move(session)
        decision = session.scalar(
            select(GateDecisionRow)
            .where(GateDecisionRow.candidate == name)
            .order_by(GateDecisionRow.decision.desc())
            .limit(1)
        )
        _require(decision, name, present, scope)
        assert decision is not None
        row = self._move(name, how, who, decision.reason)
        session.add(row)
        return row

    def _move(self, release: str, how: How, who: str, reason: str) -> ReleaseMoveRow:
        return ReleaseMoveRow(at=self._now(), release=release, how=str(how), who=who, reason=reason)


def _release(session: Session, name: str) -> Release:
    return Release.from_json(session.get_one(ReleaseRow, name).manifest)


def _require(decision: GateDecisionRow | None, name: str, present: str | None, scope: Scope | None) -> None:
    remedy = f"Run 'gristmill gate {name}'."
    if decision is None:
        raise GateError(f"Nothing was decided on {name}.", remedy)
    if decision.outcome != Outcome.PROMOTE:
        raise GateError(
            f"The gate decided on {name}: {decision.outcome}. {decision.reason}", _way_on(decision.outcome, remedy)
        )
    if decision.baseline != present:
        raise GateError(f"{name} was compared with {decision.baseline}, and {present} is in force now.", remedy)
    if scope is not None and decision.scope != scope:
        raise GateError(f"The newest decision on {name} is '{decision.scope}', not '{scope}'.", remedy)


def _way_on(outcome: str, again: str) -> str:
    """What can be done about a decision that is not to promote: the same questions give the same decision."""
    if outcome == Outcome.REJECT:
        return "Make another candidate: change what the report shows to be worse."
    return f"Add questions with known answers to your question file, run 'gristmill ingest', then: {again}"


def _newest_move(session: Session) -> ReleaseMoveRow:
    found = session.scalar(select(ReleaseMoveRow).order_by(ReleaseMoveRow.move.desc()).limit(1))
    assert found is not None
    return found


def _in_force(session: Session) -> str | None:
    return session.scalar(select(ReleaseMoveRow.release).order_by(ReleaseMoveRow.move.desc()).limit(1))


def _before(moves: Sequence[ReleaseMoveRow]) -> str | None:
    """Return what was in force before the present release, leaving out what was rolled back from."""
    stack: list[str] = []
    for move in moves:
        if move.how == How.ROLLED_BACK and move.release in stack:
            del stack[stack.index(move.release) + 1 :]
        else:
            stack.append(move.release)
    return stack[-2] if len(stack) > 1 else None


def _move_of(row: ReleaseMoveRow) -> Move:
    return Move(row.release, How(row.how), row.who, row.reason, row.at)


def _row(decision: Decision, at: datetime) -> GateDecisionRow:
    return GateDecisionRow(
        at=at, candidate=decision.candidate, baseline=decision.baseline, scope=str(decision.scope),
        outcome=str(decision.outcome), reason=decision.reason, who=decision.who, question_set=decision.question_set,
        alpha=decision.alpha, details=dict(decision.details or {}),
    )  # fmt: skip
