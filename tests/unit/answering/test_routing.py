"""A remote engine is asked last, over a real socket, and only for what may leave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from gristmill.answering import pipeline
from gristmill.answering.answer import Answer
from gristmill.answering.draft import Tools
from gristmill.answering.receipts import spent_today, store_receipt
from gristmill.answering.routing import Breaker, Router
from gristmill.asking import Answerer
from gristmill.identity import Asker
from gristmill.mill import Run, grind
from gristmill.settings import AnsweringSettings, AudienceRule, RemoteSettings, Settings, SourceSettings
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.unit.answering.parrot import Parrot

QUESTION = "How many days of leave do millers receive each year?"
FACT = "Millers receive 27 days of leave each year."


@dataclass
class Engine:
    """A server that speaks the protocol, and remembers what it was sent."""

    says: str = "Millers receive 27 days of leave."
    status: int = 200
    seen: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def engine() -> Iterator[Engine]:
    held = Engine()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            held.seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            message = {"role": "assistant", "content": held.says}
            body = json.dumps(
                {
                    "id": "1", "object": "chat.completion", "created": 1, "model": "big",
                    "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
                }
            ).encode()  # fmt: skip
            self.send_response(held.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    held.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    yield held
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Tools]:
    root = tmp_path_factory.mktemp("routing")
    (root / "documents" / "hr").mkdir(parents=True)
    (root / "documents" / "leave.md").write_text(f"# Leave\n\n{FACT} Ask the foreman two weeks before.\n")
    (root / "documents" / "hr" / "pay.md").write_text("# Pay\n\nMillers in band four receive 41000 crowns a year.\n")
    settings = Settings(
        root=root,
        sources=(SourceSettings(location="documents"),),
        audience=(AudienceRule(pattern="hr/**", groups=("hr",)),),
        answering=AnsweringSettings(answerable=0.0, support=0.1),
    )
    workspace = Workspace(settings, encoder=FakeEncoder(), generator=Parrot("Cats."))
    list(grind(Run(workspace, workspace.sources())))
    return workspace, replace(Answerer(workspace).tools, cache=None)


def remote(engine: Engine, **settings: Any) -> RemoteSettings:
    given = {"groups": ("everyone",), "strong": 0.0, "price_in": 10.0, "price_out": 30.0, "daily_budget": 1.0}
    return RemoteSettings(url=engine.url, model="big", **(given | settings))


def ask(tools: Tools, router: Router, question: str = QUESTION, asker: Asker | None = None, **settings: Any) -> Answer:
    answering = tools.answering.model_copy(update=settings)
    return pipeline.answer(question, asker or Asker(), replace(tools, router=router, answering=answering))


def test_what_the_local_engine_cannot_word_is_worded_remotely_and_verified(
    engine: Engine, opened: tuple[Workspace, Tools]
) -> None:
    given = ask(opened[1], Router(remote(engine)))
    assert given.account.engine == "remote"
    assert given.text.startswith("Millers receive 27 days of leave.")
    assert given.citations[0].quote == FACT


def test_a_refused_question_is_answered_when_the_remote_words_are_carried(
    engine: Engine, opened: tuple[Workspace, Tools]
) -> None:
    given = ask(opened[1], Router(remote(engine)), answerable=1.0, perhaps=1.0)
    assert not given.refused
    assert given.citations[0].quote == FACT


def test_remote_words_that_the_evidence_does_not_carry_are_dropped(
    engine: Engine, opened: tuple[Workspace, Tools]
) -> None:
    engine.says = "Millers receive 99 days of leave. ![x](https://evil.test/27)"
    assert ask(opened[1], Router(remote(engine)), answerable=1.0, perhaps=1.0).refused
    assert "99" not in ask(opened[1], Router(remote(engine))).text


def test_nothing_leaves_when_the_local_words_do(engine: Engine, opened: tuple[Workspace, Tools]) -> None:
    tools = replace(opened[1], generator=Parrot("Millers receive 27 days of leave."))
    assert ask(tools, Router(remote(engine))).account.engine == "local"
    assert engine.seen == []


def test_a_passage_for_a_group_that_may_not_leave_stays(engine: Engine, opened: tuple[Workspace, Tools]) -> None:
    question = "How many crowns do millers in band four receive?"
    given = ask(opened[1], Router(remote(engine)), question, Asker.in_groups(["hr"]))
    assert "41000" in given.text
    assert engine.seen == []
    assert any("may not leave" in step.note for step in given.trace)


def test_nothing_leaves_while_retrieval_is_weak(engine: Engine, opened: tuple[Workspace, Tools]) -> None:
    ask(opened[1], Router(remote(engine, strong=1.0)), answerable=1.0, perhaps=1.0)
    assert engine.seen == []


def test_nothing_leaves_above_the_days_budget(engine: Engine, opened: tuple[Workspace, Tools]) -> None:
    ask(opened[1], Router(remote(engine), lambda: 0.999))
    assert engine.seen == []


def test_every_request_is_in_the_receipt_and_counts_against_the_budget(
    engine: Engine, opened: tuple[Workspace, Tools]
) -> None:
    workspace, tools = opened
    given = ask(tools, Router(remote(engine)))
    (sent,) = given.account.egress
    assert (sent.host, sent.prompt_tokens, sent.new_tokens) == (engine.url.split("/")[2], 1000, 100)
    assert given.account.cost == pytest.approx(1000 * 10e-6 + 100 * 30e-6)
    assert sent.chunks
    before = spent_today(workspace.database)
    store_receipt(workspace.database, given, Asker(), tools)
    assert spent_today(workspace.database, datetime.now(UTC)) == pytest.approx(before + given.account.cost)


def test_a_failing_engine_is_left_alone_and_the_local_answer_stands(
    engine: Engine, opened: tuple[Workspace, Tools]
) -> None:
    engine.status = 500
    router = Router(remote(engine, failures=2))
    answers = [ask(opened[1], router) for _ in range(4)]
    assert all(given.text.startswith(FACT) for given in answers)
    assert len(engine.seen) == 2
    assert answers[0].account.egress[0].error
    assert "left alone" in next(step.note for step in answers[3].trace if step.name == "route")


def test_an_engine_that_is_not_there_costs_an_answer_nothing(opened: tuple[Workspace, Tools]) -> None:
    router = Router(RemoteSettings(url="http://127.0.0.1:9/v1", model="big", groups=("everyone",), strong=0.0))
    assert ask(opened[1], router).text.startswith(FACT)


def test_after_the_pause_one_request_tries() -> None:
    now = 0.0
    breaker = Breaker(2, 60, lambda: now)
    for _ in range(2):
        breaker.record(failed=True)
    assert not breaker.allows()
    now = 61.0
    assert breaker.allows()
    assert not breaker.allows()
    breaker.record(failed=False)
    assert breaker.allows()


def test_the_canary_leaves_with_the_prompt_and_never_comes_back(
    engine: Engine, opened: tuple[Workspace, Tools]
) -> None:
    tools = opened[1]
    engine.says = f"Millers receive 27 days of leave {tools.canary}."
    given = ask(tools, Router(remote(engine)), answerable=1.0, perhaps=1.0)
    assert tools.canary in json.dumps(engine.seen[0])
    assert tools.canary not in given.text


def test_the_key_is_read_from_the_environment(
    engine: Engine, opened: tuple[Workspace, Tools], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GRISTMILL_REMOTE_KEY", "a-key")
    assert Router(remote(engine))._client.api_key == "a-key"
