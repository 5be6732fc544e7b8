"""The commands over prompts and their versions."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, print_json

if TYPE_CHECKING:
    from gristmill.answering.prompts.store import PromptStore, PromptVersion

app = typer.Typer(help="Show and edit prompts; every version is kept.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the prompt.")]
_ANSWER = "answer"


@app.command("list")
@friendly
def list_prompts(as_json: AsJson = False) -> None:
    """List all versions: who wrote each, when and why."""
    store = _store()
    found = [version for name in store.names() for version in store.versions(name)]
    if as_json:
        print_json({"prompts": [_json(version) for version in found]})
        return
    for version in found:
        when = version.when or "packaged"
        out.print(f"{version.name} {version.version}  {version.sha[:12]}  {when}  {version.who}  {version.note}")


@app.command()
@friendly
def show(
    name: Name = _ANSWER,
    version: Annotated[int | None, typer.Option("--version", help="The latest when not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one version."""
    found = _store().get(name, version)
    if as_json:
        print_json(_json(found) | {"text": found.text})
    else:
        out.print(found.text, markup=False, highlight=False)


@app.command()
@friendly
def diff(
    one: Annotated[int, typer.Argument(help="A version.")],
    other: Annotated[int, typer.Argument(help="Another.")],
    name: Annotated[str, typer.Option("--name", help="Name of the prompt.")] = _ANSWER,
    as_json: AsJson = False,
) -> None:
    """Show what changed from one version to another."""
    changed = _store().diff(one, other, name)
    if as_json:
        print_json({"diff": changed})
    else:
        out.print(changed or "Nothing.", markup=False, highlight=False)


@app.command()
@friendly
def edit(
    file: Annotated[
        Path | None, typer.Argument(help="File with the new text; your editor opens when not given.", exists=True)
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the prompt.")] = _ANSWER,
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
    who: Annotated[str, typer.Option("--who", help="Who edits; the name of this account when not given.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a new version. It answers nothing until a release names it."""
    store = _store()
    text = file.read_text(encoding="utf-8") if file else click.edit(store.get(name).text)
    if text is None:
        out.print("Nothing was changed.")
        return
    made = store.edit(text, who or getpass.getuser(), note=note, name=name)
    if as_json:
        print_json(_json(made))
    else:
        kept = f"{made.name} {made.version}, hash {made.sha[:12]}"
        out.print(f"Kept as {kept}. No answer changes until a release names it.")


def _store() -> PromptStore:
    from gristmill.answering.prompts.store import PromptStore

    return PromptStore(open_workspace().home)


def _json(version: PromptVersion) -> dict[str, object]:
    return {
        "name": version.name, "version": version.version, "sha": version.sha, "who": version.who,
        "when": version.when, "note": version.note,
    }  # fmt: skip
