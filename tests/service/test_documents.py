"""A document opens at the cited place, for those who may see it; receipts and the ledger show no more than that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.mills import DOCUMENTS, FACT, PAY, PAY_QUESTION, Mill


def text_of(document: dict[str, Any]) -> str:
    return "".join(part["text"] for part in document["parts"])


def highlighted(document: dict[str, Any]) -> dict[int, str]:
    return {part["highlight"]: part["text"] for part in document["parts"] if part["highlight"]}


def test_a_citation_opens_the_document_at_its_quote(shared: Mill) -> None:
    answer = shared.ask("ann")
    cited = answer["citations"][0]
    document = shared.get("ann", f"/api/documents/{cited['document']}", receipt=answer["receipt"]).json()
    assert highlighted(document)[1] == cited["quote"]
    assert FACT in cited["quote"]
    assert text_of(document) in str(DOCUMENTS["leave.md"])
    at = next(part for part in document["parts"] if part["highlight"] == 1)
    assert (at["start"], at["end"]) == (cited["start"], cited["end"])
    assert document["lost"] == []


def test_spans_are_highlighted_and_the_pieces_are_the_whole_text(shared: Mill) -> None:
    document = shared.get("ann", "/api/documents/leave.md", span=["2-7", "5-9", "30-30", "900-999"]).json()
    assert highlighted(document) == {1: "Leave", 2: "\n\n"}
    assert document["lost"] == [3, 4]
    assert text_of(document) == text_of(shared.get("ann", "/api/documents/leave.md").json())


def test_a_document_of_other_groups_is_as_if_it_were_not_there_and_the_attempt_is_recorded(mill: Mill) -> None:
    assert PAY in text_of(mill.get("hal", "/api/documents/hr/pay.md").json())
    there, nowhere = mill.get("ann", "/api/documents/hr/pay.md"), mill.get("ann", "/api/documents/hr/none.md")
    assert (there.status_code, there.json()) == (nowhere.status_code, nowhere.json()) == (404, there.json())
    assert mill.service.journal.events(1)[0].subject == "document hr/pay.md"


def test_no_role_opens_a_document(mill: Mill) -> None:
    mill.service.people.change("adm", by="test", groups=[])
    for name in ("rea", "cur", "adm"):
        assert mill.get(name, "/api/documents/hr/pay.md").status_code == 404


def test_a_quote_that_moved_is_found_and_one_that_is_gone_is_told(mill: Mill) -> None:
    answer = mill.ask("ann")
    path = "/api/documents/leave.md"
    mill.publish_edited("Millers receive", "New words before it all. Millers receive")
    assert mill.service.current.look()
    moved = mill.get("ann", path, receipt=answer["receipt"]).json()
    assert highlighted(moved)[1] == answer["citations"][0]["quote"]
    mill.publish_edited("27 days", "28 days")
    assert mill.service.current.look()
    assert mill.get("ann", path, receipt=answer["receipt"]).json()["lost"] == [1]


def test_a_receipt_is_for_who_asked_and_for_reviewers(mill: Mill) -> None:
    receipt = mill.ask("hal", PAY_QUESTION)["receipt"]
    path = f"/api/receipts/{receipt}"
    own = mill.get("hal", path).json()
    assert PAY in own["answer"]
    assert [step["step"] for step in own["trace"]][:2] == ["normalise", "find"]
    assert mill.get("ann", path).status_code == 404
    assert mill.get("adm", path).json()["answer"] == own["answer"]
    reviewer = mill.get("rea", path).json()
    assert (reviewer["answer"], reviewer["withheld"], reviewer["citations"]) == (None, True, [])
    assert "hr/pay.md" not in str(reviewer)
    assert {step["note"] for step in reviewer["trace"]} == {""}
    assert mill.get("hal", "/api/receipts/none").status_code == 404


def test_history_is_ones_own_and_is_read_on_page_by_page(mill: Mill) -> None:
    asked = [mill.ask("ann")["receipt"] for _ in range(3)]
    mill.ask("hal")
    first = mill.get("ann", "/api/receipts", limit=2).json()
    second = mill.get("ann", "/api/receipts", limit=2, before=first["next"]).json()
    found = [receipt["receipt"] for page in (first, second) for receipt in page["receipts"]]
    assert sorted(found) == sorted(asked)
    assert second["next"] is None


def test_the_ledger_shows_curators_the_documents_of_their_groups_and_admins_all(shared: Mill) -> None:
    def names(name: str, **params: Any) -> set[str]:
        return {row["document"] for row in shared.get(name, "/api/documents", **params).json()["documents"]}

    assert names("cur") == {"leave.md", "night.md"}
    assert names("adm") == {"leave.md", "night.md", "hr/pay.md"}
    assert names("adm", contains="pay") == {"hr/pay.md"}
    assert names("adm", status="failed") == set()


@pytest.mark.parametrize("span", ["x", "1", "-1-4", "1-2-3"])
def test_a_span_that_is_none_is_turned_away(shared: Mill, span: str) -> None:
    assert shared.get("ann", "/api/documents/leave.md", span=span).status_code == 422


def test_the_release_that_answers_is_among_the_releases(shared: Mill) -> None:
    found = shared.get("ann", "/api/releases").json()["releases"]
    assert [release["release"] for release in found if release["serving"]] == [shared.ask("ann")["release"]]


def test_usage_counts_the_day(mill: Mill) -> None:
    for name in ("ann", "hal"):
        receipt = mill.ask(name)["receipt"]
        mill.post(name, "/api/feedback", {"receipt": receipt, "rating": "up"})
    today = mill.get("rea", "/api/usage", days=2).json()["days"][0]
    assert (today["questions"], today["askers"], today["up"], today["down"]) == (2, 2, 2, 0)
    assert mill.get("adm", "/api/people").json()["people"][0] == {
        "name": "adm",
        "role": "admin",
        "groups": ["everyone", "hr"],
    }
