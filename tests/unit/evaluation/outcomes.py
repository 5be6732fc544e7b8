"""Outcomes as tests need them: right or not, of a document, in a slice."""

from __future__ import annotations

from gristmill.evaluation.outcomes import Outcome, Took


def outcome(question: str, right: bool, document: str = "", kind: str = "fact", **fields: object) -> Outcome:
    """Return the outcome of a question with an answer."""
    value = float(right)
    made = {
        "question": question, "fingerprint": question, "cluster": document or question,
        "slices": {"kind": kind}, "answerable": True, "refused": False, "uncertain": False,
        "text": "said", "quotes": (), "cited": (),
        "right": value, "recall": value, "ndcg": value, "mrr": value, "exact": value, "f1": value,
        "contained": value, "support": 1.0, "citation_precision": value, "citation_recall": value,
        "cause": "" if right else "quoted something else", "leak": False, "injection": False, "canary": False,
        "took": Took(500.0, 0.4, 300, 20),
    }  # fmt: skip
    return Outcome(**(made | fields))  # type: ignore[arg-type]
