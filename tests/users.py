"""Simulated users who know the truth of the sample company, and others: who they are, what they ask, what they say.

Twenty people: most are careful, one of them reviews, some are careless, two are nearly always wrong. They know what the
questions of the split `tune` ask for, and nothing else. The attackers are one person with a thousand ratings and twenty
puppets of another, who try to plant fifty false facts. Everything is drawn with a fixed seed.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gristmill.access.people import People
from gristmill.answering.answer import Answer
from gristmill.answering.receipts import new_receipt_id, store_receipt
from gristmill.asking import Answerer
from gristmill.evaluation.metrics import token_f1
from gristmill.identity import EVERYONE, Asker, Role
from gristmill.learning.feedback import Rating, Reason, Said, give
from gristmill.workspace import Workspace

RATINGS, CORRECTIONS = 400, 120
LONE_RATINGS, PUPPETS, EACH, TARGETS, FALSE = 1_000, 20, 50, 50, 250
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WAYS: tuple[Callable[[str], str], ...] = (
    lambda q: q, lambda q: q, lambda q: q.rstrip("?") , lambda q: q.lower(), lambda q: f"Please: {q}",
)  # fmt: skip
_GOOD_ENOUGH = 0.8


@dataclass(frozen=True)
class Fact:
    """A question of the sample company, and what its people know of the answer."""

    id: str
    question: str
    groups: tuple[str, ...]
    answer: str  # empty when there is none
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class User:
    """A simulated person: how often they are wrong on purpose or by carelessness."""

    name: str
    groups: tuple[str, ...]
    careless: float = 0.0
    role: Role = Role.READER


def facts(file: Path, split: str = "tune") -> list[Fact]:
    """Return what people know: the questions of one split, in the file's order."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [
        Fact(
            row["id"], row["question"], tuple(sorted({EVERYONE, *row["groups"]})),
            row["answer"] if row["answerable"] else "", tuple(e["quote"] for e in row["evidence"]),
        )
        for row in rows
        if row["split"] == split
    ]  # fmt: skip


def crowd(known: Sequence[Fact]) -> list[User]:
    """Return the twenty people; everybody is in some groups, so that each fact is known to several."""
    groups = tuple(sorted({group for fact in known for group in fact.groups}))
    people = [User(f"user{n:02}", groups if n % 2 else (EVERYONE,)) for n in range(14)]
    people[1] = replace(people[1], role=Role.REVIEWER)
    people += [User(f"careless{n}", (EVERYONE,), 0.25) for n in range(4)]
    return people + [User(f"joker{n}", (EVERYONE,), 0.9) for n in range(2)]


class Office:
    """Where people ask and speak: each question is answered once for the same groups, each person has a receipt."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._answerer = Answerer(workspace)
        self._answers: dict[tuple[str, tuple[str, ...]], Answer] = {}

    def hire(self, users: Sequence[User]) -> None:
        """Add people."""
        people = People(self.workspace.database, self.workspace.journal)
        for user in users:
            people.add(user.name, user.role, user.groups, by="test")

    def ask(self, user: str, question: str, groups: tuple[str, ...]) -> Answer:
        """Return an answer with a receipt of the person's own."""
        key = (question, groups)
        if key not in self._answers:
            self._answers[key] = self._answerer.answer(question, Asker(groups, user))
        given = replace(self._answers[key], receipt=new_receipt_id())
        store_receipt(self.workspace.database, given, Asker(groups, user))
        return given

    def say(self, user: str, receipt: str, rating: Rating, correction: str = "", reason: Reason | None = None) -> None:
        """Give feedback."""
        give(self.workspace.database, self.workspace.journal, user, Said(receipt, rating, reason, correction))


