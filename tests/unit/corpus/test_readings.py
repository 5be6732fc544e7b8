"""What documents tell of their versions is read once, and again where anything about it may have changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gristmill.corpus import readings
from gristmill.corpus.duplicates import Reading, VersionedDocument, read_document
from gristmill.corpus.readings import Readings

DOCUMENTS = [
    VersionedDocument("policies/travel-v2.md", "Travel", "# Travel policy P-12, version 2\n\nReplaces P-11.\n"),
    VersionedDocument("copy/travel.md", "Travel (draft)", "Entwurf vom 3. Mai 2024"),
    VersionedDocument("kv.md", "", "Nachtrag Nr. 1 zum Rahmenvertrag KV-2024-02"),
    VersionedDocument("handbook.md", "Handbook", "Handbook chapter 3. Version 4, May 2025"),
    VersionedDocument("ü.txt", "", ""),
]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the documents that are really read."""
    paths: list[str] = []

    def reading(document: VersionedDocument) -> Reading:
        paths.append(document.path)
        return read_document(document)

    monkeypatch.setattr(readings, "read_document", reading)
    return paths


def remembered(file: Path, documents: list[VersionedDocument] = DOCUMENTS) -> list[Reading]:
    """Read documents as one run does."""
    cache = Readings(file)
    found = [cache.read(document) for document in documents]
    cache.save()
    return found


def test_what_is_remembered_is_what_would_be_read(tmp_path: Path, read: list[str]) -> None:
    wanted = [read_document(document) for document in DOCUMENTS]
    assert remembered(tmp_path / "readings.json") == wanted
    assert len(read) == len(DOCUMENTS)
    assert remembered(tmp_path / "readings.json") == wanted
    assert len(read) == len(DOCUMENTS)


@pytest.mark.parametrize(
    "changed",
    [
        VersionedDocument("policies/travel-v3.md", DOCUMENTS[0].title, DOCUMENTS[0].head),
        VersionedDocument(DOCUMENTS[0].path, "Another title", DOCUMENTS[0].head),
        VersionedDocument(DOCUMENTS[0].path, DOCUMENTS[0].title, "# Travel policy P-12, version 3\n"),
    ],
)
def test_a_document_with_another_name_title_or_beginning_is_read_again(
    tmp_path: Path, read: list[str], changed: VersionedDocument
) -> None:
    file = tmp_path / "readings.json"
    remembered(file)
    read.clear()
    assert remembered(file, [changed, *DOCUMENTS[1:]])[0] == read_document(changed)
    assert read == [changed.path]


def test_what_is_gone_is_forgotten(tmp_path: Path, read: list[str]) -> None:
    file = tmp_path / "readings.json"
    remembered(file)
    remembered(file, DOCUMENTS[1:])
    assert "P-12" not in file.read_text()
    read.clear()
    remembered(file)
    assert read == [DOCUMENTS[0].path]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"code": "x"}', '{"code": "x", "readings": {"a": [1]}}'])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, read: list[str], content: str) -> None:
    file = tmp_path / "readings.json"
    remembered(file)
    whole = json.loads(file.read_text())
    file.write_text(content.replace('"x"', json.dumps(whole["code"])))
    read.clear()
    remembered(file)
    assert len(read) == len(DOCUMENTS)
    assert json.loads(file.read_text()) == whole


def test_what_other_code_read_is_read_again(tmp_path: Path, read: list[str]) -> None:
    file = tmp_path / "readings.json"
    remembered(file)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"code": "another"}))
    read.clear()
    remembered(file)
    assert len(read) == len(DOCUMENTS)


def test_where_nothing_can_be_remembered_everything_is_read(tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "readings.json").mkdir()
    for cache in (Readings(), Readings(tmp_path / "readings.json")):
        read.clear()
        assert [cache.read(document) for document in DOCUMENTS] == [read_document(one) for one in DOCUMENTS]
        cache.save()
        assert len(read) == len(DOCUMENTS)
