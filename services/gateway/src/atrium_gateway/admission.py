"""Whether a request may pass: the key, its context, its scopes. Everything here is decided without I/O."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from atrium_common.api_keys import is_well_formed
from atrium_common.clock import Clock
from atrium_common.errors import (
    ApiKeyExpired,
    InsufficientScope,
    InvalidApiKey,
    InvalidHeader,
    IpNotAllowed,
    Unauthenticated,
    ValidationFailed,
)
from atrium_common.scopes import grants, writes_live_data
from atrium_gateway.holder import Asked, Holder
from atrium_gateway.http1.message import Request
from atrium_gateway.route_table import Entry

_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}\Z")
_RESTORE = "/workspaces/{workspace_id}/restore"


def given_key(headers: Mapping[bytes, bytes], *, needed: bool) -> bytes | None:
    """The text of the key that the request carries; None where it has none and needs none.

    Raises:
        InvalidHeader: HTTP Basic that is not base64.
        Unauthenticated: none, or another scheme.
    """
    authorization = headers.get(b"authorization")
    if authorization is None:
        if needed:
            raise Unauthenticated
        return None
    scheme, _, credentials = authorization.partition(b" ")
    credentials = credentials.strip()
    scheme = scheme.lower()
    if scheme == b"bearer" and credentials:
        return credentials
    if scheme == b"basic" and credentials:
        try:
            return base64.b64decode(credentials, validate=True).partition(b":")[0]
        except binascii.Error:
            raise InvalidHeader("Authorization: Basic must be base64 of the key and a colon.") from None
    raise Unauthenticated


def asked_for(key: bytes, request: Request, subject: str | None) -> Asked:
    """The key in the context that the request names; `subject` is the namespace in its path.

    Raises:
        InvalidHeader: a context is no identifier.
        ValidationFailed: header and query name different contexts.
    """
    plain = subject is None and not ("space_id" in request.query or "%" in request.query)
    if plain and request.derived.asked is not None:
        return request.derived.asked
    asked = _asked_for(key, request, subject)
    if plain:
        request.derived.asked = asked
    return asked


def _asked_for(key: bytes, request: Request, subject: str | None) -> Asked:
    headers = request.headers
    workspace, namespace = headers.get(b"x-workspace-id"), headers.get(b"x-namespace-id")
    query = request.query
    if "space_id" in query or "%" in query:
        pairs = set(parse_qsl(query, keep_blank_values=True))
        named = dict(pairs)
        for name in ("workspace_id", "namespace_id"):
            if sum(each == name for each, _ in pairs) > 1:
                raise ValidationFailed({name: ["The query names different ones."]})
        workspace = _agreed(workspace, named.get("workspace_id"), "workspace_id")
        namespace = _agreed(namespace, named.get("namespace_id"), "namespace_id")
    digest = hashlib.sha256(key).digest()
    if workspace is None and namespace is None and subject is None:
        return Asked(digest)
    workspace_id = _identifier(workspace, "X-Workspace-ID")
    namespace_id = _identifier(namespace, "X-Namespace-ID")
    if namespace_id is None and subject is not None and _ID.match(subject.encode()):
        return Asked(digest, workspace_id, subject, subject=True)
    return Asked(digest, workspace_id, namespace_id)


def check_form(key: bytes) -> None:
    """Return if the key has the form of one and its checksum fits: a mistyped one costs no look-up.

    Raises:
        InvalidApiKey: it has not.
    """
    if not key.isascii() or not is_well_formed(key.decode()):
        raise InvalidApiKey


def check(holder: Holder, entry: Entry, *, address: str, clock: Clock) -> None:
    """Return if the holder may make this request, from this address, now.

    Raises:
        ApiKeyExpired, IpNotAllowed, WorkspaceAccessDenied, WorkspaceSuspended, NamespaceAccessDenied,
        InsufficientScope: the first that applies.
    """
    if holder.expires_at != float("inf") and holder.expires_at <= clock.now().timestamp():
        raise ApiKeyExpired(datetime.fromtimestamp(holder.expires_at, UTC))
    if holder.networks and not _within(address, holder):
        raise IpNotAllowed
    if holder.only_restore:
        # The key of a deleted workspace's owner: it may bring the workspace back, and is unknown for everything else.
        if not entry.template.endswith(_RESTORE):
            raise InvalidApiKey
    elif holder.refused is not None:
        raise holder.refused()
    scope = entry.scope
    allowed = holder.judged.get(scope)
    if allowed is None:
        allowed = grants(holder.scopes, scope) and (holder.livemode or not writes_live_data(scope))
        holder.judged[scope] = allowed
    if not allowed:
        raise InsufficientScope(scope, holder.scopes)


def _within(address: str, holder: Holder) -> bool:
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in holder.networks)


def _agreed(header: bytes | None, parameter: str | None, name: str) -> bytes | None:
    if not parameter:
        return header
    given = parameter.encode()
    if not _ID.match(given):
        raise ValidationFailed({name: ["Must be an identifier as given."]})
    if header and header != given:
        raise ValidationFailed({name: ["The header and the query parameter name different ones."]})
    return given


def _identifier(value: bytes | None, name: str) -> str | None:
    if not value:
        return None
    if not _ID.match(value):
        raise InvalidHeader(f"{name} must be an identifier as given, like wks_….")
    return value.decode()
