"""Evaluating a release on a Ray cluster: each process opens the release and answers its share of the questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from gristmill.asking import Answerer
from gristmill.compute import at_once, connected, in_order
from gristmill.evaluation.outcomes import Outcome, Surroundings
from gristmill.evaluation.questions import Question
from gristmill.evaluation.running import asked
from gristmill.settings import Settings
from gristmill.workspace import Workspace

# Questions under way for each process.
_AHEAD = 2


def asked_on_ray(
    settings: Settings, release: str, questions: Sequence[Question], around: Surroundings
) -> Iterator[Outcome]:
    """Yield the outcome of each question, in order. The nodes must reach the home and the lake."""
    ray = connected(settings.ray)
    count = min(at_once(ray, settings.ray), max(1, len(questions)))
    shared = ray.put(around)
    remote = ray.remote(num_cpus=1)(_Examiner)
    actors = [remote.remote(settings, release, shared) for _ in range(count)]
    turns = cycle(actors)
    try:
        most = count * _AHEAD
        for _, outcome in in_order(ray, questions, lambda question: next(turns).ask.remote(question), most):
            yield outcome
    finally:
        for actor in actors:
            ray.kill(actor)


class _Examiner:
    """A release, opened in a process of Ray's."""

    def __init__(self, settings: Settings, release: str, around: Surroundings) -> None:
        workspace = Workspace(settings.model_copy(update={"compute": "local"}))
        self._answerer = Answerer(workspace, release)
        self._counts = self._answerer.count_tokens()
        self._around = around

    def ask(self, question: Question) -> Outcome:
        return asked(question, self._answerer.answer, self._counts, self._around)