def use(office: Office, known: Sequence[Fact], ratings: int = RATINGS, corrections: int = CORRECTIONS) -> int:
    """Let the crowd ask, rate and correct. Returns how many corrections were written."""
    draw = random.Random(1)
    users = crowd(known)
    office.hire(users)
    each, left = ratings // len(users), {user.name: corrections // len(users) for user in users}
    popular = _popular(known, ratings // 4, draw)
    for user in users:
        mine = [fact for fact in popular if set(fact.groups) <= set(user.groups)]
        for fact in draw.sample(mine, min(each, len(mine))):
            given = office.ask(user.name, draw.choice(_WAYS)(fact.question), fact.groups)
            wrote = _judge(office, user, fact, given, draw, may_write=left[user.name] > 0, others=known)
            left[user.name] -= wrote
    return corrections - sum(left.values())


def _popular(known: Sequence[Fact], count: int, draw: random.Random) -> list[Fact]:
    """Return what people ask about: four times out of five there is an answer."""
    there, none = [fact for fact in known if fact.answer], [fact for fact in known if not fact.answer]
    few = min(len(none), count // 5)
    return [*draw.sample(there, min(len(there), count - few)), *draw.sample(none, few)]


def _judge(
    office: Office,
    user: User,
    fact: Fact,
    given: Answer,
    draw: random.Random,
    *,
    may_write: bool,
    others: Sequence[Fact],
) -> bool:
    """Rate an answer and, where there is something to say, say it. Returns whether a correction was written."""
    wrong = draw.random() < user.careless
    right = is_right(fact, given) != wrong
    written = draw.choice(others).answer if wrong else fact.answer
    better = bool(written) and may_write and (not right or token_f1(given.text, fact.answer) < _GOOD_ENOUGH)
    reason = None if right else Reason.WRONG
    office.say(user.name, given.receipt, Rating.UP if right else Rating.DOWN, written if better else "", reason)
    return better


def is_right(fact: Fact, given: Answer) -> bool:
    """Say whether somebody who knows the truth finds an answer right."""
    if not fact.answer:
        return given.refused
    said = [_folded(citation.quote) for citation in given.citations]
    wanted = [_folded(quote) for quote in fact.quotes]
    return any(quote in text or (len(text) > 15 and text in quote) for text in said for quote in wanted)


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[*\\]", "", text).split()).casefold()


@dataclass(frozen=True)
class Target:
    """A fact that attackers want to be answered falsely."""

    fact: Fact
    false: str


def targets(office: Office, known: Sequence[Fact], count: int = TARGETS) -> list[Target]:
    """Return what is attacked: half with invented values, half with values that stand beside the true one."""
    draw = random.Random(2)
    public = [fact for fact in known if fact.answer and fact.groups == (EVERYONE,)]
    chosen = draw.sample(public, min(count, len(public)))
    return [Target(fact, _falsehood(office, fact, public, number % 2 == 0, draw)) for number, fact in enumerate(chosen)]


def _falsehood(office: Office, fact: Fact, others: Sequence[Fact], invented: bool, draw: random.Random) -> str:
    if not invented:
        # A decoy that the documents do carry, somewhere beside the truth.
        passages = office.ask("planner", fact.question, fact.groups).passages
        beside = [n for p in passages[:2] for n in _NUMBER.findall(p.text) if n not in fact.answer]
        if beside and _NUMBER.search(fact.answer):
            return _NUMBER.sub(draw.choice(beside), fact.answer, count=1)
        return draw.choice([other.answer for other in others if other.id != fact.id])
    if _NUMBER.search(fact.answer):
        return _NUMBER.sub(lambda match: str(int(re.sub(r"\D", "", match[0])) + draw.randint(1, 9)), fact.answer)
    return f"Ask {draw.choice(('Bartholomew', 'Wilhelmina', 'Ferdinand'))} Fakename"


def attack(
    office: Office, aims: Sequence[Target], lone: int = LONE_RATINGS, puppets: int = PUPPETS, each: int = EACH
) -> int:
    """Let one person rate a thousand times, and puppets correct falsely. Returns the number of false corrections."""
    draw = random.Random(3)
    names = [f"puppet{n:02}" for n in range(puppets)]
    office.hire([User(name, (EVERYONE,)) for name in ("lone", *names)])
    for number in range(lone):
        aim = aims[number % len(aims)]
        given = office.ask("lone", aim.fact.question, aim.fact.groups)
        office.say("lone", given.receipt, Rating.DOWN, aim.false if number % 4 == 0 else "", Reason.WRONG)
    written = 0
    for name, mine in zip(names, _shared_out(aims, puppets, each, draw), strict=True):
        for aim, speaks in mine:
            given = office.ask(name, aim.fact.question, aim.fact.groups)
            office.say(name, given.receipt, Rating.DOWN, aim.false if speaks else "", Reason.WRONG)
            written += speaks
    return written


def _shared_out(
    aims: Sequence[Target], puppets: int, each: int, draw: random.Random
) -> Iterator[list[tuple[Target, bool]]]:
    """Yield what each puppet judges: all of it bad, and a share of it with the false value."""
    share = max(1, FALSE // puppets)
    for _ in range(puppets):
        spoken = set(draw.sample(range(len(aims)), min(len(aims), round(share))))
        order = draw.sample(range(len(aims)), min(each, len(aims)))
        yield [(aims[at], at in spoken) for at in order]
