"""How sensors are declared here: switched on, and described in the UI by what their function says."""

import inspect
from collections.abc import Callable
from typing import Any

import dagster as dg

from gristmill.settings import load_settings

RUNNING = dg.DefaultSensorStatus.RUNNING
# However fast a drill goes: a look takes a second or two, and there are nine of them.
_LEAST_SECONDS = 10


def told(function: Callable[..., Any]) -> str:
    """Return a function's docstring as a description."""
    return inspect.cleandoc(function.__doc__ or "")


def every(seconds: int) -> int:
    """Return the least time between two looks, in seconds, at the pace of the settings."""
    return max(min(seconds, _LEAST_SECONDS), round(seconds / load_settings().watching.pace))


def watching(seconds: int, job: Any = None) -> Callable[[Callable[..., Any]], dg.SensorDefinition]:
    """Return a decorator that makes a sensor of a function.

    Args:
        seconds: least time between two looks, by the clock.
        job: what it may ask for.
    """

    def declared(function: Callable[..., Any]) -> dg.SensorDefinition:
        make = dg.sensor(
            job=job, minimum_interval_seconds=every(seconds), default_status=RUNNING, description=told(function)
        )
        return make(function)

    return declared
