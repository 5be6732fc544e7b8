"""The description of the API is whole, and the service does what it says, whatever is sent to it."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from scripts import api_reference
from tests.service.conftest import MakeMill
from tests.service.mills import Mill

# `GRISTMILL_SCHEMA_EXAMPLES=200 pytest tests/service/test_schema.py` is thorough.
EXAMPLES = int(os.environ.get("GRISTMILL_SCHEMA_EXAMPLES", "8"))


def operations(mill: Mill) -> list[tuple[str, str, dict[str, Any]]]:
    described = mill.app.openapi()
    return [(path, verb, said) for path, verbs in described["paths"].items() for verb, said in verbs.items()]


def test_every_operation_says_what_it_does_what_it_returns_and_how_it_fails(shared: Mill) -> None:
    for path, verb, said in operations(shared):
        name = f"{verb} {path}"
        assert said["summary"], name
        assert said["description"], name
        assert len(said["tags"]) == 1, name
        good = next(answer for status, answer in said["responses"].items() if status.startswith("2"))
        assert good.get("content") or verb == "delete", name
        if path.startswith(("/api", "/v1")):
            assert {"401", "422", "429", "500"} <= said["responses"].keys(), name
    names = [said["operationId"] for _, _, said in operations(shared)]
    assert len(set(names)) == len(names)


def test_problems_are_described_by_the_media_type_that_they_have(shared: Mill) -> None:
    ask = shared.app.openapi()["paths"]["/api/ask"]["post"]["responses"]
    assert list(ask["401"]["content"]) == ["application/problem+json"]


def test_no_request_breaks_the_service_or_its_description(make_mill: MakeMill) -> None:
    mill = make_mill(service={"limits": {"per_minute": 10_000_000, "questions_per_day": 10_000_000}})
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", mill.app)
    headers = mill.headers("adm")
    seen: dict[str, int] = {}

    @settings(
        max_examples=EXAMPLES * 20, phases=[Phase.explicit, Phase.generate], deadline=None,
        # The same requests at each run, so that a change is judged by what it changed; others when asked for.
        derandomize="GRISTMILL_SCHEMA_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
        operation = data.draw(st.sampled_from(found))
        case = data.draw(operation.as_strategy())
        name = f"{operation.method.upper()} {operation.path}"
        seen[name] = seen.get(name, 0) + 1
        case.call_and_validate(headers=headers)

    check()
    assert len(seen) == len(operations(mill))


@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions", "/api/feedback"])
@pytest.mark.parametrize(("body", "status"), [(b"{", 422), (b"\xff{", 400), (b"", 422)])
def test_a_body_that_is_no_json_is_a_problem(shared: Mill, path: str, body: bytes, status: int) -> None:
    headers = shared.headers("ann") | {"Content-Type": "application/json"}
    assert shared.client.post(path, content=body, headers=headers).status_code == status


def test_the_reference_is_that_of_this_version(shared: Mill) -> None:
    remedy = "run: python -m scripts.api_reference"
    assert api_reference.TARGET.read_text() == api_reference.reference(shared.app.openapi()), remedy
