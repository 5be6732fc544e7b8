"""The MCP server, spoken to by the official client: in one process, and as the command that assistants start."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult

from gristmill.service.mcp_server import holder_of, mcp_server
from tests.service.conftest import MakeMill
from tests.service.mills import FACT, PAY, PAY_QUESTION, QUESTION, Mill

T = TypeVar("T")


def session(mill: Mill, key: str | None, use: Callable[[Client], Awaitable[T]]) -> T:
    """Return what `use` returns when it is given a client that speaks under a key."""

    async def connected() -> T:
        async with Client(mcp_server(mill.service, holder_of(mill.service, key))) as client:
            return await use(client)

    return asyncio.run(connected())


def call(mill: Mill, key: str | None, tool: str, **arguments: Any) -> CallToolResult:
    return session(mill, key, lambda client: client.call_tool(tool, arguments))


def data(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result
    content: dict[str, Any] | None = result.structured_content
    assert content is not None
    return content


def test_there_are_two_tools_that_only_read(shared: Mill) -> None:
    listed = session(shared, shared.keys["ann"], lambda client: client.list_tools())
    assert {tool.name for tool in listed.tools} == {"search", "ask"}
    assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in listed.tools)
    assert all(tool.description and tool.output_schema for tool in listed.tools)


def test_asking_gives_the_answer_with_its_citations(shared: Mill) -> None:
    answer = data(call(shared, shared.keys["ann"], "ask", question=QUESTION))
    assert FACT in answer["answer"]
    assert answer["citations"][0]["document"] == "leave.md"
    assert shared.get("ann", f"/api/receipts/{answer['receipt']}").status_code == 200


def test_both_tools_stay_in_the_callers_groups(shared: Mill) -> None:
    assert PAY in data(call(shared, shared.keys["hal"], "ask", question=PAY_QUESTION))["answer"]
    for tool, argument in (("ask", "question"), ("search", "query")):
        said = call(shared, shared.keys["ann"], tool, **{argument: PAY_QUESTION})
        assert "41000" not in json.dumps(data(said))


def test_search_gives_passages_or_what_matters_of_them(shared: Mill) -> None:
    assert len(data(call(shared, shared.keys["hal"], "search", query="mill", k=2))["passages"]) == 2
    found = data(call(shared, shared.keys["hal"], "search", query="mill", k=2, focus=True))["passages"]
    assert 1 <= len(found) <= 2
    assert all("mill" in passage["text"] for passage in found)


def test_errors_are_told_with_what_to_do(shared: Mill) -> None:
    said = call(shared, shared.keys["ann"], "ask", question="?")
    assert said.is_error
    assert "Ask something." in str(said.content)


def test_a_revoked_key_ends_at_the_next_call(mill: Mill) -> None:
    async def use(client: Client) -> bool:
        assert not (await client.call_tool("ask", {"question": QUESTION})).is_error
        mill.service.keys.revoke(mill.keys["ann"].rpartition("_")[0][:15], by="test")
        return bool((await client.call_tool("ask", {"question": QUESTION})).is_error)

    assert session(mill, mill.keys["ann"], use)


@pytest.mark.slow
def test_the_command_speaks_to_a_client_over_its_standard_streams(make_mill: MakeMill, tmp_path: Path) -> None:
    mill = make_mill()
    program = (
        "import sys; from pathlib import Path; from tests.service.mills import opened_at; "
        "import gristmill.cli.mcp as command; command.open_workspace = lambda: opened_at(Path(sys.argv[1])); "
        "command.mcp()"
    )
    root = str(Path(__file__).parents[2])
    parameters = StdioServerParameters(
        command=sys.executable, args=["-c", program, str(tmp_path)],
        env={"GRISTMILL_KEY": mill.keys["ann"], "PYTHONPATH": f"{root}/src:{root}"},
    )  # fmt: skip

    async def speak() -> CallToolResult:
        async with Client(stdio_client(parameters)) as client:
            return await client.call_tool("ask", {"question": QUESTION})

    assert FACT in data(asyncio.run(speak()))["answer"]
