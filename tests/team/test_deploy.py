"""The files of `deploy/` say what the code says: the same programs, ports, settings and Dagster instance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from gristmill.cli.app import app
from gristmill.settings import Settings, load_settings, unknown_variables
from gristmill.team.cluster import Cluster
from gristmill.team.dagster_home import instance_yaml, workspace_yaml
from gristmill.team.programs import programs

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
VALUES: dict[str, Any] = yaml.safe_load((DEPLOY / "values.yaml").read_text())
MANIFESTS: list[dict[str, Any]] = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name in SERVICES if name != "postgres"]


def deployments() -> dict[str, dict[str, Any]]:
    """Return the pods of our own manifests."""
    return {m["metadata"]["name"]: m["spec"]["template"]["spec"] for m in MANIFESTS if m["kind"] == "Deployment"}


def environments() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what each file sets in the environment, with what it leaves to people filled in."""
    for name, service in SERVICES.items():
        yield f"compose {name}", {key: filled(value) for key, value in service.get("environment", {}).items()}
    for name, pod in deployments().items():
        yield f"kubernetes {name}", by_name(pod["containers"][0].get("env", []))
    yield "values code", by_name(VALUES["dagster-user-deployments"]["deployments"][0]["env"])


def by_name(listed: list[Mapping[str, str]]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in listed}


def filled(value: str) -> str:
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", re.sub(r"\$\{\w+(:\?[^}]*)?\}", "secret", str(value)))


@pytest.mark.parametrize(("where", "environment"), environments())
def test_each_variable_is_a_setting_with_a_valid_value(
    where: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "gristmill.toml").touch()
    monkeypatch.setenv("GRISTMILL_SETTINGS", str(tmp_path / "gristmill.toml"))
    assert unknown_variables() == {}
    settings = load_settings()
    if "GRISTMILL_DATABASE" in environment:
        assert settings.database_url.startswith("postgresql+psycopg://")
    if "GRISTMILL_SERVICE__PORT" in environment:
        assert settings.service.port == Settings().service.port


def test_compose_runs_the_programs_of_a_teams_host() -> None:
    settings = Settings()
    cluster = Cluster(Path("/srv"), 5432, Path("/usr/bin"))
    known = {one.name: one for one in programs(settings, cluster, chroma=True)}
    assert set(known) == set(SERVICES)
    for name in OURS:
        wanted = [Path(known[name].command[0]).name, *known[name].command[1:]]
        given = SERVICES[name]["command"]
        given = given[given.index("--") + 1 :] if "--" in given else given
        assert [Path(given[0]).name, *map(inside, given[1:])] == [inside(part) for part in wanted]


def inside(part: str) -> str:
    """Return a part of a command without what differs between a host and a container."""
    if part in {"127.0.0.1", "0.0.0.0"}:
        return "ADDRESS"
    is_place = part.endswith(("workspace.yaml", "/chroma"))
    return Path(part).name if is_place else part


def test_addresses_in_compose_name_its_own_services_and_their_ports() -> None:
    for name, environment in environments():
        if not name.startswith("compose"):
            continue
        for variable, value in environment.items():
            for host, port in re.findall(r"[@/]([a-z-]+):(\d+)", value):
                command = " ".join(map(str, SERVICES[host].get("command", ["5432"])))
                assert port in command, (variable, value)


def test_whatever_compose_names_is_declared() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        volumes = [volume.split(":")[0] for volume in service.get("volumes", []) if volume[0].isalpha()]
        assert set(volumes) <= set(COMPOSE["volumes"])
        assert {config["source"] for config in service.get("configs", [])} <= set(COMPOSE["configs"])
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped"


def test_only_the_service_can_be_reached_and_nothing_reaches_out() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["service"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert [name for name, service in SERVICES.items() if "outside" in service["networks"]] == ["service"]
    (policy,) = [m for m in MANIFESTS if m["kind"] == "NetworkPolicy"]
    assert policy["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"] == {"app": "gristmill-service"}


def test_health_is_asked_of_commands_that_exist() -> None:
    from dagster._cli.api import api_cli
    from dagster._daemon.cli import cli as daemon_cli

    assert {"grpc", "grpc-health-check"} <= set(api_cli.commands)
    assert {"run", "liveness-check"} <= set(daemon_cli.commands)
    assert {"serve", "people"} <= set(get_command(app).commands)  # type: ignore[attr-defined]


def test_the_image_is_built_from_what_is_there_and_runs_as_nobody() -> None:
    lines = [line for line in DOCKERFILE.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    words = [line.split() for line in lines]
    for source in [part for w in words if w[0] == "COPY" and "--from=build" not in w for part in w[1:-1]]:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in (ROOT / ".dockerignore").read_text().split()
    images = [w[1] for w in words if w[0] == "FROM"]
    assert all(":" in image and not image.endswith(":latest") for image in images)
    instructions = [w[0] for w in words]
    last_run = max(at for at, one in enumerate(instructions) if one == "RUN")
    assert ["USER", "10001"] in words[last_run:]
    assert not {"ADD", "ARG"} & set(instructions)
    assert ["EXPOSE", str(Settings().service.port)] in words


def test_the_variables_of_the_image_turn_off_what_the_command_line_turns_off() -> None:
    source = (ROOT / "src" / "gristmill" / "cli" / "app.py").read_text()
    for name, value in re.findall(r'"([A-Z_]+)": "(\w+)"', source):
        assert f"{name}={value}" in DOCKERFILE


def test_charts_instance_is_the_projects() -> None:
    ours = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    assert ours.pop("telemetry") == VALUES["telemetry"]
    assert VALUES["additionalInstanceConfig"] == ours
    team = yaml.safe_load(instance_yaml())
    assert team.pop("storage") == {"postgres": {"postgres_url": {"env": "GRISTMILL_TEAM__DAGSTER_DATABASE"}}}
    assert team == yaml.safe_load((ROOT / "dagster.yaml").read_text())


def test_ports_and_names_of_kubernetes_agree() -> None:
    settings, web = Settings(), VALUES["dagsterWebserver"]
    (code,) = VALUES["dagster-user-deployments"]["deployments"]
    assert code["port"] == settings.team.code_port
    assert web["service"]["port"] == settings.team.dagster_port
    (container,) = deployments()["gristmill-service"]["containers"]
    environment = by_name(container["env"])
    assert environment["GRISTMILL_SERVICE__DAGSTER"] == f"http://dagster-{web['nameOverride']}:{web['service']['port']}"
    assert environment["GRISTMILL_SERVICE__DAGSTER_READ_ONLY"] == environment["GRISTMILL_SERVICE__DAGSTER"].replace(
        ":8325", "-read-only:8325"
    )
    ports = {m["metadata"]["name"]: m["spec"]["ports"][0]["port"] for m in MANIFESTS if m["kind"] == "Service"}
    assert ports == {"gristmill-chroma": settings.team.chroma_port, "gristmill-service": settings.service.port}
    for pod in deployments().values():
        assert pod["securityContext"]["runAsNonRoot"] is True


def test_the_workspace_file_asks_the_code_server() -> None:
    (server,) = yaml.safe_load(workspace_yaml("code", 8324))["load_from"]
    assert server == {"grpc_server": {"host": "code", "port": 8324, "location_name": "gristmill"}}
