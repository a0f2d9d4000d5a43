"""The gateway's table of routes and what the services say of themselves agree."""

from __future__ import annotations

import json
import re
from typing import Any

from atrium_common.clock import SystemClock
from atrium_common.http.client import ServiceClient
from atrium_common.principal import PrincipalKeys
from atrium_gateway.route_table import TABLE
from tests.e2e.suite import Platform


def _told(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Scope by method and template."""
    found = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            scopes = operation["security"][0]["apiKey"]
            found[(method.upper(), path)] = scopes[0] if scopes else ""
    return found


async def _services(platform: Platform) -> dict[tuple[str, str], tuple[str, str]]:
    """Service and scope by method and template."""
    secrets = (platform.directory / "secrets").read_text()
    keys = re.search(r"ATRIUM_PRINCIPAL_KEYS='([^']*)'", secrets)
    assert keys is not None
    signer = PrincipalKeys.parse(keys[1]).signer("service")
    assert signer is not None
    ports = json.loads((platform.directory / "run" / "ports.json").read_text())
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for name in ("tenancy", "entitlements", "webhooks"):
        client = ServiceClient(f"http://127.0.0.1:{ports[name]}", service="test", signer=signer, clock=SystemClock())
        document = await client.call("GET", "/internal/openapi.json")
        await client.close()
        found |= {operation: (name, scope) for operation, scope in _told(document).items()}
    return found


async def test_the_table_of_routes_and_the_services_agree(platform: Platform) -> None:
    served = await _services(platform)
    # What the gateway composes by itself is no single service's.
    table = {
        (entry.method, entry.template): (entry.upstream, entry.scope) for entry in TABLE if entry.compose != "usage"
    }
    unrouted = sorted(operation for operation in served if operation not in table)
    assert not unrouted, f"a service offers what the table does not have: {unrouted}"
    different = {
        operation: (table[operation], served[operation])
        for operation in served
        if served[operation] != table[operation]
    }
    assert not different, f"table and service differ: {different}"
    missing = sorted(f"{method} {path}" for method, path in table if (method, path) not in served)
    assert not missing, f"no service offers what the table has: {missing}"
