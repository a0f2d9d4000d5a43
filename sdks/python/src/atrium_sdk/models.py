"""Made from the OpenAPI document by `make sdks`; edit the generator, not this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from atrium_sdk._model import Model, absent, hidden


@dataclass(frozen=True, kw_only=True)
class Acceptance(Model):
    """A membership that began with an invitation; for a new user also its first key, shown once."""

    custom_permissions: Sequence[str] | None = absent()
    id: str = absent()
    invited_by: str | None = absent()
    joined_at: datetime = absent()
    role: str = absent()
    team_id: str = absent()
    user: User = absent()
    user_id: str = absent()
    workspace_id: str = absent()
    api_key: ApiKey | None = absent()
    key: str | None = hidden()


@dataclass(frozen=True, kw_only=True)
class ApiKey(Model):
    """An API key, without the key."""

    created_at: datetime = absent()
    environment: str = absent()
    expires_at: datetime | None = absent()
    id: str = absent()
    ip_allowlist: Sequence[str] = absent()
    last4: str = absent()
    last_used_at: datetime | None = absent()
    name: str = absent()
    prefix: str = absent()
    rate_limit: RateLimit | None = absent()
    rate_limit_tier: str = absent()
    scopes: Sequence[str] = absent()
    updated_at: datetime = absent()
    user_id: str = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class ApiKeysBatchOperation(Model):
    """`create` takes data, `update` id and data, `delete` id; each needs its own scope."""

    action: str = absent()
    data: dict[str, Any] | None = absent()
    id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Attempt(Model):
    """One attempt."""

    at: datetime = absent()
    attempt: int = absent()
    duration_ms: float = absent()
    error: str | None = absent()
    error_class: str | None = absent()
    remote_address: str | None = absent()
    request: Request = absent()
    response: Response | None = absent()
    status_code: int | None = absent()
    timings: Timings = absent()


@dataclass(frozen=True, kw_only=True)
class Boost(Model):
    """More of a feature, or a feature, that a holder was given beside its packages."""

    created_at: datetime = absent()
    duration: str = absent()
    expires_at: datetime | None = absent()
    feature: str = absent()
    id: str = absent()
    namespace_id: str | None = absent()
    quantity: int | None = absent()
    source: str = absent()
    starts_at: datetime = absent()
    status: str = absent()
    type: str = absent()
    updated_at: datetime = absent()
    workspace_id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Change(Model):
    """A feature's figures before and after; null where it is not included."""

    after: Figures | None = absent()
    before: Figures | None = absent()


@dataclass(frozen=True, kw_only=True)
class ClientEvent(Model):
    """An event, as it is delivered."""

    created_at: datetime = absent()
    data: dict[str, Any] = absent()
    id: str = absent()
    idempotency_key: str | None = absent()
    livemode: bool = absent()
    type: str = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class CreatedWebhook(Model):
    """An endpoint with its secret, which is shown this once."""

    concurrency: int = absent()
    consecutive_failures: int = absent()
    created_at: datetime = absent()
    description: str | None = absent()
    disabled_reason: str | None = absent()
    events: Sequence[str] = absent()
    failure_count: int = absent()
    filters: dict[str, Any] = absent()
    headers: dict[str, str] = absent()
    id: str = absent()
    is_active: bool = absent()
    last_delivery_at: datetime | None = absent()
    livemode: bool = absent()
    ordered: bool = absent()
    public_key: str = absent()
    rate_limit: WebhooksRateLimit | None = absent()
    retry_schedule: Sequence[float] | None = absent()
    secret: str | None = hidden()
    signatures: Sequence[Literal["v1", "v1a"]] = absent()
    success_count: int = absent()
    updated_at: datetime = absent()
    url: str = absent()


@dataclass(frozen=True, kw_only=True)
class Delivery(Model):
    """An event's way to an endpoint."""

    attempts: int = absent()
    created_at: datetime = absent()
    delivered_at: datetime | None = absent()
    event_id: str = absent()
    event_type: str = absent()
    id: str = absent()
    livemode: bool = absent()
    next_attempt_at: datetime | None = absent()
    status: str = absent()
    status_code: int | None = absent()
    updated_at: datetime = absent()


@dataclass(frozen=True, kw_only=True)
class DeliveryRef(Model):
    """The delivery that came of an event."""

    id: str = absent()
    status: str = absent()


