"""One class for each error code of the API, so that `except errors.RateLimitExceeded` says what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class AtriumError(Exception):
    """Whatever this SDK raises."""


class ConnectionFailed(AtriumError):
    """No answer came: refused, broken or timed out, after every retry. A write may or may not have happened.

    Repeat it with the same `idempotency_key` (in `request_key`) to find out: it has one effect.
    """

    def __init__(self, message: str, *, request_key: str | None = None) -> None:
        super().__init__(message)
        self.request_key = request_key


class NotModified(AtriumError):
    """The resource still has the `etag` given as `if_none_match`."""


class SignatureInvalid(AtriumError):
    """A webhook was not signed with this secret, was altered, or is too old."""


class ApiError(AtriumError):
    """The API refused or failed.

    Attributes:
        status: the HTTP status.
        code: the error's code, like `VALIDATION_ERROR`.
        request_id: name it when you ask for help.
        details: messages by dotted field, for a `ValidationError`.
        members: the whole error, further members included.
        retry_after: seconds after which it may be tried again, where the API said so.
        headers: the answer's headers, by name in lower case.
    """

    def __init__(self, status: int, error: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self.status = status
        self.code = str(error.get("code", "UNKNOWN"))
        self.message = str(error.get("message", f"HTTP {status}"))
        self.request_id = error.get("request_id") or headers.get("x-request-id")
        self.details: Mapping[str, Sequence[str]] = error.get("details") or {}
        self.members = dict(error)
        self.headers = dict(headers)
        text = headers.get("retry-after", "")
        self.retry_after: float | None = float(text) if text.isascii() and text.isdigit() else error.get("retry_after")
        super().__init__(f"{self.message}{_listed(self.details)} ({self.code}, {status}, request {self.request_id})")

    def __reduce__(self) -> tuple[type[ApiError], tuple[int, Mapping[str, Any], Mapping[str, str]], dict[str, Any]]:
        """What it is made of, so that it can be copied, and raised in another process than its own."""
        return type(self), (self.status, self.members, self.headers), vars(self)


def _listed(details: object) -> str:
    """What is wrong with which field, behind a message that says neither; a proxy may have put anything there."""
    if not isinstance(details, Mapping) or not details:
        return ""
    fields = [(name, each if isinstance(each, list) else [each]) for name, each in details.items()]
    return ": " + "; ".join(f"{name}: {' '.join(map(str, messages))}" for name, messages in fields)


class InvalidJson(ApiError):
    """INVALID_JSON."""


class InvalidHeader(ApiError):
    """INVALID_HEADER."""


class CannotRetry(ApiError):
    """CANNOT_RETRY."""


class Unauthenticated(ApiError):
    """UNAUTHENTICATED."""


class InvalidApiKey(ApiError):
    """INVALID_API_KEY."""


class ApiKeyExpired(ApiError):
    """API_KEY_EXPIRED."""


class PaymentRequired(ApiError):
    """PAYMENT_REQUIRED."""


class InsufficientScope(ApiError):
    """INSUFFICIENT_SCOPE."""


class InsufficientPermissions(ApiError):
    """INSUFFICIENT_PERMISSIONS."""


class WorkspaceSuspended(ApiError):
    """WORKSPACE_SUSPENDED."""


class WorkspaceAccessDenied(ApiError):
    """WORKSPACE_ACCESS_DENIED."""


class NamespaceAccessDenied(ApiError):
    """NAMESPACE_ACCESS_DENIED."""


class IpNotAllowed(ApiError):
    """IP_NOT_ALLOWED."""


class EntitlementDenied(ApiError):
    """ENTITLEMENT_DENIED."""


class ResourceNotFound(ApiError):
    """RESOURCE_NOT_FOUND."""


class EndpointNotFound(ApiError):
    """ENDPOINT_NOT_FOUND."""


class MethodNotAllowed(ApiError):
    """METHOD_NOT_ALLOWED."""


class NotAcceptable(ApiError):
    """NOT_ACCEPTABLE."""


class RequestTimeout(ApiError):
    """REQUEST_TIMEOUT."""


class DuplicateResource(ApiError):
    """DUPLICATE_RESOURCE."""


class StateConflict(ApiError):
    """STATE_CONFLICT."""


class IdempotencyInProgress(ApiError):
    """IDEMPOTENCY_IN_PROGRESS."""


class Gone(ApiError):
    """GONE."""


class PreconditionFailed(ApiError):
    """PRECONDITION_FAILED."""


class PayloadTooLarge(ApiError):
    """PAYLOAD_TOO_LARGE."""


class UriTooLong(ApiError):
    """URI_TOO_LONG."""


class UnsupportedMediaType(ApiError):
    """UNSUPPORTED_MEDIA_TYPE."""


class ValidationError(ApiError):
    """VALIDATION_ERROR."""


class IdempotencyKeyReused(ApiError):
    """IDEMPOTENCY_KEY_REUSED."""


class RateLimitExceeded(ApiError):
    """RATE_LIMIT_EXCEEDED."""


class QuotaExceeded(ApiError):
    """QUOTA_EXCEEDED."""


class ConcurrentLimitExceeded(ApiError):
    """CONCURRENT_LIMIT_EXCEEDED."""


class HeadersTooLarge(ApiError):
    """HEADERS_TOO_LARGE."""


class InternalError(ApiError):
    """INTERNAL_ERROR."""


class NotImplementedByServer(ApiError):
    """NOT_IMPLEMENTED."""


class BadGateway(ApiError):
    """BAD_GATEWAY."""


class ServiceUnavailable(ApiError):
    """SERVICE_UNAVAILABLE."""


class GatewayTimeout(ApiError):
    """GATEWAY_TIMEOUT."""


class HttpVersionNotSupported(ApiError):
    """HTTP_VERSION_NOT_SUPPORTED."""


BY_CODE: Mapping[str, type[ApiError]] = {(cls.__doc__ or "").rstrip("."): cls for cls in ApiError.__subclasses__()}


def error_of(status: int, body: object, headers: Mapping[str, str]) -> ApiError:
    """The error of an answer; one of an unknown code, or of no shape of ours, is an `ApiError` itself."""
    error = body.get("error") if isinstance(body, dict) else None
    known: Mapping[str, Any] = error if isinstance(error, dict) else {}
    return BY_CODE.get(str(known.get("code")), ApiError)(status, known, headers)
