"""Settings of webhooks."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode

from atrium_common.settings import Settings
from atrium_webhooks.domain.addresses import Network
from atrium_webhooks.domain.schedule import DEFAULT_SCHEDULE

_SECONDS = "must be seconds of 0 or more, separated by commas, like 0,60,300"


def _networks(value: object) -> object:
    if isinstance(value, str):
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
    return value


def _numbers(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError:
        raise ValueError(_SECONDS) from None


def _roles(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


class WebhooksSettings(Settings):
    """What webhooks may be told beyond what every process may."""

    role: Annotated[tuple[Literal["api", "worker"], ...], NoDecode, BeforeValidator(_roles)] = Field(
        default=("api", "worker"), description="Which parts this process runs: api, worker"
    )
    webhooks_retry_schedule: Annotated[tuple[float, ...], NoDecode, BeforeValidator(_numbers)] = Field(
        default=DEFAULT_SCHEDULE,
        description="Of each attempt the seconds after the one before; the first is made at once",
    )
    webhooks_timeout: float = Field(default=10.0, gt=0, description="Seconds that an attempt may take in all")
    webhooks_allowed_networks: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        default=(), description="CIDRs opened to deliveries beyond public addresses"
    )
    webhooks_allow_http: bool = Field(default=False, description="Whether http URLs may be used outside those networks")
    webhooks_in_flight: int = Field(default=500, ge=2, description="The most attempts at once, of one process")
    webhooks_ca_bundle: Path | None = Field(default=None, description="Certificates to trust in place of the system's")
    webhooks_retention_days: float = Field(default=30, gt=0, description="How long events and deliveries are kept")
    webhooks_breaker_failures: int = Field(default=10, ge=1, description="Failures in a row that open the breaker")
    webhooks_breaker_probe_seconds: float = Field(default=30, gt=0, description="From probe to probe while it is open")
    webhooks_disable_after_days: float = Field(
        default=5, ge=0, description="How long every attempt must have failed for an endpoint to be disabled"
    )
    webhooks_disable_after_deliveries: int = Field(
        default=100, ge=1, description="And how many deliveries in a row; whichever is later"
    )

    @field_validator("webhooks_retry_schedule")
    @classmethod
    def _sensible(cls, schedule: tuple[float, ...]) -> tuple[float, ...]:
        if not schedule or any(pause < 0 for pause in schedule):
            raise ValueError(_SECONDS)
        return schedule