@dataclass(frozen=True, kw_only=True)
class DeliveryWithHistory(Model):
    """A delivery with its attempts, of which the newest 50 are remembered."""

    attempts: int = absent()
    created_at: datetime = absent()
    delivered_at: datetime | None = absent()
    event_id: str = absent()
    event_type: str = absent()
    history: Sequence[Attempt] = absent()
    id: str = absent()
    livemode: bool = absent()
    next_attempt_at: datetime | None = absent()
    status: str = absent()
    status_code: int | None = absent()
    updated_at: datetime = absent()


@dataclass(frozen=True, kw_only=True)
class Entitlement(Model):
    """A package that a holder was given. `package` is its code; what it grants is that of `package_version`."""

    billing_cycle_anchor: datetime | None = absent()
    cancelled_at: datetime | None = absent()
    created_at: datetime = absent()
    expires_at: datetime | None = absent()
    features: Sequence[GrantedFeature] = absent()
    id: str = absent()
    is_base: bool = absent()
    metadata: dict[str, Any] | None = absent()
    namespace_id: str | None = absent()
    package: str = absent()
    package_id: str = absent()
    package_name: str = absent()
    package_version: int = absent()
    source: str = absent()
    starts_at: datetime = absent()
    status: str = absent()
    suspended_reason: str | None = absent()
    trial_ends_at: datetime | None = absent()
    updated_at: datetime = absent()
    workspace_id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class EventType(Model):
    """A type of events, the platform's or your own, and the JSON Schema of their data."""

    description: str = absent()
    schema: dict[str, Any] = absent()
    type: str = absent()


@dataclass(frozen=True, kw_only=True)
class Explanation(Model):
    """Why a check answers as it does: the answering level, and every level with its packages, boosts and
    grants.
    """

    allowed: bool = absent()
    as_of: datetime = absent()
    available: int | None = absent()
    feature: str = absent()
    level: str | None = absent()
    levels: Sequence[dict[str, Any]] = absent()
    limit: int | None = absent()
    message: str = absent()
    overage: int = absent()
    percentage: float | None = absent()
    pools: Sequence[str] = absent()
    reason: str | None = absent()
    reset_at: datetime | None = absent()
    type: str = absent()
    unit: str | None = absent()
    used: int = absent()


@dataclass(frozen=True, kw_only=True)
class Feature(Model):
    """Something that packages include or limit; `parent` is the code of the pool that its usage counts on as
    well.
    """

    category: str = absent()
    code: str = absent()
    created_at: datetime = absent()
    id: str = absent()
    name: str = absent()
    parent: str | None = absent()
    reset: str = absent()
    rolling_window_days: int | None = absent()
    rolls_over: bool = absent()
    scale: int = absent()
    spill: bool = absent()
    type: str = absent()
    unit: str | None = absent()
    updated_at: datetime = absent()


@dataclass(frozen=True, kw_only=True)
class Figures(Model):
    """How a holder stands with a feature."""

    available: int | None = absent()
    limit: int | None = absent()
    overage: int = absent()
    percentage: float | None = absent()
    reset_at: datetime | None = absent()
    unit: str | None = absent()
    used: int = absent()


@dataclass(frozen=True, kw_only=True)
class GrantedFeature(Model):
    """A feature of the package and its limit as the holder has it; null is no limit."""

    feature: str = absent()
    limit: int | None = absent()


@dataclass(frozen=True, kw_only=True)
class IncludedFeature(Model):
    """A feature by code or id, and its limit: null is no limit; a boolean feature has none."""

    feature: str = absent()
    limit: int | None = absent()


@dataclass(frozen=True, kw_only=True)
class Invitation(Model):
    """An invitation, without its token."""

    accepted_by: str | None = absent()
    created_at: datetime = absent()
    email: str | None = absent()
    expires_at: datetime = absent()
    id: str = absent()
    invited_by: str = absent()
    role: str = absent()
    status: str = absent()
    team_id: str | None = absent()
    updated_at: datetime = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class Limit(Model):
    """The most attempts in any span of so many seconds."""

    requests: int = absent()
    per_seconds: int = absent()


