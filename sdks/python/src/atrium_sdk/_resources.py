"""Made from the OpenAPI document by `make sdks`; edit the generator, not this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from atrium_sdk import models
from atrium_sdk._omit import OMIT, Omit
from atrium_sdk._options import Options
from atrium_sdk._pages import Page
from atrium_sdk._request import Request, given, path_of


class _Runner(Protocol):
    def run(self, request: Request, options: Options | None = None) -> Any: ...


class ApiKeys:
    """ApiKeys: batch, create, delete, get, list, rotate, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def batch(
        self, *, operations: Sequence[Mapping[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> Sequence[dict[str, Any]]:
        """Run several operations (create, delete)."""
        return cast(
            "Sequence[dict[str, Any]]",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/api-keys/batch"),
                    cast(Any, Sequence[dict[str, Any]]),
                    "one",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    def create(
        self,
        *,
        name: str,
        scopes: Sequence[str],
        environment: Literal["live", "test"] | Omit = OMIT,
        expires_at: datetime | Omit | None = OMIT,
        ip_allowlist: Sequence[str] | Omit = OMIT,
        rate_limit: Mapping[str, Any] | Omit | None = OMIT,
        rate_limit_tier: Literal["free", "pro", "business", "enterprise"] | Omit | None = OMIT,
        user_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.NewApiKey:
        """Create an API key."""
        return cast(
            "models.NewApiKey",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/api-keys"),
                    cast(Any, models.NewApiKey),
                    "one",
                    body=given(
                        name=name,
                        scopes=scopes,
                        environment=environment,
                        expires_at=expires_at,
                        ip_allowlist=ip_allowlist,
                        rate_limit=rate_limit,
                        rate_limit_tier=rate_limit_tier,
                        user_id=user_id,
                    ),
                ),
                options,
            ),
        )

    def delete(self, key_id: str, *, options: Options | None = None) -> None:
        """Revoke an API key."""
        self._runner.run(Request("DELETE", path_of("/api-keys/{key_id}", key_id=key_id), None, "nothing"), options)

    def get(
        self, key_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.ApiKey:
        """Get an API key."""
        return cast(
            "models.ApiKey",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/api-keys/{key_id}", key_id=key_id),
                    cast(Any, models.ApiKey),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        environment: Literal["live", "test"] | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        rate_limit_tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        status: Literal["active", "expired"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        user_id: str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.ApiKey]:
        """List API keys."""
        return cast(
            "Page[models.ApiKey]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/api-keys"),
                    cast(Any, models.ApiKey),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        environment=environment,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        rate_limit_tier=rate_limit_tier,
                        search=search,
                        sort=sort,
                        status=status,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        user_id=user_id,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def rotate(
        self, key_id: str, *, grace_period_hours: int | Omit = OMIT, options: Options | None = None
    ) -> models.RotatedApiKey:
        """Give a new key in the place of this one."""
        return cast(
            "models.RotatedApiKey",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/api-keys/{key_id}/rotate", key_id=key_id),
                    cast(Any, models.RotatedApiKey),
                    "one",
                    body=given(grace_period_hours=grace_period_hours),
                ),
                options,
            ),
        )

    def update(
        self,
        key_id: str,
        *,
        expires_at: datetime | Omit | None = OMIT,
        ip_allowlist: Sequence[str] | Omit = OMIT,
        name: str | Omit = OMIT,
        rate_limit: Mapping[str, Any] | Omit | None = OMIT,
        rate_limit_tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        scopes: Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.ApiKey:
        """Change an API key."""
        return cast(
            "models.ApiKey",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/api-keys/{key_id}", key_id=key_id),
                    cast(Any, models.ApiKey),
                    "one",
                    body=given(
                        expires_at=expires_at,
                        ip_allowlist=ip_allowlist,
                        name=name,
                        rate_limit=rate_limit,
                        rate_limit_tier=rate_limit_tier,
                        scopes=scopes,
                    ),
                ),
                options,
            ),
        )


class Boosts:
    """Boosts: create, delete, get, list."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def create(
        self,
        *,
        feature: str,
        type: Literal["add_limit", "enable", "unlimited"],
        duration: Literal["cycle_bound", "duration", "permanent"] | Omit | None = OMIT,
        expires_at: datetime | Omit | None = OMIT,
        namespace_id: str | Omit | None = OMIT,
        quantity: int | Omit | None = OMIT,
        source: str | Omit = OMIT,
        workspace_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Boost:
        """Give a holder a boost."""
        return cast(
            "models.Boost",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/boosts"),
                    cast(Any, models.Boost),
                    "one",
                    body=given(
                        feature=feature,
                        type=type,
                        duration=duration,
                        expires_at=expires_at,
                        namespace_id=namespace_id,
                        quantity=quantity,
                        source=source,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def delete(self, boost_id: str, *, options: Options | None = None) -> None:
        """Take a boost away."""
        self._runner.run(Request("DELETE", path_of("/boosts/{boost_id}", boost_id=boost_id), None, "nothing"), options)

    def get(
        self, boost_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Boost:
        """Get a boost."""
        return cast(
            "models.Boost",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/boosts/{boost_id}", boost_id=boost_id),
                    cast(Any, models.Boost),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        duration: Literal["cycle_bound", "duration", "permanent"] | Omit = OMIT,
        feature: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        source: str | Omit = OMIT,
        status: Literal["active", "cancelled", "expired"] | Omit = OMIT,
        type: Literal["add_limit", "enable", "unlimited"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Boost]:
        """List the boosts of the context."""
        return cast(
            "Page[models.Boost]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/boosts"),
                    cast(Any, models.Boost),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        duration=duration,
                        feature=feature,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        source=source,
                        status=status,
                        type=type,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )


class Deliveries:
    """Deliveries: get, list, retry."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def get(
        self,
        webhook_id: str,
        delivery_id: str,
        *,
        fields: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.DeliveryWithHistory:
        """Get a delivery with its attempts."""
        return cast(
            "models.DeliveryWithHistory",
            self._runner.run(
                Request(
                    "GET",
                    path_of(
                        "/webhooks/{webhook_id}/deliveries/{delivery_id}",
                        webhook_id=webhook_id,
                        delivery_id=delivery_id,
                    ),
                    cast(Any, models.DeliveryWithHistory),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        webhook_id: str,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        event_id: str | Omit = OMIT,
        event_type: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        status: Literal["pending", "success", "retrying", "failed", "cancelled"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Delivery]:
        """List deliveries."""
        return cast(
            "Page[models.Delivery]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/webhooks/{webhook_id}/deliveries", webhook_id=webhook_id),
                    cast(Any, models.Delivery),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        event_id=event_id,
                        event_type=event_type,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        sort=sort,
                        status=status,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def retry(self, webhook_id: str, delivery_id: str, *, options: Options | None = None) -> models.Delivery:
        """Retry a delivery."""
        return cast(
            "models.Delivery",
            self._runner.run(
                Request(
                    "POST",
                    path_of(
                        "/webhooks/{webhook_id}/deliveries/{delivery_id}/retry",
                        webhook_id=webhook_id,
                        delivery_id=delivery_id,
                    ),
                    cast(Any, models.Delivery),
                    "one",
                ),
                options,
            ),
        )


class Entitlements:
    """Entitlements: cancel, check, create, explain, get, list, log, preview, record_usage, renew, summary,
    suspend, unsuspend, usage_history.
    """

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def cancel(
        self, entitlement_id: str, *, reason: str | Omit | None = OMIT, options: Options | None = None
    ) -> models.Entitlement:
        """End a package now."""
        return cast(
            "models.Entitlement",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/{entitlement_id}/cancel", entitlement_id=entitlement_id),
                    cast(Any, models.Entitlement),
                    "one",
                    body=given(reason=reason),
                ),
                options,
            ),
        )

    def check(
        self,
        *,
        feature: str,
        as_of: datetime | str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        quantity: int | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Verdict:
        """Check a feature of the context."""
        return cast(
            "models.Verdict",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/check"),
                    cast(Any, models.Verdict),
                    "bare",
                    query=given(as_of=as_of, feature=feature, fields=fields, quantity=quantity),
                ),
                options,
            ),
        )

    def create(
        self,
        *,
        package: str,
        billing_cycle_anchor: datetime | Omit | None = OMIT,
        expires_at: datetime | Omit | None = OMIT,
        metadata: Mapping[str, Any] | Omit | None = OMIT,
        namespace_id: str | Omit | None = OMIT,
        replace: bool | Omit = OMIT,
        source: str | Omit = OMIT,
        starts_at: datetime | Omit | None = OMIT,
        trial_ends_at: datetime | Omit | None = OMIT,
        workspace_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Entitlement:
        """Give a holder a package."""
        return cast(
            "models.Entitlement",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements"),
                    cast(Any, models.Entitlement),
                    "one",
                    body=given(
                        package=package,
                        billing_cycle_anchor=billing_cycle_anchor,
                        expires_at=expires_at,
                        metadata=metadata,
                        namespace_id=namespace_id,
                        replace=replace,
                        source=source,
                        starts_at=starts_at,
                        trial_ends_at=trial_ends_at,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def explain(
        self,
        *,
        feature: str,
        as_of: datetime | str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Explanation:
        """Why a check answers as it does."""
        return cast(
            "models.Explanation",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/explain"),
                    cast(Any, models.Explanation),
                    "one",
                    query=given(as_of=as_of, feature=feature, fields=fields),
                ),
                options,
            ),
        )

    def get(
        self, entitlement_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Entitlement:
        """Get a provisioned package."""
        return cast(
            "models.Entitlement",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/{entitlement_id}", entitlement_id=entitlement_id),
                    cast(Any, models.Entitlement),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        is_base: bool | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        package: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        source: str | Omit = OMIT,
        status: Literal["active", "suspended", "cancelled", "expired"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Entitlement]:
        """List the packages of the context."""
        return cast(
            "Page[models.Entitlement]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements"),
                    cast(Any, models.Entitlement),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        is_base=is_base,
                        namespace_id=namespace_id,
                        package=package,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        source=source,
                        status=status,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def log(
        self,
        *,
        action: str | Omit = OMIT,
        actor: str | Omit = OMIT,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        feature: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        package: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        source: str | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.LogEntry]:
        """List who changed what of the context's entitlements."""
        return cast(
            "Page[models.LogEntry]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/log"),
                    cast(Any, models.LogEntry),
                    "list",
                    query=given(
                        action=action,
                        actor=actor,
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        feature=feature,
                        fields=fields,
                        namespace_id=namespace_id,
                        package=package,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        source=source,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def preview(
        self,
        *,
        package: str,
        billing_cycle_anchor: datetime | Omit | None = OMIT,
        expires_at: datetime | Omit | None = OMIT,
        namespace_id: str | Omit | None = OMIT,
        replace: bool | Omit = OMIT,
        starts_at: datetime | Omit | None = OMIT,
        trial_ends_at: datetime | Omit | None = OMIT,
        workspace_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Previewed:
        """What a package would change."""
        return cast(
            "models.Previewed",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/preview"),
                    cast(Any, models.Previewed),
                    "one",
                    body=given(
                        package=package,
                        billing_cycle_anchor=billing_cycle_anchor,
                        expires_at=expires_at,
                        namespace_id=namespace_id,
                        replace=replace,
                        starts_at=starts_at,
                        trial_ends_at=trial_ends_at,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def record_usage(
        self,
        *,
        feature: str,
        enforce: bool | Omit = OMIT,
        metadata: Mapping[str, Any] | Omit | None = OMIT,
        occurred_at: datetime | Omit | None = OMIT,
        quantity: int | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Recorded:
        """Record usage."""
        return cast(
            "models.Recorded",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/usage"),
                    cast(Any, models.Recorded),
                    "bare",
                    body=given(
                        feature=feature, enforce=enforce, metadata=metadata, occurred_at=occurred_at, quantity=quantity
                    ),
                ),
                options,
            ),
        )

    def renew(
        self, entitlement_id: str, *, expires_at: datetime | Omit | None = OMIT, options: Options | None = None
    ) -> models.Entitlement:
        """Let a package go on."""
        return cast(
            "models.Entitlement",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/{entitlement_id}/renew", entitlement_id=entitlement_id),
                    cast(Any, models.Entitlement),
                    "one",
                    body=given(expires_at=expires_at),
                ),
                options,
            ),
        )

    def summary(
        self,
        *,
        as_of: datetime | str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Summary:
        """All figures of the context."""
        return cast(
            "models.Summary",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/summary"),
                    cast(Any, models.Summary),
                    "one",
                    query=given(as_of=as_of, fields=fields),
                ),
                options,
            ),
        )

    def suspend(
        self, entitlement_id: str, *, reason: str | Omit | None = OMIT, options: Options | None = None
    ) -> models.Entitlement:
        """Suspend a package."""
        return cast(
            "models.Entitlement",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/{entitlement_id}/suspend", entitlement_id=entitlement_id),
                    cast(Any, models.Entitlement),
                    "one",
                    body=given(reason=reason),
                ),
                options,
            ),
        )

    def unsuspend(self, entitlement_id: str, *, options: Options | None = None) -> models.Entitlement:
        """Let it grant again."""
        return cast(
            "models.Entitlement",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/{entitlement_id}/unsuspend", entitlement_id=entitlement_id),
                    cast(Any, models.Entitlement),
                    "one",
                ),
                options,
            ),
        )

    def usage_history(
        self,
        *,
        feature: str,
        fields: str | Sequence[str] | Omit = OMIT,
        since: datetime | str | Omit = OMIT,
        until: datetime | str | Omit = OMIT,
        window: Literal["hour", "day", "month"] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.UsageHistory:
        """Usage of a feature by hour, day or month."""
        return cast(
            "models.UsageHistory",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/usage"),
                    cast(Any, models.UsageHistory),
                    "bare",
                    query=given(feature=feature, fields=fields, since=since, until=until, window=window),
                ),
                options,
            ),
        )


class EventTypes:
    """EventTypes: create, delete, get, list, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def create(
        self, *, schema: Mapping[str, Any], type: str, description: str | Omit = OMIT, options: Options | None = None
    ) -> models.EventType:
        """Describe a type of your own events, and what its data must fit."""
        return cast(
            "models.EventType",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/event-types"),
                    cast(Any, models.EventType),
                    "one",
                    body=given(schema=schema, type=type, description=description),
                ),
                options,
            ),
        )

    def delete(self, event_type: str, *, options: Options | None = None) -> None:
        """Take events of a type whatever their data again."""
        self._runner.run(
            Request("DELETE", path_of("/event-types/{event_type}", event_type=event_type), None, "nothing"), options
        )

    def get(
        self, event_type: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.EventType:
        """Get a type of events."""
        return cast(
            "models.EventType",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/event-types/{event_type}", event_type=event_type),
                    cast(Any, models.EventType),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.EventType]:
        """List the types of events, the platform's and your own."""
        return cast(
            "Page[models.EventType]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/event-types"),
                    cast(Any, models.EventType),
                    "list",
                    query=given(
                        cursor=cursor,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def update(
        self,
        event_type: str,
        *,
        description: str | Omit = OMIT,
        schema: Mapping[str, Any] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.EventType:
        """Change a type of your own."""
        return cast(
            "models.EventType",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/event-types/{event_type}", event_type=event_type),
                    cast(Any, models.EventType),
                    "one",
                    body=given(description=description, schema=schema),
                ),
                options,
            ),
        )


class Events:
    """Events: create, get, list."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def create(
        self,
        *,
        data: Mapping[str, Any],
        type: str,
        idempotency_key: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.ClientEvent:
        """Publish an event of your own."""
        return cast(
            "models.ClientEvent",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/events"),
                    cast(Any, models.ClientEvent),
                    "one",
                    body=given(data=data, type=type, idempotency_key=idempotency_key),
                ),
                options,
            ),
        )

    def get(
        self, event_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.ClientEvent:
        """Get an event, your own or the platform's."""
        return cast(
            "models.ClientEvent",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/events/{event_id}", event_id=event_id),
                    cast(Any, models.ClientEvent),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        idempotency_key: str | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        type: str | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.ClientEvent]:
        """List the events that the workspace published."""
        return cast(
            "Page[models.ClientEvent]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/events"),
                    cast(Any, models.ClientEvent),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        idempotency_key=idempotency_key,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        type=type,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )


