"""The one table from errors to HTTP (spec/http-api.md, "Errors")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from atrium_common import errors
from atrium_common.bus.ports import BusUnavailable
from atrium_common.clock import rfc3339
from atrium_common.eventing.repository import Contended
from atrium_common.jsontypes import JSON
from atrium_common.scopes import grants
from atrium_common.store.ports import ClaimTaken, StoreUnavailable, VersionConflict

_Members: TypeAlias = Mapping[str, JSON]
_BEARER = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a client sees it: status, code, message, further members, headers."""

    status: int
    code: str
    message: str
    members: _Members = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, JSON]:
        """The error's envelope."""
        return {"error": {"code": self.code, "message": self.message, **self.members, "request_id": request_id}}


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table: what is fixed, and what is made from the error's data."""

    status: int
    code: str
    message: str | Callable[[Any], str]
    members: Callable[[Any], _Members] | None = None
    headers: Mapping[str, str] | Callable[[Any], Mapping[str, str]] = field(default_factory=dict)

    def problem(self, error: BaseException) -> Problem:
        """The problem that this error is."""
        return Problem(
            self.status,
            self.code,
            self.message if isinstance(self.message, str) else self.message(error),
            {} if self.members is None else self.members(error),
            self.headers(error) if callable(self.headers) else self.headers,
        )


def problem_of(error: BaseException) -> Problem | None:
    """The problem that a known error is, or None for an unforeseen one."""
    row = _row(type(error))
    return None if row is None else row.problem(error)


def answered_as(kind: type[BaseException]) -> tuple[int, str]:
    """The status and code with which errors of this class are answered.

    Raises:
        LookupError: the table does not know the class.
    """
    row = _row(kind)
    if row is None:
        raise LookupError(f"{kind.__name__} is in no line of the table of problems")
    return row.status, row.code


INTERNAL = Problem(500, "INTERNAL_ERROR", "Something went wrong on our side. The request id helps us to find out what.")


def _row(kind: type[BaseException]) -> _Row | None:
    return next((_TABLE[cls] for cls in kind.__mro__ if cls in _TABLE), None)


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def _claimed(e: ClaimTaken) -> str:
    return e.claim.partition("/")[0]


def _rate_limited(e: errors.RateLimited) -> str:
    return f"Rate limit exceeded. Please retry after {e.retry_after} second{'' if e.retry_after == 1 else 's'}."


def _unknown_path(e: errors.EndpointNotFound) -> str:
    if e.supported_versions:
        return f"There is no such API version. Supported: {', '.join(e.supported_versions)}."
    if e.requested_path.endswith("/") and e.requested_path != "/":
        return "There is no such endpoint: send the path without the slash at its end, or see /api/docs."
    return "There is no such endpoint; see /api/docs."


def _lacking(e: errors.InsufficientScope) -> str:
    scope = e.required_scope
    if grants(e.provided_scopes, scope):
        # The scopes would do, so that it is a test key.
        return f"A test key changes nothing that live data shares: use a live key with the scope {scope}."
    return f"This needs the scope {scope}, which the API key does not have."