@dataclass(frozen=True, kw_only=True)
class LogEntry(Model):
    """Who changed what of a holder's entitlements, and how that was before and is after."""

    action: str = absent()
    actor: str | None = absent()
    after: dict[str, Any] | None = absent()
    before: dict[str, Any] | None = absent()
    created_at: datetime = absent()
    feature: str | None = absent()
    id: str = absent()
    package: str | None = absent()
    source: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Member(Model):
    """A user's membership in a workspace; its id is the user's."""

    custom_permissions: Sequence[str] | None = absent()
    id: str = absent()
    invited_by: str | None = absent()
    joined_at: datetime = absent()
    role: str = absent()
    team_id: str = absent()
    user_id: str = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class Namespace(Model):
    """An isolated context."""

    color: str | None = absent()
    created_at: datetime = absent()
    description: str | None = absent()
    icon: str | None = absent()
    id: str = absent()
    is_active: bool = absent()
    is_default: bool = absent()
    name: str = absent()
    owner_id: str = absent()
    owner_type: str = absent()
    settings: dict[str, Any] = absent()
    slug: str = absent()
    sort_order: int = absent()
    updated_at: datetime = absent()
    uuid: str = absent()
    workspace_id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class NamespaceWithPlan(Model):
    """A namespace with its packages and what it uses."""

    color: str | None = absent()
    created_at: datetime = absent()
    description: str | None = absent()
    icon: str | None = absent()
    id: str = absent()
    is_active: bool = absent()
    is_default: bool = absent()
    name: str = absent()
    owner_id: str = absent()
    owner_type: str = absent()
    settings: dict[str, Any] = absent()
    slug: str = absent()
    sort_order: int = absent()
    updated_at: datetime = absent()
    uuid: str = absent()
    workspace_id: str | None = absent()
    entitlements: dict[str, PlanFigures] | None = absent()
    packages: Sequence[PackageInForce] | None = absent()


@dataclass(frozen=True, kw_only=True)
class NamespacesBatchOperation(Model):
    """`create` takes data, `update` id and data, `delete` id; each needs its own scope."""

    action: str = absent()
    data: dict[str, Any] | None = absent()
    id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class NewApiKey(Model):
    """An API key with the key itself, which is shown once."""

    created_at: datetime = absent()
    environment: str = absent()
    expires_at: datetime | None = absent()
    id: str = absent()
    ip_allowlist: Sequence[str] = absent()
    key: str | None = hidden()
    last4: str = absent()
    last_used_at: datetime | None = absent()
    name: str = absent()
    prefix: str = absent()
    rate_limit: RateLimit | None = absent()
    rate_limit_tier: str = absent()
    scopes: Sequence[str] = absent()
    updated_at: datetime = absent()
    user_id: str = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class NewInvitation(Model):
    """An invitation with its token, which is shown once."""

    accepted_by: str | None = absent()
    created_at: datetime = absent()
    email: str | None = absent()
    expires_at: datetime = absent()
    id: str = absent()
    invited_by: str = absent()
    role: str = absent()
    status: str = absent()
    team_id: str | None = absent()
    token: str | None = hidden()
    updated_at: datetime = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class Package(Model):
    """A plan. A change makes a new version; holders keep theirs until moved."""

    code: str = absent()
    created_at: datetime = absent()
    description: str | None = absent()
    features: Sequence[PackageFeature] = absent()
    id: str = absent()
    is_active: bool = absent()
    is_base: bool = absent()
    is_public: bool = absent()
    is_stackable: bool = absent()
    name: str = absent()
    tier: str | None = absent()
    updated_at: datetime = absent()
    version: int = absent()


@dataclass(frozen=True, kw_only=True)
class PackageFeature(Model):
    """A feature of a package; `limit` null is no limit, and a boolean feature has none."""

    feature: str = absent()
    limit: int | None = absent()


@dataclass(frozen=True, kw_only=True)
class PackageInForce(Model):
    """PackageInForce."""

    expires_at: datetime | None = absent()
    id: str = absent()
    name: str = absent()


@dataclass(frozen=True, kw_only=True)
class PlanFigures(Model):
    """PlanFigures."""

    limit: int | None = absent()
    reset_at: datetime | None = absent()
    unit: str | None = absent()
    used: int | None = absent()


@dataclass(frozen=True, kw_only=True)
class Previewed(Model):
    """What a package would change."""

    after: dict[str, Figures] = absent()
    before: dict[str, Figures] = absent()
    changes: dict[str, Change] = absent()
    events: Sequence[str] = absent()
    namespace_id: str | None = absent()
    package: str = absent()
    workspace_id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class RateLimit(Model):
    """A limit of the key's own: requests an hour, and burst."""

    burst: int = absent()
    requests: int = absent()