class Features:
    """Features: create, get, list, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def create(
        self,
        *,
        code: str,
        name: str,
        type: Literal["boolean", "limit", "unlimited"],
        category: str | Omit = OMIT,
        parent: str | Omit | None = OMIT,
        reset: Literal["none", "monthly", "rolling"] | Omit = OMIT,
        rolling_window_days: int | Omit | None = OMIT,
        rolls_over: bool | Omit = OMIT,
        scale: int | Omit = OMIT,
        spill: bool | Omit = OMIT,
        unit: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Feature:
        """Add a feature."""
        return cast(
            "models.Feature",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/features"),
                    cast(Any, models.Feature),
                    "one",
                    body=given(
                        code=code,
                        name=name,
                        type=type,
                        category=category,
                        parent=parent,
                        reset=reset,
                        rolling_window_days=rolling_window_days,
                        rolls_over=rolls_over,
                        scale=scale,
                        spill=spill,
                        unit=unit,
                    ),
                ),
                options,
            ),
        )

    def get(
        self, feature_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Feature:
        """Get a feature, by id or code."""
        return cast(
            "models.Feature",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/features/{feature_id}", feature_id=feature_id),
                    cast(Any, models.Feature),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        category: str | Omit = OMIT,
        code: str | Omit = OMIT,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        parent: str | Omit = OMIT,
        per_page: int | Omit = OMIT,
        reset: Literal["none", "monthly", "rolling"] | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        type: Literal["boolean", "limit", "unlimited"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Feature]:
        """List the features."""
        return cast(
            "Page[models.Feature]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/features"),
                    cast(Any, models.Feature),
                    "list",
                    query=given(
                        category=category,
                        code=code,
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        parent=parent,
                        per_page=per_page,
                        reset=reset,
                        search=search,
                        sort=sort,
                        type=type,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def update(
        self,
        feature_id: str,
        *,
        category: str | Omit = OMIT,
        name: str | Omit = OMIT,
        parent: str | Omit | None = OMIT,
        rolls_over: bool | Omit = OMIT,
        spill: bool | Omit = OMIT,
        unit: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Feature:
        """Change a feature."""
        return cast(
            "models.Feature",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/features/{feature_id}", feature_id=feature_id),
                    cast(Any, models.Feature),
                    "one",
                    body=given(
                        category=category, name=name, parent=parent, rolls_over=rolls_over, spill=spill, unit=unit
                    ),
                ),
                options,
            ),
        )


class Invitations:
    """Invitations: accept, create, delete, get, list."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def accept(
        self, *, token: str, name: str | Omit | None = OMIT, options: Options | None = None
    ) -> models.Acceptance:
        """Accept an invitation."""
        return cast(
            "models.Acceptance",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/invitations/accept"),
                    cast(Any, models.Acceptance),
                    "one",
                    body=given(token=token, name=name),
                ),
                options,
            ),
        )

    def create(
        self,
        workspace_id: str,
        *,
        email: str,
        role: Literal["owner", "admin", "member"] | Omit = OMIT,
        team_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.NewInvitation:
        """Invite somebody by e-mail."""
        return cast(
            "models.NewInvitation",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/{workspace_id}/invitations", workspace_id=workspace_id),
                    cast(Any, models.NewInvitation),
                    "one",
                    body=given(email=email, role=role, team_id=team_id),
                ),
                options,
            ),
        )

    def delete(self, workspace_id: str, invitation_id: str, *, options: Options | None = None) -> None:
        """Take back an invitation."""
        self._runner.run(
            Request(
                "DELETE",
                path_of(
                    "/workspaces/{workspace_id}/invitations/{invitation_id}",
                    workspace_id=workspace_id,
                    invitation_id=invitation_id,
                ),
                None,
                "nothing",
            ),
            options,
        )

    def get(
        self,
        workspace_id: str,
        invitation_id: str,
        *,
        fields: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Invitation:
        """Get an invitation."""
        return cast(
            "models.Invitation",
            self._runner.run(
                Request(
                    "GET",
                    path_of(
                        "/workspaces/{workspace_id}/invitations/{invitation_id}",
                        workspace_id=workspace_id,
                        invitation_id=invitation_id,
                    ),
                    cast(Any, models.Invitation),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        workspace_id: str,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        role: Literal["owner", "admin", "member"] | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        status: Literal["pending", "accepted", "revoked", "expired"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Invitation]:
        """List invitations."""
        return cast(
            "Page[models.Invitation]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/workspaces/{workspace_id}/invitations", workspace_id=workspace_id),
                    cast(Any, models.Invitation),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        role=role,
                        search=search,
                        sort=sort,
                        status=status,
                        updated_after=updated_after,
                        updated_before=updated_before,
                    ),
                ),
                options,
            ),
        )


