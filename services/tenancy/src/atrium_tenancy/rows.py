"""The read models of tenancy, and the aggregates whose states are their rows."""

from __future__ import annotations

from typing import Any

from atrium_common.clock import rfc3339
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.http.listing import words
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Collection, Delete, Index, Newer, Put
from atrium_tenancy import attributes, publications
from atrium_tenancy.domain import (
    api_key,
    invitation,
    member,
    namespace,
    roster,
    shelf,
    team,
    user,
    workspace,
)

USERS = Collection("users", (Index(("created_at",)),), frozenset({"words"}))
WORKSPACES = Collection(
    "workspaces",
    (
        Index(("created_at",)),
        Index(("updated_at",)),
        Index(("name",)),
        Index(("slug",)),
        Index(("owner_id", "created_at")),
        # None on the status: nearly all are active, and a planner that takes it has to sort them all.
        Index(("deleted_at",)),
    ),
    frozenset({"words"}),
)
MEMBERS = Collection("members", (Index(("workspace_id", "created_at")), Index(("user_id", "created_at"))))
TEAMS = Collection("teams", (Index(("workspace_id", "created_at")),), frozenset({"words"}))
INVITATIONS = Collection(
    "invitations", (Index(("workspace_id", "created_at")), Index(("email_claim",))), frozenset({"words"})
)
NAMESPACES = Collection(
    "namespaces", (Index(("owner_id",)), Index(("workspace_id",))), frozenset({"words", "visible_to"})
)
API_KEYS = Collection(
    "api_keys",
    (Index(("workspace_id", "created_at")), Index(("user_id",)), Index(("ends_at",))),
    frozenset({"words"}),
)
KEY_USAGE = Collection("key_usage")
"""When each key was last used: not of the key's own history, but told by the gateways."""

COLLECTIONS = (USERS, WORKSPACES, MEMBERS, TEAMS, INVITATIONS, NAMESPACES, API_KEYS, KEY_USAGE)
ROW_ONLY = frozenset(
    {"words", "visible_to", "digest", "bound", "ends_at", "state", "email_claim", "deleted_at", "removed"}
)
"""What rows hold for look-ups alone."""


def _user_row(loaded: Loaded[user.User]) -> Put | Delete:
    state = loaded.there
    if state.erased:
        return Delete(USERS.name, loaded.id, loaded.version, Newer())
    body = attributes.of_user(loaded.id, state)
    body["words"] = words(state.name.text, state.email.text)
    return Put(USERS.name, loaded.id, body, loaded.version, Newer())


def _workspace_row(loaded: Loaded[workspace.Workspace]) -> Put | Delete:
    state = loaded.there
    if state.status == "purged":
        return Delete(WORKSPACES.name, loaded.id, loaded.version, Newer())
    body = attributes.of_workspace(loaded.id, state)
    body["words"] = words(state.name, state.slug)
    body["deleted_at"] = None if state.deleted_at is None else rfc3339(state.deleted_at)
    return Put(WORKSPACES.name, loaded.id, body, loaded.version, Newer())


def _member_row(loaded: Loaded[member.Member]) -> Put | Delete:
    state = loaded.there
    if state.removed:
        return Delete(MEMBERS.name, loaded.id, loaded.version, Newer())
    body = attributes.of_member(state)
    body |= {"created_at": rfc3339(state.joined_at), "updated_at": rfc3339(state.updated_at)}
    return Put(MEMBERS.name, loaded.id, body, loaded.version, Newer())


def _team_row(loaded: Loaded[team.Team]) -> Put | Delete:
    state = loaded.there
    if state.deleted:
        return Delete(TEAMS.name, loaded.id, loaded.version, Newer())
    body = attributes.of_team(loaded.id, state)
    body["words"] = words(state.name)
    return Put(TEAMS.name, loaded.id, body, loaded.version, Newer())


def _invitation_row(loaded: Loaded[invitation.Invitation]) -> Put:
    state = loaded.there
    # Whether it has expired is seen by the clock when it is read.
    body = attributes.of_invitation(loaded.id, state, now=state.created_at)
    body["email_claim"] = state.email_claim
    body["words"] = words(state.email.text)
    return Put(INVITATIONS.name, loaded.id, body, loaded.version, Newer())


def _namespace_row(loaded: Loaded[namespace.Namespace]) -> Put | Delete:
    state = loaded.there
    if state.deleted:
        return Delete(NAMESPACES.name, loaded.id, loaded.version, Newer())
    body = attributes.of_namespace(loaded.id, state)
    body["words"] = words(state.name, state.slug, state.description)
    body["visible_to"] = list(dict.fromkeys(filter(None, (state.owner_id, state.workspace_id))))
    return Put(NAMESPACES.name, loaded.id, body, loaded.version, Newer())


def _api_key_row(loaded: Loaded[api_key.ApiKey]) -> Put | Delete:
    state = loaded.there
    if state.revoked:
        return Delete(API_KEYS.name, loaded.id, loaded.version, Newer())
    body = attributes.of_api_key(loaded.id, state)
    body["state"] = "expired" if state.expired else "active"
    body["ends_at"] = None if state.expired else body["expires_at"]
    body["words"] = words(state.settings.name)
    return Put(API_KEYS.name, loaded.id, body, loaded.version, Newer())


USER: Decider[user.User] = Decider("user", user.evolve, publications.of_user, _user_row)
WORKSPACE: Decider[workspace.Workspace] = Decider(
    "workspace", workspace.evolve, publications.of_workspace, _workspace_row
)
ROSTER: Decider[roster.Roster] = Decider("roster", roster.evolve)
MEMBER: Decider[member.Member] = Decider("member", member.evolve, publications.of_member, _member_row)
TEAM: Decider[team.Team] = Decider("team", team.evolve, publications.of_team, _team_row)
INVITATION: Decider[invitation.Invitation] = Decider(
    "invitation", invitation.evolve, publications.of_invitation, _invitation_row
)
NAMESPACE: Decider[namespace.Namespace] = Decider(
    "namespace", namespace.evolve, publications.of_namespace, _namespace_row
)
SHELF: Decider[shelf.Shelf] = Decider("shelf", shelf.evolve)
API_KEY: Decider[api_key.ApiKey] = Decider("api_key", api_key.evolve, publications.of_api_key, _api_key_row)

DECIDERS: tuple[Decider[Any], ...] = (
    USER, WORKSPACE, ROSTER, MEMBER, TEAM, INVITATION, NAMESPACE, SHELF, API_KEY,
)  # fmt: skip
EVENTS = tuple(
    event
    for module in (user, workspace, roster, member, team, invitation, namespace, shelf, api_key)
    for event in module.EVENTS
)


def shown(body: JSONObject) -> JSONObject:
    """A row as clients see it."""
    return {name: value for name, value in body.items() if name not in ROW_ONLY}