@dataclass(frozen=True, kw_only=True)
class RateLimitBody(Model):
    """An enterprise key's own limit: requests an hour, and burst."""

    burst: int = absent()
    requests: int = absent()


@dataclass(frozen=True, kw_only=True)
class Recorded(Model):
    """The answer to usage; `reason` and `message` only where nothing is recorded."""

    allowed: bool = absent()
    available: int | None = absent()
    current_usage: int = absent()
    limit: int | None = absent()
    recorded: bool = absent()
    feature: str | None = absent()
    message: str | None = absent()
    reason: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Replay(Model):
    """A job that makes deliveries due again: `done` of `total` so far."""

    created_at: datetime = absent()
    done: int = absent()
    id: str = absent()
    livemode: bool = absent()
    reason: str | None = absent()
    since: datetime = absent()
    status: str = absent()
    statuses: Sequence[str] = absent()
    total: int = absent()
    until: datetime = absent()
    updated_at: datetime = absent()
    webhook_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class Request(Model):
    """What was sent; secrets are masked, and the body is null once its event is kept no longer."""

    body: str | None = absent()
    headers: dict[str, str] = absent()


@dataclass(frozen=True, kw_only=True)
class Requests(Model):
    """Requests."""

    by_day: Sequence[RequestsOfDay] | None = absent()
    limit: int = absent()
    remaining: int = absent()
    reset_at: datetime = absent()
    this_hour: int = absent()


@dataclass(frozen=True, kw_only=True)
class RequestsOfDay(Model):
    """RequestsOfDay."""

    count: int = absent()
    date: str = absent()


@dataclass(frozen=True, kw_only=True)
class Reservation(Model):
    """A reservation, or why there is none."""

    allowed: bool | None = absent()
    available: int | None = absent()
    created_at: datetime | None = absent()
    current_usage: int | None = absent()
    expires_at: datetime | None = absent()
    feature: str | None = absent()
    id: str | None = absent()
    limit: int | None = absent()
    message: str | None = absent()
    quantity: int | None = absent()
    reason: str | None = absent()
    recorded: bool | None = absent()
    reserved: bool | None = absent()
    status: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class ReservationState(Model):
    """A reservation as it stands; `ended` where it holds nothing any more, and how it ended was too long ago
    to say.
    """

    created_at: datetime = absent()
    expires_at: datetime = absent()
    feature: str = absent()
    id: str = absent()
    quantity: int = absent()
    status: str = absent()


@dataclass(frozen=True, kw_only=True)
class Response(Model):
    """What was answered: its body up to 4 KiB, and as many of its headers as fit into 4 KiB."""

    body: str = absent()
    headers: dict[str, str] = absent()
    truncated: bool = absent()


@dataclass(frozen=True, kw_only=True)
class Rotated(Model):
    """A new secret, shown this once, and when the one before ends signing beside it."""

    previous_expires_at: datetime | None = absent()
    secret: str | None = hidden()


@dataclass(frozen=True, kw_only=True)
class RotatedApiKey(Model):
    """The new key, and until when the one before it works."""

    created_at: datetime = absent()
    environment: str = absent()
    expires_at: datetime | None = absent()
    id: str = absent()
    ip_allowlist: Sequence[str] = absent()
    key: str | None = hidden()
    last4: str = absent()
    last_used_at: datetime | None = absent()
    name: str = absent()
    prefix: str = absent()
    previous_expires_at: datetime = absent()
    previous_key_id: str = absent()
    rate_limit: RateLimit | None = absent()
    rate_limit_tier: str = absent()
    scopes: Sequence[str] = absent()
    updated_at: datetime = absent()
    user_id: str = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class Summary(Model):
    """All figures of a holder."""

    entitlements: dict[str, Figures] = absent()
    namespace_id: str | None = absent()
    tier: str = absent()
    workspace_id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Team(Model):
    """Permissions that its members have beyond their role's."""

    created_at: datetime = absent()
    description: str | None = absent()
    id: str = absent()
    is_system: bool = absent()
    name: str = absent()
    permissions: Sequence[str] = absent()
    updated_at: datetime = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class Tested(Model):
    """What came of a test delivery."""

    response_time_ms: int = absent()
    status_code: int | None = absent()
    success: bool = absent()
    error: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Timings(Model):
    """Milliseconds, null where there was no such part."""

    connect: float | None = absent()
    dns: float | None = absent()
    first_byte: float | None = absent()
    tls: float | None = absent()
    total: float = absent()


