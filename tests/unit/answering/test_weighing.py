"""What is weighed of the passages of a question."""

from __future__ import annotations

from pathlib import Path

from gristmill.answering.evidence import Weigher
from gristmill.identity import Asker
from gristmill.search.lexical import LexicalIndex
from gristmill.search.retrieval import Passage, Query
from tests.fakes import FakeEncoder


def test_what_a_document_says_again_is_weighed_once(tmp_path: Path) -> None:
    again = "At the sound of the horn leave the mill at once."
    texts = {"rules.md": f"{again}\n\n" * 6 + "The horn sounds at noon.", "notice.md": again}
    LexicalIndex.create(tmp_path, [(name, text, "eng", ["everyone"]) for name, text in texts.items()])
    passages = [
        Passage(name, name, "", (), "", text, 0, len(text), None, ("everyone",), "eng", None, 1.0, 0.5, 0.0)
        for name, text in texts.items()
    ]
    encoder = FakeEncoder()
    question = "When does the horn sound?"
    query = Query(question, encoder.encode([question])[0], None, Asker())
    measured = Weigher(encoder, None, LexicalIndex.open(tmp_path, ["eng"])).measure(query, passages)
    found = [(passages[unit.passage].document, unit.text) for unit, _ in measured]
    assert found == [("rules.md", again), ("rules.md", "The horn sounds at noon."), ("notice.md", again)]
