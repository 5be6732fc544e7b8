"""The answer path: a list of small steps, each with one job, each leaving its trace.

Every guarantee comes from code. The model only words what was found; what it writes is shown when code finds it carried
by the evidence, and otherwise the evidence itself is quoted. No step has tools or writes anything, and none opens a
socket but the one that may ask a configured remote engine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from gristmill.answering.answer import Answer, Step
from gristmill.answering.cache import Entry, Key, evidence_of
from gristmill.answering.draft import Draft, StepFunction, Tools
from gristmill.answering.events import Answered, Event, PassagesFound, SentenceReady
from gristmill.answering.finding import choose, compare, find, normalise, screen, weigh
from gristmill.answering.guards import clean, permit
from gristmill.answering.knowing import remember
from gristmill.answering.receipts import new_receipt_id
from gristmill.answering.wording import named_things, route, verify, word
from gristmill.identity import Asker

STEPS: tuple[StepFunction, ...] = (
    normalise, screen, find, weigh, remember, choose, compare, word, verify, route, permit, clean,
)  # fmt: skip
_TO_PASSAGES = STEPS.index(find) + 1


class _Run:
    """One question on its way: runs steps and times them."""

    def __init__(self, question: str, asker: Asker, tools: Tools) -> None:
        self.tools = tools
        self.draft = Draft(question, asker)
        self.trace: list[Step] = []
        self._began = time.perf_counter()
        self._cpu = 0.0  # seconds; of the steps alone, because each part of an answer may run in another thread

    def through(self, steps: tuple[StepFunction, ...]) -> None:
        began = time.thread_time()
        for step in steps:
            since = time.perf_counter()
            self.draft = step(replace(self.draft, note=""), self.tools)
            self.note(step.__name__, since, self.draft.note)
        self._cpu += time.thread_time() - began

    def note(self, name: str, since: float, note: str) -> None:
        self.trace.append(Step(name, round(1000 * (time.perf_counter() - since), 2), note))

    @property
    def latency_ms(self) -> float:
        return round(1000 * (time.perf_counter() - self._began), 2)

    def answer(self) -> Answer:
        draft = self.draft
        account = replace(draft.account, cpu_seconds=round(self._cpu, 4))
        return Answer(
            draft.question, " ".join(sentence.marked for sentence in draft.sentences), draft.refused, draft.citations,
            draft.passages, self.tools.release, new_receipt_id(), self.latency_ms, tuple(self.trace),
            draft.sentences, draft.disputed, draft.uncertain, draft.ask_whom, draft.closest, account=account,
        )  # fmt: skip

    def again(self, kept: Answer) -> Answer:
        """Return a kept answer with a receipt, a release and a time of its own."""
        account = replace(
            kept.account, prompt_tokens=0, new_tokens=0, cost=0.0, egress=(), near=kept.receipt,
            cpu_seconds=round(self._cpu, 4),
        )  # fmt: skip
        return replace(
            kept, question=self.draft.question, release=self.tools.release, receipt=new_receipt_id(), cached=True,
            trace=tuple(self.trace), account=account, latency_ms=self.latency_ms,
        )  # fmt: skip


def answer_events(question: str, asker: Asker, tools: Tools) -> Iterator[Event]:
    """Answer a question for an asker, telling what is ready as soon as it is.

    Raises:
        GristmillError: the question is empty or too long.
    """
    run = _Run(question, asker, tools)
    run.through(STEPS[:2])
    key = Key.of(run.draft.question, asker.groups, tools.settings_hash)
    kept = _recalled(run, key)
    if kept is not None and kept.index == tools.index.manifest.content:
        yield PassagesFound(run.draft.question, kept.answer.passages, kept=True)
        yield from told(run.again(kept.answer))
        return
    run.through(STEPS[2:_TO_PASSAGES])
    evidence = evidence_of(run.draft.passages)
    yield PassagesFound(run.draft.question, run.draft.passages, kept=kept is not None and kept.evidence == evidence)
    if kept is not None and tools.cache is not None:
        if kept.evidence == evidence:
            tools.cache.keep(replace(kept, index=tools.index.manifest.content))
            yield from told(run.again(replace(kept.answer, passages=run.draft.passages)))
            return
        tools.cache.forget(key)
    run.through(STEPS[_TO_PASSAGES:])
    made = run.answer()
    _remember(run, key, made, evidence)
    yield from told(made)


def _recalled(run: _Run, key: Key) -> Entry | None:
    """Return what the cache has for a question; flagged questions are always answered anew."""
    if run.tools.cache is None or run.draft.account.flags:
        return None
    since = time.perf_counter()
    kept = run.tools.cache.exact(key)
    run.note("recall", since, "nothing kept" if kept is None else f"as in {kept.answer.receipt}")
    return kept


def _remember(run: _Run, key: Key, made: Answer, evidence: str) -> None:
    tools, query = run.tools, run.draft.query
    if tools.cache is None or made.account.flags or query is None or any(e.error for e in made.account.egress):
        return
    figures = named_things(run.draft.question, tools)
    tools.cache.keep(Entry(key, made, tools.index.manifest.content, evidence, query.vector, figures))


def told(answer: Answer) -> Iterator[Event]:
    """Yield the sentences of a finished answer and the whole."""
    for number, sentence in enumerate(answer.sentences):
        yield SentenceReady(number, sentence, tuple(answer.citations[cite - 1] for cite in sentence.cites))
    yield Answered(answer)


def answer(question: str, asker: Asker, tools: Tools) -> Answer:
    """Answer a question for an asker.

    Raises:
        GristmillError: the question is empty or too long.
    """
    *_, last = answer_events(question, asker, tools)
    assert isinstance(last, Answered)
    return last.answer
