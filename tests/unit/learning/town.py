"""A town hall with twelve documents and people who ask, rate and correct: the small home of the court's tests."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from gristmill.access.people import People
from gristmill.asking import Answerer
from gristmill.identity import Asker, Role
from gristmill.learning.court import Verdict, read_verdicts
from gristmill.learning.feedback import Rating, Reason, Said, give
from gristmill.mill import Run, grind
from gristmill.models.generators import QuoteGenerator
from gristmill.settings import AnsweringSettings, AudienceRule, EvaluationSettings, SearchSettings
from gristmill.storage.records import FeedbackRow
from gristmill.teaching import court
from gristmill.workspace import Workspace
from tests.releases import put_in_force
from tests.workspaces import workspace_at, write

COLOURS = ("amber", "blue", "crimson", "drab", "ebony", "fawn", "green", "hazel", "ivory", "jade", "khaki", "lilac")
PLACES = ("attic", "barn", "cellar", "dairy", "engine", "forge", "granary", "hall", "ice", "joinery", "kiln", "loft")
COLOUR_OF = dict(zip(PLACES, COLOURS, strict=True))
# The doors that judge releases; people speak of the others.
GATE = PLACES[6:]
PEOPLE = ("ann", "bob", "cid", "dot")


def sentence(place: str) -> str:
    """Return what the documents say of a place's door."""
    return f"The {place} door is painted {COLOUR_OF[place]} each spring."


def asked(place: str) -> str:
    """Return the question about a place's door."""
    return f"Which colour is the {place} door painted?"


def found(root: Path) -> None:
    """Ingest the town below `root`."""
    texts: dict[str, str | bytes] = {f"{place}.md": f"# The {place}\n\n{sentence(place)}\n" for place in PLACES}
    write(root / "documents", texts | {"hr/pay.md": "# Pay\n\nThe porter of the loft is paid 17 crowns a week.\n"})
    Town(root).ingest()


def golden(place: str, question: str, split: str) -> dict[str, Any]:
    """Return a line of a question file."""
    evidence = [{"document": f"{place}.md", "quote": sentence(place)}]
    return {"id": place, "question": question, "answer": COLOUR_OF[place], "kind": "fact", "split": split,
            "evidence": evidence}  # fmt: skip


@dataclass
class Town:
    """An installation whose people can be made to ask and to speak."""

    root: Path
    settings: dict[str, Any] = field(default_factory=dict)
    opened: Workspace | None = None

    @classmethod
    def copy_of(cls, template: Path, root: Path, **settings: Any) -> Town:
        """Return a town of one's own, with four readers and a reviewer."""
        shutil.copytree(template, root)
        town = cls(root, settings)
        for name in PEOPLE:
            town.add(name)
        town.add("rea", Role.REVIEWER)
        return town

    @property
    def workspace(self) -> Workspace:
        """The installation, open until its documents or settings change."""
        if self.opened is None:
            self.opened = self._open()
        return self.opened

    def change(self, **settings: Any) -> None:
        """Change settings and put what they make in force."""
        self.settings, self.opened = settings, None
        put_in_force(self.workspace, self.workspace.registry.keep(self.workspace.candidate()))

    def _open(self) -> Workspace:
        defaults: dict[str, Any] = {
            "answering": AnsweringSettings(answerable=0.02, quotes=1),
            "search": SearchSettings(bridge=False, passages=3),
            "evaluation": EvaluationSettings(bootstrap=300),
            "audience": (AudienceRule(pattern="hr/**", groups=("hr",)),),
        }
        made = workspace_at(self.root / "home", self.root / "documents", **(defaults | self.settings))
        made.generator = QuoteGenerator()
        return made

    def ingest(self) -> None:
        """Bring the home up to date with its documents."""
        self.opened = None
        list(grind(Run(self.workspace, self.workspace.sources())))

    def write(self, name: str, text: str) -> None:
        """Write a document and ingest it."""
        write(self.root / "documents", {name: text})
        self.ingest()

    def add(self, name: str, role: Role = Role.READER, groups: tuple[str, ...] = ()) -> None:
        """Add a person."""
        workspace = self.workspace
        People(workspace.database, workspace.journal).add(name, role, groups, by="test")

    def ask(self, name: str, question: str, groups: tuple[str, ...] = ()) -> str:
        """Ask and return the receipt."""
        return Answerer(self.workspace).ask(question, Asker.in_groups(groups, name)).receipt

    def say(
        self,
        name: str,
        receipt: str,
        rating: Rating = Rating.DOWN,
        correction: str = "",
        reason: Reason | None = None,
        hours_ago: float = 0.0,
    ) -> str:
        """Rate an answer and return the id of the feedback."""
        workspace = self.workspace
        given = give(workspace.database, workspace.journal, name, Said(receipt, rating, reason, correction))
        if hours_ago:
            at = datetime.fromisoformat(given.at.isoformat()) - timedelta(hours=hours_ago)
            with workspace.database.session() as session:
                session.execute(update(FeedbackRow).where(FeedbackRow.feedback == given.id).values(at=at))
        return given.id

    def court(self) -> dict[str, Verdict]:
        """Hold court and return the verdicts by feedback."""
        court(self.workspace)
        return {verdict.feedback: verdict for verdict in read_verdicts(self.workspace.lake)}
