"""The commands about people and their API keys."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gristmill.cli.terminal import AsJson, friendly, open_workspace, out, print_json

if TYPE_CHECKING:
    from gristmill.access.keys import Key, Keys
    from gristmill.access.people import People
    from gristmill.identity import Person

app = typer.Typer(help="The people who may use the service: their roles and groups.", no_args_is_help=True)
keys = typer.Typer(help="API keys: make, list and revoke them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's name, or that of a program.")]
RoleName = typer.Option("--role", help="reader, reviewer, curator or admin.")
Groups = typer.Option("--group", "-g", metavar="GROUP", help="A group of theirs; may be given several times.")


@app.command("add")
@friendly
def add_person(
    name: Name,
    role: Annotated[str, RoleName] = "reader",
    groups: Annotated[list[str] | None, Groups] = None,
    with_key: Annotated[bool, typer.Option("--key/--no-key", help="Make a key and show it, once.")] = True,
    as_json: AsJson = False,
) -> None:
    """Add a person and show their first API key. From the first person on, everybody must sign in."""
    people, all_keys = _access()
    person = people.add(name, _role(role), groups or [], getpass.getuser())
    key = all_keys.create(name, getpass.getuser(), "first key") if with_key else None
    if as_json:
        print_json(_person_json(person) | {"key": key})
        return
    out.print(f"Added {person.name}, {person.role}, in {', '.join(person.groups)}.")
    if key is not None:
        _show(key)


@app.command("list")
@friendly
def list_people(as_json: AsJson = False) -> None:
    """List everybody with role and groups."""
    found = _access()[0].all()
    if as_json:
        print_json({"people": [_person_json(person) for person in found]})
        return
    for person in found:
        out.print(f"{person.name}  [bright_black]{person.role}[/]  {', '.join(person.groups)}")
    if not found:
        out.print("Nobody was added yet. Run [bold]gristmill people add NAME --role admin[/].")


@app.command("change")
@friendly
def change_person(
    name: Name,
    role: Annotated[str | None, RoleName] = None,
    groups: Annotated[list[str] | None, Groups] = None,
    no_groups: Annotated[bool, typer.Option("--no-groups", help="Take them out of all groups.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a person another role, or other groups in place of all they have. Holds at once."""
    wanted = [] if no_groups else groups
    person = _access()[0].change(name, getpass.getuser(), None if role is None else _role(role), wanted)
    if as_json:
        print_json(_person_json(person))
    else:
        out.print(f"{person.name} is {person.role}, in {', '.join(person.groups)}.")


@app.command("remove")
@friendly
def remove_person(name: Name, as_json: AsJson = False) -> None:
    """Remove a person with their keys and sessions. What they asked stays on record."""
    _access()[0].remove(name, getpass.getuser())
    if as_json:
        print_json({"removed": name})
    else:
        out.print(f"Removed {name}. Their keys and sessions ended.")


@keys.command("create")
@friendly
def create_key(
    name: Name,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    days: Annotated[int | None, typer.Option(min=1, help="After how many days it ends; never if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key for a person and show it, once."""
    key = _access()[1].create(name, getpass.getuser(), label, days)
    if as_json:
        print_json({"person": name, "key": key})
    else:
        _show(key)


@keys.command("list")
@friendly
def list_keys(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Whose; all when not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """List keys by their first characters, which say nothing about the rest."""
    found = _access()[1].all(name)
    if as_json:
        print_json({"keys": [_key_json(key) for key in found]})
        return
    for key in found:
        out.print(f"{key.prefix}  {key.person}  {key.label}  [bright_black]{_state(key)}[/]")
    if not found:
        out.print("There are no keys.")


@keys.command("revoke")
@friendly
def revoke_key(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="The key's first characters, as listed.")],
    as_json: AsJson = False,
) -> None:
    """End a key at once, with the sessions that were made with it."""
    _access()[1].revoke(prefix, getpass.getuser())
    if as_json:
        print_json({"revoked": prefix})
    else:
        out.print(f"Revoked {prefix}.")


def _access() -> tuple[People, Keys]:
    from gristmill.access.keys import Keys
    from gristmill.access.people import People

    workspace = open_workspace()
    return People(workspace.database, workspace.journal), Keys(workspace.database, workspace.journal)


def _role(name: str) -> Any:
    from gristmill.errors import AccessError
    from gristmill.identity import Role

    try:
        return Role(name)
    except ValueError:
        raise AccessError(f"There is no role {name!r}.", f"Use one of {', '.join(Role)}.") from None


def _show(key: str) -> None:
    out.print("Their key, which cannot be shown again:")
    out.print(key, markup=False, soft_wrap=True)


def _state(key: Key) -> str:
    if key.revoked is not None:
        return f"revoked {key.revoked:%Y-%m-%d %H:%M}"
    return "no end" if key.expires is None else f"until {key.expires:%Y-%m-%d %H:%M}"


def _person_json(person: Person) -> dict[str, Any]:
    return {"name": person.name, "role": str(person.role), "groups": list(person.groups)}


def _key_json(key: Key) -> dict[str, Any]:
    return {
        "prefix": key.prefix, "person": key.person, "label": key.label, "created": key.created,
        "expires": key.expires, "revoked": key.revoked,
    }  # fmt: skip
