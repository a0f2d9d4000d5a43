"""The one table from errors to HTTP (spec/http-api.md, "Errors")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from atrium_common import errors
from atrium_common.clock import rfc3339
from atrium_common.eventing.repository import Contended
from atrium_common.jsontypes import JSON
from atrium_common.store.ports import ClaimTaken, StoreUnavailable


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a client sees it: status, code, message, further members, headers."""

    status: int
    code: str
    message: str
    members: Mapping[str, JSON] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, JSON]:
        """The error's envelope."""
        return {"error": {"code": self.code, "message": self.message, **self.members, "request_id": request_id}}


_Maker: TypeAlias = Callable[[Any], Problem]
_BEARER = {"WWW-Authenticate": "Bearer"}


def problem_of(error: BaseException) -> Problem | None:
    """The problem that a known error is, or None for an unforeseen one."""
    for cls in type(error).__mro__:
        maker = _TABLE.get(cls)
        if maker is not None:
            return maker(error)
    return None


INTERNAL = Problem(500, "INTERNAL_ERROR", "Something went wrong on our side. The request id helps us to find out what.")


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def _rate_limited(e: errors.RateLimited) -> Problem:
    members: dict[str, JSON] = {
        "retry_after": e.retry_after,
        "limit": e.limit,
        "remaining": e.remaining,
        "reset_at": e.reset_at,
        "scope": e.scope,
    }
    unit = "second" if e.retry_after == 1 else "seconds"
    message = f"Rate limit exceeded. Please retry after {e.retry_after} {unit}."
    return Problem(429, "RATE_LIMIT_EXCEEDED", message, members, _retry(e.retry_after))