class Members:
    """Members: create, delete, get, list, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def create(
        self,
        workspace_id: str,
        *,
        user_id: str,
        custom_permissions: Sequence[str] | Omit | None = OMIT,
        role: Literal["owner", "admin", "member"] | Omit = OMIT,
        team_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Member:
        """Add a user whom you manage in another workspace."""
        return cast(
            "models.Member",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/{workspace_id}/members", workspace_id=workspace_id),
                    cast(Any, models.Member),
                    "one",
                    body=given(user_id=user_id, custom_permissions=custom_permissions, role=role, team_id=team_id),
                ),
                options,
            ),
        )

    def delete(self, workspace_id: str, user_id: str, *, options: Options | None = None) -> None:
        """Remove a member, or leave."""
        self._runner.run(
            Request(
                "DELETE",
                path_of("/workspaces/{workspace_id}/members/{user_id}", workspace_id=workspace_id, user_id=user_id),
                None,
                "nothing",
            ),
            options,
        )

    def get(
        self,
        workspace_id: str,
        user_id: str,
        *,
        fields: str | Sequence[str] | Omit = OMIT,
        include: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Member:
        """Get a member."""
        return cast(
            "models.Member",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/workspaces/{workspace_id}/members/{user_id}", workspace_id=workspace_id, user_id=user_id),
                    cast(Any, models.Member),
                    "one",
                    query=given(fields=fields, include=include),
                ),
                options,
            ),
        )

    def list(
        self,
        workspace_id: str,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        include: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        role: Literal["owner", "admin", "member"] | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        team_id: str | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        user_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Member]:
        """List members."""
        return cast(
            "Page[models.Member]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/workspaces/{workspace_id}/members", workspace_id=workspace_id),
                    cast(Any, models.Member),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        include=include,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        role=role,
                        search=search,
                        sort=sort,
                        team_id=team_id,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        user_id=user_id,
                    ),
                ),
                options,
            ),
        )

    def update(
        self,
        workspace_id: str,
        user_id: str,
        *,
        custom_permissions: Sequence[str] | Omit | None = OMIT,
        role: Literal["owner", "admin", "member"] | Omit = OMIT,
        team_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Member:
        """Change a member's role, team or permissions."""
        return cast(
            "models.Member",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/workspaces/{workspace_id}/members/{user_id}", workspace_id=workspace_id, user_id=user_id),
                    cast(Any, models.Member),
                    "one",
                    body=given(custom_permissions=custom_permissions, role=role, team_id=team_id),
                ),
                options,
            ),
        )


