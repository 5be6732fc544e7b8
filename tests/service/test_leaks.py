"""Nobody gets at a document outside their groups: not by asking, searching, opening, or reading what others asked."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from gristmill.identity import Role
from gristmill.mill import STAGES
from gristmill.settings import AudienceRule
from tests.service.mills import Mill, mill_over
from tests.workspaces import grind, workspace_at, write

# `GRISTMILL_PAIRS=10000 pytest tests/service/test_leaks.py` is thorough.
PAIRS = int(os.environ.get("GRISTMILL_PAIRS", "200"))
GROUPS = ("hr", "finance", "board", "legal", "works")
TOPICS = ("leave", "wages", "turbines", "contracts", "audits", "safety", "mergers", "travel")


@dataclass(frozen=True)
class Secret:
    """A document of one or two groups, with a word that stands nowhere else."""

    document: str
    groups: frozenset[str]
    word: str
    topic: str


def secrets() -> list[Secret]:
    found = []
    for first in GROUPS:
        for topic in TOPICS:
            second = GROUPS[(GROUPS.index(first) + 1) % len(GROUPS)] if topic in {"audits", "travel"} else first
            word = f"zeta{first}{topic}"
            groups = frozenset({first, second})
            found.append(Secret(f"{'-'.join(sorted(groups))}/{first}-{topic}.md", groups, word, topic))
    return found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Mill:
    """Documents of five groups and of pairs of them, and a person for each set of one or two groups."""
    root: Path = tmp_path_factory.mktemp("town")
    known = secrets()
    files: dict[str, str | bytes] = {
        secret.document: f"# {secret.topic.title()}\n\nThe password of {secret.topic} is {secret.word} this year.\n"
        for secret in known
    }
    folder = write(root / "documents", files | {"open.md": "# Open\n\nThe gate is open to everybody by day.\n"})
    rules = tuple(
        AudienceRule(pattern=f"{'-'.join(sorted(groups))}/**", groups=tuple(groups))
        for groups in {secret.groups for secret in known}
    )
    workspace = workspace_at(
        root / "home", folder, audience=rules, generator={"engine": "quote"}, answering={"answerable": 0.02},
        service={"limits": {"per_minute": 10_000_000, "questions_per_day": 10_000_000}},
    )  # fmt: skip
    grind(workspace, STAGES)
    sets = [(), *((group,) for group in GROUPS), ("hr", "board"), ("finance", "works")]
    people = {f"p{number}": (list(Role)[number % 4], groups) for number, groups in enumerate(sets)}
    return mill_over(workspace, people)


def test_random_askers_and_questions_meet_no_secret_of_other_groups(town: Mill) -> None:
    chance, known = random.Random(5), secrets()
    groups = {person.name: set(person.groups) for person in town.service.people.all()}
    receipts: list[str] = []
    met = 0
    for _ in range(PAIRS):
        name, secret = chance.choice(sorted(groups)), chance.choice(known)
        said = meet(town, chance, name, secret, receipts)
        for one in known:
            if one.word in said:
                assert one.groups & groups[name], (name, one)
                met += 1
    # The test can fail: what they may see, they do meet.
    assert met > PAIRS / 20


def meet(town: Mill, chance: random.Random, name: str, secret: Secret, receipts: list[str]) -> str:
    """Go one random way at a secret and return all that was said."""
    question = f"What is the password of {secret.topic} this year? Is it {secret.word[:4]}?"
    way = chance.choice(("ask", "ask", "stream", "search", "document", "receipt", "feedback", "chat"))
    if way == "ask":
        response = town.post(name, "/api/ask", {"question": question})
        receipts.append(response.json()["receipt"])
        rating = {"receipt": receipts[-1], "rating": "down", "correction": f"It is {response.json()['answer']}"}
        assert town.post(name, "/api/feedback", rating).status_code == 201
    elif way == "stream":
        response = town.post(name, "/api/ask", {"question": question, "stream": True})
    elif way == "search":
        response = town.post(name, "/api/search", {"query": question, "k": 50})
    elif way == "document":
        response = town.get(name, f"/api/documents/{secret.document}")
        visible = bool(secret.groups & set(town.get(name, "/api/me").json()["groups"]))
        assert response.status_code == (200 if visible else 404)
    elif way == "receipt":
        response = town.get(name, f"/api/receipts/{chance.choice(receipts or ['none'])}")
    elif way == "feedback":
        response = town.get(name, "/api/feedback", limit=200)
    else:
        chat = {"model": "gristmill", "messages": [{"role": "user", "content": question}]}
        response = town.post(name, "/v1/chat/completions", chat)
    return str(response.text)
