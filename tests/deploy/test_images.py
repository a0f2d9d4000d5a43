"""What is promised of the images: linted, pinned, without root or anything to write, with a list of what is inside."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import yaml

from atrium_local.data_directory import new_secrets
from atrium_local.installation import FORMATS, installation_secrets
from tests.deploy.image import DOCKERFILE, ROOT, image

SERVICES = ("gateway", "tenancy", "entitlements", "webhooks")
COMPOSE = ROOT / "deploy/docker/compose.yaml"


def _tool(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def test_the_dockerfile_has_nothing_that_a_linter_objects_to() -> None:
    done = subprocess.run([_tool("hadolint"), "--no-color", DOCKERFILE], check=False, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout.decode()) == (0, "")


def test_every_base_image_is_pinned() -> None:
    text = DOCKERFILE.read_text()
    assert "ARG PYTHON=3." in text
    bases = [line.split()[1] for line in text.splitlines() if line.startswith("FROM ")]
    stages = {line.split(" AS ")[1] for line in text.splitlines() if line.startswith("FROM ")}
    assert {base for base in bases if base not in stages} == {"python:${PYTHON}"}
    for service in yaml.safe_load(COMPOSE.read_text())["services"].values():
        assert "build" in service or ":" in service["image"]


@pytest.mark.parametrize("target", [*SERVICES, "command"])
def test_every_image_runs_as_a_user_that_is_not_root(target: str) -> None:
    built = image(target)
    assert built.user == "65532:65532"
    assert built.entrypoint == (["atrium"] if target == "command" else ["python", "-m", f"atrium_{target}"])


@pytest.mark.parametrize("name", ["runtime", "tracing"])
def test_the_list_of_what_is_inside_names_every_locked_package(name: str) -> None:
    lock = ROOT / f"requirements/{name}.txt"
    listing: list[str | Path] = [_tool("cyclonedx-py"), "requirements", lock, "--output-reproducible", "--of", "JSON"]
    made = orjson.loads(subprocess.run(listing, check=True, capture_output=True, timeout=60).stdout)
    locked = {line.partition("==")[0] for line in lock.read_text().splitlines() if "==" in line}
    assert {part["name"] for part in made["components"]} == locked
    dockerfile = DOCKERFILE.read_text()
    assert 'cyclonedx-py requirements "requirements/${LOCK}.txt"' in dockerfile
    assert '--require-hashes -r "requirements/${LOCK}.txt"' in dockerfile
    assert "ARG LOCK=runtime" in dockerfile


def test_compose_is_understood() -> None:
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("docker-compose is not installed")
    keys = ("SEALING_KEYS", "LOOKUP_KEY", "SERVICE_PRINCIPAL_KEYS", "GATEWAY_PRINCIPAL_KEYS")
    made_up = {f"ATRIUM_{name}": "k:AAAA" for name in keys}
    done = subprocess.run([compose, "-f", COMPOSE, "config"], check=False, capture_output=True, timeout=60,
                          env={**os.environ, **made_up})  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    services = yaml.safe_load(done.stdout)["services"]
    assert {*SERVICES, "kafka", "mongodb", "migrate", "prometheus", "grafana"} == services.keys()
    published = {name for name, service in services.items() if service.get("ports")}
    assert published == {"gateway", "grafana"}
    for name in (*SERVICES, "migrate"):
        assert services[name]["read_only"] is True


def test_who_is_let_in_by_compose_finds_stores_that_can_be_written() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    assert "if (!db.hello().isWritablePrimary) quit(1)" in services["mongodb"]["healthcheck"]["test"][-1]
    assert services["migrate"]["depends_on"] == {
        name: {"condition": "service_healthy"} for name in ("kafka", "mongodb")
    }
    for name in SERVICES:
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_compose_gives_each_service_what_it_must_be_given_and_the_key_that_vouches_to_the_gateway_alone() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    written = dict(line.split("=", 1) for line in FORMATS["env"](installation_secrets(new_secrets())).splitlines())
    held = json.loads(FORMATS["json"](installation_secrets(new_secrets())))
    for name in (*SERVICES, "migrate"):
        given = services[name]["environment"]
        assert given.keys() >= {*held["service"], "ATRIUM_MONGODB_URL", "ATRIUM_KAFKA_BOOTSTRAP"}
        asked = set(re.findall(r"\$\{(\w+):\?", " ".join(given.values())))
        assert asked <= written.keys()
        assert ("ATRIUM_GATEWAY_PRINCIPAL_KEYS" in asked) == (name == "gateway")
    urls = {name: services["gateway"]["environment"][f"ATRIUM_{name.upper()}_URL"] for name in SERVICES[1:]}
    assert urls == {name: f"http://{name}:8080" for name in SERVICES[1:]}
