"""Settings of the gateway."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from atrium_common.settings import Settings
from atrium_gateway.limits.tiers import Limits

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^A-Z/\s?#@,]+|null")
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(value: object) -> object:
    if isinstance(value, str):
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
    return value


def _names(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _origins(value: tuple[str, ...]) -> tuple[str, ...]:
    for origin in value:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin: use https://app.example.com, perhaps with a port, or *")
    return value


def _limits(value: object) -> object:
    return Limits.parse(value) if isinstance(value, str) else value


TierLimits: TypeAlias = Annotated[Limits, NoDecode, BeforeValidator(_limits)]


class GatewaySettings(Settings):
    """What the gateway may be told beyond what every process may."""

    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        default=(), description="CIDRs of proxies whose X-Forwarded-For and -Proto are believed"
    )
    upstream_seconds: float = Field(default=30.0, gt=0, description="The most a request may take behind the gateway")
    most_in_flight: int = Field(default=1000, ge=10, description="Requests answered at once, before 503")
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names), AfterValidator(_origins)] = Field(
        default=(), description="Origins whose pages may call the API, or *; none by default"
    )
    docs: bool = Field(default=True, description="Whether /api/docs and /api/openapi.json are served")
    rate_limits_free: TierLimits = Field(default=Limits(1_000, 50), description="Requests an hour / burst")
    rate_limits_pro: TierLimits = Field(default=Limits(10_000, 200), description="Requests an hour / burst")
    rate_limits_business: TierLimits = Field(default=Limits(50_000, 500), description="Requests an hour / burst")
    rate_limits_enterprise: TierLimits = Field(
        default=Limits(1_000_000, 5_000), description="Requests an hour / burst of keys without a rate_limit"
    )
    unauthenticated_per_minute: int = Field(
        default=60, ge=1, description="Requests without a good key that an address may make in a minute"
    )

    @property
    def tiers(self) -> dict[str, Limits]:
        """The limits of every tier."""
        return {
            "free": self.rate_limits_free,
            "pro": self.rate_limits_pro,
            "business": self.rate_limits_business,
            "enterprise": self.rate_limits_enterprise,
        }
