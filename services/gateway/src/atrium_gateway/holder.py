"""Who calls: a key in a context, with everything a request needs of it made ready once."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, cast

import orjson

from atrium_common.clock import parse_rfc3339
from atrium_common.errors import AtriumError, NamespaceAccessDenied, WorkspaceAccessDenied, WorkspaceSuspended
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.principal import Principal
from atrium_common.scopes import OPERATOR
from atrium_gateway.ports import Allowance

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

PRINCIPAL_SECONDS = 30.0
_RENEWED_BELOW = 10.0
_FOREVER = float("inf")
# What an entry costs beside the answer that it was made from: objects, tags, the token.
_OVERHEAD = 4096


class Asked(NamedTuple):
    """A key (the SHA-256 of its text) in a context.

    Attributes:
        subject: the namespace is none in context, but named by the path: its facts are wanted, nothing refused for it.
    """

    digest: bytes
    workspace_id: str | None = None
    namespace_id: str | None = None
    subject: bool = False


@dataclass(slots=True, eq=False)
class Holder:
    """What tenancy answered about a key in a context, and since when it is known.

    Attributes:
        position: of tenancy's log, at least as new as what is said here.
        fetched_at: on the monotonic clock, when it was asked for.
        expires_at: Unix seconds, at which the key (or its grace) ends.
        networks: from where the key may be used; empty: from anywhere.
        only_restore: the key of a deleted workspace's owner, which may restore it and nothing else.
        refused: why nothing is allowed in this context, or None.
        tags: what may change it.
        judged: by scope, whether the key allows it.
        size: about how many bytes it takes.
    """

    position: int
    fetched_at: float
    asked: Asked
    key: JSONObject
    user: JSONObject
    context: JSONObject
    size: int
    key_id: str = ""
    user_id: str = ""
    key_workspace_id: str = ""
    workspace_id: str = ""
    livemode: bool = True
    scopes: tuple[str, ...] = ()
    expires_at: float = _FOREVER
    networks: tuple[Network, ...] = ()
    only_restore: bool = False
    refused: Callable[[], AtriumError] | None = None
    tags: tuple[str, ...] = ()
    allowance: Allowance | None = None
    judged: dict[str, bool] = field(default_factory=dict)
    _tokens: dict[str, tuple[bytes, float]] = field(default_factory=dict)

    @property
    def operator(self) -> bool:
        """Whether the key holds `admin:*`."""
        return OPERATOR in self.scopes

    @property
    def namespace_id(self) -> str | None:
        """The namespace in context."""
        return None if self.asked.subject else self.asked.namespace_id

    def token(self, service: str, sign: Callable[[Principal], str], *, now: float, unix: Callable[[], float]) -> bytes:
        """The principal signed for this service, made once and renewed before it is past; `now` is monotonic."""
        known = self._tokens.get(service)
        if known is not None and now <= known[1]:
            return known[0]
        token = sign(self.principal(service, unix())).encode()
        self._tokens[service] = (token, now + PRINCIPAL_SECONDS - _RENEWED_BELOW)
        return token

    def principal(self, service: str, unix: float, *further: str) -> Principal:
        """What this service learns of the caller; `further` scopes are for what the gateway itself asks for them."""
        workspace = cast("JSONObject", self.context.get("workspace") or {})
        namespace = self.context.get("namespace")
        facts: JSONObject = {"workspace": workspace} if workspace else {}
        if isinstance(namespace, dict):
            facts["namespace"] = {**namespace, "id": self.asked.namespace_id}
        within = cast("Sequence[str] | None", self.key.get("within"))
        return Principal(
            user_id=self.user_id,
            key_id=self.key_id,
            key_workspace_id=self.key_workspace_id,
            bound=bool(self.key.get("bound")),
            workspace_id=self.workspace_id,
            workspace_tier=str(workspace.get("tier", "free")),
            namespace_id=self.namespace_id,
            role=_text(self.context.get("role")),
            permissions=tuple(cast("Sequence[str]", self.context.get("permissions") or ())),
            within=None if within is None else tuple(within),
            scopes=(*self.scopes, *further),
            tier=str(self.key.get("rate_limit_tier", "free")),
            user_tier=str(self.user.get("tier", "free")),
            livemode=self.livemode,
            facts=facts,
            expires_at=unix + PRINCIPAL_SECONDS,
            destination=service,
        )


def holder_of(answer: JSONObject, asked: Asked, *, fetched_at: float) -> Holder:
    """The holder that tenancy tells of."""
    key, user, context = (cast("JSONObject", answer[name]) for name in ("key", "user", "context"))
    workspace = context.get("workspace")
    key_workspace_id = str(key["workspace_id"])
    workspace_id = str(workspace["id"]) if isinstance(workspace, dict) else asked.workspace_id or key_workspace_id
    ends = key.get("expires_at")
    scopes = tuple(cast("Sequence[str]", key["scopes"]))
    return Holder(
        position=cast("int", answer["position"]),
        fetched_at=fetched_at,
        asked=asked,
        key=key,
        user=user,
        context=context,
        size=_OVERHEAD + 4 * len(orjson.dumps(answer)),
        key_id=str(key["id"]),
        user_id=str(user["id"]),
        key_workspace_id=key_workspace_id,
        workspace_id=workspace_id,
        livemode=key.get("environment") != "test",
        scopes=scopes,
        expires_at=parse_rfc3339(ends).timestamp() if isinstance(ends, str) else _FOREVER,
        networks=tuple(
            ipaddress.ip_network(text, strict=False) for text in cast("Sequence[str]", key.get("ip_allowlist") or ())
        ),
        only_restore=bool(key.get("only_restore")),
        refused=_refusal(context, scopes, subject=asked.subject),
        tags=_tags(key, user, workspace_id, asked, context.get("namespace")),
    )


def _refusal(context: JSONObject, scopes: Sequence[str], *, subject: bool) -> Callable[[], AtriumError] | None:
    if context.get("access") != "ok":
        return WorkspaceAccessDenied
    workspace = context.get("workspace")
    if isinstance(workspace, dict) and workspace.get("status") == "suspended" and OPERATOR not in scopes:
        since, reason = _text(workspace.get("suspended_at")), _text(workspace.get("suspended_reason"))
        return lambda: WorkspaceSuspended(since, reason)
    if context.get("namespace_access") == "denied" and not subject:
        return NamespaceAccessDenied
    return None


def _tags(key: JSONObject, user: JSONObject, workspace_id: str, asked: Asked, namespace: JSON) -> tuple[str, ...]:
    tags = {
        f"key/{key['id']}",
        f"user/{user['id']}",
        f"workspace/{key['workspace_id']}",
        f"workspace/{workspace_id}",
    }
    if asked.namespace_id:
        tags.add(f"namespace/{asked.namespace_id}")
    if isinstance(namespace, dict):
        # The services learn its owner's and its billing workspace's facts along with it.
        tags |= {f"{str(namespace.get('owner_type')).lower()}/{namespace.get('owner_id')}"}
        tags |= {f"workspace/{namespace['billing_workspace_id']}"} if namespace.get("billing_workspace_id") else set()
    return tuple(tags)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
