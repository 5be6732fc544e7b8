"""From which columns each column of a mart is made, read from the SQL that dbt ran. What the marts mean stands in dbt.

The SQL is taken as dbt compiled it, so a macro is as plain as anything else; staging models are looked through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# How a compiled model names others: "database"."schema"."model"; and how it names an export.
_EXPORT = re.compile(r"'[^']*/(\w+)\.parquet'")
_DIALECT = "duckdb"
# What the names of exports begin with here: a mart may have the same name.
EXPORT = "export_"


@dataclass(frozen=True, order=True)
class Origin:
    """A column that another one is made from."""

    table: str  # a mart, or an export, which begins with EXPORT
    column: str


def lineage(
    compiled: Mapping[str, str], marts: Mapping[str, Sequence[str]], exports: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, list[Origin]]]:
    """Return the origins of each column of each mart; a column that counts rows has none.

    Args:
        compiled: the SQL of each model, as dbt ran it.
        marts: the columns of each mart.
        exports: the columns of each export.
    """
    plain = {name: _plain(sql) for name, sql in compiled.items()}
    tables = {**marts, **{f"{EXPORT}{name}": columns for name, columns in exports.items()}}
    known = {name: dict.fromkeys(columns, "text") for name, columns in tables.items()}
    staging = {name: sql for name, sql in plain.items() if name not in marts}
    return {
        mart: {column: _origins(column, plain[mart], staging, known) for column in columns}
        for mart, columns in marts.items()
        if mart in plain
    }


def _origins(column: str, sql: str, staging: Mapping[str, str], known: Mapping[str, Mapping[str, str]]) -> list[Origin]:
    from sqlglot import exp
    from sqlglot.lineage import lineage as trace

    found = set()
    for node in trace(column, sql, dialect=_DIALECT, sources=dict(staging), schema=dict(known)).walk():
        if isinstance(node.expression, exp.Table) and not node.downstream:
            name = node.name.rpartition(".")[2].strip('"')
            if name != "*":
                found.add(Origin(node.expression.name, name))
    return sorted(found)


def _plain(sql: str) -> str:
    """Return SQL whose tables have their bare names, exports as well as models."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(_EXPORT.sub(rf'"{EXPORT}\1"', sql), dialect=_DIALECT)
    for table in tree.find_all(exp.Table):
        table.set("db", None)
        table.set("catalog", None)
    return tree.sql(dialect=_DIALECT)
