from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from atrium_common import errors
from atrium_common.bus.ports import BusUnavailable
from atrium_common.eventing.repository import Contended
from atrium_common.http.problems import answered_as, problem_of
from atrium_common.store.ports import ClaimTaken, StoreUnavailable, VersionConflict

AT = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)

# spec/http-api.md, "Errors", line by line: the error, its status and code, and its further members.
TABLE: list[tuple[BaseException, int, str, dict[str, Any]]] = [
    (errors.InvalidJson("x"), 400, "INVALID_JSON", {}),
    (errors.InvalidHeader("x"), 400, "INVALID_HEADER", {}),
    (errors.CannotRetry("success"), 400, "CANNOT_RETRY", {"status": "success"}),
    (errors.Unauthenticated(), 401, "UNAUTHENTICATED", {}),
    (errors.InvalidApiKey(), 401, "INVALID_API_KEY", {}),
    (errors.ApiKeyExpired(AT), 401, "API_KEY_EXPIRED", {"expired_at": "2026-01-15T10:30:00.000Z"}),
    (errors.PaymentRequired(), 402, "PAYMENT_REQUIRED", {}),
    (
        errors.InsufficientScope("a:read", ("b:read",)),
        403,
        "INSUFFICIENT_SCOPE",
        {"required_scope": "a:read", "provided_scopes": ["b:read"]},
    ),
    (errors.InsufficientPermissions("a:read"), 403, "INSUFFICIENT_PERMISSIONS", {"required_permission": "a:read"}),
    (errors.WorkspaceSuspended("t", "r"), 403, "WORKSPACE_SUSPENDED", {"suspended_at": "t", "reason": "r"}),
    (errors.WorkspaceAccessDenied(), 403, "WORKSPACE_ACCESS_DENIED", {}),
    (errors.NamespaceAccessDenied(), 403, "NAMESPACE_ACCESS_DENIED", {}),
    (errors.IpNotAllowed(), 403, "IP_NOT_ALLOWED", {}),
    (errors.EntitlementDenied("storage"), 403, "ENTITLEMENT_DENIED", {"feature": "storage"}),
    (errors.NotFound("api_key", "k"), 404, "RESOURCE_NOT_FOUND", {"resource_type": "api_key", "resource_id": "k"}),
    (errors.EndpointNotFound("/x"), 404, "ENDPOINT_NOT_FOUND", {"requested_path": "/x"}),
    (
        errors.EndpointNotFound("/api/v9/x", ("v1",)),
        404,
        "ENDPOINT_NOT_FOUND",
        {"requested_path": "/api/v9/x", "supported_versions": ["v1"]},
    ),
    (errors.MethodNotAllowed("PUT", ["GET"]), 405, "METHOD_NOT_ALLOWED", {"allowed_methods": ["GET"]}),
    (errors.NotAcceptable(), 406, "NOT_ACCEPTABLE", {}),
    (errors.RequestTimeout(), 408, "REQUEST_TIMEOUT", {}),
    (errors.Duplicate("slug"), 409, "DUPLICATE_RESOURCE", {"conflicting_field": "slug"}),
    (ClaimTaken("slug/acme", "workspace/1", 1), 409, "DUPLICATE_RESOURCE", {"conflicting_field": "slug"}),
    (
        errors.StateConflict("active", "restore"),
        409,
        "STATE_CONFLICT",
        {"current_state": "active", "requested_action": "restore"},
    ),
    (errors.IdempotencyInProgress(), 409, "IDEMPOTENCY_IN_PROGRESS", {}),
    (errors.Gone("used"), 410, "GONE", {}),
    (errors.PreconditionFailed(3), 412, "PRECONDITION_FAILED", {"current_version": 3}),
    (errors.PayloadTooLarge(), 413, "PAYLOAD_TOO_LARGE", {}),
    (errors.UriTooLong(), 414, "URI_TOO_LONG", {}),
    (errors.UnsupportedMediaType(), 415, "UNSUPPORTED_MEDIA_TYPE", {}),
    (errors.ValidationFailed({"a.b": ["x"]}), 422, "VALIDATION_ERROR", {"details": {"a.b": ["x"]}}),
    (errors.IdempotencyKeyReused(), 422, "IDEMPOTENCY_KEY_REUSED", {}),
    (
        errors.RateLimited(3600, 1000, 0, 1640995200, "hour"),
        429,
        "RATE_LIMIT_EXCEEDED",
        {"retry_after": 3600, "limit": 1000, "remaining": 0, "reset_at": "2022-01-01T00:00:00.000Z", "scope": "hour"},
    ),
    (errors.QuotaExceeded("api_calls", {"limit": 5}), 429, "QUOTA_EXCEEDED", {"feature": "api_calls", "limit": 5}),
    (errors.ConcurrentLimitExceeded(), 429, "CONCURRENT_LIMIT_EXCEEDED", {}),
    (errors.HeadersTooLarge(), 431, "HEADERS_TOO_LARGE", {}),
    (errors.UnknownTransferCoding(), 501, "NOT_IMPLEMENTED", {}),
    (errors.UnknownHttpVersion(), 505, "HTTP_VERSION_NOT_SUPPORTED", {}),
    (errors.BadGateway(), 502, "BAD_GATEWAY", {}),
    (errors.Refused(403, "X", "x"), 502, "BAD_GATEWAY", {}),
    (errors.Unavailable(), 503, "SERVICE_UNAVAILABLE", {}),
    (StoreUnavailable("disk full at /secret/place"), 503, "SERVICE_UNAVAILABLE", {}),
    (BusUnavailable("broker 10.0.0.1"), 503, "SERVICE_UNAVAILABLE", {}),
    (VersionConflict("workspace/1", 1, 2), 503, "SERVICE_UNAVAILABLE", {}),
    (Contended("cmd_1"), 503, "SERVICE_UNAVAILABLE", {}),
    (errors.GatewayTimeout(), 504, "GATEWAY_TIMEOUT", {}),
]


