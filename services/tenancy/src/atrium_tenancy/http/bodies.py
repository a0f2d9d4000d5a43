"""Bodies that clients send to tenancy."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
import zoneinfo
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from atrium_common.api_keys import Environment
from atrium_common.http.body import Body, MayBeLeftOut, Moment
from atrium_common.http.faults import FaultAt
from atrium_common.scopes import ACTIONS, RESOURCES, is_permission, is_scope
from atrium_tenancy.domain.namespace import OwnerType
from atrium_tenancy.domain.roles import Role
from atrium_tenancy.domain.tiers import Tier

_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?\Z")
_EMAIL = re.compile(r"[^@\s\x00-\x1f\"(),:;<>\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _workspace_settings(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    zone, locale = value.get("timezone"), value.get("locale")
    if zone is not None and (not isinstance(zone, str) or zone not in _zones()):
        raise FaultAt(("timezone",), "Must be an IANA name, like Europe/London")
    if locale is not None and (not isinstance(locale, str) or not _LOCALE.match(locale)):
        raise FaultAt(("locale",), "Must be like en_GB")
    return value


def composed(address: str) -> str:
    """The address with its letters composed: one that looks the same is the same (RFC 6532 §3.1)."""
    return unicodedata.normalize("NFC", address)


def _email(value: str) -> str:
    value = composed(value)
    # What cannot be seen, or is another way to write a letter, makes two addresses of what is one to the eye.
    if unicodedata.normalize("NFKC", value) != value or any(unicodedata.category(each)[0] == "C" for each in value):
        raise ValueError("Must be without invisible characters, and letters in forms such as full-width")
    if not _EMAIL.match(value) or ".." in value or value.startswith(".") or ".@" in value:
        raise ValueError("Must be an e-mail address, like john@example.com")
    return value


_SCOPES = f"use resource:action, or * for either, of {', '.join(RESOURCES)} and {', '.join(ACTIONS)}"


def _scopes(value: list[str]) -> list[str]:
    unknown = [scope for scope in value if not is_scope(scope)]
    if unknown:
        raise ValueError(f"Unknown scope {unknown[0]!r}: {_SCOPES}")
    return list(dict.fromkeys(value))


def _permissions(value: list[str]) -> list[str]:
    unknown = [permission for permission in value if not is_permission(permission)]
    if unknown:
        raise ValueError(f"Unknown permission {unknown[0]!r}: use resource:action, or service.action of your own")
    return list(dict.fromkeys(value))


def _networks(value: list[str]) -> list[str]:
    for network in value:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValueError(f"{network!r} is no IP address or network, like 192.0.2.0/24") from None
    return value


def _printable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("Must not contain a null character")
    return value


Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_printable)]
Slug = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", examples=["acme-corp"])]
Text = Annotated[str, Field(max_length=2000), AfterValidator(_printable)]
Short = Annotated[str, Field(max_length=255), AfterValidator(_printable)]
# As in CSS, `#3b82f6` or `#fff`, or the name of one in the product's own palette: `blue`, `zinc-500`.
Color = Annotated[
    str, Field(pattern=r"^(#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})|[a-z]{1,32}(-[0-9]{1,3})?)$", examples=["#3b82f6"])
]
Email = Annotated[
    str,
    Field(
        min_length=3,
        max_length=254,
        json_schema_extra={
            "format": "email",
            "pattern": "^[a-zA-Z0-9_+-]{1,64}@[a-zA-Z0-9]{1,63}([.][a-zA-Z0-9]{1,63}){0,3}$",
        },
    ),
    AfterValidator(_email),
]
Id = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]
# A merge patch, of nothing at first: how large they may be is judged by what comes of it.
Settings = dict[str, JsonValue]
WorkspaceSettings = Annotated[Settings, AfterValidator(_workspace_settings)]
_SCOPE = (
    f"([*]|{'|'.join((*RESOURCES, 'keys'))}):([*]|{'|'.join(ACTIONS)})|[*]"
    "|read:all|write:all|write:resources|webhooks:manage"
)
Scope = Annotated[str, Field(json_schema_extra={"pattern": f"^({_SCOPE}|admin:[*])$"})]
# All that a member may do travels with each of its requests: what is too long for that would shut it out.
Permission = Annotated[
    str,
    Field(
        max_length=128,
        json_schema_extra={"pattern": f"^({_SCOPE}|[a-z0-9_-]+([.][a-z0-9_-]+)*[.]([a-z0-9_-]+|[*]))$"},
    ),
]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=50), AfterValidator(_scopes)]
Permissions = Annotated[list[Permission], Field(max_length=100), AfterValidator(_permissions)]
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_NETWORKS = (
    rf"^({_BYTE}[.]){{3}}{_BYTE}/(3[0-2]|[12]?[0-9])$",
    "^([0-9a-fA-F]{1,4}:){1,7}:/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$",
)
_FORMS = [{"format": "ipv4"}, {"format": "ipv6"}, *({"pattern": form} for form in _NETWORKS)]
Network = Annotated[str, Field(json_schema_extra={"anyOf": _FORMS})]
Networks = Annotated[list[Network], Field(max_length=100), AfterValidator(_networks)]
_Amount = Annotated[int, Field(ge=1, le=1_000_000_000)]
SortOrder = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]


class CreateWorkspace(Body):
    """A new workspace; a missing slug is made from the name."""

    name: Name
    slug: Slug | None = None
    tier: Tier = "free"
    settings: WorkspaceSettings = Field(default_factory=dict)


class RestoreWorkspace(Body):
    """Whom a workspace shall belong to whose last owner was erased; with `admin:*`, and left out for all others."""

    owner_id: Id | None = None


class UpdateWorkspace(Body):
    """What to change; `settings` is merged (RFC 7396)."""

    name: MayBeLeftOut[Name] = None
    slug: MayBeLeftOut[Slug] = None
    tier: MayBeLeftOut[Tier] = None
    settings: MayBeLeftOut[WorkspaceSettings] = None


class Suspend(Body):
    """Why a workspace is suspended."""

    reason: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_printable)]


class AddMember(Body):
    """A user of another workspace of yours who is to join this one."""

    user_id: Id
    role: Role = "member"
    team_id: Id | None = None
    custom_permissions: Permissions | None = None


class UpdateMember(Body):
    """What to change; a `team_id` of null is the role's own team, `custom_permissions` of null the team's."""

    role: MayBeLeftOut[Role] = None
    team_id: Id | None = None
    custom_permissions: Permissions | None = None


class CreateTeam(Body):
    """A new team and what its members may do beyond their role."""

    name: Name
    description: Text | None = None
    permissions: Permissions = Field(default_factory=list)


class UpdateTeam(Body):
    """What to change."""

    name: MayBeLeftOut[Name] = None
    description: Text | None = None
    permissions: MayBeLeftOut[Permissions] = None


class CreateInvitation(Body):
    """Who is invited, as what."""

    email: Email
    role: Role = "member"
    team_id: Id | None = None


class AcceptInvitation(Body):
    """The token of an invitation; `name` is for a new user."""

    token: Annotated[str, Field(min_length=1, max_length=128)]
    name: Name | None = None


class CreateUser(Body):
    """A person who is to join the workspace in context; tier and verification are set with `admin:*` alone."""

    name: Name
    email: Email
    role: Role = "member"
    tier: Tier | None = None
    email_verified_at: Moment | None = None


class UpdateUser(Body):
    """What to change; tier and verification are set with `admin:*` alone."""

    name: MayBeLeftOut[Name] = None
    email: MayBeLeftOut[Email] = None
    tier: MayBeLeftOut[Tier] = None
    email_verified_at: Moment | None = None


class RateLimitBody(Body):
    """An enterprise key's own limit: requests an hour, and burst."""

    requests: _Amount
    burst: _Amount


