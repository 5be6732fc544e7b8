"""Prompts have versions that nobody can change, and fields that nobody can forget."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gristmill.answering.prompts import chat_of, load_prompt, packaged_text
from gristmill.answering.prompts.store import PromptStore
from gristmill.errors import SettingsError

OTHER = "Be brief. {mark}\n---\n{mark}\n{passages}\n{mark}\nQ: {question}\n"


@pytest.fixture
def store(tmp_path: Path) -> PromptStore:
    return PromptStore(tmp_path, lambda: datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC))


def test_version_0_is_the_packaged_prompt(store: PromptStore) -> None:
    assert store.get(version=0).prompt == load_prompt()
    assert store.get().version == 0


def test_an_edit_makes_a_version_that_says_who_when_and_why(store: PromptStore) -> None:
    made = store.edit(OTHER, "petra", note="shorter")
    assert (made.version, made.who, made.when, made.note) == (1, "petra", "2026-05-04T03:02:01+00:00", "shorter")
    assert store.get() == made
    assert store.get(version=0).prompt == load_prompt()


def test_a_version_is_found_by_the_hash_that_a_release_names(store: PromptStore) -> None:
    made = store.edit(OTHER, "petra")
    store.edit(OTHER + "Now.", "idris")
    assert store.with_sha(made.sha) == made
    with pytest.raises(SettingsError, match="Choose another release"):
        store.with_sha("0" * 64)


def test_the_difference_of_two_versions_is_shown(store: PromptStore) -> None:
    store.edit(OTHER, "petra")
    assert "+Be brief. {mark}" in store.diff(0, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no parts", "one part"),
        ("a\n---\n{passages} {question}", "lacks {mark}"),
        ("a\n---\n{mark} {question}", "lacks {passages}"),
        ("a\n---\n{mark} {passages} {question} {secret}", "field {secret}"),
        ("a {passages}\n---\n{mark} {passages} {question}", "shows passages to the system"),
        (packaged_text(), "version 0"),
        ("a" * 9_000, "characters"),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_refused(store: PromptStore, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        store.edit(text, "petra")


def test_the_name_of_a_prompt_is_no_path(store: PromptStore) -> None:
    with pytest.raises(SettingsError):
        store.get("../../etc")


def test_what_a_passage_says_in_braces_is_not_filled() -> None:
    chat = chat_of(load_prompt(), "{passages}", ["{question} {mark}"], "<m>", "canary")
    assert "- {question} {mark}" in chat.user
    assert "Question: {passages}" in chat.user
    assert "canary" in chat.system