class Namespaces:
    """Namespaces: batch, check_entitlement, create, delete, get, list, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def batch(
        self, *, operations: Sequence[Mapping[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> Sequence[dict[str, Any]]:
        """Run several operations (create, update, delete)."""
        return cast(
            "Sequence[dict[str, Any]]",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/namespaces/batch"),
                    cast(Any, Sequence[dict[str, Any]]),
                    "one",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    def check_entitlement(
        self,
        namespace_id: str,
        *,
        feature: str,
        as_of: datetime | str | Omit = OMIT,
        quantity: int | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Verdict:
        """Check a feature of a namespace."""
        return cast(
            "models.Verdict",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/namespaces/{namespace_id}/entitlements/check", namespace_id=namespace_id),
                    cast(Any, models.Verdict),
                    "bare",
                    query=given(as_of=as_of),
                    body=given(feature=feature, quantity=quantity),
                ),
                options,
            ),
        )

    def create(
        self,
        *,
        name: str,
        color: str | Omit | None = OMIT,
        description: str | Omit | None = OMIT,
        icon: str | Omit | None = OMIT,
        is_active: bool | Omit = OMIT,
        is_default: bool | Omit = OMIT,
        owner_id: str | Omit | None = OMIT,
        owner_type: Literal["User", "Workspace"] | Omit | None = OMIT,
        settings: Mapping[str, Any] | Omit = OMIT,
        slug: str | Omit | None = OMIT,
        sort_order: int | Omit = OMIT,
        workspace_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Namespace:
        """Create a namespace."""
        return cast(
            "models.Namespace",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/namespaces"),
                    cast(Any, models.Namespace),
                    "one",
                    body=given(
                        name=name,
                        color=color,
                        description=description,
                        icon=icon,
                        is_active=is_active,
                        is_default=is_default,
                        owner_id=owner_id,
                        owner_type=owner_type,
                        settings=settings,
                        slug=slug,
                        sort_order=sort_order,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def delete(self, namespace_id: str, *, options: Options | None = None) -> None:
        """Delete a namespace."""
        self._runner.run(
            Request("DELETE", path_of("/namespaces/{namespace_id}", namespace_id=namespace_id), None, "nothing"),
            options,
        )

    def get(
        self, namespace_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.NamespaceWithPlan:
        """Get a namespace."""
        return cast(
            "models.NamespaceWithPlan",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/namespaces/{namespace_id}", namespace_id=namespace_id),
                    cast(Any, models.NamespaceWithPlan),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        is_active: bool | Omit = OMIT,
        is_default: bool | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        owner_type: Literal["User", "Workspace"] | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        slug: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Namespace]:
        """List namespaces."""
        return cast(
            "Page[models.Namespace]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/namespaces"),
                    cast(Any, models.Namespace),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        is_active=is_active,
                        is_default=is_default,
                        namespace_id=namespace_id,
                        owner_type=owner_type,
                        page=page,
                        per_page=per_page,
                        search=search,
                        slug=slug,
                        sort=sort,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def update(
        self,
        namespace_id: str,
        *,
        color: str | Omit | None = OMIT,
        description: str | Omit | None = OMIT,
        icon: str | Omit | None = OMIT,
        is_active: bool | Omit = OMIT,
        is_default: bool | Omit = OMIT,
        name: str | Omit = OMIT,
        settings: Mapping[str, Any] | Omit = OMIT,
        slug: str | Omit = OMIT,
        sort_order: int | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Namespace:
        """Change a namespace."""
        return cast(
            "models.Namespace",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/namespaces/{namespace_id}", namespace_id=namespace_id),
                    cast(Any, models.Namespace),
                    "one",
                    body=given(
                        color=color,
                        description=description,
                        icon=icon,
                        is_active=is_active,
                        is_default=is_default,
                        name=name,
                        settings=settings,
                        slug=slug,
                        sort_order=sort_order,
                    ),
                ),
                options,
            ),
        )


class Packages:
    """Packages: create, get, list, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def create(
        self,
        *,
        code: str,
        name: str,
        description: str | Omit | None = OMIT,
        features: Sequence[Mapping[str, Any]] | Omit = OMIT,
        is_active: bool | Omit = OMIT,
        is_base: bool | Omit = OMIT,
        is_public: bool | Omit = OMIT,
        is_stackable: bool | Omit | None = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Package:
        """Add a package."""
        return cast(
            "models.Package",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/packages"),
                    cast(Any, models.Package),
                    "one",
                    body=given(
                        code=code,
                        name=name,
                        description=description,
                        features=features,
                        is_active=is_active,
                        is_base=is_base,
                        is_public=is_public,
                        is_stackable=is_stackable,
                        tier=tier,
                    ),
                ),
                options,
            ),
        )

    def get(
        self, package_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Package:
        """Get a package, by id or code."""
        return cast(
            "models.Package",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/packages/{package_id}", package_id=package_id),
                    cast(Any, models.Package),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        code: str | Omit = OMIT,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        is_active: bool | Omit = OMIT,
        is_base: bool | Omit = OMIT,
        is_public: bool | Omit = OMIT,
        is_stackable: bool | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Package]:
        """List the packages."""
        return cast(
            "Page[models.Package]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/packages"),
                    cast(Any, models.Package),
                    "list",
                    query=given(
                        code=code,
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        is_active=is_active,
                        is_base=is_base,
                        is_public=is_public,
                        is_stackable=is_stackable,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        tier=tier,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def update(
        self,
        package_id: str,
        *,
        description: str | Omit | None = OMIT,
        features: Sequence[Mapping[str, Any]] | Omit = OMIT,
        is_active: bool | Omit = OMIT,
        is_base: bool | Omit = OMIT,
        is_public: bool | Omit = OMIT,
        is_stackable: bool | Omit = OMIT,
        name: str | Omit = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Package:
        """Change a package: a new version, holders keep theirs."""
        return cast(
            "models.Package",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/packages/{package_id}", package_id=package_id),
                    cast(Any, models.Package),
                    "one",
                    body=given(
                        description=description,
                        features=features,
                        is_active=is_active,
                        is_base=is_base,
                        is_public=is_public,
                        is_stackable=is_stackable,
                        name=name,
                        tier=tier,
                    ),
                ),
                options,
            ),
        )


class Replays:
    """Replays: cancel, create, get, list."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def cancel(self, webhook_id: str, replay_id: str, *, options: Options | None = None) -> models.Replay:
        """Cancel a replay."""
        return cast(
            "models.Replay",
            self._runner.run(
                Request(
                    "POST",
                    path_of(
                        "/webhooks/{webhook_id}/replays/{replay_id}/cancel", webhook_id=webhook_id, replay_id=replay_id
                    ),
                    cast(Any, models.Replay),
                    "one",
                ),
                options,
            ),
        )

    def create(
        self,
        webhook_id: str,
        *,
        since: datetime,
        status: Literal["failed", "cancelled", "success", "missing", "all"] | Omit | None = OMIT,
        until: datetime | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Replay:
        """Deliver again what failed or is missing."""
        return cast(
            "models.Replay",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/webhooks/{webhook_id}/replay", webhook_id=webhook_id),
                    cast(Any, models.Replay),
                    "one",
                    body=given(since=since, status=status, until=until),
                ),
                options,
            ),
        )

    def get(
        self,
        webhook_id: str,
        replay_id: str,
        *,
        fields: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Replay:
        """Get a replay and its progress."""
        return cast(
            "models.Replay",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/webhooks/{webhook_id}/replays/{replay_id}", webhook_id=webhook_id, replay_id=replay_id),
                    cast(Any, models.Replay),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        webhook_id: str,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        status: Literal["pending", "running", "completed", "cancelled"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Replay]:
        """List replays."""
        return cast(
            "Page[models.Replay]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/webhooks/{webhook_id}/replays", webhook_id=webhook_id),
                    cast(Any, models.Replay),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        sort=sort,
                        status=status,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )


class Reservations:
    """Reservations: commit, create, get, release."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def commit(
        self, reservation_id: str, *, quantity: int | Omit | None = OMIT, options: Options | None = None
    ) -> models.Reservation:
        """Use what is held."""
        return cast(
            "models.Reservation",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/reservations/{reservation_id}/commit", reservation_id=reservation_id),
                    cast(Any, models.Reservation),
                    "one",
                    body=given(quantity=quantity),
                ),
                options,
            ),
        )

    def create(
        self,
        *,
        feature: str,
        metadata: Mapping[str, Any] | Omit | None = OMIT,
        quantity: int | Omit = OMIT,
        ttl_seconds: int | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Reservation:
        """Hold a quantity for a time."""
        return cast(
            "models.Reservation",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/reservations"),
                    cast(Any, models.Reservation),
                    "one",
                    body=given(feature=feature, metadata=metadata, quantity=quantity, ttl_seconds=ttl_seconds),
                ),
                options,
            ),
        )

    def get(
        self, reservation_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.ReservationState:
        """Get a reservation."""
        return cast(
            "models.ReservationState",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/reservations/{reservation_id}", reservation_id=reservation_id),
                    cast(Any, models.ReservationState),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def release(self, reservation_id: str, *, options: Options | None = None) -> models.Reservation:
        """Give up what is held."""
        return cast(
            "models.Reservation",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/reservations/{reservation_id}/release", reservation_id=reservation_id),
                    cast(Any, models.Reservation),
                    "one",
                ),
                options,
            ),
        )