class CreateApiKey(Body):
    """A new API key of the caller, or of a member."""

    name: Name
    scopes: Scopes
    rate_limit_tier: Tier | None = None
    rate_limit: RateLimitBody | None = None
    ip_allowlist: Networks = Field(default_factory=list)
    environment: Environment = "live"
    expires_at: Moment | None = None
    user_id: Id | None = None


class UpdateApiKey(Body):
    """What to change."""

    name: MayBeLeftOut[Name] = None
    scopes: MayBeLeftOut[Scopes] = None
    rate_limit_tier: MayBeLeftOut[Tier] = None
    rate_limit: RateLimitBody | None = None
    ip_allowlist: MayBeLeftOut[Networks] = None
    expires_at: Moment | None = None


class RotateApiKey(Body):
    """How long the old key goes on working; 0: not at all."""

    grace_period_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 24


class CreateNamespace(Body):
    """A new namespace of the workspace in context, or of the named owner."""

    name: Name
    slug: Slug | None = None
    description: Text | None = None
    icon: Short | None = None
    color: Color | None = None
    owner_type: OwnerType | None = None
    owner_id: Id | None = None
    workspace_id: Id | None = None
    is_default: bool = False
    is_active: bool = True
    settings: Settings = Field(default_factory=dict)
    sort_order: SortOrder = 0


class UpdateNamespace(Body):
    """What to change; `settings` is merged (RFC 7396)."""

    name: MayBeLeftOut[Name] = None
    slug: MayBeLeftOut[Slug] = None
    description: Text | None = None
    icon: Short | None = None
    color: Color | None = None
    is_default: MayBeLeftOut[bool] = None
    is_active: MayBeLeftOut[bool] = None
    settings: MayBeLeftOut[Settings] = None
    sort_order: MayBeLeftOut[SortOrder] = None
