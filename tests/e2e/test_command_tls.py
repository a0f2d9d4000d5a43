"""TLS from the client to the gateway and from the gateway to a service, by settings alone."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from atrium_local.ports import free_port
from tests.e2e.suite import Suite, command
from tests.infra.certificates import Authority

KEPT_BY = ("ATRIUM_", "SSL_CERT_")


@contextmanager
def _running(*arguments: str, admin: int, settings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(KEPT_BY)} | settings
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command(*arguments), "--admin-port", str(admin)], env=environment, stdout=file, stderr=file
        )
    try:
        _until_ready(process, admin, log)
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def _until_ready(process: subprocess.Popen[bytes], admin: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(log.read_text())


def _ask(url: str, key: str, ca: Path) -> tuple[int, Any]:
    """The status and the body; every answer says that there is no way back to plain HTTP."""
    context = ssl.create_default_context(cafile=str(ca))
    answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"}, verify=context, timeout=10)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    return answer.status_code, answer.json()


def test_every_hop_speaks_tls_and_a_ca_that_is_not_set_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    public, inner = authority.sign("public"), authority.sign("inner")
    tenancy, gateway = free_port(), free_port()
    shared = {
        "ATRIUM_DATA_DIR": str(tmp_path / "data"),
        "ATRIUM_TENANCY_URL": f"https://localhost:{tenancy}",
        "ATRIUM_LOG_FORMAT": "json",
    }
    trusting = {**shared, "ATRIUM_SERVICES_CA_FILE": str(authority.ca)}
    of_tenancy = {
        **trusting,
        "ATRIUM_TLS_CERT_FILE": str(inner.certificate),
        "ATRIUM_TLS_KEY_FILE": str(inner.key),
        "ATRIUM_PORT": str(tenancy),
    }
    of_gateway = {
        "ATRIUM_TLS_CERT_FILE": str(public.certificate),
        "ATRIUM_TLS_KEY_FILE": str(public.key),
        "ATRIUM_PORT": str(gateway),
    }
    url = f"https://localhost:{gateway}/api/v1/workspaces?per_page=1"
    with _running("tenancy", admin=free_port(), settings=of_tenancy, log=tmp_path / "tenancy.log"):
        made = subprocess.run(
            command("admin", "bootstrap", "--json"), check=False, capture_output=True, timeout=60,
            env={**os.environ, **trusting, **_keys(tmp_path / "data")},
        )  # fmt: skip
        assert made.returncode == 0, made.stderr.decode()
        key = json.loads(made.stdout)["key"]
        with _running("gateway", admin=free_port(), settings=trusting | of_gateway, log=tmp_path / "gateway.log"):
            status, body = _ask(url, key, authority.ca)
            assert status == 200, body
            assert body["links"]["first"].startswith(f"https://localhost:{gateway}/api/v1/workspaces")
        with _running("gateway", admin=free_port(), settings=shared | of_gateway, log=tmp_path / "distrusting.log"):
            status, body = _ask(url, key, authority.ca)
            assert (status, body["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "ATRIUM_SERVICES_CA_FILE" in (tmp_path / "distrusting.log").read_text()
    assert key not in "".join(log.read_text() for log in tmp_path.glob("*.log"))


def _keys(directory: Path) -> dict[str, str]:
    lines = (directory / "secrets").read_text().splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}


def test_the_suite_of_one_machine_shows_the_certificate_to_its_clients(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    public = authority.sign("public")
    files = {"ATRIUM_TLS_CERT_FILE": str(public.certificate), "ATRIUM_TLS_KEY_FILE": str(public.key)}
    suite = Suite(tmp_path / "data", files)
    suite.start()
    try:
        assert suite.ready["gateway"] == f"https://127.0.0.1:{suite.port}"
        status, _ = _ask(f"{suite.ready['gateway']}/api/v1/user", suite.key, authority.ca)
        assert status == 200
        # What the command itself calls, it trusts as OpenSSL is told to.
        create = suite.command("admin", "keys", "create", "--name", "another", "--scope", "*:read", "--json")
        environment = {**os.environ, "SSL_CERT_FILE": str(authority.ca)}
        made = subprocess.run(create, check=False, capture_output=True, timeout=60, env=environment)
        assert made.returncode == 0, made.stderr.decode()
    finally:
        suite.stop()
