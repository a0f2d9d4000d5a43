"""Bodies that clients send to tenancy."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from typing import Annotated

import orjson
from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

from atrium_common.api_keys import Environment
from atrium_common.http.body import Body
from atrium_common.scopes import is_scope
from atrium_tenancy.domain.namespace import OwnerType
from atrium_tenancy.domain.tiers import Tier

_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?\Z")
_SETTINGS_BYTES = 16 * 1024


def _settings(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(orjson.dumps(value)) > _SETTINGS_BYTES:
        raise ValueError("At most 16 KiB")
    zone, locale = value.get("timezone"), value.get("locale")
    if zone is not None and (not isinstance(zone, str) or zone not in zoneinfo.available_timezones()):
        raise ValueError("timezone must be an IANA name, like Europe/London")
    if locale is not None and (not isinstance(locale, str) or not _LOCALE.match(locale)):
        raise ValueError("locale must be like en_GB")
    return value


def _scopes(value: list[str]) -> list[str]:
    unknown = [scope for scope in value if not is_scope(scope)]
    if unknown:
        raise ValueError(f"Unknown scope {unknown[0]!r}: use resource:action, like webhooks:read")
    return value


def _networks(value: list[str]) -> list[str]:
    for network in value:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValueError(f"{network!r} is no IP address or network, like 192.0.2.0/24") from None
    return value


Name = Annotated[str, Field(min_length=1, max_length=255)]
Slug = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Settings = Annotated[dict[str, JsonValue], AfterValidator(_settings)]
Scopes = Annotated[list[str], Field(min_length=1, max_length=50), AfterValidator(_scopes)]
Networks = Annotated[list[str], Field(max_length=100), AfterValidator(_networks)]


class CreateWorkspace(Body):
    """A new workspace; a missing slug is made from the name."""

    name: Name
    slug: Slug | None = None
    tier: Tier | None = None
    settings: Settings = Field(default_factory=dict)


class UpdateWorkspace(Body):
    """What to change; `settings` is merged (RFC 7396)."""

    name: Name | None = None
    slug: Slug | None = None
    tier: Tier | None = None
    settings: Settings | None = None


class Suspend(Body):
    """Why a workspace is suspended."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class RateLimitBody(Body):
    """An enterprise key's own limit: requests an hour, and burst."""

    requests: Annotated[int, Field(ge=1)]
    burst: Annotated[int, Field(ge=1)]


class CreateApiKey(Body):
    """A new API key of the caller."""

    name: Name
    scopes: Scopes
    rate_limit_tier: Tier | None = None
    rate_limit: RateLimitBody | None = None
    ip_allowlist: Networks = Field(default_factory=list)
    environment: Environment = "live"
    expires_at: AwareDatetime | None = None


class CreateNamespace(Body):
    """A new namespace of the workspace in context, or of the caller (`owner_type` User)."""

    name: Name
    slug: Slug | None = None
    description: Annotated[str, Field(max_length=2000)] | None = None
    owner_type: OwnerType = "Workspace"
    is_default: bool = False


class UpdateNamespace(Body):
    """What to change."""

    name: Name | None = None
    description: Annotated[str, Field(max_length=2000)] | None = None
    is_active: bool | None = None
