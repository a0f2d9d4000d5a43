"""How the events of tenancy look outside: the whole object, and on an update what changed of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from atrium_common.eventing.event import Event
from atrium_common.eventing.personal import Personal
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Publication
from atrium_tenancy import attributes
from atrium_tenancy.domain import api_key, invitation, member, namespace, team, user, workspace

S = TypeVar("S")


def of_user(event: Event, before: user.User | None, after: user.User, user_id: str) -> Publication:
    """Name and e-mail stand in it sealed; the workspaces whose member the user is may hear of it."""

    def marked(state: user.User) -> JSONObject:
        shown = attributes.of_user(user_id, state)
        return {**shown, **{name: Personal(user_id, shown[name]).marked() for name in ("name", "email")}}

    data = _data("user", user_id, event, None if before is None else marked(before), marked(after))
    public_type = event.TYPE
    workspace_ids: tuple[str, ...] = ()
    match event:
        case user.UserRegistered():
            public_type, workspace_ids = "user.created", event.workspace_ids
        case user.UserUpdated():
            workspace_ids = event.workspace_ids
        case user.UserErased():
            workspace_ids = event.workspace_ids
            data["forgets"] = list(event.forgets)
        case _:
            pass
    return Publication(type=public_type, data=data, key=f"user/{user_id}", workspace_ids=workspace_ids)


def of_workspace(
    event: Event, before: workspace.Workspace | None, after: workspace.Workspace, workspace_id: str
) -> Publication | None:
    """A purge is nobody's business: the deletion was told thirty days before."""
    if isinstance(event, workspace.WorkspacePurged):
        return None
    return _of_tenant("workspace", workspace_id, workspace_id, event, before, after, attributes.of_workspace)


def of_member(event: Event, before: member.Member | None, after: member.Member, _: str) -> Publication:
    """The object's id is the user's."""
    return _of_tenant(
        "member", after.user_id, after.workspace_id, event, before, after, lambda _, state: attributes.of_member(state)
    )


def of_team(event: Event, before: team.Team | None, after: team.Team, team_id: str) -> Publication:
    """System teams included."""
    return _of_tenant("team", team_id, after.workspace_id, event, before, after, attributes.of_team)


def of_invitation(
    event: Event, before: invitation.Invitation | None, after: invitation.Invitation, invitation_id: str
) -> Publication | None:
    """The address stands in it sealed under the invitation's own key."""
    if isinstance(event, invitation.InvitationForgotten):
        return None

    def shown(_: str, state: invitation.Invitation) -> JSONObject:
        plain = attributes.of_invitation(invitation_id, state, now=after.updated_at)
        return {**plain, "email": state.email.marked()}

    return _of_tenant("invitation", invitation_id, after.workspace_id, event, before, after, shown)


def of_namespace(
    event: Event, before: namespace.Namespace | None, after: namespace.Namespace, namespace_id: str
) -> Publication:
    """One that belongs to no workspace goes to those who may hear of it, keyed by itself."""
    published = _of_tenant("namespace", namespace_id, after.workspace_id, event, before, after, attributes.of_namespace)
    told = namespace.NamespaceCreated | namespace.NamespaceUpdated | namespace.NamespaceDeleted
    if after.workspace_id is None and isinstance(event, told):
        return replace(published, key=f"namespace/{namespace_id}", workspace_ids=event.workspace_ids)
    return published


def of_api_key(event: Event, before: api_key.ApiKey | None, after: api_key.ApiKey, key_id: str) -> Publication:
    """A rotation also names the key that takes the place."""
    published = _of_tenant(
        "api_key",
        key_id,
        after.created.workspace_id,
        event,
        before,
        after,
        lambda _, s: attributes.of_api_key(key_id, s),
    )
    if isinstance(event, api_key.ApiKeyRotated):
        published.data["successor_id"] = event.successor_id
    return published


def _of_tenant(
    kind: str,
    object_id: str,
    workspace_id: str | None,
    event: Event,
    before: S | None,
    after: S,
    shown: Callable[[str, S], JSONObject],
) -> Publication:
    earlier = None if before is None else shown(object_id, before)
    return Publication(
        type=event.TYPE,
        data=_data(kind, object_id, event, earlier, shown(object_id, after)),
        key=workspace_id or "",
        workspace_ids=() if workspace_id is None else (workspace_id,),
        workspace_id=workspace_id,
    )


def _data(kind: str, object_id: str, event: Event, before: JSONObject | None, after: JSONObject) -> JSONObject:
    data: JSONObject = {"object": {"id": object_id, "type": kind, "attributes": _values(after)}}
    if before is not None and event.TYPE.endswith(".updated"):
        data["previous_attributes"] = {
            name: value for name, value in before.items() if after[name] != value and name != "updated_at"
        }
    return data


def _values(shown: JSONObject) -> dict[str, JSON]:
    return dict(shown)
