"""Made from the OpenAPI document by `make sdks`; edit the generator, not this."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from atrium_sdk import models
from atrium_sdk._omit import OMIT, Omit
from atrium_sdk._options import Options
from atrium_sdk._pages import AsyncPage
from atrium_sdk._request import Request, given, path_of


class _Runner(Protocol):
    async def run(self, request: Request, options: Options | None = None) -> Any: ...


class AsyncApiKeys:
    """ApiKeys: batch, create, delete, get, list."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def batch(
        self, *, operations: Sequence[dict[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> dict[str, Any]:
        """Run several operations (create, delete)."""
        return cast(
            "dict[str, Any]",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/api-keys/batch"),
                    cast(Any, dict[str, Any]),
                    "bare",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    async def create(
        self,
        *,
        name: str,
        scopes: Sequence[str],
        environment: Literal["live", "test"] | Omit = OMIT,
        expires_at: datetime | Omit | None = OMIT,
        ip_allowlist: Sequence[str] | Omit = OMIT,
        rate_limit: dict[str, Any] | Omit | None = OMIT,
        rate_limit_tier: Literal["free", "pro", "business", "enterprise"] | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.ApiKey:
        """Create an API key."""
        return cast(
            "models.ApiKey",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/api-keys"),
                    cast(Any, models.ApiKey),
                    "one",
                    body=given(
                        name=name,
                        scopes=scopes,
                        environment=environment,
                        expires_at=expires_at,
                        ip_allowlist=ip_allowlist,
                        rate_limit=rate_limit,
                        rate_limit_tier=rate_limit_tier,
                    ),
                ),
                options,
            ),
        )

    async def delete(self, key_id: str, *, options: Options | None = None) -> None:
        """Revoke an API key."""
        await self._runner.run(
            Request("DELETE", path_of("/api-keys/{key_id}", key_id=key_id), None, "nothing"), options
        )

    async def get(
        self, key_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.ApiKey:
        """Get an API key."""
        return cast(
            "models.ApiKey",
            await self._runner.run(
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

    async def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> AsyncPage[models.ApiKey]:
        """List API keys."""
        return cast(
            "AsyncPage[models.ApiKey]",
            await self._runner.run(
                Request(
                    "GET",
                    path_of("/api-keys"),
                    cast(Any, models.ApiKey),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )


class AsyncDeliveries:
    """Deliveries: get, list, retry."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def get(
        self,
        webhook_id: str,
        delivery_id: str,
        *,
        fields: str | Sequence[str] | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Delivery:
        """Get a delivery with its attempts."""
        return cast(
            "models.Delivery",
            await self._runner.run(
                Request(
                    "GET",
                    path_of(
                        "/webhooks/{webhook_id}/deliveries/{delivery_id}",
                        webhook_id=webhook_id,
                        delivery_id=delivery_id,
                    ),
                    cast(Any, models.Delivery),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    async def list(
        self,
        webhook_id: str,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
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
    ) -> AsyncPage[models.Delivery]:
        """List deliveries."""
        return cast(
            "AsyncPage[models.Delivery]",
            await self._runner.run(
                Request(
                    "GET",
                    path_of("/webhooks/{webhook_id}/deliveries", webhook_id=webhook_id),
                    cast(Any, models.Delivery),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
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

    async def retry(self, webhook_id: str, delivery_id: str, *, options: Options | None = None) -> models.Delivery:
        """Retry a delivery."""
        return cast(
            "models.Delivery",
            await self._runner.run(
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


class AsyncEntitlements:
    """Entitlements: check, create, list, record_usage, summary."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def check(
        self,
        *,
        feature: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        quantity: str | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Verdict:
        """Check a feature of the context."""
        return cast(
            "models.Verdict",
            await self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/check"),
                    cast(Any, models.Verdict),
                    "bare",
                    query=given(feature=feature, fields=fields, quantity=quantity),
                ),
                options,
            ),
        )

    async def create(
        self,
        *,
        package: str,
        expires_at: datetime | Omit | None = OMIT,
        namespace_id: str | Omit | None = OMIT,
        source: str | Omit = OMIT,
        workspace_id: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Entitlement:
        """Give a holder a package."""
        return cast(
            "models.Entitlement",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements"),
                    cast(Any, models.Entitlement),
                    "one",
                    body=given(
                        package=package,
                        expires_at=expires_at,
                        namespace_id=namespace_id,
                        source=source,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    async def list(
        self, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Entitlement:
        """List the packages of the context."""
        return cast(
            "models.Entitlement",
            await self._runner.run(
                Request(
                    "GET", path_of("/entitlements"), cast(Any, models.Entitlement), "one", query=given(fields=fields)
                ),
                options,
            ),
        )

    async def record_usage(
        self,
        *,
        feature: str,
        enforce: bool | Omit = OMIT,
        metadata: dict[str, Any] | Omit | None = OMIT,
        quantity: int | Omit = OMIT,
        options: Options | None = None,
    ) -> models.Recorded:
        """Record usage."""
        return cast(
            "models.Recorded",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/entitlements/usage"),
                    cast(Any, models.Recorded),
                    "bare",
                    body=given(feature=feature, enforce=enforce, metadata=metadata, quantity=quantity),
                ),
                options,
            ),
        )

    async def summary(
        self, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Summary:
        """All figures of the context."""
        return cast(
            "models.Summary",
            await self._runner.run(
                Request(
                    "GET",
                    path_of("/entitlements/summary"),
                    cast(Any, models.Summary),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )


class AsyncFeatures:
    """Features: list."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def list(
        self, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Feature:
        """List the features."""
        return cast(
            "models.Feature",
            await self._runner.run(
                Request("GET", path_of("/features"), cast(Any, models.Feature), "one", query=given(fields=fields)),
                options,
            ),
        )


class AsyncNamespaces:
    """Namespaces: batch, check_entitlement, create, delete, get, list, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def batch(
        self, *, operations: Sequence[dict[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> dict[str, Any]:
        """Run several operations (create, update, delete)."""
        return cast(
            "dict[str, Any]",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/namespaces/batch"),
                    cast(Any, dict[str, Any]),
                    "bare",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    async def check_entitlement(
        self, namespace_id: str, *, feature: str, quantity: int | Omit = OMIT, options: Options | None = None
    ) -> models.Verdict:
        """Check a feature of a namespace."""
        return cast(
            "models.Verdict",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/namespaces/{namespace_id}/entitlements/check", namespace_id=namespace_id),
                    cast(Any, models.Verdict),
                    "bare",
                    body=given(feature=feature, quantity=quantity),
                ),
                options,
            ),
        )

    async def create(
        self,
        *,
        name: str,
        description: str | Omit | None = OMIT,
        is_default: bool | Omit = OMIT,
        owner_type: Literal["User", "Workspace"] | Omit = OMIT,
        slug: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Namespace:
        """Create a namespace."""
        return cast(
            "models.Namespace",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/namespaces"),
                    cast(Any, models.Namespace),
                    "one",
                    body=given(
                        name=name, description=description, is_default=is_default, owner_type=owner_type, slug=slug
                    ),
                ),
                options,
            ),
        )

    async def delete(self, namespace_id: str, *, options: Options | None = None) -> None:
        """Delete a namespace."""
        await self._runner.run(
            Request("DELETE", path_of("/namespaces/{namespace_id}", namespace_id=namespace_id), None, "nothing"),
            options,
        )

    async def get(
        self, namespace_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Namespace:
        """Get a namespace."""
        return cast(
            "models.Namespace",
            await self._runner.run(
                Request(
                    "GET",
                    path_of("/namespaces/{namespace_id}", namespace_id=namespace_id),
                    cast(Any, models.Namespace),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    async def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        is_active: bool | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        owner_type: Literal["User", "Workspace"] | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> AsyncPage[models.Namespace]:
        """List namespaces."""
        return cast(
            "AsyncPage[models.Namespace]",
            await self._runner.run(
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
                        namespace_id=namespace_id,
                        owner_type=owner_type,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    async def update(
        self,
        namespace_id: str,
        *,
        description: str | Omit | None = OMIT,
        is_active: bool | Omit | None = OMIT,
        name: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Namespace:
        """Change a namespace."""
        return cast(
            "models.Namespace",
            await self._runner.run(
                Request(
                    "PATCH",
                    path_of("/namespaces/{namespace_id}", namespace_id=namespace_id),
                    cast(Any, models.Namespace),
                    "one",
                    body=given(description=description, is_active=is_active, name=name),
                ),
                options,
            ),
        )


class AsyncPackages:
    """Packages: list."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def list(
        self, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Package:
        """List the packages."""
        return cast(
            "models.Package",
            await self._runner.run(
                Request("GET", path_of("/packages"), cast(Any, models.Package), "one", query=given(fields=fields)),
                options,
            ),
        )


class AsyncUsers:
    """Users: list, me."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> AsyncPage[models.User]:
        """List the members of the workspace in context."""
        return cast(
            "AsyncPage[models.User]",
            await self._runner.run(
                Request(
                    "GET",
                    path_of("/users"),
                    cast(Any, models.User),
                    "list",
                    query=given(
                        created_after=created_after,
                        created_before=created_before,
                        cursor=cursor,
                        fields=fields,
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
                        sort=sort,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    async def me(self, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None) -> models.User:
        """Get the user of the key."""
        return cast(
            "models.User",
            await self._runner.run(
                Request("GET", path_of("/user"), cast(Any, models.User), "one", query=given(fields=fields)), options
            ),
        )


class AsyncWebhooks:
    """Webhooks: batch, create, delete, get, list, test, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def batch(
        self, *, operations: Sequence[dict[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> dict[str, Any]:
        """Run several operations (create, update, delete)."""
        return cast(
            "dict[str, Any]",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/webhooks/batch"),
                    cast(Any, dict[str, Any]),
                    "bare",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    async def create(
        self,
        *,
        events: Sequence[str],
        url: str,
        description: str | Omit | None = OMIT,
        secret: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Webhook:
        """Create a webhook."""
        return cast(
            "models.Webhook",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/webhooks"),
                    cast(Any, models.Webhook),
                    "one",
                    body=given(events=events, url=url, description=description, secret=secret),
                ),
                options,
            ),
        )

    async def delete(self, webhook_id: str, *, options: Options | None = None) -> None:
        """Delete a webhook."""
        await self._runner.run(
            Request("DELETE", path_of("/webhooks/{webhook_id}", webhook_id=webhook_id), None, "nothing"), options
        )

    async def get(
        self, webhook_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Webhook:
        """Get a webhook."""
        return cast(
            "models.Webhook",
            await self._runner.run(
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

    async def list(
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
        sort: str | Sequence[str] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> AsyncPage[models.Webhook]:
        """List webhooks."""
        return cast(
            "AsyncPage[models.Webhook]",
            await self._runner.run(
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
                        sort=sort,
                        updated_after=updated_after,
                        updated_before=updated_before,
                        workspace_id=workspace_id,
                    ),
                ),
                options,
            ),
        )

    async def test(self, webhook_id: str, *, options: Options | None = None) -> models.Tested:
        """Send a test event."""
        return cast(
            "models.Tested",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/webhooks/{webhook_id}/test", webhook_id=webhook_id),
                    cast(Any, models.Tested),
                    "bare",
                ),
                options,
            ),
        )

    async def update(
        self,
        webhook_id: str,
        *,
        description: str | Omit | None = OMIT,
        events: Sequence[str] | Omit | None = OMIT,
        is_active: bool | Omit | None = OMIT,
        url: str | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Webhook:
        """Change a webhook."""
        return cast(
            "models.Webhook",
            await self._runner.run(
                Request(
                    "PATCH",
                    path_of("/webhooks/{webhook_id}", webhook_id=webhook_id),
                    cast(Any, models.Webhook),
                    "one",
                    body=given(description=description, events=events, is_active=is_active, url=url),
                ),
                options,
            ),
        )


class AsyncWorkspaces:
    """Workspaces: batch, create, delete, get, list, restore, suspend, unsuspend, update."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner

    async def batch(
        self, *, operations: Sequence[dict[str, Any]], atomic: bool | Omit = OMIT, options: Options | None = None
    ) -> dict[str, Any]:
        """Run several operations (create, update, delete)."""
        return cast(
            "dict[str, Any]",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/batch"),
                    cast(Any, dict[str, Any]),
                    "bare",
                    body=given(operations=operations, atomic=atomic),
                ),
                options,
            ),
        )

    async def create(
        self,
        *,
        name: str,
        settings: dict[str, Any] | Omit = OMIT,
        slug: str | Omit | None = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Workspace:
        """Create a workspace."""
        return cast(
            "models.Workspace",
            await self._runner.run(
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

    async def delete(self, workspace_id: str, *, options: Options | None = None) -> None:
        """Delete a workspace, restorable for 30 days."""
        await self._runner.run(
            Request("DELETE", path_of("/workspaces/{workspace_id}", workspace_id=workspace_id), None, "nothing"),
            options,
        )

    async def get(
        self, workspace_id: str, *, fields: str | Sequence[str] | Omit = OMIT, options: Options | None = None
    ) -> models.Workspace:
        """Get a workspace."""
        return cast(
            "models.Workspace",
            await self._runner.run(
                Request(
                    "GET",
                    path_of("/workspaces/{workspace_id}", workspace_id=workspace_id),
                    cast(Any, models.Workspace),
                    "one",
                    query=given(fields=fields),
                ),
                options,
            ),
        )

    async def list(
        self,
        *,
        created_after: datetime | str | Omit = OMIT,
        created_before: datetime | str | Omit = OMIT,
        cursor: str | Omit = OMIT,
        fields: str | Sequence[str] | Omit = OMIT,
        namespace_id: str | Omit = OMIT,
        page: int | Omit = OMIT,
        per_page: int | Omit = OMIT,
        search: str | Omit = OMIT,
        sort: str | Sequence[str] | Omit = OMIT,
        status: Literal["active", "suspended"] | Omit = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit = OMIT,
        updated_after: datetime | str | Omit = OMIT,
        updated_before: datetime | str | Omit = OMIT,
        workspace_id: str | Omit = OMIT,
        options: Options | None = None,
    ) -> AsyncPage[models.Workspace]:
        """List workspaces."""
        return cast(
            "AsyncPage[models.Workspace]",
            await self._runner.run(
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
                        namespace_id=namespace_id,
                        page=page,
                        per_page=per_page,
                        search=search,
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

    async def restore(self, workspace_id: str, *, options: Options | None = None) -> models.Workspace:
        """Restore a deleted workspace."""
        return cast(
            "models.Workspace",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/{workspace_id}/restore", workspace_id=workspace_id),
                    cast(Any, models.Workspace),
                    "one",
                ),
                options,
            ),
        )

    async def suspend(self, workspace_id: str, *, reason: str, options: Options | None = None) -> models.Workspace:
        """Suspend a workspace."""
        return cast(
            "models.Workspace",
            await self._runner.run(
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

    async def unsuspend(self, workspace_id: str, *, options: Options | None = None) -> models.Workspace:
        """End a suspension."""
        return cast(
            "models.Workspace",
            await self._runner.run(
                Request(
                    "POST",
                    path_of("/workspaces/{workspace_id}/unsuspend", workspace_id=workspace_id),
                    cast(Any, models.Workspace),
                    "one",
                ),
                options,
            ),
        )

    async def update(
        self,
        workspace_id: str,
        *,
        name: str | Omit | None = OMIT,
        settings: dict[str, Any] | Omit | None = OMIT,
        slug: str | Omit | None = OMIT,
        tier: Literal["free", "pro", "business", "enterprise"] | Omit | None = OMIT,
        options: Options | None = None,
    ) -> models.Workspace:
        """Change a workspace."""
        return cast(
            "models.Workspace",
            await self._runner.run(
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


class AsyncResources:
    """Every resource of the API."""

    def __init__(self, runner: _Runner) -> None:
        self.api_keys = AsyncApiKeys(runner)
        self.deliveries = AsyncDeliveries(runner)
        self.entitlements = AsyncEntitlements(runner)
        self.features = AsyncFeatures(runner)
        self.namespaces = AsyncNamespaces(runner)
        self.packages = AsyncPackages(runner)
        self.users = AsyncUsers(runner)
        self.webhooks = AsyncWebhooks(runner)
        self.workspaces = AsyncWorkspaces(runner)