@pytest.mark.parametrize(("error", "status", "code", "members"), TABLE, ids=lambda value: getattr(value, "code", None))
def test_each_error_is_answered_as_the_table_says(
    error: BaseException, status: int, code: str, members: dict[str, Any]
) -> None:
    problem = problem_of(error)
    assert problem is not None
    assert (problem.status, problem.code, dict(problem.members)) == (status, code, members)
    assert answered_as(type(error)) == (status, code)
    body: Any = problem.body("req_1")
    assert list(body["error"])[:2] == ["code", "message"]
    assert body["error"]["message"]
    assert body["error"]["request_id"] == "req_1"


def test_the_table_knows_every_error_that_the_domain_may_raise() -> None:
    raised = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.AtriumError) and kind is not errors.AtriumError
    }
    assert raised <= {type(error) for error, *_ in TABLE}


@pytest.mark.parametrize("error", [error for error, status, *_ in TABLE if status == 401])
def test_who_is_not_known_is_told_how_to_authenticate(error: BaseException) -> None:
    problem = problem_of(error)
    assert problem is not None
    assert problem.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "error",
    [e for e, status, code, _ in TABLE if status == 503 or code in {"RATE_LIMIT_EXCEEDED", "IDEMPOTENCY_IN_PROGRESS"}],
)
def test_who_is_to_come_again_is_told_when(error: BaseException) -> None:
    problem = problem_of(error)
    assert problem is not None
    assert int(problem.headers["Retry-After"]) >= 1


def test_the_words_of_the_reference_are_kept() -> None:
    problem = problem_of(errors.RateLimited(3600, 1000, 0, 1640995200, "hour"))
    assert problem is not None
    assert problem.message == "Rate limit exceeded. Please retry after 3600 seconds."


def test_the_store_s_own_words_stay_inside() -> None:
    problem = problem_of(StoreUnavailable("disk full at /secret/place"))
    assert problem is not None
    assert "secret" not in str(problem.body("r"))


def test_an_unforeseen_error_is_in_no_line() -> None:
    assert problem_of(KeyError("x")) is None
    with pytest.raises(LookupError):
        answered_as(KeyError)


def test_a_test_key_is_told_to_use_a_live_one_and_not_that_it_lacks_a_scope_that_it_has() -> None:
    test_key = problem_of(errors.InsufficientScope("namespaces:write", ("*",)))
    assert test_key is not None
    assert "live key" in test_key.message
    lacking = problem_of(errors.InsufficientScope("namespaces:write", ("*:read",)))
    assert lacking is not None
    assert lacking.message == "This needs the scope namespaces:write, which the API key does not have."


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (errors.InvalidApiKey(), "create another"),
        (errors.WorkspaceSuspended(None, None), "operator"),
        (errors.WorkspaceAccessDenied(), "GET /api/v1/workspaces"),
        (errors.NamespaceAccessDenied(), "GET /api/v1/namespaces"),
        (errors.EndpointNotFound("/api/v1/workspaces/"), "without the slash at its end"),
        (errors.UriTooLong(), "at most 8,190 bytes"),
    ],
)
def test_a_refusal_says_what_to_do(error: BaseException, advice: str) -> None:
    problem = problem_of(error)
    assert problem is not None
    assert advice in problem.message
