"""Draws sentences that were served, beside what they cite, for a person to check: one line each, as CSV.

    python -m benchmarks.sentences --split holdout --draw 100 > FILE

Asked are the split's questions, as their askers; drawn are sentences with citations, evenly from all that were given.
The columns `supported` (does the quote carry the sentence?) and `answers` (does the sentence answer the question?) are
left empty, for whoever reads them.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys

from benchmarks.questions import questions
from gristmill.asking import Answerer
from gristmill.identity import Asker
from gristmill.workspace import Workspace

_SEED = 100
COLUMNS = ("id", "question", "sentence", "document", "quote", "certain", "supported", "answers")


def main() -> None:
    """Ask, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="holdout", choices=["tune", "gate", "holdout"])
    parser.add_argument("--draw", type=int, default=100)
    arguments = parser.parse_args()
    workspace = Workspace()
    answerer = Answerer(workspace, workspace.candidate())
    served = []
    for question in questions(arguments.split):
        given = answerer.ask(question.text, Asker.in_groups(question.groups))
        for sentence in given.sentences if not given.refused else ():
            cited = [given.citations[number - 1] for number in sentence.cites]
            if cited:
                documents, quotes = (
                    "\n".join(column) for column in zip(*((c.document, c.quote) for c in cited), strict=True)
                )
                certain = "no" if given.uncertain else "yes"
                served.append((question.id, question.text, sentence.text, documents, quotes, certain, "", ""))
    drawn = sorted(random.Random(_SEED).sample(range(len(served)), min(arguments.draw, len(served))))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(served[at] for at in drawn)
    print(f"{len(served)} sentences were served; {len(drawn)} are drawn.", file=sys.stderr)


if __name__ == "__main__":
    main()
