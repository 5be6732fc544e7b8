"""A Chroma server by one setting: a collection for each version, audited as one in a folder is; without it, exact."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest

from gristmill.errors import SearchIndexError
from gristmill.identity import Asker
from gristmill.mill import search_index
from gristmill.search.index import audit_version, open_current
from gristmill.search.retrieval import Query, retrieve
from gristmill.workspace import Workspace
from tests.fakes import bag_of_words
from tests.workspaces import grind, source, workspace_at, write

pytestmark = pytest.mark.slow


class Server:
    """A `chroma run` on a free port of the loopback device."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        chroma = Path(sys.executable).with_name("chroma")
        command = [str(chroma), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{self.port}"
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urlopen(f"{self.url}/api/v2/heartbeat", timeout=2):
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        raise AssertionError("chroma run never answered")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def collections(self) -> list[Any]:
        import chromadb

        client = chromadb.HttpClient("127.0.0.1", self.port, settings=chromadb.Settings(anonymized_telemetry=False))
        return list(client.list_collections())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "server")
    yield running
    running.stop()


def workspace_on(server: Server, root: Path) -> Workspace:
    files: dict[str, str | bytes] = {f"{n}.md": f"# Part {n}\n\nThe wheel number {n} turns.\n" for n in range(12)}
    folder = write(root / "documents", files | {"hr/pay.md": "# Pay\n\nBand four begins at 41,000.\n"})
    made = workspace_at(
        root / "home", source(folder, audience=({"pattern": "hr/**", "groups": ("hr",)},)),
        search={"bridge": False, "chroma_url": server.url, "keep_versions": 1},
    )  # fmt: skip
    grind(made)
    return made


def found(workspace: Workspace, text: str, groups: tuple[str, ...] = ()) -> list[str]:
    query = Query(text, bag_of_words(text), None, Asker.in_groups(groups))
    return [p.document for p in retrieve(open_current(workspace.index_store), query, workspace.settings.search)]


def test_each_version_has_a_collection_that_is_searched_and_audited_and_goes_with_it(
    server: Server, tmp_path: Path
) -> None:
    workspace = workspace_on(server, tmp_path)
    grind(workspace, (search_index,))
    version = open_current(workspace.index_store)
    approximate = version.manifest.approximate
    assert approximate is not None
    assert approximate.place.url == server.url
    assert approximate.recall >= 0.99
    assert version.is_approximate(permitted=1, exact_rows=10**9)
    assert not (version.folder / "chroma").exists()
    assert "hr/pay.md" in found(workspace, "band four pay", ("hr",))
    assert "hr/pay.md" not in found(workspace, "band four pay")

    write(tmp_path / "documents", {"new.md": "# New\n\nA sluice for the wheel.\n"})
    grind(workspace)
    grind(workspace, (search_index,))
    assert workspace.index_store.numbers() == [2]
    kept = open_current(workspace.index_store).manifest.approximate
    assert kept is not None
    assert [collection.name for collection in server.collections()] == [kept.place.collection]
    assert kept.place.collection != approximate.place.collection


def test_the_audit_finds_what_was_changed_on_the_server(server: Server, tmp_path: Path) -> None:
    workspace = workspace_on(server, tmp_path)
    grind(workspace, (search_index,))
    version = open_current(workspace.index_store)
    assert audit_version(workspace.lake, version.folder, 1_000, against_lake=True) == []
    (collection,) = server.collections()
    lost = version.rows["chunk"][0]
    collection.delete(ids=[lost])
    (finding,) = audit_version(workspace.lake, version.folder, 1_000, against_lake=True)
    assert finding.check == "chroma"
    assert lost in finding.message
    hidden = np.asarray(version.matrix[0])
    collection.add(ids=[lost], embeddings=[hidden], metadatas=[{"audience": ["nobody"]}])
    (finding,) = audit_version(workspace.lake, version.folder, 1_000, against_lake=True)
    assert finding.check == "audience"


def test_while_the_server_is_away_search_is_exact_and_publishing_fails_and_leaves_the_version_in_force(
    server: Server, tmp_path: Path
) -> None:
    workspace = workspace_on(server, tmp_path)
    grind(workspace, (search_index,))
    before = found(workspace, "wheel number 3")
    server.stop()
    assert found(workspace, "wheel number 3") == before
    write(tmp_path / "documents", {"new.md": "# New\n\nA sluice.\n"})
    grind(workspace)
    with pytest.raises(SearchIndexError, match="Chroma server"):
        grind(workspace, (search_index,))
    assert workspace.index_store.current() == 1
