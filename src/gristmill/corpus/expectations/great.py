"""Looks at the same views with Great Expectations 1.24, for its pages and for people who know it.

It is imported here and nowhere else, inside functions: that takes 3 s. It refuses Polars frames, so it is given pandas
ones of the narrow columns; whatever looks at a text was turned into a figure before.
"""

from __future__ import annotations

import os
import shutil
from functools import cache
from typing import Any

import polars as pl

from gristmill.corpus.expectations.declared import Expectation, Kind, Observation, Suite
from gristmill.corpus.expectations.measuring import counted, example, judged
from gristmill.corpus.quality import Severity

_SAMPLE = 5


def observe_great(suite: Suite, frame: pl.DataFrame) -> tuple[tuple[Observation, ...], Any]:
    """Hold all expectations of a suite against its view; return what was seen, and the library's own result.

    Raises:
        RuntimeError: an expectation could not be evaluated at all.
    """
    batch = _batch(suite.name, frame)
    asked = {f"{number:03}": expectation for number, expectation in enumerate(suite.all_expectations)}
    done = batch.validate(_suite(suite, asked), result_format=_format(suite))
    results = {result.expectation_config.meta["rule"]: result for result in done.results}
    return tuple(_observation(suite, expectation, results[name]) for name, expectation in asked.items()), done


@cache
def _context() -> Any:
    # Before the import: it asks whether it may report home while it is imported.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    context.data_sources.add_pandas("lake")
    # It makes a folder for pages of its own, which are not written here.
    for site in context.list_data_docs_sites().values():
        shutil.rmtree(site["store_backend"]["base_directory"], ignore_errors=True)
    return context


def _batch(name: str, frame: pl.DataFrame) -> Any:
    source = _context().data_sources.get("lake")
    if name not in source.get_asset_names():
        source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("now")
    definition = source.get_asset(name).get_batch_definition("now")
    return definition.get_batch(batch_parameters={"dataframe": as_pandas(frame)})


def as_pandas(frame: pl.DataFrame) -> Any:
    """Return a pandas frame, without the library that Polars would use for it and that nothing else here needs."""
    import pandas as pd

    def values(column: pl.Series) -> Any:
        plain = column.dtype.is_numeric() or (column.dtype == pl.Boolean and not column.null_count())
        return column.to_numpy() if plain else pd.Series(column.to_list(), dtype=object)

    return pd.DataFrame({column.name: values(column) for column in frame})


def _format(suite: Suite) -> dict[str, Any]:
    return {
        "result_format": "SUMMARY",
        "partial_unexpected_count": _SAMPLE,
        "unexpected_index_column_names": [suite.key],
    }


def _suite(suite: Suite, asked: dict[str, Expectation]) -> Any:
    import great_expectations as gx

    made = gx.ExpectationSuite(name=suite.name)
    for name, expectation in asked.items():
        made.add_expectation(_made(name, expectation))
    return made


def _made(name: str, expectation: Expectation) -> Any:
    import great_expectations.expectations as known

    about: dict[str, Any] = {
        "meta": {"rule": name},
        "description": expectation.rule,
        "severity": "critical" if expectation.severity is Severity.ERROR else "warning",
    }
    if expectation.kind is Kind.ROWS:
        low, high = (None if limit is None else int(limit) for limit in (expectation.low, expectation.high))
        return known.ExpectTableRowCountToBeBetween(min_value=low, max_value=high, **about)
    about |= {"column": expectation.column, "mostly": expectation.share}
    match expectation.kind:
        case Kind.PRESENT:
            return known.ExpectColumnValuesToNotBeNull(**about)
        case Kind.UNIQUE:
            return known.ExpectColumnValuesToBeUnique(**about)
        case Kind.ONE_OF:
            return known.ExpectColumnValuesToBeInSet(value_set=list(expectation.values), **about)
        case Kind.MATCHES:
            return known.ExpectColumnValuesToMatchRegex(regex=rf"\A(?:{expectation.pattern})\Z", **about)
        case _:
            return known.ExpectColumnValuesToBeBetween(min_value=expectation.low, max_value=expectation.high, **about)


def _observation(suite: Suite, expectation: Expectation, result: Any) -> Observation:
    # An empty frame has no result at all for some kinds; an exception must not pass for one.
    if said := _exception(result.exception_info):
        raise RuntimeError(f"{suite.name}, '{expectation.rule}': {said}")
    seen = result.result
    if expectation.kind is Kind.ROWS:
        return counted(suite, expectation, int(seen["observed_value"]))
    of = int(seen["element_count"]) - int(seen.get("missing_count") or 0)
    sample = tuple(_example(suite, expectation, one) for one in seen.get("partial_unexpected_index_list") or ())
    observation = judged(suite, expectation, int(seen["unexpected_count"]), of, sample)
    # What the library says counts, not our own arithmetic: the two are compared by a test.
    return Observation(
        expectation, bool(result.success), observation.observed, of, sample, suite.recovery_of(expectation)
    )


def _exception(info: dict[str, Any]) -> str:
    """Return why an expectation could not be evaluated; the library says it in either of two shapes."""
    each = info.values() if all(isinstance(one, dict) for one in info.values()) else (info,)
    return "; ".join(str(one["exception_message"]) for one in each if one.get("raised_exception"))


def _example(suite: Suite, expectation: Expectation, one: dict[str, Any]) -> str:
    key, value = one.get(suite.key), one.get(expectation.column)
    nothing = expectation.kind is Kind.PRESENT
    missing = key is None or key != key
    return example(None if missing else key, None if nothing else value, is_key=expectation.column == suite.key)
