"""What is seen of the aggregates: their attributes, their rows in the read model, and their public events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atrium_common.clock import rfc3339
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event
from atrium_common.eventing.personal import Personal
from atrium_common.http.listing import words
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Publication
from atrium_common.store.documents import Collection, Delete, Index, Newer, Put
from atrium_tenancy.domain import api_key, namespace, user, workspace

USERS = Collection("users", (Index(("email_claim",)),), frozenset({"words"}))
WORKSPACES = Collection("workspaces", (Index(("created_at",)), Index(("slug",))), frozenset({"words", "members"}))
NAMESPACES = Collection("namespaces", (Index(("created_at",)),), frozenset({"words", "visible_to"}))
API_KEYS = Collection("api_keys", (Index(("workspace_id", "created_at")), Index(("digest",))), frozenset({"words"}))
COLLECTIONS = (USERS, WORKSPACES, NAMESPACES, API_KEYS)


def user_attributes(user_id: str, state: user.User) -> JSONObject:
    """A user as clients see it, personal values in the clear."""
    return {
        "id": user_id,
        "name": state.name.value,
        "email": state.email.value,
        "tier": state.tier,
        "email_verified_at": None if state.email_verified_at is None else rfc3339(state.email_verified_at),
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def workspace_attributes(workspace_id: str, state: workspace.Workspace) -> JSONObject:
    """A workspace as clients see it."""
    return {
        "id": workspace_id,
        "name": state.name,
        "slug": state.slug,
        "tier": state.tier,
        "status": state.status,
        "settings": dict(state.settings),
        "owner_id": state.owner_id,
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def namespace_attributes(namespace_id: str, state: namespace.Namespace) -> JSONObject:
    """A namespace as clients see it."""
    made = state.created
    return {
        "id": namespace_id,
        "uuid": made.uuid,
        "name": state.name,
        "slug": made.slug,
        "description": state.description,
        "owner_type": made.owner_type,
        "owner_id": made.owner_id,
        "workspace_id": made.workspace_id,
        "is_default": made.is_default,
        "is_active": state.is_active,
        "created_at": rfc3339(made.at),
        "updated_at": rfc3339(state.updated_at),
    }


def api_key_attributes(key_id: str, state: api_key.ApiKey) -> JSONObject:
    """An API key as clients see it: everything but the key."""
    made = state.created
    limit: JSON = None if made.rate_limit is None else dict(made.rate_limit.model_dump())
    return {
        "id": key_id,
        "name": made.name,
        "prefix": f"sk_{made.environment}_",
        "last4": made.last4,
        "environment": made.environment,
        "user_id": made.user_id,
        "workspace_id": made.workspace_id,
        "scopes": list(made.scopes),
        "rate_limit_tier": made.rate_limit_tier,
        "rate_limit": limit,
        "ip_allowlist": list(made.ip_allowlist),
        "last_used_at": None,
        "expires_at": None if made.expires_at is None else rfc3339(made.expires_at),
        "created_at": rfc3339(made.at),
        "updated_at": rfc3339(state.updated_at),
    }


def _user_row(loaded: Loaded[user.User]) -> Put | Delete | None:
    if loaded.state is None:
        return None
    body = user_attributes(loaded.id, loaded.state)
    body["words"] = words(loaded.state.name.text, loaded.state.email.text)
    return Put(USERS.name, loaded.id, body, loaded.version, Newer())


def _workspace_row(loaded: Loaded[workspace.Workspace]) -> Put | Delete | None:
    if loaded.state is None:
        return None
    body = workspace_attributes(loaded.id, loaded.state)
    body["words"] = words(loaded.state.name, loaded.state.slug)
    body["members"] = [] if loaded.state.status == "deleted" else list(loaded.state.members)
    return Put(WORKSPACES.name, loaded.id, body, loaded.version, Newer())


def _namespace_row(loaded: Loaded[namespace.Namespace]) -> Put | Delete | None:
    if loaded.state is None:
        return None
    if loaded.state.deleted_at is not None:
        return Delete(NAMESPACES.name, loaded.id, loaded.version, Newer())
    body = namespace_attributes(loaded.id, loaded.state)
    body["words"] = words(loaded.state.name, loaded.state.created.slug)
    body["visible_to"] = [loaded.state.created.owner_id]
    return Put(NAMESPACES.name, loaded.id, body, loaded.version, Newer())


def _api_key_row(loaded: Loaded[api_key.ApiKey]) -> Put | Delete | None:
    if loaded.state is None:
        return None
    if loaded.state.revoked_at is not None:
        return Delete(API_KEYS.name, loaded.id, loaded.version, Newer())
    body = api_key_attributes(loaded.id, loaded.state)
    body["digest"] = loaded.state.created.digest
    body["bound"] = loaded.state.created.bound
    body["words"] = words(loaded.state.created.name)
    return Put(API_KEYS.name, loaded.id, body, loaded.version, Newer())


def _changes(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> JSONObject:
    """The values of `before` that `after` has changed."""
    return {name: value for name, value in before.items() if after.get(name) != value and name != "updated_at"}


def _publication(
    event_type: str,
    kind: str,
    aggregate_id: str,
    *,
    before: JSONObject | None,
    after: JSONObject,
    workspace_id: str | None,
) -> Publication:
    """How an event looks outside: the whole object, and what an update changed."""
    data: JSONObject = {"object": {"id": aggregate_id, "type": kind, "attributes": after}}
    if before is not None and event_type.endswith(".updated"):
        data["previous_attributes"] = _changes(before, after)
    return Publication(
        type=event_type,
        data=data,
        key=workspace_id or f"{kind}/{aggregate_id}",
        workspace_ids=() if workspace_id is None else (workspace_id,),
        workspace_id=workspace_id,
    )


def _publish_user(event: Event, before: user.User | None, after: user.User, user_id: str) -> Publication:
    def marked(state: user.User) -> JSONObject:
        shown = user_attributes(user_id, state)
        return {**shown, **{name: Personal(user_id, shown[name]).marked() for name in ("name", "email")}}

    public_type = "user.created" if isinstance(event, user.UserRegistered) else event.TYPE
    earlier = None if before is None else marked(before)
    return _publication(public_type, "user", user_id, before=earlier, after=marked(after), workspace_id=None)


def _publish_workspace(
    event: Event, before: workspace.Workspace | None, after: workspace.Workspace, workspace_id: str
) -> Publication:
    earlier = None if before is None else workspace_attributes(workspace_id, before)
    now = workspace_attributes(workspace_id, after)
    return _publication(event.TYPE, "workspace", workspace_id, before=earlier, after=now, workspace_id=workspace_id)


def _publish_namespace(
    event: Event, before: namespace.Namespace | None, after: namespace.Namespace, namespace_id: str
) -> Publication:
    earlier = None if before is None else namespace_attributes(namespace_id, before)
    now = namespace_attributes(namespace_id, after)
    workspace_id = after.created.workspace_id
    return _publication(event.TYPE, "namespace", namespace_id, before=earlier, after=now, workspace_id=workspace_id)


def _publish_api_key(event: Event, before: api_key.ApiKey | None, after: api_key.ApiKey, key_id: str) -> Publication:
    earlier = None if before is None else api_key_attributes(key_id, before)
    now = api_key_attributes(key_id, after)
    workspace_id = after.created.workspace_id
    return _publication(event.TYPE, "api_key", key_id, before=earlier, after=now, workspace_id=workspace_id)


USER: Decider[user.User] = Decider("user", user.evolve, _publish_user, _user_row)
WORKSPACE: Decider[workspace.Workspace] = Decider("workspace", workspace.evolve, _publish_workspace, _workspace_row)
NAMESPACE: Decider[namespace.Namespace] = Decider("namespace", namespace.evolve, _publish_namespace, _namespace_row)
API_KEY: Decider[api_key.ApiKey] = Decider("api_key", api_key.evolve, _publish_api_key, _api_key_row)
DECIDERS: tuple[Decider[Any], ...] = (USER, WORKSPACE, NAMESPACE, API_KEY)
EVENTS = (*user.EVENTS, *workspace.EVENTS, *namespace.EVENTS, *api_key.EVENTS)
