"""Each service starts, answers and drains as its image runs it: as nobody, over a file system that it can't write."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from atrium_local.data_directory import DataDirectory
from atrium_local.ports import free_port
from tests.deploy.image import Image, image

pytestmark = [pytest.mark.kafka, pytest.mark.mongo]


@pytest.mark.parametrize("target", ["gateway", "tenancy", "entitlements", "webhooks"])
def test_a_service_runs_as_its_image_runs_it(
    target: str, kafka_bootstrap: str, mongodb_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    built = _confinable(target)
    admin = free_port()
    keys = DataDirectory(tmp_path_factory.mktemp("keys")).secrets()
    environment = {
        **built.environment,
        **keys,
        **_stores(kafka_bootstrap, mongodb_url),
        "PATH": os.environ["PATH"],
        "ATRIUM_HOST": "127.0.0.1",
        "ATRIUM_PORT": str(free_port()),
        "ATRIUM_ADMIN_PORT": str(admin),
    }
    process = subprocess.Popen(built.confined(), env=environment, cwd="/", stderr=subprocess.PIPE)
    try:
        _until_ready(process, admin)
        assert _identity(process.pid) == {"Uid": "65532", "Gid": "65532", "NoNewPrivs": "1"}
        assert _is_read_only(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


def test_migrate_runs_as_its_image_runs_it(kafka_bootstrap: str, mongodb_url: str) -> None:
    built = _confinable("command")
    environment = {**built.environment, **_stores(kafka_bootstrap, mongodb_url), "PATH": os.environ["PATH"]}
    command = [*built.confined(), "migrate", "--json"]
    done = subprocess.run(command, env=environment, cwd="/", check=False, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    assert json.loads(done.stdout).keys() >= {"tenancy", "topic tenancy.events"}


def _confinable(target: str) -> Image:
    if os.geteuid() != 0:
        pytest.skip("a private mount needs root")
    return image(target)


def _stores(kafka_bootstrap: str, mongodb_url: str) -> dict[str, str]:
    """Databases and topics of this test's own."""
    name = os.urandom(4).hex()
    return {
        "ATRIUM_MONGODB_URL": mongodb_url,
        "ATRIUM_MONGODB_PREFIX": f"image_{name}_",
        "ATRIUM_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "ATRIUM_KAFKA_PREFIX": f"image.{name}.",
        "ATRIUM_KAFKA_PARTITIONS": "1",
    }


def _until_ready(process: subprocess.Popen[bytes], admin: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            assert process.stderr is not None
            pytest.fail(process.stderr.read().decode()[-3000:])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail("it did not get ready")


def _identity(pid: int) -> dict[str, str]:
    found = {}
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123
        for line in status:
            name, _, value = line.partition(":")
            if name in {"Uid", "Gid", "NoNewPrivs"}:
                found[name] = value.split()[0]
    return found


def _is_read_only(pid: int) -> bool:
    with open(f"/proc/{pid}/mountinfo") as mounts:  # noqa: PTH123
        roots = [line.split() for line in mounts if line.split()[4] == "/"]
    return "ro" in roots[-1][5].split(",")
