"""The operator of an installation: created once, its key shown once."""

from __future__ import annotations

import ssl

from atrium_common.clock import SystemClock
from atrium_common.errors import AtriumError
from atrium_common.http.client import ServiceClient
from atrium_common.principal import PrincipalKeys


class NoOperator(Exception):
    """The operator could not be created; the text says why."""


async def create_operator(tenancy_url: str, principal_keys: str, *, tls: ssl.SSLContext | None = None) -> str | None:
    """Create the operator: its key, or None where it was used already or made too long ago to be shown again.

    Raises:
        NoOperator: no service key is held, or tenancy does not answer.
    """
    signer = PrincipalKeys.parse(principal_keys).signer("service")
    if signer is None:
        raise NoOperator("ATRIUM_PRINCIPAL_KEYS holds no private service key (service…!:base64-seed)")
    client = ServiceClient(tenancy_url, service="atrium", signer=signer, clock=SystemClock(), tls=tls)
    try:
        answer = await client.call("POST", "/internal/bootstrap", {})
    except AtriumError as error:
        raise NoOperator(f"tenancy at {tenancy_url} could not create the operator: {error}") from error
    finally:
        await client.close()
    data = answer["data"]
    key = data.get("key") if isinstance(data, dict) else None
    return key if isinstance(key, str) else None
