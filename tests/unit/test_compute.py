"""A local Ray cluster gives the same as this machine alone: texts, reasons, vectors, outcomes of an evaluation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gristmill.asking import Answerer
from gristmill.compute import connected, in_order
from gristmill.errors import SettingsError
from gristmill.evaluation.outcomes import Surroundings, Took
from gristmill.evaluation.questions import Question
from gristmill.evaluation.running import asked
from gristmill.examining_on_ray import asked_on_ray
from gristmill.mill import STAGES
from gristmill.models.encoder import TransformerEncoder
from gristmill.models.ray_encoder import RayEncoder
from gristmill.settings import EncoderSettings, RaySettings
from gristmill.storage.tables import PARSED
from gristmill.workspace import Workspace
from tests.service.mills import FACT, QUESTION
from tests.workspaces import grind, workspace_at, write

pytest.importorskip("ray", reason="Ray is not installed: pip install 'gristmill[ray]'")
pytestmark = pytest.mark.slow

# `GRISTMILL_CLUSTER=1 pytest tests/unit/test_compute.py` also evaluates, which loads the models in each process.
THOROUGH = "GRISTMILL_CLUSTER" in os.environ
NOTHING = Took(0, 0, 0, 0)
CLUSTER = RaySettings(processes=2)
TEXTS = [f"# Mill {n}\n\nWheel {n} turns {'by night ' * n}.\n" for n in range(12)]
DOCUMENTS: dict[str, str | bytes] = {f"{n}.md": text for n, text in enumerate(TEXTS)}
BROKEN: dict[str, str | bytes] = {"broken.docx": b"PK\x03\x04 not a document", "empty.pdf": b"%PDF-1.4\n"}


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    """One cluster of two processes for all tests here."""
    ray = connected(CLUSTER)
    yield
    ray.shutdown()


def parsed(workspace: Workspace) -> list[dict[str, object]]:
    rows = workspace.lake.read(PARSED).drop("seconds", "tried").sort("parse_key")
    return rows.to_dicts()


def test_documents_are_parsed_alike_and_the_bad_ones_fail_alike(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", DOCUMENTS | BROKEN)
    found = []
    for compute in ("local", "ray"):
        workspace = workspace_at(tmp_path / compute, folder, compute=compute, ray=CLUSTER)
        grind(workspace)
        found.append(parsed(workspace))
    assert found[0] == found[1]
    assert len(found[0]) == len(DOCUMENTS | BROKEN)
    assert {row["outcome"] for row in found[0]} > {"parsed"}


def test_vectors_are_the_same_and_in_their_order() -> None:
    settings = EncoderSettings(batch=4)
    texts = [f"Wheel {n} turns {'by night ' * (n % 7)}" for n in range(100)]
    spread = RayEncoder(settings, None, CLUSTER)
    alone = TransformerEncoder(settings)
    assert spread.fingerprint == alone.fingerprint
    np.testing.assert_array_equal(spread.encode(texts), alone.encode(texts))


def test_a_question_is_encoded_here(monkeypatch: pytest.MonkeyPatch) -> None:
    spread = RayEncoder(EncoderSettings(), None, CLUSTER)
    monkeypatch.setattr("gristmill.models.ray_encoder.connected", lambda _: pytest.fail("it went to the cluster"))
    assert spread.encode(["How many days of leave?"]).shape == (1, 384)


def test_items_are_read_only_as_fast_as_they_are_worked_on() -> None:
    ray, read, most = connected(CLUSTER), list[int](), 0

    def items() -> Iterator[int]:
        for number in range(20):
            read.append(number)
            yield number

    double = ray.remote(_double)
    for done, (item, result) in enumerate(in_order(ray, items(), double.remote, 3)):
        assert (item, result) == (done, 2 * done)
        most = max(most, len(read) - done)
    assert most == 3


def _double(number: int) -> int:
    return 2 * number


def test_a_process_that_is_lost_costs_its_document_one_try(tmp_path: Path) -> None:
    from gristmill.corpus.outcome import Outcome
    from gristmill.corpus.parse_reply import Limits
    from gristmill.corpus.ray_workers import parse_all_on_ray
    from gristmill.corpus.workers import Job

    jobs = [Job("good", "text/markdown", _text), Job("bad", "text/markdown", _end), Job("last", "text/markdown", _text)]
    limits = Limits(512, 10_000, ocr=False, ocr_languages=())
    outcomes = {job.key: reply.outcome for job, reply in parse_all_on_ray(jobs, limits, 30, CLUSTER)}
    assert outcomes == {"good": Outcome.PARSED, "bad": Outcome.CRASHED, "last": Outcome.PARSED}


def _text() -> bytes:
    return b"# The mill\n\nThe wheel turns.\n"


def _end() -> bytes:
    os._exit(1)


@pytest.mark.skipif(not THOROUGH, reason="it loads the models in each process: GRISTMILL_CLUSTER=1")
def test_questions_have_the_same_outcomes(tmp_path: Path) -> None:
    from tests.releases import put_in_force

    folder = write(tmp_path / "documents", {"leave.md": f"# Leave\n\n{FACT}\n", "night.md": "# Night\n\nIt is dark.\n"})
    settings: dict[str, Any] = {"generator": {"engine": "quote"}, "answering": {"answerable": 0.02}}
    made = workspace_at(tmp_path / "home", folder, **settings).settings
    workspace = Workspace(made)
    grind(workspace, STAGES)
    release = workspace.registry.keep(workspace.candidate())
    put_in_force(workspace, release)
    questions = [question(QUESTION), question("Who is the king of the moon?")]
    around = Surroundings({}, {}, {}, "")
    answerer = Answerer(workspace, release)
    alone = [asked(one, answerer.answer, None, around) for one in questions]
    spread = asked_on_ray(made.model_copy(update={"ray": CLUSTER}), release, questions, around)
    assert [replace(one, took=NOTHING) for one in spread] == [replace(one, took=NOTHING) for one in alone]
    assert len({one.text for one in alone}) == 2


def question(text: str) -> Question:
    return Question(text, text, "en", "fact", ("everyone",), answerable=True, answer="", evidence=())


def test_a_cluster_that_is_away_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def away(**_given: object) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", away)
    with pytest.raises(SettingsError, match=r"Ray at '10\.0\.0\.5:6379' does not answer"):
        connected(RaySettings(address="10.0.0.5:6379"))
