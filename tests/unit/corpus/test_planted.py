"""Everything planted in the sample company is found, nothing else is held back, and what is masked is nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from gristmill.conflicting import look_for_conflicts
from gristmill.corpus.hygiene import clean
from gristmill.corpus.privacy import find_personal_data
from gristmill.monitoring.conflicts import Conflict
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS, EXAMINED, PARSED, SIMILAR, TEXTS
from tests.gates import Gate

SAMPLES = Path(__file__).parents[3] / "samples"
AUDIENCE = tuple({"pattern": f"{group}/**", "groups": (group,)} for group in ("hr", "finance", "board"))
RULES = {
    "hidden_injection": "injection",
    "plain_injection": "injection",
    "zero_width": "zero_width",
    "mojibake": "mojibake",
    "empty_file": "empty",
    "corrupt_docx": "damaged",
    "password_pdf": "locked",
    "scanned_page": "needs_ocr",
    "wrong_extension": "wrong_extension",
    "too_short": "too_short",
    "repeated_lines": "repeated_lines",
    "truncated": "truncated",
    "stale": "stale",
}
MASKED_KINDS = {"IBAN", "NATIONAL_ID", "CREDIT_CARD", "SECRET", "PASSPORT", "DRIVING_LICENCE"}


class Planted(NamedTuple):
    kind: str
    document: str
    other: str | None
    detail: str


def planted(*kinds: str) -> list[Planted]:
    lines = map(json.loads, (SAMPLES / "planted.jsonl").read_text().splitlines())
    found = [Planted(line["kind"], line["document"], line["other"], line["detail"]) for line in lines]
    return [one for one in found if not kinds or one.kind in kinds]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    made = Gate(tmp_path_factory.mktemp("sample") / "home", SAMPLES / "documents", audience=AUDIENCE)
    made.run()
    return made


@pytest.fixture(scope="module")
def ledger(gate: Gate) -> dict[str, dict[str, Any]]:
    return gate.ledger()


@pytest.mark.parametrize("one", planted(*RULES), ids=lambda one: f"{one.kind}-{one.document}")
def test_each_planted_defect_is_found_by_its_rule(gate: Gate, one: Planted) -> None:
    assert RULES[one.kind] in gate.rules(one.document)


@pytest.mark.parametrize("one", planted("exact_duplicate"), ids=lambda one: one.document)
def test_of_equal_documents_one_is_kept(ledger: dict[str, dict[str, Any]], one: Planted) -> None:
    assert one.other is not None
    pair = {one.document, one.other}
    aside = {name for name in pair if ledger[name]["duplicate_of"] in pair}
    assert len(aside) == 1
    assert {ledger[name]["status"] for name in aside} == {"quarantined"}
    assert {ledger[name]["status"] for name in pair - aside} == {"accepted"}


@pytest.mark.parametrize("one", planted("near_duplicate"), ids=lambda one: one.document)
def test_near_duplicates_are_one_family(ledger: dict[str, dict[str, Any]], one: Planted) -> None:
    assert one.other is not None
    assert ledger[one.document]["family"] == ledger[one.other]["family"] is not None


@pytest.mark.parametrize("document", sorted({one.document for one in planted("superseded")}))
def test_an_older_version_is_marked_and_stays(ledger: dict[str, dict[str, Any]], document: str) -> None:
    row = ledger[document]
    assert row["superseded_by"] in _newer_than(document) | {
        ledger[name]["duplicate_of"] for name in _newer_than(document)
    }
    assert row["status"] == "accepted"


def _newer_than(document: str) -> set[str]:
    direct = {one.other for one in planted("superseded") if one.document == document and one.other}
    return direct.union(*map(_newer_than, direct))


@pytest.mark.parametrize("one", planted("amended"), ids=lambda one: one.detail)
def test_an_amended_document_names_its_amendment_and_stays(ledger: dict[str, dict[str, Any]], one: Planted) -> None:
    row = ledger[one.document]
    said = [finding["reason"] for finding in row["findings"] if finding["rule"] == "amended"]
    assert len(said) == 1
    assert str(one.other) in said[0]
    assert (row["status"], row["superseded_by"]) == ("accepted", None)


@pytest.mark.parametrize("one", planted("changed_fact"), ids=lambda one: f"{one.document}-{one.detail}")
def test_a_document_with_a_fact_that_changed_is_no_older_version(
    ledger: dict[str, dict[str, Any]], one: Planted
) -> None:
    """Later minutes, a mail or a chapter say otherwise on one point: the document is in force for all else it says."""
    row = ledger[one.document]
    assert (row["status"], row["superseded_by"]) == ("accepted", None)
    assert row["modified"] is not None


@pytest.fixture(scope="module")
def conflicts(gate: Gate) -> list[Conflict]:
    return look_for_conflicts(gate.workspace)


@pytest.mark.parametrize("one", planted("changed_fact"), ids=lambda one: f"{one.document}-{one.detail}")
def test_a_fact_that_changed_is_listed_with_what_both_documents_say(conflicts: list[Conflict], one: Planted) -> None:
    """As a conflict for a person to look at: of each side, the list quotes a value that the other does not have."""
    before, after = (side.split(", ") for side in one.detail.split(" -> "))
    told = {
        (mine.text, theirs.text)
        for found in conflicts
        for mine, theirs in ((found.one, found.other), (found.other, found.one))
        if (mine.document, theirs.document) == (one.document, one.other)
    }
    assert any(_says(mine, before) and _says(theirs, after) for mine, theirs in told)


def _says(text: str, values: list[str]) -> bool:
    return any(value.casefold().replace(" a week", "") in text.casefold() for value in values)


def test_a_document_is_dated_by_what_it_states_and_not_by_its_file(ledger: dict[str, dict[str, Any]]) -> None:
    told = {name: str(row["modified"].date()) for name, row in ledger.items() if row["dated"]}
    assert told["mail/2026-08-19-plumbline-weekend.eml"] == "2026-08-19"
    assert told["policies/data-protection.md"] == "2025-06-01"
    assert told["finance/credit-lines.odt"] == "2026-05-04"
    assert "handbook/pay-dates.md" not in told
    assert (len(told), len(ledger)) == (215, 238)


def test_nothing_else_is_said_to_be_amended(ledger: dict[str, dict[str, Any]]) -> None:
    amended = {name for name, row in ledger.items() if any(one["rule"] == "amended" for one in row["findings"])}
    assert amended == {one.document for one in planted("amended")}


def test_no_harmless_document_is_held_back(ledger: dict[str, dict[str, Any]]) -> None:
    concerned = {name for one in planted() for name in (one.document, one.other)}
    assert {name for name, row in ledger.items() if row["status"] != "accepted"} <= concerned


def test_every_document_that_is_held_back_says_why_and_what_to_do(ledger: dict[str, dict[str, Any]]) -> None:
    for row in ledger.values():
        if row["status"] != "accepted":
            assert row["reason"]
            assert all(finding["reason"] and finding["recovery"] for finding in row["findings"])


def _values_to_mask() -> list[str]:
    """Planted values that are, by themselves or in their sentence, of a kind that is masked by default."""
    secrets = [part for one in planted("secret") for part in one.detail.split("; ")]
    personal = {one.detail for one in planted("personal_data")}
    national = {value for value in personal if value.startswith("QQ ")}
    found = {
        v for v in personal if {f.kind.value for f in find_personal_data(v) if f.end - f.start == len(v)} & MASKED_KINDS
    }
    return sorted({*secrets, *national, *found})


@pytest.mark.parametrize("value", _values_to_mask())
def test_what_is_masked_by_default_is_in_no_table_but_the_parsed_one(gate: Gate, value: str) -> None:
    _assert_only_parsed(gate.lake, value)


def _assert_only_parsed(lake: Lake, value: str) -> None:
    assert any(value in clean(text).text for text in lake.read(PARSED)["text"].drop_nulls())
    for table in (EXAMINED, SIMILAR, TEXTS, DOCUMENTS):
        rows = lake.read(table)
        rows = rows.drop([name for name, kind in rows.schema.items() if kind == pl.Binary])
        assert value not in json.dumps(rows.to_dicts(), ensure_ascii=False, default=str), table.name


def test_with_everything_masked_each_planted_value_is_gone(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "home", SAMPLES / "documents", privacy={"default": "mask"})
    gate.run()
    texts = gate.lake.read(TEXTS)["text"].to_list()
    values = {one.detail for one in planted("personal_data")}
    assert sorted(value for value in values if any(value in text for text in texts)) == []


def test_a_second_run_examines_and_writes_nothing(gate: Gate) -> None:
    before = gate.versions()
    assert gate.run().numbers["examined"] == 0
    assert gate.versions() == before
