"""Whether the list of conflicts holds what is planted, and how much of it is worth reading.

    python -m benchmarks.conflicts samples/planted.jsonl [--read docs/explanation/conflicts.csv] [--write NEW.csv]

Run it in a home with the sample's documents. Printed is each planted fact that changed and each contradiction, with the
place of its two documents in the list and whether one of the statements listed has both of its values. With `--read`,
what a person said of each pair of documents is counted: do they say different things of the same? `--write` makes the
list of pairs for such a reading.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from gristmill.answering.figures import days, figures, without_names
from gristmill.conflicting import documents_in_force
from gristmill.monitoring.conflicts import Conflict, find_conflicts, statements_of
from gristmill.workspace import Workspace

_Pair = tuple[str, str]


def main() -> None:
    """Look, compare with what was planted and with what was read, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("planted", type=Path)
    parser.add_argument("--read", type=Path)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    workspace = Workspace()
    began = time.perf_counter()
    statements = statements_of(documents_in_force(workspace.lake))
    found = find_conflicts(statements, workspace.encoder.encode)
    of_two: dict[_Pair, list[Conflict]] = {}
    for one in found:
        of_two.setdefault(_pair(one.one.document, one.other.document), []).append(one)
    seconds = time.perf_counter() - began
    print(
        f"{len(statements):,} statements with figures; {len(found)} conflicts in {len(of_two)} pairs; {seconds:.1f} s"
    )
    planted(asked.planted, of_two)
    if asked.write:
        write(asked.write, of_two)
    if asked.read:
        read(asked.read, of_two)


def planted(file: Path, of_two: Mapping[_Pair, Sequence[Conflict]]) -> None:
    """Print where in the list each planted pair stands."""
    places = {pair: place for place, pair in enumerate(of_two, 1)}
    counts: dict[str, list[int]] = {}
    for line in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        if line["kind"] in {"changed_fact", "contradiction"}:
            pair = _pair(line["document"], line["other"])
            shown = any(_shows(one, line["detail"]) for one in of_two.get(pair, ()))
            place = places.get(pair, "not listed")
            print(f"  {line['kind']:13} {place!s:>10}  {'its values' if shown else '-':10}  {line['detail']}")
            counted = counts.setdefault(line["kind"], [0, 0, 0])
            for at, holds in enumerate((True, pair in places, shown)):
                counted[at] += holds
    for kind, (all_, listed, shown_) in counts.items():
        print(f"{kind}: {all_} planted, {listed} listed, {shown_} with their values")


def write(file: Path, of_two: Mapping[_Pair, Sequence[Conflict]]) -> None:
    """Write the pairs, each with the first statements that differ, for a person to read."""
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["one", "other", "one says", "other says", "differ"])
        for held in of_two.values():
            first = held[0]
            said = (" ".join(side.text.split()) for side in (first.one, first.other))
            rows.writerow([first.one.document, first.other.document, *said, ""])


def read(file: Path, of_two: Mapping[_Pair, Sequence[Conflict]]) -> None:
    """Count what a person said of the pairs, over the first ten, twenty, forty and all."""
    with file.open(encoding="utf-8", newline="") as rows:
        said = {_pair(row["one"], row["other"]): row["differ"] for row in csv.DictReader(rows)}
    verdicts = [said.get(pair, "") for pair in of_two]
    for most in (10, 20, 40, len(verdicts)):
        first = verdicts[:most]
        print(
            f"of the first {len(first)} pairs {first.count('yes')} differ in the same thing, {first.count('')} not read"
        )


def _shows(conflict: Conflict, detail: str) -> bool:
    """Say whether the two statements have the values of both sides of "38 hours -> 37.5 hours" or "38 s / 45 s"."""
    sides = re.split(r" -> | / ", detail, maxsplit=1)
    texts = (conflict.one.text, conflict.other.text)
    return any(
        all(_values(side) & _values(text) for side, text in zip(sides, order, strict=True))
        and _values(sides[0]) - _values(order[1])
        for order in (texts, texts[::-1])
    )


def _values(text: str) -> set[str]:
    counted = {value for values in figures(without_names(text)).values() for value in values}
    return counted | {f"day {day}" for day in days(text)}


def _pair(one: str, other: str) -> _Pair:
    return (one, other) if one < other else (other, one)


if __name__ == "__main__":
    main()
