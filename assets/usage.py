"""What use came to: the marts that dbt builds on DuckDB, and the usage report."""

from collections.abc import Iterator, Mapping

import dagster as dg

from assets.ingestion import accepted_documents
from assets.interactions import interactions
from assets.presentation import checked, materialized
from assets.release import release_candidate
from gristmill.monitoring.usage.lineage import EXPORT, Origin
from gristmill.monitoring.usage.warehouse import Model, marts
from gristmill.resources import WorkspaceResource

_GROUP = "usage"
_OWNERS = ["team:search"]
# The project's files are read and dbt is not, so that loading stays fast and nothing has to be prepared.
_MARTS = marts()
_NAMES = {model.name: f"mart_{model.name}" for model in _MARTS}
# What each export is of; its columns have the names that dbt's sources give them.
_EXPORTED = {
    "answers": interactions, "feedback": interactions, "documents": accepted_documents,
    "releases": release_candidate, "decisions": release_candidate,
}  # fmt: skip


def _spec(model: Model) -> dg.AssetSpec:
    columns = [dg.TableColumn(column.name, description=column.description) for column in model.columns]
    above = [_NAMES[ref] for ref in model.refs if ref in _NAMES]
    exported = list(dict.fromkeys(_EXPORTED.values()))
    return dg.AssetSpec(
        _NAMES[model.name], deps=above or exported, description=model.description, group_name=_GROUP,
        owners=_OWNERS, kinds={"dbt", "duckdb"}, metadata={"dagster/column_schema": dg.TableSchema(columns)},
    )  # fmt: skip


@dg.multi_asset(
    name="warehouse",
    specs=[_spec(model) for model in _MARTS],
    check_specs=[
        dg.AssetCheckSpec("its_tests_hold", asset=name, blocking=True, description="All tests of dbt on it hold.")
        for name in _NAMES.values()
    ],
    pool="duckdb",
)
def warehouse(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Iterator[dg.MaterializeResult[None]]:
    """The marts: exported from receipts and ledger, built by dbt in one file, tested."""
    from gristmill.usage_stage import check_mart, column_lineage, warehouse_stage

    with workspace.at_work(context) as run:
        built, made = warehouse_stage(run.workspace)
        origins = column_lineage(run.workspace, built)
        for model, (report, contents) in made.items():
            name = _NAMES[model]
            held = checked(check_mart(built, model))._replace(asset_key=dg.AssetKey(name), check_name="its_tests_hold")
            told = materialized(report, contents)
            metadata = {**(told.metadata or {}), "dagster/column_lineage": _lineage(origins[model])}
            yield told._replace(asset_key=dg.AssetKey(name), check_results=[held], metadata=metadata)


def _lineage(origins: Mapping[str, list[Origin]]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {column: [dg.TableColumnDep(_asset_of(each.table), each.column) for each in made_from]
         for column, made_from in origins.items()}
    )  # fmt: skip


def _asset_of(table: str) -> dg.AssetKey:
    return dg.AssetKey(_NAMES[table]) if table in _NAMES else _EXPORTED[table.removeprefix(EXPORT)].key


@dg.asset(deps=list(_NAMES.values()), group_name=_GROUP, owners=_OWNERS, kinds={"html"}, pool="duckdb")
def usage_report(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Use, speed, accuracy, cost, energy and satisfaction by release, day and month: one page to be sent around."""
    from gristmill.usage_stage import usage_stage

    with workspace.at_work(context) as run:
        return materialized(*usage_stage(run.workspace))


@dg.asset_check(asset=usage_report, blocking=True)
def it_counts_every_answer(context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """The report counts as many answers as there are receipts."""
    from gristmill.usage_stage import check_usage

    with workspace.at_work(context) as run:
        return checked(check_usage(run.workspace))