_TABLE: Mapping[type[BaseException], _Maker] = {
    errors.InvalidJson: lambda e: Problem(400, "INVALID_JSON", e.message),
    errors.InvalidHeader: lambda e: Problem(400, "INVALID_HEADER", e.message),
    errors.CannotRetry: lambda e: Problem(
        400,
        "CANNOT_RETRY",
        f"A delivery that is {e.status} can't be retried; only failed, retrying and cancelled ones can.",
        {"status": e.status},
    ),
    errors.Unauthenticated: lambda _: Problem(
        401, "UNAUTHENTICATED", "Give an API key: Authorization: Bearer sk_live_…", {}, _BEARER
    ),
    errors.InvalidApiKey: lambda _: Problem(401, "INVALID_API_KEY", "This API key is unknown or revoked.", {}, _BEARER),
    errors.ApiKeyExpired: lambda e: Problem(
        401,
        "API_KEY_EXPIRED",
        "This API key has expired. Create or rotate a key.",
        {"expired_at": _time(e.expired_at)},
        _BEARER,
    ),
    errors.InsufficientScope: lambda e: Problem(
        403,
        "INSUFFICIENT_SCOPE",
        f"This needs the scope {e.required_scope}, which the API key does not have.",
        {"required_scope": e.required_scope, "provided_scopes": list(e.provided_scopes)},
    ),
    errors.InsufficientPermissions: lambda e: Problem(
        403,
        "INSUFFICIENT_PERMISSIONS",
        f"This needs the permission {e.required_permission}, which your role and team do not give.",
        {"required_permission": e.required_permission},
    ),
    errors.WorkspaceSuspended: lambda e: Problem(
        403,
        "WORKSPACE_SUSPENDED",
        "This workspace is suspended.",
        {"suspended_at": e.suspended_at, "reason": e.reason},
    ),
    errors.WorkspaceAccessDenied: lambda _: Problem(
        403, "WORKSPACE_ACCESS_DENIED", "You have no access to this workspace."
    ),
    errors.NamespaceAccessDenied: lambda _: Problem(
        403, "NAMESPACE_ACCESS_DENIED", "You have no access to this namespace."
    ),
    errors.IpNotAllowed: lambda _: Problem(
        403, "IP_NOT_ALLOWED", "This API key may not be used from your address; see its ip_allowlist."
    ),
    errors.EntitlementDenied: lambda e: Problem(
        403, "ENTITLEMENT_DENIED", f"The plan does not include {e.feature}.", {"feature": e.feature}
    ),
    errors.NotFound: lambda e: Problem(
        404,
        "RESOURCE_NOT_FOUND",
        f"There is no {e.resource_type.replace('_', ' ')} with the id {e.resource_id}.",
        {"resource_type": e.resource_type, "resource_id": e.resource_id},
    ),
    errors.EndpointNotFound: lambda e: Problem(
        404,
        "ENDPOINT_NOT_FOUND",
        "There is no such endpoint; see /api/docs."
        if not e.supported_versions
        else f"There is no such API version. Supported: {', '.join(e.supported_versions)}.",
        {"requested_path": e.requested_path}
        | ({"supported_versions": list(e.supported_versions)} if e.supported_versions else {}),
    ),
    errors.MethodNotAllowed: lambda e: Problem(
        405,
        "METHOD_NOT_ALLOWED",
        f"{e.method} is not possible here. Allowed: {', '.join(e.allowed)}.",
        {"allowed_methods": list(e.allowed)},
        {"Allow": ", ".join(e.allowed)},
    ),
    errors.NotAcceptable: lambda _: Problem(406, "NOT_ACCEPTABLE", "Answers are application/json; accept that."),
    errors.UnsupportedMediaType: lambda _: Problem(
        415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as Content-Type: application/json."
    ),
    errors.Duplicate: lambda e: Problem(
        409,
        "DUPLICATE_RESOURCE",
        e.message or f"This {e.conflicting_field} is taken.",
        {"conflicting_field": e.conflicting_field},
    ),
    errors.StateConflict: lambda e: Problem(
        409,
        "STATE_CONFLICT",
        e.message or f"{e.requested_action} is not possible while the state is {e.current_state}.",
        {"current_state": e.current_state, "requested_action": e.requested_action},
    ),
    errors.IdempotencyInProgress: lambda _: Problem(
        409,
        "IDEMPOTENCY_IN_PROGRESS",
        "The first request with this Idempotency-Key still runs. Try again shortly.",
        {},
        _retry(1),
    ),
    errors.Gone: lambda e: Problem(410, "GONE", e.message),
    errors.PreconditionFailed: lambda e: Problem(
        412,
        "PRECONDITION_FAILED",
        "The resource has changed since you read it. Read it again and send its new ETag.",
        {"current_version": e.current_version},
    ),
    errors.PayloadTooLarge: lambda _: Problem(413, "PAYLOAD_TOO_LARGE", "The body is over 1 MiB."),
    errors.UriTooLong: lambda _: Problem(414, "URI_TOO_LONG", "The request's address is too long."),
    errors.HeadersTooLarge: lambda _: Problem(
        431, "HEADERS_TOO_LARGE", "Send at most 100 headers, and at most 16 KiB of them."
    ),
    errors.ValidationFailed: lambda e: Problem(
        422, "VALIDATION_ERROR", e.message, {"details": {name: list(texts) for name, texts in e.details.items()}}
    ),
    errors.IdempotencyKeyReused: lambda _: Problem(
        422, "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for a different request. Use a new one."
    ),
    errors.RateLimited: _rate_limited,
    errors.QuotaExceeded: lambda e: Problem(
        429, "QUOTA_EXCEEDED", f"The quota of {e.feature} is spent.", {"feature": e.feature, **e.members}
    ),
    errors.ConcurrentLimitExceeded: lambda _: Problem(
        429, "CONCURRENT_LIMIT_EXCEEDED", "Too many requests at once.", {}, _retry(1)
    ),
    errors.BadGateway: lambda _: Problem(502, "BAD_GATEWAY", "A service behind the gateway broke off. Try again."),
    errors.Unavailable: lambda e: Problem(503, "SERVICE_UNAVAILABLE", e.message, {}, _retry(e.retry_after)),
    StoreUnavailable: lambda _: Problem(
        503,
        "SERVICE_UNAVAILABLE",
        "The store does not answer for the moment; nothing was lost. Try again shortly.",
        {},
        _retry(1),
    ),
    Contended: lambda _: Problem(
        503, "SERVICE_UNAVAILABLE", "Too many changes to the same resource at once. Try again shortly.", {}, _retry(1)
    ),
    ClaimTaken: lambda e: Problem(
        409,
        "DUPLICATE_RESOURCE",
        f"This {e.claim.partition('/')[0]} is taken.",
        {"conflicting_field": e.claim.partition("/")[0]},
    ),
    errors.GatewayTimeout: lambda _: Problem(504, "GATEWAY_TIMEOUT", "The time for this request ran out."),
}
