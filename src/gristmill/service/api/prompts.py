"""The prompt for curators: its versions, what changed in each, and a new one, which answers nothing before the gate."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gristmill.answering.prompts.store import PromptStore, PromptVersion
from gristmill.asking import in_force, pending
from gristmill.errors import SettingsError
from gristmill.service.auth import Curating
from gristmill.service.problems import ProblemError
from gristmill.service.state import TheService

router = APIRouter(tags=["prompts"])


class PromptOut(BaseModel):
    """A version of the prompt."""

    version: int
    text: str
    who: str
    when: str = Field(description="ISO 8601, UTC; empty for the packaged one.")
    note: str
    diff: str = Field(description="What changed since the version before it, as a unified diff.")
    answering: bool = Field(description="The release in force names it.")


class Prompts(BaseModel):
    """All versions of the prompt, newest first."""

    prompts: list[PromptOut]
    candidate: str | None = Field(description="The release that waits for the gate, if one does.")


class NewPrompt(BaseModel):
    """A new version: a part for the system, a line of three hyphens, a part for the user."""

    text: str = Field(min_length=1, max_length=8_000)
    note: str = Field("", max_length=200, description="Why.")


@router.get("/prompts")
def prompts(service: TheService, person: Curating) -> Prompts:
    """Return all versions of the prompt with what changed in each, for curators."""
    store = service.workspace.prompts
    answering = service.workspace.registry.get(in_force(service.workspace)).prompt_text.sha
    shown = [_out(store, version, answering) for version in reversed(store.versions())]
    return Prompts(prompts=shown, candidate=pending(service.workspace))


@router.post("/prompts", status_code=HTTPStatus.CREATED)
def edit_prompt(new: NewPrompt, service: TheService, person: Curating) -> Prompts:
    """Keep a new version of the prompt. It makes a candidate release, which the gate decides on."""
    try:
        made = service.workspace.prompts.edit(new.text.replace("\r\n", "\n"), person.name, note=new.note)
    except SettingsError as error:
        # Well formed, and at odds with what the answer path fills or with the version in force.
        raise ProblemError(HTTPStatus.CONFLICT, error.message, error.remedy) from error
    service.journal.note(person.name, "edited", f"prompt {made.name} {made.version}", note=new.note)
    return prompts(service, person)


def _out(store: PromptStore, version: PromptVersion, answering: str) -> PromptOut:
    diff = store.diff(version.version - 1, version.version) if version.version else ""
    return PromptOut(
        version=version.version, text=version.text, who=version.who, when=version.when, note=version.note, diff=diff,
        answering=version.sha == answering,
    )  # fmt: skip
