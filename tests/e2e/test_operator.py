"""What operators are promised of keys: who holds which, and how the first one is had."""

import asyncio
import subprocess
from typing import cast

from atrium_common.clock import SystemClock, rfc3339
from atrium_common.http.client import ServiceClient
from atrium_common.principal import PrincipalKeys
from tests.e2e.suite import Platform, command


def _environment(pid: int) -> dict[str, str]:
    with open(f"/proc/{pid}/environ") as file:  # noqa: PTH123
        return dict(entry.partition("=")[::2] for entry in file.read().split("\0") if entry)


async def test_only_the_gateway_holds_the_private_half_of_the_key_that_vouches_for_users(platform: Platform) -> None:
    held = {
        name: _environment(int((platform.directory / "run" / f"{name}.pid").read_text()))["ATRIUM_PRINCIPAL_KEYS"]
        for name in ("gateway", "tenancy", "entitlements", "webhooks")
    }
    assert "gateway-1!:" in held.pop("gateway")
    for keys in held.values():
        assert "gateway-1:" in keys
        assert "gateway-1!" not in keys
    assert (await platform.call("GET", "user")).status == 200


async def test_bootstrap_makes_no_second_operator_and_shows_no_key_that_is_in_use(platform: Platform) -> None:
    environment = _environment(int((platform.directory / "run" / "entitlements.pid").read_text()))
    signer = PrincipalKeys.parse(environment["ATRIUM_PRINCIPAL_KEYS"]).signer("service")
    assert signer is not None
    client = ServiceClient(environment["ATRIUM_TENANCY_URL"], service="test", signer=signer, clock=SystemClock())
    operator = cast("dict[str, str]", (await client.call("POST", "/internal/bootstrap", {}))["data"])
    await client.call("POST", "/internal/keys/used", {"used": {operator["key_id"]: rfc3339(SystemClock().now())}})
    await client.close()
    done = await asyncio.to_thread(
        lambda: subprocess.run(
            command("admin", "bootstrap", "--json"), env=environment, capture_output=True, check=False, timeout=30
        )
    )
    assert done.returncode == 1
    assert b"used already" in done.stderr
    assert platform.key.encode() not in done.stdout + done.stderr
    assert (await platform.call("GET", "user")).status == 200
