"""How often documents that disagree are said to, and how often others are: in a home with the sample documents.

    python -m benchmarks.disputes [--split holdout]

Each planted contradiction and changed fact is asked about once, by someone who may see everything. Then the questions
of the tune and gate splits are asked, by which the rule in `answering/disputes.py` was chosen, or those of another
split. Answers are quotes, so no model words anything. Printed is each answer that says that documents disagree.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.questions import questions
from gristmill.answering.answer import Answer
from gristmill.asking import Answerer
from gristmill.identity import Asker
from gristmill.workspace import Workspace

_PLANTED = Path(__file__).parents[1] / "samples" / "planted.jsonl"
_GROUPS = ("everyone", "hr", "finance", "board")
_SHOWN = 110
# One question for each planted pair, by what the pair says.
_ASKED = {
    "38 hours a week -> 37.5 hours a week": "How many hours a week do we work?",
    "27th of the month -> 25th of the month": "On which day of the month is pay transferred?",
    "three months -> six months": "How long is the probation period?",
    "21 and 22 November 2026 -> 28 and 29 November 2026": (
        "On which weekend is the drawing system changed to Plumbline?"
    ),
    "31 March 2027, €640,000 -> 30 June 2027, €665,000": "When is Saint-Aubier closed and what does it cost?",
    "64 -> 79": "How many helpers signed up for the open day?",
    "48p a mile / 45p per mile": "What mileage allowance do I get per mile for my own car?",
    "From the eighth calendar day / from the fourth day": "From which day of sickness do I need a fit note?",
    "11:45 to 13:45 / 11:30 to 13:30": "What are the opening hours of the canteen?",
    "car park B / car park A": "Where is the assembly point in a fire?",
    "innerhalb von 45 Minuten / within 60 minutes": "How fast must the on-call person be on site?",
    "38 litres / 42 litres": "How much gear oil does the Otter 25 take?",
    "310 kg/h / 340 kg/h": "What is the output of the Quern 900 with fine wheat flour?",
    "38 s / about 45 seconds": "What is the emergency closing time of the Sluicegate S3?",
    "within 8 working hours / within 4 hours": "Within how many hours does a fitter set out within the warranty?",
    "480 EUR / 560; 390 EUR / 420": "Was kostet das Schärfen eines Steinpaars der Quern 900?",
}
# Questions of the sample about which documents do say different things, read by a person.
_DISPUTED = {"q076", "q080", "q081", "q088", "q100", "q269", "q357", "q359", "q476"}


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", action="append", choices=["tune", "gate", "holdout"])
    splits = parser.parse_args().split or ["tune", "gate"]
    answerer = quoting(Workspace())
    planted(answerer)
    said, answered = [], 0
    for question in (question for split in splits for question in questions(split)):
        answer = answerer.ask(question.text, Asker.in_groups(question.groups))
        answered += not answer.refused
        if answer.disputed:
            said.append(question.id)
            show(f"{question.id} {question.text}", answer)
    rightly = sorted(_DISPUTED & set(said))
    print(f"{answered} answered, {len(said)} said to be disputed, {len(rightly)} of these known to be: {rightly}")


def quoting(workspace: Workspace) -> Answerer:
    """Return what answers as the settings say, in quotes."""
    quotes = workspace.settings.generator.model_copy(update={"engine": "quote"})
    changed = Workspace(workspace.settings.model_copy(update={"generator": quotes}))
    return Answerer(changed, changed.candidate())


def planted(answerer: Answerer) -> None:
    """Ask about what is planted, and print what came of it."""
    lines = map(json.loads, _PLANTED.read_text(encoding="utf-8").splitlines())
    pairs = [line for line in lines if line["kind"] in {"changed_fact", "contradiction"}]
    counts = {"said, with both documents": 0, "said": 0, "answered": 0, "refused": 0}
    for pair in pairs:
        answer = answerer.ask(_ASKED[pair["detail"]], Asker.in_groups(_GROUPS))
        cited = {citation.document for citation in answer.citations}
        both = answer.disputed and {pair["document"], pair["other"]} <= cited
        outcome = "refused" if answer.refused else "answered"
        counts["said, with both documents" if both else "said" if answer.disputed else outcome] += 1
        show(f"{pair['kind']} {_ASKED[pair['detail']]}", answer)
    print(f"{len(pairs)} planted: {counts}")


def show(what: str, answer: Answer) -> None:
    """Print an answer's quotes."""
    print(f"{what} {'(refused)' if answer.refused else '(disputed)' if answer.disputed else ''}")
    for citation in answer.citations:
        print(f"    {citation.document}: {' '.join(citation.quote.split())[:_SHOWN]}")


if __name__ == "__main__":
    main()
