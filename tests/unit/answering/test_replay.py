"""A receipt says what made an answer, and asking again gives it again or names the factor that changed it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gristmill.answering.receipts import read_receipt
from gristmill.answering.replay import replay
from gristmill.asking import Answerer
from gristmill.errors import GristmillError
from gristmill.identity import Asker
from gristmill.mill import Run, grind
from gristmill.replaying import replay_receipt
from gristmill.settings import AnsweringSettings, Settings, SourceSettings
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.releases import put_in_force
from tests.unit.answering.parrot import Parrot

QUESTION = "How many days of leave do millers receive each year?"


def opened(root: Path, *, answerable: float = 0.0, says: str = "") -> Workspace:
    settings = Settings(
        root=root,
        sources=(SourceSettings(location="documents"),),
        answering=AnsweringSettings(answerable=answerable, perhaps=answerable),
        search={"bridge": False},
        corpus={"quality": {"too_short": 0}, "max_bad_share": 1.0},
    )
    return Workspace(settings, encoder=FakeEncoder(), generator=Parrot(says))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "leave.md").write_text("# Leave\n\nMillers receive 27 days of leave each year.\n")
    grind_all(tmp_path)
    return tmp_path


def grind_all(root: Path) -> None:
    workspace = opened(root)
    list(grind(Run(workspace, workspace.sources())))


def test_a_receipt_says_what_made_the_answer(root: Path) -> None:
    workspace = opened(root, says="Millers receive 99 days.")
    given = Answerer(workspace).ask(QUESTION, Asker())
    found = read_receipt(workspace.database, given.receipt).as_json()
    assert found["documents"][0]["document"] == "leave.md"
    assert found["made_by"]["answering"]["answerable"] == 0.0
    assert found["checks"][0]["shown"] is False
    assert "99" in found["checks"][0]["reason"]
    assert found["prompt_tokens"] == 1
    assert json.loads(json.dumps(found)) == found


def test_the_same_release_gives_the_same_answer(root: Path) -> None:
    given = Answerer(opened(root)).ask(QUESTION, Asker())
    made = replay_receipt(opened(root), given.receipt)
    assert (made.same, made.changed, made.said) == (True, (), "The same answer.")


def test_an_edited_document_is_named_as_the_cause(root: Path) -> None:
    given = Answerer(opened(root)).ask(QUESTION, Asker())
    (root / "documents" / "leave.md").write_text("# Leave\n\nMillers receive 28 days of leave each year.\n")
    grind_all(root)
    made = replay_receipt(opened(root), given.receipt)
    assert (made.same, made.cause) == (False, "index")
    assert "28" in made.now.text


def test_of_two_factors_the_one_that_did_it_is_named(root: Path) -> None:
    given = Answerer(opened(root)).ask(QUESTION, Asker())
    (root / "documents" / "dogs.md").write_text("# Dogs\n\nDogs stay at the gate by night.\n")
    grind_all(root)
    later = opened(root, answerable=1.0)
    put_in_force(later, later.registry.keep(later.candidate()))
    made = replay_receipt(later, given.receipt)
    assert set(made.changed) == {"index", "answering"}
    assert (made.same, made.cause) == (False, "answering")


def test_other_words_of_another_generator_are_named(root: Path) -> None:
    first = opened(root)
    given = Answerer(first).ask(QUESTION, Asker())
    tools = Answerer(first).tools
    other = Parrot("Millers receive 27 days of leave.", fingerprint="another")
    answering = tools.answering.model_copy(update={"support": 0.0})
    made = replay(read_receipt(first.database, given.receipt), replace(tools, generator=other, answering=answering))
    assert set(made.changed) == {"generator", "answering"}


def test_a_receipt_that_does_not_exist_is_an_error(root: Path) -> None:
    with pytest.raises(GristmillError, match="no receipt"):
        replay_receipt(opened(root), "nothing")
