"""The warehouse: dbt builds it from the exports into one DuckDB file. It is derived; deleting it costs a build.

dbt runs in a process of its own: it is slow to import, and reports home unless it is told not to.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from gristmill.errors import StorageError

_HERE = Path(__file__).resolve()
# In a checkout it lies beside src; in an installed package inside it.
_PLACES = (_HERE.parents[4] / "dbt", _HERE.parents[2] / "dbt")
_REF = re.compile(r"ref\('(\w+)'\)")
_SILENT = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "False", "DO_NOT_TRACK": "1", "DBT_NO_VERSION_CHECK": "1"}


@dataclass(frozen=True)
class Column:
    """A documented column."""

    name: str
    description: str


@dataclass(frozen=True)
class Model:
    """A model of the dbt project, as its files declare it."""

    name: str
    description: str
    columns: tuple[Column, ...]
    refs: tuple[str, ...]


@dataclass(frozen=True)
class DbtTest:
    """A test of dbt that ran: on which model, and whether it holds."""

    name: str
    model: str
    passed: bool
    message: str


@dataclass(frozen=True)
class Built:
    """What a build gave."""

    tests: tuple[DbtTest, ...]
    seconds: float
    compiled: Mapping[str, str]  # the SQL of each model, as it ran


class Warehouse:
    """The warehouse of one home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "warehouse"
        self.exports = self.folder / "exports"
        self.file = self.folder / "usage.duckdb"

    def build(self) -> Built:
        """Build all models from the exports and run all tests.

        Raises:
            StorageError: a model cannot be built. A test that fails is told, not raised.
        """
        target = self.folder / "target"
        places = ["--project-dir", project(), "--profiles-dir", project(), "--target-path", target]
        command = [sys.executable, "-m", "dbt.cli.main", "--log-path", self.folder / "logs", "build", *places]
        environment = {"GRISTMILL_EXPORTS": str(self.exports), "GRISTMILL_WAREHOUSE": str(self.file)}
        (target / "run_results.json").unlink(missing_ok=True)
        done = subprocess.run(
            [str(part) for part in command], env=os.environ | _SILENT | environment, capture_output=True, text=True
        )
        try:
            told = json.loads((target / "run_results.json").read_text())
        except (OSError, ValueError) as error:
            raise StorageError(
                f"dbt did not run: {_last(done.stdout or done.stderr)}", "Run 'gristmill doctor'."
            ) from error
        return _built(told)

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """The marts, as the project declares them."""
        return marts()

    def read(self, model: str) -> pl.DataFrame:
        """Return the rows of a mart.

        Raises:
            StorageError: it was not built yet.
        """
        import duckdb

        if not self.file.exists():
            raise StorageError("The warehouse was not built yet.", "Run 'gristmill report usage'.")
        with duckdb.connect(str(self.file), read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            columns = connection.execute(f'select * from "{model}" order by all')  # noqa: S608 - a name of the project
            names = [column[0] for column in columns.description or ()]
            return pl.DataFrame(columns.fetchall(), schema=names, orient="row", infer_schema_length=None)


def project() -> Path:
    """Return the folder of the dbt project.

    Raises:
        StorageError: it is not there.
    """
    found = next((place for place in _PLACES if (place / "dbt_project.yml").is_file()), None)
    if found is None:
        raise StorageError("The dbt project is missing.", "Install Gristmill again.")
    return found


def marts() -> tuple[Model, ...]:
    """Return the marts that the project declares, without dbt: names, words and what each is made from."""
    import yaml

    folder = project() / "models" / "marts"
    declared: Sequence[dict[str, Any]] = yaml.safe_load((folder / "marts.yml").read_text())["models"]
    return tuple(
        Model(
            each["name"],
            each["description"],
            tuple(Column(column["name"], column.get("description", "")) for column in each["columns"]),
            tuple(dict.fromkeys(_REF.findall((folder / f"{each['name']}.sql").read_text()))),
        )
        for each in declared
    )


def _built(told: dict[str, Any]) -> Built:
    tests, broken, compiled = [], [], {}
    for one in told["results"]:
        kind, _, rest = one["unique_id"].split(".", 2)
        if kind == "test":
            passed = one["status"] in {"pass", "warn"}
            tests.append(DbtTest(rest.split(".")[0], _tested(rest), passed, one.get("message") or ""))
            continue
        if one["status"] == "error":
            broken.append(f"{rest}: {one['message']}")
        elif kind == "model":
            compiled[rest] = one["compiled_code"]
    if broken:
        raise StorageError(f"A model of the warehouse cannot be built: {broken[0]}", "See warehouse/logs of the home.")
    return Built(tuple(tests), float(told.get("elapsed_time", 0.0)), compiled)


def _tested(test: str) -> str:
    """Return the model that a test is of; its name begins with the rule and goes on with the model's."""
    return next((model.name for model in sorted(marts(), key=lambda m: -len(m.name)) if f"_{model.name}_" in test), "")


def _last(output: str) -> str:
    return next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "no message")[:300]
