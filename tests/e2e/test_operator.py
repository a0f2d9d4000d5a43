"""What operators are promised of keys: who holds which, and how the first one is had."""

import json
import subprocess

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


def test_bootstrap_shows_the_operators_key_of_an_installation_and_makes_no_second_operator(
    platform: Platform,
) -> None:
    environment = _environment(int((platform.directory / "run" / "entitlements.pid").read_text()))
    for _ in range(2):
        done = subprocess.run(
            command("admin", "bootstrap", "--json"), env=environment, capture_output=True, check=True, timeout=30
        )
        assert json.loads(done.stdout) == {"key": platform.key}
