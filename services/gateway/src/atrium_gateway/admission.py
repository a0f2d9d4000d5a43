"""Whether a request may pass: the key, its context, its scopes. Everything here is decided without I/O."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from atrium_common.api_keys import digest, is_well_formed
from atrium_common.errors import (
    ApiKeyExpired,
    InsufficientScope,
    InvalidApiKey,
    InvalidHeader,
    IpNotAllowed,
    NamespaceAccessDenied,
    Unauthenticated,
    ValidationFailed,
    WorkspaceAccessDenied,
    WorkspaceSuspended,
)
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_common.scopes import OPERATOR, grants
from atrium_gateway.keys import Asked, Holder

PRINCIPAL_SECONDS = 30.0


def asked(headers: Mapping[str, str], query: Mapping[str, str]) -> Asked:
    """The key of a request and the context that it names.

    Raises:
        Unauthenticated: no key is given.
        InvalidApiKey: the key has not the form of one, or its checksum does not fit.
        ValidationFailed: header and query name different contexts.
    """
    key = _key(headers.get("Authorization", ""))
    if not is_well_formed(key):
        raise InvalidApiKey
    return Asked(
        digest(key),
        _context(headers.get("X-Workspace-ID"), query.get("workspace_id"), "workspace_id"),
        _context(headers.get("X-Namespace-ID"), query.get("namespace_id"), "namespace_id"),
    )


def check(holder: Holder, *, scope: str, address: str, now: datetime) -> None:
    """Return if the holder may make a request that needs this scope, from this address, now.

    Raises:
        ApiKeyExpired, IpNotAllowed, WorkspaceAccessDenied, WorkspaceSuspended, NamespaceAccessDenied,
        InsufficientScope: the first that applies.
    """
    if holder.expires_at is not None and holder.expires_at <= now:
        raise ApiKeyExpired(holder.expires_at)
    allowlist = cast("Sequence[str]", holder.key.get("ip_allowlist") or ())
    if allowlist and not any(ipaddress.ip_address(address) in _network(network) for network in allowlist):
        raise IpNotAllowed
    if holder.context.get("access") != "ok":
        raise WorkspaceAccessDenied
    scopes = cast("Sequence[str]", holder.key["scopes"])
    workspace = cast("JSONObject", holder.context["workspace"])
    if workspace.get("status") == "suspended" and OPERATOR not in scopes:
        raise WorkspaceSuspended(_text(workspace.get("suspended_at")), _text(workspace.get("suspended_reason")))
    if holder.context.get("namespace_access") == "denied":
        raise NamespaceAccessDenied
    if not grants(scopes, scope):
        raise InsufficientScope(scope, scopes)


def principal(holder: Holder, wanted: Asked, *, now: datetime) -> Principal:
    """What the services learn of the caller."""
    workspace = cast("JSONObject", holder.context["workspace"])
    namespace = holder.context.get("namespace")
    facts: JSONObject = {"workspace": workspace}
    if isinstance(namespace, dict):
        facts["namespace"] = {**namespace, "id": wanted.namespace_id}
    return Principal(
        user_id=str(holder.user["id"]),
        key_id=str(holder.key["id"]),
        key_workspace_id=str(holder.key["workspace_id"]),
        bound=bool(holder.key["bound"]),
        workspace_id=str(workspace["id"]),
        workspace_tier=str(workspace["tier"]),
        namespace_id=wanted.namespace_id,
        role=_text(holder.context.get("role")),
        permissions=tuple(cast("Sequence[str]", holder.context["permissions"])),
        scopes=tuple(cast("Sequence[str]", holder.key["scopes"])),
        tier=str(holder.key["rate_limit_tier"]),
        user_tier=str(holder.user["tier"]),
        livemode=holder.key["environment"] == "live",
        facts=facts,
        expires_at=now.timestamp() + PRINCIPAL_SECONDS,
    )


def _key(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if not credentials:
        raise Unauthenticated
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            raise InvalidHeader("Authorization: Basic must be base64 of the key and a colon.") from None
    raise Unauthenticated


def _context(header: str | None, parameter: str | None, name: str) -> str | None:
    if header and parameter and header != parameter:
        raise ValidationFailed({name: ["The header and the query parameter name different ones."]})
    return header or parameter or None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
