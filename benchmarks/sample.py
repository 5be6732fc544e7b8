"""Retrieval and answers on the sample questions, by kind.

    python -m benchmarks.sample --split holdout [--retrieval]

Printed for each kind: how many answerable questions have all their evidence, or some of it, in the first passages; how
many were answered, how many of these as not certain, and with a quote that is evidence; how many unanswerable ones
were refused, and how many answered as not certain. Each citation's quote
is compared with the stored text, and each passage and citation with the asker's groups. Models were fitted on the tune
split only.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter, defaultdict

from benchmarks.questions import Question, holds, questions
from gristmill.answering.answer import Answer
from gristmill.asking import Answerer
from gristmill.identity import Asker, may_see
from gristmill.search.retrieval import Passage
from gristmill.storage.tables import DOCUMENTS, TEXTS
from gristmill.workspace import Workspace


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="tune", choices=["tune", "gate", "holdout", "near"])
    parser.add_argument("--retrieval", action="store_true", help="Passages only, no answers.")
    arguments = parser.parse_args()
    workspace = Workspace()
    # What the settings make is measured, whatever is in force.
    answerer, texts = Answerer(workspace, workspace.candidate()), stored_texts(workspace)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    latencies: list[float] = []
    for question in questions(arguments.split):
        asker = Asker.in_groups(question.groups)
        if arguments.retrieval:
            passages = answerer.search(question.text, asker, workspace.settings.search.passages)
        else:
            answer = answerer.ask(question.text, asker)
            latencies.append(answer.latency_ms)
            passages = list(answer.passages)
            count_answer(counts[question.kind], question, answer, texts)
        count_passages(counts[question.kind], question, passages)
    show(counts)
    if latencies:
        print(f"median latency {statistics.median(latencies):.0f} ms over {len(latencies)} questions")


def stored_texts(workspace: Workspace) -> dict[str, str]:
    """Return the accepted text of every document."""
    rows = workspace.lake.read(DOCUMENTS, ["document", "text_hash"]).join(workspace.lake.read(TEXTS), on="text_hash")
    return dict(rows.select("document", "text").iter_rows())


def count_passages(count: Counter[str], question: Question, passages: list[Passage]) -> None:
    """Count whether the evidence is among the passages, and passages that the asker may not see."""
    count["leaks"] += sum(not may_see(passage.audience, question.groups) for passage in passages)
    if question.quotes and question.answerable:
        found = [any(holds(passage.text, quote) for passage in passages) for quote in question.quotes]
        count["answerable"] += 1
        count["all evidence"] += all(found)
        count["some evidence"] += any(found)


def count_answer(count: Counter[str], question: Question, answer: Answer, texts: dict[str, str]) -> None:
    """Count refusals, right quotes, quotes that are not verbatim."""
    for citation in answer.citations:
        count["not verbatim"] += texts[citation.document][citation.start : citation.end] != citation.quote
    if not question.answerable:
        count["unanswerable"] += 1
        count["refused"] += answer.refused
        count["unsure"] += answer.uncertain
    elif question.quotes:
        count["answered"] += not answer.refused
        count["not certain"] += answer.uncertain
        quoted = [
            holds(c.quote, q) or holds(q, " ".join(c.quote.split())) for c in answer.citations for q in question.quotes
        ]
        count["right quote"] += any(quoted)


def show(counts: dict[str, Counter[str]]) -> None:
    """Print a row a kind, and their sum."""
    names = ["answerable", "all evidence", "some evidence", "answered", "not certain", "right quote", "unanswerable",
             "refused", "unsure", "not verbatim", "leaks"]  # fmt: skip
    print(f"{'kind':<18}" + "".join(f"{name:>15}" for name in names))
    total: Counter[str] = Counter()
    for kind, count in sorted(counts.items()):
        total.update(count)
        print(f"{kind:<18}" + "".join(f"{count[name]:>15}" for name in names))
    print(f"{'all':<18}" + "".join(f"{total[name]:>15}" for name in names))


if __name__ == "__main__":
    main()
