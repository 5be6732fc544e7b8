from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gristmill.corpus.sources import File, Source
from gristmill.errors import SourceError
from gristmill.settings import AudienceRule, Settings, SourceSettings
from tests.workspaces import write


def listed(folder: Path, common: dict[str, Any] | None = None, **fields: Any) -> dict[str, File]:
    source = Source(SourceSettings(location=str(folder), **fields), Settings(**(common or {})))
    return {file.document: file for file in source.files()}


def test_documents_are_named_by_their_path_in_the_source(tmp_path: Path) -> None:
    write(tmp_path, {"b.md": "b", "a/c.txt": "c"})
    assert list(listed(tmp_path)) == ["a/c.txt", "b.md"]


def test_a_prefix_stands_before_each_name(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "a"})
    assert list(listed(tmp_path, prefix="/manuals/./old/")) == ["manuals/old/a.md"]


def test_only_what_is_included_and_not_excluded_is_taken(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "", "b.txt": "", "old/a.md": "", "old/older/a.md": ""})
    assert list(listed(tmp_path, include=("*.md",), exclude=("older/",))) == ["a.md", "old/a.md"]


@pytest.mark.parametrize(
    "name", [".hidden.md", ".git/config.txt", "a/.cache/b.md", "~$letter.docx", "Thumbs.db", "a.tmp"]
)
def test_what_nobody_means_as_a_document_is_not_one(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: "x", "a.md": "a"})
    assert list(listed(tmp_path)) == ["a.md"]


def test_an_unknown_format_is_a_document_with_a_problem(tmp_path: Path) -> None:
    write(tmp_path, {"program.exe": "MZ", "no-ending": "text"})
    files = listed(tmp_path)
    assert "format is not read" in (files["program.exe"].problem or "")
    assert ".md" in (files["no-ending"].problem or "")


def test_a_file_over_the_limit_is_a_document_with_a_problem_that_names_the_setting(tmp_path: Path) -> None:
    write(tmp_path, {"exact.txt": "x" * 100, "over.txt": "x" * 101})
    files = listed(tmp_path, max_bytes=100)
    assert files["exact.txt"].problem is None
    assert "max_bytes" in (files["over.txt"].problem or "")


def test_a_link_that_leads_out_of_its_source_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "secret"})
    folder = write(tmp_path / "documents", {"a.md": "a"})
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "inside.md").symlink_to(folder / "a.md")
    files = listed(folder)
    assert "leads out" in (files["out.txt"].problem or "")
    assert files["inside.md"].problem is None


def test_a_folder_that_is_a_link_out_of_its_source_brings_no_readable_document(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"secret.txt": "secret"})
    folder = write(tmp_path / "documents", {"a.md": "a"})
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    assert [name for name, file in listed(folder).items() if file.problem is None] == ["a.md"]


def test_a_source_that_is_itself_a_link_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a.md": "a", "b/c.md": "c"})
    (tmp_path / "link").symlink_to(folder)
    assert [file.problem for file in listed(tmp_path / "link").values()] == [None, None]


def test_a_broken_link_is_a_document_that_cannot_be_read_and_no_end_of_the_run(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "a"})
    (tmp_path / "broken.md").symlink_to(tmp_path / "gone.md")
    assert listed(tmp_path)["a.md"].problem is None


def test_a_name_that_is_not_unicode_is_a_document_with_a_problem(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "a"})
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text("text")
    files = listed(tmp_path)
    assert len(files) == 2
    odd = next(file for name, file in files.items() if name != "a.md")
    odd.document.encode()
    assert "name" in (odd.problem or "")


def test_a_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="gone"):
        listed(tmp_path / "gone")


def test_a_file_instead_of_a_folder_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "a"})
    with pytest.raises(SourceError, match="no folder"):
        listed(tmp_path / "a.md")


def test_the_first_rule_that_matches_decides_the_audience_and_the_sources_own_come_first(tmp_path: Path) -> None:
    write(tmp_path, {"hr/pay.md": "", "hr/open/menu.md": "", "board/plan.md": "", "a.md": ""})
    own = (AudienceRule(pattern="hr/open/**", groups=("everyone",)), AudienceRule(pattern="hr/**", groups=("HR",)))
    common = (AudienceRule(pattern="hr/**", groups=("all-staff",)), AudienceRule(pattern="board/", groups=()))
    files = listed(tmp_path, {"audience": common, "default_groups": ("staff",)}, audience=own)
    audiences = {name: file.audience for name, file in files.items()}
    assert audiences == {
        "a.md": ("staff",), "board/plan.md": (), "hr/open/menu.md": ("everyone",), "hr/pay.md": ("hr",),
    }  # fmt: skip


def test_a_file_that_grew_since_it_was_listed_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "x" * 10})
    source = Source(SourceSettings(location=str(tmp_path), max_bytes=10), Settings())
    file = next(iter(source.files()))
    write(tmp_path, {"a.md": "x" * 11})
    with pytest.raises(SourceError, match="max_bytes"):
        source.read(file.location)


def test_a_file_that_is_gone_since_it_was_listed_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        Source(SourceSettings(location=str(tmp_path)), Settings()).read(str(tmp_path / "gone.md"))


def test_a_source_in_memory_is_read_like_a_folder() -> None:
    import fsspec

    fsspec.filesystem("memory").pipe({"/shelf/a.md": b"text", "/shelf/b/c.md": b"more"})
    source = Source(SourceSettings(location="memory://shelf"), Settings())
    files = {file.document: file for file in source.files()}
    assert list(files) == ["a.md", "b/c.md"]
    assert source.read(files["b/c.md"].location) == b"more"