class Teams:
    """Teams: create, delete, get, list, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def create(
        self,
        workspace_id: str,
        *,
        name: str,
        description: str | Omit | None = OMIT,
        permissions: Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Team:
        """Create a team."""
        return cast(
            "models.Team",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/{workspace_id}/teams", workspace_id=workspace_id),
                    cast(Any, models.Team),
                    "one",
                    body=given(name=name, description=description, permissions=permissions),
                ),
                options,
            ),
        )

    def delete(self, workspace_id: str, team_id: str, *, options: Options | None = None) -> None:
        """Delete a team that nobody is in."""
        self._runner.run(
            Request(
                "DELETE",
                path_of("/workspaces/{workspace_id}/teams/{team_id}", workspace_id=workspace_id, team_id=team_id),
                None,
                "nothing",
            ),
            options,
        )

    def get(
        self,
        workspace_id: str,
        team_id: str,
        *,
        fields: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Team:
        """Get a team."""
        return cast(
            "models.Team",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/workspaces/{workspace_id}/teams/{team_id}", workspace_id=workspace_id, team_id=team_id),
                    cast(Any, models.Team),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        workspace_id: str,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        is_system: bool | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Team]:
        """List teams."""
        return cast(
            "Page[models.Team]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/workspaces/{workspace_id}/teams", workspace_id=workspace_id),
                    cast(Any, models.Team),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        is_system=is_system,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        updated_after=updated_after,
                        updated_before=updated_before,
                    ),
                ),
                options,
            ),
        )

    def update(
        self,
        workspace_id: str,
        team_id: str,
        *,
        description: str | Omit | None = OMIT,
        name: str | Omit = OMIT,
        permissions: Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Team:
        """Change a team."""
        return cast(
            "models.Team",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/workspaces/{workspace_id}/teams/{team_id}", workspace_id=workspace_id, team_id=team_id),
                    cast(Any, models.Team),
                    "one",
                    body=given(description=description, name=name, permissions=permissions),
                ),
                options,
            ),
        )


class Usage:
    """Usage: get."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def get(
        self, *, workspace_id: str | Omit = OMIT, namespace_id: str | Omit = OMIT, options: Options | None = None
    ) -> models.Usage:
        """Show what the workspace uses."""
        return cast(
            "models.Usage",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/usage"),
                    cast(Any, models.Usage),
                    "one",
                    query=given(workspace_id=workspace_id, namespace_id=namespace_id),
                ),
                options,
            ),
        )


