"""Parsing on a Ray cluster: the same worker process with the same limits as on one machine, one for each processor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from gristmill.compute import at_once, connected, in_order
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse_reply import Limits, Reply
from gristmill.corpus.workers import Job, Worker
from gristmill.settings import RaySettings

# Documents under way for each process: enough that none waits for the driver.
_AHEAD = 4


def parse_all_on_ray(
    jobs: Iterable[Job], limits: Limits, seconds: float, settings: RaySettings
) -> Iterator[tuple[Job, Reply]]:
    """Yield each job with its reply. A node that is lost costs its documents one try and nothing else.

    A document is read where it is parsed: the nodes must reach the sources.
    """
    ray = connected(settings)
    # A document that ends its worker must not be given to the next one by itself.
    parse = ray.remote(num_cpus=1, max_retries=0)(_parsed)
    most = at_once(ray, settings) * _AHEAD
    yield from in_order(_Taking(ray), jobs, lambda job: parse.remote(job, limits, seconds), most)


class _Taking:
    """Takes results from Ray; what was lost with its process is a reply too."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray

    def get(self, reference: Any) -> Reply:
        try:
            reply: Reply = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return Reply(Outcome.CRASHED, f"The process that read it was lost ({type(error).__name__}).")
        return reply


@cache
def _worker(limits: Limits, seconds: float) -> Worker:
    return Worker(limits, seconds)


def _parsed(job: Job, limits: Limits, seconds: float) -> Reply:
    """Parse one document in a process of Ray's, with the worker that this process keeps."""
    return _worker(limits, seconds).parse(job)
