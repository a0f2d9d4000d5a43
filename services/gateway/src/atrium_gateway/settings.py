"""Settings of the gateway."""

from __future__ import annotations

import ipaddress
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from atrium_common.settings import Settings

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(value: object) -> object:
    if isinstance(value, str):
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
    return value


def _names(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class GatewaySettings(Settings):
    """What the gateway may be told beyond what every process may."""

    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        default=(), description="CIDRs of proxies whose X-Forwarded-For and -Proto are believed"
    )
    upstream_seconds: float = Field(default=30.0, gt=0, description="The most a request may take behind the gateway")
    most_in_flight: int = Field(default=1000, ge=10, description="Requests answered at once, before 503")
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        default=(), description="Origins whose pages may call the API, or *; none by default"
    )
    docs: bool = Field(default=True, description="Whether /api/docs and /api/openapi.json are served")
