"""What can go wrong, as classes that carry what their answer needs; `atrium_common.http.problems` maps them to HTTP.

Free of any framework, so that the domain may raise them. The table is in spec/http-api.md, "Errors".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


class AtriumError(Exception):
    """Any refusal or failure that a caller may see."""


@dataclass(eq=False)
class ValidationFailed(AtriumError):
    """The request is understood and unfit; `details` has messages by dotted field."""

    details: Mapping[str, Sequence[str]]
    message: str = "Validation failed"


@dataclass(eq=False)
class InvalidJson(AtriumError):
    """The body is not JSON, or not an object."""

    message: str


@dataclass(eq=False)
class InvalidHeader(AtriumError):
    """A header is malformed."""

    message: str


@dataclass(eq=False)
class CannotRetry(AtriumError):
    """The delivery is in no state from which it can be retried."""

    status: str


class Unauthenticated(AtriumError):
    """No key was given."""


class InvalidApiKey(AtriumError):
    """The key is unknown or revoked."""


@dataclass(eq=False)
class ApiKeyExpired(AtriumError):
    """The key's time is over."""

    expired_at: datetime | None = None


@dataclass(eq=False)
class InsufficientScope(AtriumError):
    """The key's scopes do not allow it."""

    required_scope: str
    provided_scopes: Sequence[str] = ()


@dataclass(eq=False)
class InsufficientPermissions(AtriumError):
    """The member's role or team does not allow it; `advice` says what would, where no role does."""

    required_permission: str
    advice: str = ""


@dataclass(eq=False)
class WorkspaceSuspended(AtriumError):
    """The workspace is suspended."""

    suspended_at: str | None
    reason: str | None


@dataclass(eq=False)
class WorkspaceAccessDenied(AtriumError):
    """No membership; the same answer whether or not the workspace exists. `advice` says more where none is named."""

    advice: str = ""


class NamespaceAccessDenied(AtriumError):
    """No access; the same answer whether or not the namespace exists."""


class IpNotAllowed(AtriumError):
    """The address is not on the key's list."""


@dataclass(eq=False)
class EntitlementDenied(AtriumError):
    """The plan does not include the feature."""

    feature: str


@dataclass(eq=False)
class NotFound(AtriumError):
    """There is no such resource, or it is not the caller's to see; `advice` says what to do, where that helps."""

    resource_type: str
    resource_id: str
    advice: str = ""


@dataclass(eq=False)
class EndpointNotFound(AtriumError):
    """There is no such path."""

    requested_path: str
    supported_versions: Sequence[str] = ()


@dataclass(eq=False)
class MethodNotAllowed(AtriumError):
    """The path knows other methods."""

    method: str
    allowed: Sequence[str]


class NotAcceptable(AtriumError):
    """The client wants something other than JSON."""


class UnsupportedMediaType(AtriumError):
    """The body is declared to be something other than JSON."""


@dataclass(eq=False)
class Duplicate(AtriumError):
    """Something else holds this value, which may exist once."""

    conflicting_field: str
    message: str = ""


@dataclass(eq=False)
class StateConflict(AtriumError):
    """The resource is in a state in which this can't be done."""

    current_state: str
    requested_action: str
    message: str = ""


class IdempotencyInProgress(AtriumError):
    """The first request with this key still runs."""


class IdempotencyKeyReused(AtriumError):
    """The key was used for a different request."""


@dataclass(eq=False)
class Gone(AtriumError):
    """It existed, and is used up or past."""

    message: str


@dataclass(eq=False)
class PreconditionFailed(AtriumError):
    """`If-Match` names another version."""

    current_version: int


class PayloadTooLarge(AtriumError):
    """The body is over the limit."""


class RequestTimeout(AtriumError):
    """The client sends too slowly."""


class PaymentRequired(AtriumError):
    """Reserved."""


class UriTooLong(AtriumError):
    """The request line is over the limit."""


class HeadersTooLarge(AtriumError):
    """Too many headers, or too large ones."""


class UnknownTransferCoding(AtriumError):
    """The body comes in a transfer coding other than chunked."""


class UnknownHttpVersion(AtriumError):
    """The request speaks neither HTTP/1.1 nor HTTP/1.0."""


@dataclass(eq=False)
class RateLimited(AtriumError):
    """The key's (or the address's) requests are used up.

    Attributes:
        retry_after: seconds to wait.
        reset_at: the Unix second at which they are given anew.
        scope: `hour`, `burst` or `address`.
    """

    retry_after: int
    limit: int
    remaining: int
    reset_at: int
    scope: str


@dataclass(eq=False)
class QuotaExceeded(AtriumError):
    """A metered quota is spent."""

    feature: str
    members: Mapping[str, object] = field(default_factory=dict)


@dataclass(eq=False)
class ConcurrentLimitExceeded(AtriumError):
    """Too many at once."""

    message: str = "Too many requests at once."


@dataclass(eq=False)
class Refused(AtriumError):
    """Another service has refused this one's call; `members` is the whole error of its answer."""

    status: int
    code: str
    message: str
    members: Mapping[str, object] = field(default_factory=dict)


class BadGateway(AtriumError):
    """A service behind the gateway broke off."""


@dataclass(eq=False)
class Unavailable(AtriumError):
    """Not now; try again after so many seconds."""

    message: str = "The service is unavailable for the moment. Try again shortly."
    retry_after: int = 1


class GatewayTimeout(AtriumError):
    """The time for the request ran out."""
