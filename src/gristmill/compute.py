"""Heavy work on a Ray cluster: connecting to it, and spreading items over it with few of them under way at once.

What is computed stands in the rooms above; they give the same results here and there.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from gristmill.errors import SettingsError
from gristmill.settings import RaySettings

Item = TypeVar("Item")


def connected(settings: RaySettings) -> Any:
    """Return Ray, connected to the cluster of the settings, or to one of this machine's own that ends with it.

    Raises:
        SettingsError: Ray is not installed, or the cluster does not answer.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise SettingsError("'compute' is ray, and Ray is not installed.", "pip install 'gristmill[ray]'") from error
    if not ray.is_initialized():
        own = {} if settings.address else {"include_dashboard": False, "num_cpus": settings.processes or None}
        try:
            ray.init(address=settings.address or "local", log_to_driver=False, logging_level="error", **own)
        except (ConnectionError, ValueError, RuntimeError) as error:
            remedy = "Start it ('ray start --head'), or leave 'address' below [ray] empty."
            raise SettingsError(f"Ray at '{settings.address}' does not answer: {error}.", remedy) from error
    return ray


def at_once(ray: Any, settings: RaySettings) -> int:
    """Return how many processes the cluster runs at the same time."""
    return settings.processes or max(1, int(ray.cluster_resources().get("CPU", 1)))


def in_order(ray: Any, items: Iterable[Item], start: Callable[[Item], Any], most: int) -> Iterator[tuple[Item, Any]]:
    """Yield each item with its result, in the items' order, with at most `most` under way or waiting to be taken.

    Args:
        ray: as `connected` returns it.
        items: read only as fast as they are worked on.
        start: begins the work on one and returns Ray's reference to its result.
        most: bounds the memory that results take.
    """
    under_way: deque[tuple[Item, Any]] = deque()
    for item in items:
        under_way.append((item, start(item)))
        if len(under_way) >= most:
            first, reference = under_way.popleft()
            yield first, ray.get(reference)
    for first, reference in under_way:
        yield first, ray.get(reference)
