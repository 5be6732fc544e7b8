"""The one Definitions object that Dagster loads. It wires; it defines nothing."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

import assets
import sensors
from gristmill.contents import code_versions
from gristmill.resources import BY_A_PERSON, BY_ITS_SENSOR, WorkspaceResource
from gristmill.settings import Settings
from gristmill.workspace import Workspace

_EXECUTORS = {"in process": dg.in_process_executor, "multiprocess": dg.multiprocess_executor}


def build_defs(
    resource_overrides: Mapping[str, object] | None = None, settings: Settings | None = None
) -> dg.Definitions:
    """Return all definitions.

    Args:
        resource_overrides: used instead of the real resources of these names: the seam for tests.
        settings: used instead of gristmill.toml and the environment.
    """
    workspace = Workspace(settings)
    versions = code_versions(workspace)

    def completed(spec: dg.AssetSpec) -> dg.AssetSpec:
        follows = spec.deps and not {BY_A_PERSON, BY_ITS_SENSOR} & spec.tags.keys()
        return spec.replace_attributes(
            automation_condition=sensors.FOLLOW_CHANGES if follows else None,
            freshness_policy=None if BY_A_PERSON in spec.tags else sensors.NIGHTLY,
            code_version=versions.get(spec.key.to_user_string()),
        )

    found = dg.load_assets_from_package_module(assets)
    what = dg.Definitions(
        assets=[one.map_asset_specs(completed) for one in found if isinstance(one, dg.AssetsDefinition)],
        asset_checks=[_following(check) for check in dg.load_asset_checks_from_package_module(assets)],
        resources={"workspace": WorkspaceResource(), **(resource_overrides or {})},
        executor=_EXECUTORS[workspace.settings.orchestration.executor],
    )
    return dg.Definitions.merge(what, sensors.ALL)


def _following(checks: dg.AssetChecksDefinition) -> dg.AssetChecksDefinition:
    """Return checks that automation asks for together with their asset."""
    node = checks.node_def
    assert isinstance(node, dg.OpDefinition)
    specs = [spec._replace(automation_condition=sensors.WITH_ITS_ASSET) for spec in checks.check_specs]
    found: dg.AssetChecksDefinition = dg.AssetChecksDefinition.create(
        keys_by_input_name=checks.node_keys_by_input_name,
        node_def=node,
        check_specs_by_output_name=dict(zip(node.output_dict, specs, strict=True)),
        can_subset=checks.can_subset,
        resource_defs=checks.resource_defs,
    )
    return found


defs = build_defs()
