"""The one Definitions object that Dagster loads. It wires; it defines nothing."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

import assets
import sensors
from gristmill.contents import code_versions
from gristmill.resources import BY_A_PERSON, WorkspaceResource
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
        follows = spec.deps and BY_A_PERSON not in spec.tags
        condition = sensors.FOLLOW_CHANGES if follows else None
        version = versions.get(spec.key.to_user_string())
        return spec.replace_attributes(automation_condition=condition, code_version=version)

    found = dg.load_assets_from_package_module(assets)
    what = dg.Definitions(
        assets=[one.map_asset_specs(completed) for one in found if isinstance(one, dg.AssetsDefinition)],
        asset_checks=dg.load_asset_checks_from_package_module(assets),
        resources={"workspace": WorkspaceResource(), **(resource_overrides or {})},
        executor=_EXECUTORS[workspace.settings.orchestration.executor],
    )
    return dg.Definitions.merge(what, sensors.ALL)


defs = build_defs()
