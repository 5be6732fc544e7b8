"""The drill itself: what happens on that day, and what must be seen after each of it.

Every wait is for a condition of Dagster's history, of the installation or of the service; nothing sleeps and hopes.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import httpx

from gristmill.asking import in_force
from gristmill.corpus.ledger import counts
from gristmill.release.decisions import How
from gristmill.search.damage import damaged_files
from gristmill.storage.tables import EMBEDDINGS
from gristmill.workspace import Workspace
from sensors.events import worker_of
from tests.drill import company, history
from tests.drill.house import DrillError, House, waited
from tests.drill.mailbox import Mailbox
from tests.drill.people import Answered, Crowd
from tests.workspaces import write

# Far longer than anything takes on two quiet cores; what is slower is a failure.
_PATIENCE = 600.0
_FEEDBACK, _REVIEWED, _FALLEN = 320, 80, 80
_QUIET_SECONDS = 15.0
_LAUNCH = """
mutation($job: String!) {
  launchRun(executionParams: {
    selector: {repositoryLocationName: "gristmill", repositoryName: "__repository__", jobName: $job}, mode: "default"
  }) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}
"""


@dataclass(frozen=True)
class Seen:
    """One thing that was asked of the installation, and what was seen."""

    step: str
    asked: str
    seen: str
    held: bool
    seconds: float


@dataclass
class Drill:
    """A day at one installation."""

    house: House
    box: Mailbox
    say: Callable[[str], None]
    crashes_only: bool = False  # a few documents, no questions, nobody who speaks
    seen: list[Seen] = field(default_factory=list)

    def run(self) -> list[Seen]:
        """Let the day pass; return what was seen. A step that fails ends the day, and is told."""
        steps = [
            self.documents_appear, self.documents_change_and_vanish_and_the_daemon_is_killed, self.feedback_arrives,
            self.a_run_worker_is_killed, self.a_drifted_batch_arrives_and_the_web_server_is_killed,
            self.the_feedback_is_learnt, self.a_release_is_gated_and_served, self.quality_falls,
            self.nothing_was_done_twice,
        ]  # fmt: skip
        if self.crashes_only:
            left_out = (self.feedback_arrives, self.the_feedback_is_learnt, self.a_release_is_gated_and_served,
                        self.quality_falls)  # fmt: skip
            steps = [step for step in steps if step not in left_out]
        self._environment()
        with self.house.instance() as self.instance:
            for step in steps:
                name = step.__name__.replace("_", " ")
                self.say(f"{name} ...")
                self._step, self._began, self._began_at = name, time.monotonic(), time.time()
                try:
                    step()
                except (DrillError, httpx.HTTPError, OSError) as error:
                    self._told("everything comes about in time", str(error), held=False)
                    break
        return self.seen

    # The day

    def documents_appear(self) -> None:
        """A fresh installation with a folder of documents comes to a release by itself."""
        company.open_for_business(self.house.root, crashes_only=self.crashes_only)
        self.house.start("code", "daemon", "web")
        self._ingested(1)
        present = self._wait("a release in force", lambda: self.workspace.registry.in_force())
        made = self._wait("the release's report", lambda: self._made_after(0, "release", "evaluation_report"))
        self._expect("one run of the sensor takes them in", f"{history.ended(self.instance, 'ingest')} run", True)
        self._expect("the release and its report are made by the daemon", f"{present}, runs {made}", bool(made))
        self.house.start("service")
        self._wait("the service's models", self._is_ready)
        self.crowd = Crowd(self.workspace, self.house.service)
        answer = self.crowd.asked(company.LEAVE_QUESTION)
        self._expect("the service answers from it", answer.text, "27" in answer.text and answer.release == present)
        self._quiet()

    def documents_change_and_vanish_and_the_daemon_is_killed(self) -> None:
        """One document is edited, one deleted, and the daemon killed beside the run: answers follow all the same."""
        before = in_force(self.workspace)
        edited = str(company.OWN[company.LEAVE]).replace("27", "31")
        with self._at_work() as run:
            write(self.house.root / "documents", {company.LEAVE: edited})
            (self.house.root / "documents" / company.PAY).unlink()
        self.house.kill("daemon")
        write(self.house.root / "documents", company.note(1))
        self._wait("the run to end without a daemon", lambda: self._status(run[0]) == "SUCCESS")
        changed = self._answers("31", company.LEAVE_QUESTION)
        gone = self.crowd.asked(company.PAY_QUESTION)
        self._expect("the edit is answered from", changed.text, changed.release != before)
        self._expect("what was deleted is not answered from", gone.text[:80], "41,000" not in gone.text)
        self._ingested(1)
        self.house.start("daemon")
        self._ingested(1)
        self._answers("7 sacks", company.note_question(1))
        self._expect("what came without a daemon is taken in by the next one", "note 1 is answered from", True)
        made = self._wait(
            "the follow-up", lambda: self._made_after(self._began_at, "release_evaluation", "evaluation_report")
        )
        self._expect("the full evaluation follows by itself", f"runs {made}", bool(made))
        self._quiet()

    def a_run_worker_is_killed(self) -> None:
        """The process of an ingest is killed at work: Dagster tries again, and it ends well."""
        with self._at_work() as found:
            write(self.house.root / "documents", company.note(2))
        [run] = found
        # In the middle of its work, with the encoder's slot in its hand.
        self._wait("the encoder at work", lambda: history.has_begun(self.instance, run, "chunk_embeddings"))
        worker = self._wait("the worker", lambda: worker_of(self.instance, run))
        os.kill(int(worker), signal.SIGKILL)
        self._ingested(1)
        self._answers("14 sacks", company.note_question(2))
        tried = [one.status for one in history.runs(self.instance, "ingest") if one.parent == run]
        self._expect("it fails, and is tried again once", f"{self._status(run)}, then {tried}",
                     self._status(run) == "FAILURE" and tried == ["SUCCESS"])  # fmt: skip
        told = self.box.count("ingest failed")
        self._expect("nobody is woken for what mends itself", f"{told} alerts", not told)
        self._quiet()

    def feedback_arrives(self) -> None:
        """Four hundred pieces of feedback, given through the service's API."""
        given: list[Answered] = []
        for who, answer in self.crowd.ask_all(company.answerable(), _FEEDBACK):
            self.crowd.rate(who, answer, good=answer.right)
            given.append(answer)
        for at, answer in enumerate(given[:: max(1, len(given) // _REVIEWED)][:_REVIEWED]):
            self.crowd.rate(self.crowd.reviewers[at % 2], answer, good=answer.right)
        right = sum(answer.right for answer in given)
        total = _FEEDBACK + _REVIEWED
        self._expect(f"{total} pieces are stored", f"{self._feedback()}, {right} answers right of {len(given)}",
                     self._feedback() == total)  # fmt: skip

    def a_drifted_batch_arrives_and_the_web_server_is_killed(self) -> None:
        """Documents of another field arrive at once: one run, which a dead web server does not hurt; one alert."""
        batch = company.note(3) if self.crashes_only else company.foreign()
        with self._at_work() as found:
            write(self.house.root / "documents", batch)
        self.house.kill("web")
        self.house.start("web")
        self._ingested(1)
        told = self.house.ask("{ runsOrError(limit: 1) { ... on Runs { results { status } } } }")
        self._expect("the pages are back and the run was not hurt", str(told["runsOrError"]["results"]),
                     self._status(found[0]) == "SUCCESS")  # fmt: skip
        if self.crashes_only:
            return
        self._wait("the alert", lambda: self.box.count("documents drifted"))
        self._quiet()
        alerts = self.box.count("documents drifted")
        self._expect(f"{len(batch)} documents of another field are told once", f"{alerts} alert", alerts == 1)

    def the_feedback_is_learnt(self) -> None:
        """When the feedback is a day old, learning starts by itself, and what it proposes waits for the gate."""
        self._wait("learning", lambda: history.succeeded(self.instance, "learn"))
        self._quiet()
        found = history.ended(self.instance, "learn")
        verdicts = history.made_by(self.instance, "feedback_verdicts")
        self._expect("learning runs once", f"{found} run", found == 1 and verdicts is not None)

    def a_release_is_gated_and_served(self) -> None:
        """A person changes a setting and starts everything: the gate decides, and the service follows."""
        self._quiet()
        before = in_force(self.workspace)
        company.settle(self.house.root, candidates=120)
        self._launch("everything")
        promoted = self._wait("the promotion", lambda: self._moved(before, How.PROMOTED))
        self._wait("everything to end", lambda: history.succeeded(self.instance, "everything"))
        answer = self._serves(promoted)
        self._expect("the gate promotes it, and it is served", f"{before} -> {promoted}", answer.release == promoted)
        self.promoted, self.before = promoted, before
        self._quiet()

    def quality_falls(self) -> None:
        """Answers of the new release become worse beyond doubt: the release before comes back, and people know."""
        refused = 0
        for who, answer in self.crowd.ask_all(company.unanswerable(), _FALLEN):
            refused += answer.refused
            self.crowd.rate(who, answer, good=False)
        back = self._wait("the way back", lambda: self._moved(self.promoted, How.ROLLED_BACK))
        answer = self._serves(back)
        self._expect(f"{refused} of {_FALLEN} refused: back to the release before", f"{self.promoted} -> {back}",
                     back == self.before and answer.release == back)  # fmt: skip
        self._wait("the alert", lambda: self.box.count("became worse"))
        self._quiet()
        self._expect("and it stays", in_force(self.workspace), in_force(self.workspace) == back)

    def nothing_was_done_twice(self) -> None:
        """At the end of the day."""
        found = history.runs(self.instance)
        failed = [f"{one.job} {one.id[:8]}" for one in found if one.status not in {"SUCCESS", "FAILURE"}]
        broken = [f"{one.job} {one.id[:8]}" for one in found if one.status == "FAILURE"]
        asked, beside = history.asked_twice(found), history.side_by_side(found)
        self._expect("every run came to an end", f"{len(found)} runs; {failed or 'none at work'}", not failed)
        self._expect("one run failed: the one that was killed", str(broken), len(broken) == 1)
        self._expect("no sensor got two runs for one thing", str(asked or "none"), not asked)
        self._expect("no two runs of one job worked side by side", str(beside or "none"), not beside)
        self._wait("the pools", lambda: not history.slots_held(self.instance))
        self._expect("no pool has a slot that nobody uses", "none held", True)
        twice = {title: many for title, many in self.box.counts.items() if many > 1}
        self._expect("each alert came once", str(dict(self.box.counts)), not twice)
        files = sum(path.is_file() for path in (self.house.root / "documents").rglob("*"))
        ledger = counts(self.workspace.lake)
        there = sum(many for status, many in ledger.items() if status != "removed")
        self._expect("the ledger has each file once", f"{files} files, {ledger}", files == there)
        vectors = self.workspace.lake.read(EMBEDDINGS, ["embedding"])["embedding"]
        self._expect("each text has one vector", f"{len(vectors)}", len(vectors) == vectors.n_unique())
        folder = self.workspace.index_store.current_folder()
        damage = damaged_files(folder) if folder is not None else ["no index"]
        self._expect("the index is whole", str(damage or "no damage"), not damage)

    # What is waited for

    def _environment(self) -> None:
        # The drill looks at the installation as its processes do: by the same settings.
        for name in [name for name in os.environ if name.startswith("GRISTMILL_")]:
            del os.environ[name]
        os.environ.update({k: v for k, v in self.house.environment().items() if k.startswith("GRISTMILL_")})
        write(self.house.root, {"gristmill.toml": company.SETTINGS.format(candidates=100)})
        self.workspace = Workspace()
        self._ingests = 0

    def _wait(self, what: str, holds: Callable[[], object]) -> str:
        found = waited(what, holds, _PATIENCE)
        return found if isinstance(found, str) else str(found)

    def _ingested(self, more: int) -> None:
        """Wait until so many more ingests succeeded."""
        self._ingests += more
        self._wait(f"ingest {self._ingests}", lambda: history.succeeded(self.instance, "ingest") >= self._ingests)

    @contextmanager
    def _at_work(self) -> Iterator[list[str]]:
        """Let something be done to the documents, and wait until the ingest that follows is at work; yield its id."""
        known = {run.run_id for run in self.instance.get_runs()}
        found: list[str] = []
        yield found

        def started() -> str | None:
            wanted = dg.RunsFilter(job_name="ingest", statuses=[dg.DagsterRunStatus.STARTED])
            return next((r.run_id for r in self.instance.get_runs(wanted) if r.run_id not in known), None)

        found.append(self._wait("an ingest at work", started))

    def _answers(self, words: str, question: str) -> Answered:
        """Ask until an answer has these words: a release takes a moment to be served."""
        last: list[Answered] = []

        def has() -> bool:
            last[:] = [self.crowd.asked(question)]
            return words in last[0].text

        self._wait(f"'{words}' in the answer to '{question}'", has)
        return last[0]

    def _serves(self, release: str) -> Answered:
        """Ask until a release answers."""
        last: list[Answered] = []

        def serves() -> bool:
            last[:] = [self.crowd.asked(company.LEAVE_QUESTION)]
            return last[0].release == release

        self._wait(f"{release} to be served", serves)
        return last[0]

    def _quiet(self) -> None:
        """Wait until nothing is at work and automation asks for nothing more."""
        since = time.monotonic()

        def still() -> bool:
            nonlocal since
            if history.at_work(self.instance):
                since = time.monotonic()
            return time.monotonic() - since >= _QUIET_SECONDS

        self._wait("quiet", still)

    def _made_after(self, began: float, *assets: str) -> str | None:
        found = [self.instance.get_latest_materialization_event(dg.AssetKey(asset)) for asset in assets]
        if any(event is None or event.timestamp < began for event in found):
            return None
        return ", ".join(sorted({event.run_id[:8] for event in found if event is not None}))

    def _moved(self, away: str, how: How) -> str | None:
        newest = self.workspace.registry.moves()[-1]
        return newest.release if newest.how is how and newest.release != away else None

    def _launch(self, job: str) -> None:
        told = self.house.ask(_LAUNCH, job=job)["launchRun"]
        if told["__typename"] != "LaunchRunSuccess":
            raise DrillError(str(told))

    def _is_ready(self) -> bool:
        return httpx.get(f"{self.house.service}/readyz", timeout=10).status_code == 200

    def _status(self, run: str) -> str:
        found = self.instance.get_run_by_id(run)
        return found.status.value if found is not None else "GONE"

    def _feedback(self) -> int:
        from gristmill.watchers import feedback_standing

        return feedback_standing(self.workspace).given

    def _expect(self, asked: str, seen: str, held: bool) -> None:
        self._told(asked, seen, held=held)

    def _told(self, asked: str, seen: str, *, held: bool) -> None:
        one = Seen(self._step, asked, seen, held, round(time.monotonic() - self._began, 1))
        self.seen.append(one)
        self.say(f"  {'ok  ' if held else 'FAIL'} {one.seconds:6.1f} s  {asked}: {seen}")


def drill(
    root: Path, database: str | None, box: Mailbox, say: Callable[[str], None], *, crashes_only: bool
) -> list[Seen]:
    """Drill an installation below `root` and end all its processes."""
    house = House(root, database, alerts=box.url)
    try:
        return Drill(house, box, say, crashes_only).run()
    finally:
        house.close()