_TABLE: Mapping[type[BaseException], _Row] = {
    errors.InvalidJson: _Row(400, "INVALID_JSON", lambda e: e.message),
    errors.InvalidHeader: _Row(400, "INVALID_HEADER", lambda e: e.message),
    errors.CannotRetry: _Row(
        400,
        "CANNOT_RETRY",
        lambda e: f"A delivery that is {e.status} can't be retried; only failed, retrying and cancelled ones can.",
        lambda e: {"status": e.status},
    ),
    errors.Unauthenticated: _Row(
        401, "UNAUTHENTICATED", "Give an API key: Authorization: Bearer sk_live_…", headers=_BEARER
    ),
    errors.InvalidApiKey: _Row(
        401,
        "INVALID_API_KEY",
        "This API key is unknown or revoked: check that it is whole, or create another.",
        headers=_BEARER,
    ),
    errors.ApiKeyExpired: _Row(
        401,
        "API_KEY_EXPIRED",
        "This API key has expired. Create or rotate a key.",
        lambda e: {"expired_at": None if e.expired_at is None else rfc3339(e.expired_at)},
        _BEARER,
    ),
    errors.PaymentRequired: _Row(402, "PAYMENT_REQUIRED", "This needs a paid plan."),
    errors.InsufficientScope: _Row(
        403,
        "INSUFFICIENT_SCOPE",
        _lacking,
        lambda e: {"required_scope": e.required_scope, "provided_scopes": list(e.provided_scopes)},
    ),
    errors.InsufficientPermissions: _Row(
        403,
        "INSUFFICIENT_PERMISSIONS",
        lambda e: (
            e.advice or f"This needs the permission {e.required_permission}, which your role and team do not give."
        ),
        lambda e: {"required_permission": e.required_permission},
    ),
    errors.WorkspaceSuspended: _Row(
        403,
        "WORKSPACE_SUSPENDED",
        "This workspace is suspended; only the platform's operator can open it again.",
        lambda e: {"suspended_at": e.suspended_at, "reason": e.reason},
    ),
    errors.WorkspaceAccessDenied: _Row(
        403,
        "WORKSPACE_ACCESS_DENIED",
        lambda e: e.advice or "This key has no access to such a workspace: GET /api/v1/workspaces lists yours.",
    ),
    errors.NamespaceAccessDenied: _Row(
        403,
        "NAMESPACE_ACCESS_DENIED",
        "This key has no access to such a namespace: GET /api/v1/namespaces lists yours.",
    ),
    errors.IpNotAllowed: _Row(
        403, "IP_NOT_ALLOWED", "This API key may not be used from your address; see its ip_allowlist."
    ),
    errors.EntitlementDenied: _Row(
        403,
        "ENTITLEMENT_DENIED",
        lambda e: f"The plan does not include {e.feature}.",
        lambda e: {"feature": e.feature},
    ),
    errors.NotFound: _Row(
        404,
        "RESOURCE_NOT_FOUND",
        lambda e: e.advice or f"There is no {e.resource_type.replace('_', ' ')} with the id {e.resource_id}.",
        lambda e: {"resource_type": e.resource_type, "resource_id": e.resource_id},
    ),
    errors.EndpointNotFound: _Row(
        404,
        "ENDPOINT_NOT_FOUND",
        _unknown_path,
        lambda e: (
            {"requested_path": e.requested_path}
            | ({"supported_versions": list(e.supported_versions)} if e.supported_versions else {})
        ),
    ),
    errors.MethodNotAllowed: _Row(
        405,
        "METHOD_NOT_ALLOWED",
        lambda e: f"{e.method} is not possible here. Allowed: {', '.join(e.allowed)}.",
        lambda e: {"allowed_methods": list(e.allowed)},
        lambda e: {"Allow": ", ".join(e.allowed)},
    ),
    errors.NotAcceptable: _Row(406, "NOT_ACCEPTABLE", "Answers are application/json; accept that."),
    errors.RequestTimeout: _Row(
        408, "REQUEST_TIMEOUT", "The request did not arrive in time. Send it again.", headers={"Connection": "close"}
    ),
    errors.Duplicate: _Row(
        409,
        "DUPLICATE_RESOURCE",
        lambda e: e.message or f"This {e.conflicting_field} is taken.",
        lambda e: {"conflicting_field": e.conflicting_field},
    ),
    ClaimTaken: _Row(
        409,
        "DUPLICATE_RESOURCE",
        lambda e: f"This {_claimed(e)} is taken.",
        lambda e: {"conflicting_field": _claimed(e)},
    ),
    errors.StateConflict: _Row(
        409,
        "STATE_CONFLICT",
        lambda e: e.message or f"{e.requested_action} is not possible while the state is {e.current_state}.",
        lambda e: {"current_state": e.current_state, "requested_action": e.requested_action},
    ),
    errors.IdempotencyInProgress: _Row(
        409,
        "IDEMPOTENCY_IN_PROGRESS",
        "The first request with this Idempotency-Key still runs. Try again shortly.",
        headers=_retry(1),
    ),
    errors.Gone: _Row(410, "GONE", lambda e: e.message),
    errors.PreconditionFailed: _Row(
        412,
        "PRECONDITION_FAILED",
        "The resource has changed since you read it. Read it again and send its new ETag.",
        lambda e: {"current_version": e.current_version},
    ),
    errors.PayloadTooLarge: _Row(413, "PAYLOAD_TOO_LARGE", "The body is over 1 MiB."),
    errors.UriTooLong: _Row(
        414, "URI_TOO_LONG", "The request's target is too long: send at most 8,190 bytes of path and query."
    ),
    errors.UnsupportedMediaType: _Row(
        415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as Content-Type: application/json, in UTF-8."
    ),
    errors.ValidationFailed: _Row(
        422,
        "VALIDATION_ERROR",
        lambda e: e.message,
        lambda e: {"details": {name: list(texts) for name, texts in e.details.items()}},
    ),
    errors.IdempotencyKeyReused: _Row(
        422, "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for a different request. Use a new one."
    ),
    errors.RateLimited: _Row(
        429,
        "RATE_LIMIT_EXCEEDED",
        _rate_limited,
        lambda e: {
            "retry_after": e.retry_after,
            "limit": e.limit,
            "remaining": e.remaining,
            "reset_at": rfc3339(datetime.fromtimestamp(e.reset_at, UTC)),
            "scope": e.scope,
        },
        lambda e: _retry(e.retry_after),
    ),
    errors.QuotaExceeded: _Row(
        429,
        "QUOTA_EXCEEDED",
        lambda e: f"The quota of {e.feature} is spent.",
        lambda e: {"feature": e.feature, **e.members},
    ),
    errors.ConcurrentLimitExceeded: _Row(429, "CONCURRENT_LIMIT_EXCEEDED", lambda e: e.message, headers=_retry(1)),
    errors.HeadersTooLarge: _Row(431, "HEADERS_TOO_LARGE", "Send at most 100 headers, and at most 16 KiB of them."),
    errors.UnknownTransferCoding: _Row(
        501, "NOT_IMPLEMENTED", "The only Transfer-Encoding understood is chunked.", headers={"Connection": "close"}
    ),
    errors.Refused: _Row(502, "BAD_GATEWAY", "A service behind this one has refused its call. Try again."),
    errors.BadGateway: _Row(502, "BAD_GATEWAY", "A service behind the gateway broke off. Try again."),
    errors.Unavailable: _Row(503, "SERVICE_UNAVAILABLE", lambda e: e.message, headers=lambda e: _retry(e.retry_after)),
    StoreUnavailable: _Row(
        503,
        "SERVICE_UNAVAILABLE",
        "The store does not answer for the moment; nothing was lost. Try again shortly.",
        headers=_retry(1),
    ),
    BusUnavailable: _Row(
        503,
        "SERVICE_UNAVAILABLE",
        "The event stream does not answer for the moment. Try again shortly.",
        headers=_retry(1),
    ),
    Contended: _Row(
        503,
        "SERVICE_UNAVAILABLE",
        "Too many changes to the same resource at once. Try again shortly.",
        headers=_retry(1),
    ),
    VersionConflict: _Row(
        503, "SERVICE_UNAVAILABLE", "The resource has just changed. Try again shortly.", headers=_retry(1)
    ),
    errors.GatewayTimeout: _Row(504, "GATEWAY_TIMEOUT", "The time for this request ran out."),
    errors.UnknownHttpVersion: _Row(
        505, "HTTP_VERSION_NOT_SUPPORTED", "Speak HTTP/1.1.", headers={"Connection": "close"}
    ),
}
