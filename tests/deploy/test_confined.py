"""Each service starts, answers and drains as its image runs it: as nobody, over a file system that it can't write."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from atrium_local.data_directory import DataDirectory
from atrium_local.ports import free_port
from tests.deploy.image import image

pytestmark = [pytest.mark.kafka, pytest.mark.mongo]


@pytest.mark.parametrize("target", ["gateway", "tenancy", "entitlements", "webhooks"])
def test_a_service_runs_as_its_image_runs_it(
    target: str, kafka_bootstrap: str, mongodb_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if os.geteuid() != 0:
        pytest.skip("a private mount needs root")
    built = image(target)
    admin = free_port()
    name = os.urandom(4).hex()
    keys = DataDirectory(tmp_path_factory.mktemp("keys")).secrets()
    environment = {
        **built.environment,
        **keys,
        "PATH": os.environ["PATH"],
        "ATRIUM_HOST": "127.0.0.1",
        "ATRIUM_PORT": str(free_port()),
        "ATRIUM_ADMIN_PORT": str(admin),
        "ATRIUM_MONGODB_URL": mongodb_url,
        "ATRIUM_MONGODB_PREFIX": f"image_{name}_",
        "ATRIUM_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "ATRIUM_KAFKA_PREFIX": f"image.{name}.",
        "ATRIUM_KAFKA_PARTITIONS": "1",
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
