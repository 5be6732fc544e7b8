"""The town, ingested once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gristmill.settings import EvaluationSettings
from tests.unit.learning.town import GATE, Town, asked, found, golden
from tests.workspaces import write


@pytest.fixture(scope="session")
def ingested_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingest the town once for all tests."""
    root = tmp_path_factory.mktemp("town")
    found(root)
    return root


@pytest.fixture
def town(ingested_town: Path, tmp_path: Path) -> Town:
    """A copy of the ingested town."""
    return Town.copy_of(ingested_town, tmp_path / "town")


@pytest.fixture
def school(town: Town) -> Town:
    """A town whose gate knows six doors; people correct answers on the others."""
    questions = [golden(place, f"Entrance of the {place}: what paint do they use?", "gate") for place in GATE]
    # The same doors asked for in other words, so that ten questions and more decide.
    questions += [
        q | {"id": f"{q['id']}-2", "question": f"Tell me the shade at the {q['id']}, please"} for q in questions
    ]
    # All that people ask is alike, and goes where the first of it is.
    questions.append(golden("attic", asked("attic"), "tune"))
    write(town.root, {"questions.jsonl": "\n".join(json.dumps(q) for q in questions)})
    lenient = EvaluationSettings(questions=Path("questions.jsonl"), bootstrap=300, margin=0.4)
    town.settings = {"evaluation": lenient, "learning": {"least_lessons": 4}}
    town.opened = None
    return town
