"""Writes docs/reference/api.md from the description that the service gives of itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "api.md"
_HEAD = """# The API

Made by `python -m scripts.api_reference` from the service's own description, which a running service gives at
`/api/openapi.json` with all shapes. Below `/api`, errors are `application/problem+json` (RFC 9457) with a `remedy`; below
`/v1` they have OpenAI's shape. How to sign in stands in [Serve answers to others](../how-to/serve.md).
"""


def reference(described: dict[str, Any]) -> str:
    """Return the reference as Markdown."""
    by_tag: dict[str, list[str]] = {}
    for path, verbs in described["paths"].items():
        for verb, said in verbs.items():
            by_tag.setdefault(said["tags"][0], []).append(_operation(path, verb, said, described))
    parts = [f"## {tag.capitalize() if tag[0].islower() else tag}\n\n" + "\n".join(ops) for tag, ops in by_tag.items()]
    return "\n".join([_HEAD, *parts])


def _operation(path: str, verb: str, said: dict[str, Any], described: dict[str, Any]) -> str:
    lines = [f"### `{verb.upper()} {path}`", "", " ".join(said["description"].split()), ""]
    rows = [(p["name"], p["in"], p.get("description", "")) for p in said.get("parameters", ())]
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    fields = _resolved(body, described).get("properties", {})
    rows += [(name, "body", field.get("description", "")) for name, field in fields.items()]
    if rows:
        lines += ["| name | in | what |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {place} | {what} |" for name, place, what in rows] + [""]
    good = next((answer for status, answer in said["responses"].items() if status.startswith("2")), {})
    returned = _resolved(good.get("content", {}).get("application/json", {}).get("schema", {}), described)
    if names := list(returned.get("properties", {})):
        lines += [f"Returns {', '.join(f'`{name}`' for name in names)}.", ""]
    return "\n".join(lines)


def _resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = described["components"]["schemas"][name] if name else schema
    return found


def main() -> None:
    """Write the reference."""
    import tempfile

    from gristmill.service.app import create_app
    from gristmill.settings import Settings
    from gristmill.workspace import Workspace

    with tempfile.TemporaryDirectory() as home:
        TARGET.write_text(reference(create_app(Workspace(Settings(home=Path(home)))).openapi()))
    sys.stdout.write(f"Wrote {TARGET.name}.\n")


if __name__ == "__main__":
    main()