class Users:
    """Users: batch, create, delete, get, list, me, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def batch(
        self, *, operations: Sequence[Mapping[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> Sequence[dict[str, Any]]:
        """Run several operations (update)."""
        return cast(
            "Sequence[dict[str, Any]]",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/users/batch"),
                    cast(Any, Sequence[dict[str, Any]]),
                    "one",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    def create(
        self,
        *,
        email: str,
        name: str,
        email_verified_at: datetime | Omit | None = OMIT,
        role: Literal["owner", "admin", "member"] | Omit = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.User:
        """Add a person to the workspace in context."""
        return cast(
            "models.User",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/users"),
                    cast(Any, models.User),
                    "one",
                    body=given(email=email, name=name, email_verified_at=email_verified_at, role=role, tier=tier),
                ),
                options,
            ),
        )

    def delete(self, user_id: str, *, options: Options | None = None) -> None:
        """Erase a user and all personal data, for good."""
        self._runner.run(Request("DELETE", path_of("/users/{user_id}", user_id=user_id), None, "nothing"), options)

    def get(
        self, user_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.User:
        """Get a user."""
        return cast(
            "models.User",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/users/{user_id}", user_id=user_id),
                    cast(Any, models.User),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        email: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.User]:
        """List the members of the workspace in context."""
        return cast(
            "Page[models.User]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/users"),
                    cast(Any, models.User),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        email=email,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        tier=tier,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def me(self, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None) -> models.User:
        """Get the user of the key."""
        return cast(
            "models.User",
            self._runner.run(
                Request("GET", path_of("/user"), cast(Any, models.User), "one", query=given(fields=fields)), options
            ),
        )

    def update(
        self,
        user_id: str,
        *,
        email: str | Omit = OMIT,
        email_verified_at: datetime | Omit | None = OMIT,
        name: str | Omit = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.User:
        """Change a user."""
        return cast(
            "models.User",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/users/{user_id}", user_id=user_id),
                    cast(Any, models.User),
                    "one",
                    body=given(email=email, email_verified_at=email_verified_at, name=name, tier=tier),
                ),
                options,
            ),
        )


class Webhooks:
    """Webhooks: batch, create, delete, get, get_explain, list, rotate_secret, test, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def batch(
        self, *, operations: Sequence[Mapping[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> Sequence[dict[str, Any]]:
        """Run several operations (create, update, delete)."""
        return cast(
            "Sequence[dict[str, Any]]",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/webhooks/batch"),
                    cast(Any, Sequence[dict[str, Any]]),
                    "one",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    def create(
        self,
        *,
        events: Sequence[str],
        url: str,
        concurrency: int | Omit = OMIT,
        description: str | Omit | None = OMIT,
        filters: Mapping[str, Any] | Omit = OMIT,
        headers: Mapping[str, str] | Omit = OMIT,
        is_active: bool | Omit = OMIT,
        ordered: bool | Omit = OMIT,
        rate_limit: Mapping[str, Any] | Omit | None = OMIT,
        retry_schedule: Sequence[float] | Omit | None = OMIT,
        secret: str | Omit | None = OMIT,
        signatures: Sequence[Literal["v1", "v1a"]] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.CreatedWebhook:
        """Create a webhook."""
        return cast(
            "models.CreatedWebhook",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/webhooks"),
                    cast(Any, models.CreatedWebhook),
                    "one",
                    body=given(
                        events=events,
                        url=url,
                        concurrency=concurrency,
                        description=description,
                        filters=filters,
                        headers=headers,
                        is_active=is_active,
                        ordered=ordered,
                        rate_limit=rate_limit,
                        retry_schedule=retry_schedule,
                        secret=secret,
                        signatures=signatures,
                    ),
                ),
                options,
            ),
        )

    def delete(self, webhook_id: str, *, options: Options | None = None) -> None:
        """Delete a webhook."""
        self._runner.run(
            Request("DELETE", path_of("/webhooks/{webhook_id}", webhook_id=webhook_id), None, "nothing"), options
        )

    def get(
        self, webhook_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Webhook:
        """Get a webhook."""
        return cast(
            "models.Webhook",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/webhooks/{webhook_id}", webhook_id=webhook_id),
                    cast(Any, models.Webhook),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    def get_explain(
        self,
        webhook_id: str,
        *,
        event_id: str,
        fields: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.WebhooksExplanation:
        """Explain why an event was delivered or not."""
        return cast(
            "models.WebhooksExplanation",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/webhooks/{webhook_id}/explain", webhook_id=webhook_id),
                    cast(Any, models.WebhooksExplanation),
                    "one",
                    query=given(event_id=event_id, fields=fields),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        is_active: bool | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        status: Literal["active", "disabled"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        url: str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Webhook]:
        """List webhooks."""
        return cast(
            "Page[models.Webhook]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/webhooks"),
                    cast(Any, models.Webhook),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        is_active=is_active,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        status=status,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        url=url,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def rotate_secret(
        self,
        webhook_id: str,
        *,
        grace_period_hours: float | Omit = OMIT,
        secret: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Rotated:
        """Give a webhook a new secret."""
        return cast(
            "models.Rotated",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/webhooks/{webhook_id}/rotate-secret", webhook_id=webhook_id),
                    cast(Any, models.Rotated),
                    "one",
                    body=given(grace_period_hours=grace_period_hours, secret=secret),
                ),
                options,
            ),
        )

    def test(self, webhook_id: str, *, options: Options | None = None) -> models.Tested:
        """Send a test event."""
        return cast(
            "models.Tested",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/webhooks/{webhook_id}/test", webhook_id=webhook_id),
                    cast(Any, models.Tested),
                    "bare",
                ),
                options,
            ),
        )

    def update(
        self,
        webhook_id: str,
        *,
        concurrency: int | Omit = OMIT,
        description: str | Omit | None = OMIT,
        events: Sequence[str] | Omit = OMIT,
        filters: Mapping[str, Any] | Omit = OMIT,
        headers: Mapping[str, str] | Omit = OMIT,
        is_active: bool | Omit = OMIT,
        ordered: bool | Omit = OMIT,
        rate_limit: Mapping[str, Any] | Omit | None = OMIT,
        retry_schedule: Sequence[float] | Omit | None = OMIT,
        signatures: Sequence[Literal["v1", "v1a"]] | Omit = OMIT,
        url: str | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Webhook:
        """Change a webhook."""
        return cast(
            "models.Webhook",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/webhooks/{webhook_id}", webhook_id=webhook_id),
                    cast(Any, models.Webhook),
                    "one",
                    body=given(
                        concurrency=concurrency,
                        description=description,
                        events=events,
                        filters=filters,
                        headers=headers,
                        is_active=is_active,
                        ordered=ordered,
                        rate_limit=rate_limit,
                        retry_schedule=retry_schedule,
                        signatures=signatures,
                        url=url,
                    ),
                ),
                options,
            ),
        )


class Workspaces:
    """Workspaces: batch, create, delete, get, list, restore, suspend, unsuspend, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    def batch(
        self, *, operations: Sequence[Mapping[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> Sequence[dict[str, Any]]:
        """Run several operations (create, update, delete)."""
        return cast(
            "Sequence[dict[str, Any]]",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/batch"),
                    cast(Any, Sequence[dict[str, Any]]),
                    "one",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    def create(
        self,
        *,
        name: str,
        settings: Mapping[str, Any] | Omit = OMIT,
        slug: str | Omit | None = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Workspace:
        """Create a workspace."""
        return cast(
            "models.Workspace",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces"),
                    cast(Any, models.Workspace),
                    "one",
                    body=given(name=name, settings=settings, slug=slug, tier=tier),
                ),
                options,
            ),
        )

    def delete(self, workspace_id: str, *, options: Options | None = None) -> None:
        """Delete a workspace, restorable for 30 days."""
        self._runner.run(
            Request("DELETE", path_of("/workspaces/{workspace_id}", workspace_id=workspace_id), None, "nothing"),
            options,
        )

    def get(
        self,
        workspace_id: str,
        *,
        fields: str | Sequence[str] | Omit = OMIT,
        include: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Workspace:
        """Get a workspace."""
        return cast(
            "models.Workspace",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/workspaces/{workspace_id}", workspace_id=workspace_id),
                    cast(Any, models.Workspace),
                    "one",
                    query=given(fields=fields, include=include),
                ),
                options,
            ),
        )

    def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        include: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        owner_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        slug: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        status: Literal["active", "suspended", "deleted"] | Omit = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> Page[models.Workspace]:
        """List workspaces."""
        return cast(
            "Page[models.Workspace]",
            self._runner.run(
                Request(
                    "GET",
                    path_of("/workspaces"),
                    cast(Any, models.Workspace),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        include=include,
                        namespace_id=namespace_id,
                        owner_id=owner_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        slug=slug,
                        sort=sort,
                        status=status,
                        tier=tier,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    def restore(
        self, workspace_id: str, *, owner_id: str | Omit | None = OMIT, options: Options | None = None
    ) -> models.Workspace:
        """Restore a deleted workspace."""
        return cast(
            "models.Workspace",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/{workspace_id}/restore", workspace_id=workspace_id),
                    cast(Any, models.Workspace),
                    "one",
                    body=given(owner_id=owner_id),
                ),
                options,
            ),
        )

    def suspend(self, workspace_id: str, *, reason: str, options: Options | None = None) -> models.Workspace:
        """Suspend a workspace."""
        return cast(
            "models.Workspace",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/{workspace_id}/suspend", workspace_id=workspace_id),
                    cast(Any, models.Workspace),
                    "one",
                    body=given(reason=reason),
                ),
                options,
            ),
        )

    def unsuspend(self, workspace_id: str, *, options: Options | None = None) -> models.Workspace:
        """End a suspension."""
        return cast(
            "models.Workspace",
            self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/{workspace_id}/unsuspend", workspace_id=workspace_id),
                    cast(Any, models.Workspace),
                    "one",
                ),
                options,
            ),
        )

    def update(
        self,
        workspace_id: str,
        *,
        name: str | Omit = OMIT,
        settings: Mapping[str, Any] | Omit = OMIT,
        slug: str | Omit = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Workspace:
        """Change a workspace."""
        return cast(
            "models.Workspace",
            self._runner.run(
                Request(
                    "PATCH",
                    path_of("/workspaces/{workspace_id}", workspace_id=workspace_id),
                    cast(Any, models.Workspace),
                    "one",
                    body=given(name=name, settings=settings, slug=slug, tier=tier),
                ),
                options,
            ),
        )


class Resources:
    """Every resource of the API."""

    def __init__(self, runner: _Runner) -> None:
        self.api_keys = ApiKeys(runner)
        self.boosts = Boosts(runner)
        self.deliveries = Deliveries(runner)
        self.entitlements = Entitlements(runner)
        self.event_types = EventTypes(runner)
        self.events = Events(runner)
        self.features = Features(runner)
        self.invitations = Invitations(runner)
        self.members = Members(runner)
        self.namespaces = Namespaces(runner)
        self.packages = Packages(runner)
        self.replays = Replays(runner)
        self.reservations = Reservations(runner)
        self.teams = Teams(runner)
        self.usage = Usage(runner)
        self.users = Users(runner)
        self.webhooks = Webhooks(runner)
        self.workspaces = Workspaces(runner)