@dataclass(frozen=True, kw_only=True)
class Usage(Model):
    """What a workspace uses: its key's hour, its requests by day, its entitlements."""

    entitlements: dict[str, Any] | None = absent()
    requests: Requests = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class UsageBucket(Model):
    """What was used from `start` to `end`, exclusive; releases count against it."""

    end: datetime = absent()
    quantity: int = absent()
    start: datetime = absent()


@dataclass(frozen=True, kw_only=True)
class UsageHistory(Model):
    """The buckets in which something was used or released, oldest first, in UTC."""

    data: Sequence[UsageBucket] = absent()
    meta: UsageSpan = absent()


@dataclass(frozen=True, kw_only=True)
class UsageSpan(Model):
    """What was asked for: buckets that begin from `since` on and before `until`."""

    feature: str = absent()
    since: datetime = absent()
    until: datetime = absent()
    window: str = absent()


@dataclass(frozen=True, kw_only=True)
class User(Model):
    """A person."""

    created_at: datetime = absent()
    email: str | None = absent()
    email_verified_at: datetime | None = absent()
    id: str = absent()
    name: str | None = absent()
    tier: str = absent()
    updated_at: datetime = absent()


@dataclass(frozen=True, kw_only=True)
class UsersBatchOperation(Model):
    """`create` takes data, `update` id and data, `delete` id; each needs its own scope."""

    action: str = absent()
    data: dict[str, Any] | None = absent()
    id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Verdict(Model):
    """The answer to a check."""

    allowed: bool = absent()
    available: int | None = absent()
    current_usage: int = absent()
    limit: int | None = absent()
    message: str = absent()
    reason: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Webhook(Model):
    """An endpoint."""

    concurrency: int = absent()
    consecutive_failures: int = absent()
    created_at: datetime = absent()
    description: str | None = absent()
    disabled_reason: str | None = absent()
    events: Sequence[str] = absent()
    failure_count: int = absent()
    filters: dict[str, Any] = absent()
    headers: dict[str, str] = absent()
    id: str = absent()
    is_active: bool = absent()
    last_delivery_at: datetime | None = absent()
    livemode: bool = absent()
    ordered: bool = absent()
    public_key: str = absent()
    rate_limit: WebhooksRateLimit | None = absent()
    retry_schedule: Sequence[float] | None = absent()
    signatures: Sequence[Literal["v1", "v1a"]] = absent()
    success_count: int = absent()
    updated_at: datetime = absent()
    url: str = absent()


@dataclass(frozen=True, kw_only=True)
class WebhooksBatchOperation(Model):
    """`create` takes data, `update` id and data, `delete` id; each needs its own scope."""

    action: str = absent()
    data: dict[str, Any] | None = absent()
    id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class WebhooksCheck(Model):
    """One test of an event: what the webhook wants, and what the event has."""

    check: str = absent()
    found: Any = absent()
    passed: bool = absent()
    wanted: Any = absent()


@dataclass(frozen=True, kw_only=True)
class WebhooksExplanation(Model):
    """Why an event did or did not reach a webhook."""

    checks: Sequence[WebhooksCheck] = absent()
    delivery: DeliveryRef | None = absent()
    event_id: str = absent()
    event_type: str = absent()
    matches: bool = absent()
    reason: str = absent()
    webhook_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class WebhooksRateLimit(Model):
    """The most attempts in any span of so many seconds."""

    per_seconds: int = absent()
    requests: int = absent()


@dataclass(frozen=True, kw_only=True)
class Workspace(Model):
    """A tenant."""

    created_at: datetime = absent()
    id: str = absent()
    name: str = absent()
    owner_id: str = absent()
    settings: dict[str, Any] = absent()
    slug: str = absent()
    status: str = absent()
    tier: str = absent()
    updated_at: datetime = absent()


@dataclass(frozen=True, kw_only=True)
class WorkspacesBatchOperation(Model):
    """`create` takes data, `update` id and data, `delete` id; each needs its own scope."""

    action: str = absent()
    data: dict[str, Any] | None = absent()
    id: str | None = absent()
