"""How sensors are declared here: switched on, and described in the UI by what their function says."""

import inspect
from collections.abc import Callable
from typing import Any

import dagster as dg

RUNNING = dg.DefaultSensorStatus.RUNNING


def told(function: Callable[..., Any]) -> str:
    """Return a function's docstring as a description."""
    return inspect.cleandoc(function.__doc__ or "")


def watching(seconds: int, job: Any = None) -> Callable[[Callable[..., Any]], dg.SensorDefinition]:
    """Return a decorator that makes a sensor of a function.

    Args:
        seconds: least time between two looks.
        job: what it may ask for.
    """

    def declared(function: Callable[..., Any]) -> dg.SensorDefinition:
        make = dg.sensor(job=job, minimum_interval_seconds=seconds, default_status=RUNNING, description=told(function))
        return make(function)

    return declared
