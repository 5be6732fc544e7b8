"""Reviewers see what the court says of each piece of feedback, as far as they may see what it speaks of."""

from __future__ import annotations

from gristmill.teaching import court
from tests.service.mills import PAY_QUESTION, Mill


def test_reviewers_see_the_verdict_and_not_what_is_hidden_from_them(mill: Mill) -> None:
    receipt = mill.ask("hal", PAY_QUESTION)["receipt"]
    said = {"receipt": receipt, "rating": "down", "correction": "41000 crowns"}
    assert mill.post("hal", "/api/feedback", said).status_code == 201
    assert mill.get("adm", "/api/feedback").json()["feedback"][0]["verdict"] is None
    court(mill.workspace)
    [item] = mill.get("adm", "/api/feedback", standing="open").json()["feedback"]
    verdict = item["verdict"]
    assert (verdict["standing"], verdict["answer"], verdict["voices"]) == ("open", "41000 crowns", 1)
    assert verdict["evidence"][0]["document"] == "hr/pay.md"
    assert mill.get("adm", "/api/feedback", standing="confirmed").json()["feedback"] == []
    hidden = mill.get("rea", "/api/feedback")
    assert hidden.json()["feedback"][0]["verdict"]["standing"] == "open"
    assert "41000" not in hidden.text
    assert "hr/pay.md" not in hidden.text
    assert mill.get("ann", "/api/feedback").status_code == 403
