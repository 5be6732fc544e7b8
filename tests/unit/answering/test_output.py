"""Nothing that comes out of the gate is rendered, linked, fetched or executed, and plain writing stays as it is."""

from __future__ import annotations

import html
import os
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gristmill.answering.leaks import canary_of, holds_canary, leak_in
from gristmill.answering.output import inert
from gristmill.corpus.privacy import Kind
from tests.unit.answering.payloads import HOST, payloads, revelations

CANARY = canary_of("a nonce")
SECRET = "AKIA4XJ7Q2ZK9PLM3TWC"
FORBIDDEN = frozenset({Kind.SECRET, Kind.IBAN, Kind.CREDIT_CARD})
# `GRISTMILL_OUTPUTS=15000 pytest tests/unit/answering/test_output.py` is thorough.
OUTPUTS = int(os.environ.get("GRISTMILL_OUTPUTS", "1500"))
ACTS = re.compile(
    r"<[a-z!/?]|\]\s*\(|\]\s*\[|\]:|[a-z][a-z0-9+.-]*:\s?//|www\.|javascript:|data:\S|"
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f]",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "text",
    [
        "The torque is 210 Nm at < 5 mm, 20 °C and µ = 0.3; ½ day, 10² W.",
        "Function: Undervoltage U<; Setting: 0.80 Un; Undervoltage U<< (fast) and U<",
        "See policies/gifts.rtf, e.g. No. 12 (R&D), 12:30 to 13:30.",
        "Der Zuschlag beträgt 25 %, z.B. für Überstunden – « oui », dit-elle.",
        "Write to safety@aldersluice.example or ring 01632 960655.",
        "Ratio 3:2; note: data are kept for 10 years.",
    ],
)
def test_plain_writing_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


def test_no_payload_leaves_a_link_or_markup() -> None:
    for payload in payloads(OUTPUTS, "27-days-secret"):
        shown = inert(payload)
        assert ACTS.search(html.unescape(shown)) is None, (payload, shown)
        assert f"{HOST}/" not in shown.lower(), (payload, shown)


@example("<0:< >")
@given(st.text(alphabet="<>[]()!:/\\.&#;xahtps%3c0 \n\u200b＜：", max_size=120))
def test_the_gate_is_a_fixpoint_and_lets_nothing_act(text: str) -> None:
    shown = inert(text)
    assert ACTS.search(shown) is None
    assert inert(shown) == shown


def test_no_output_shows_the_canary_in_any_disguise() -> None:
    for output in revelations(OUTPUTS, CANARY):
        assert leak_in(output + " " + inert(output), "", FORBIDDEN, CANARY), output


def test_no_output_shows_a_secret_in_plain() -> None:
    for frame in ("The key is {}.", "{}", "password: {} and 27 days", "`{}`"):
        assert leak_in(frame.format(SECRET), "", FORBIDDEN, CANARY)


@pytest.mark.parametrize(
    "text", ["27 days of leave each year.", "Order 2026-11-004711 of 3 May 2026.", "Room 1.07, Mondays"]
)
def test_ordinary_answers_give_nothing_away(text: str) -> None:
    assert not holds_canary(text, CANARY)
    assert leak_in(text, "", FORBIDDEN, CANARY) == ""


def test_what_the_evidence_holds_is_no_secret_of_ours() -> None:
    token = "GB2-7F3A-99812-KX41-0042"
    assert leak_in(f"The licence is {token}.", f"Licence {token}", frozenset(), CANARY) == ""
