"""Whom and what a caller knows of; anything else looks missing."""

from __future__ import annotations

from collections.abc import Sequence

from atrium_common.errors import InsufficientPermissions, NotFound
from atrium_common.principal import Principal
from atrium_common.store.documents import Condition, Query, Selected
from atrium_tenancy.application.access import Loader
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain.roles import MANAGERS
from atrium_tenancy.rows import MEMBERS, USER, USERS

_INVITE = "You manage no workspace to which this user belongs: invite the user by e-mail, who then decides."


async def check_addable(tenancy: Tenancy, loader: Loader, principal: Principal, user_id: str) -> None:
    """Return if the caller manages a workspace to which the user belongs; the operator manages everybody.

    Raises:
        NotFound: there is no such user, or the caller shares no workspace with it.
        InsufficientPermissions: the caller manages none that they share.
    """
    loaded = await loader.load(USER, user_id)
    if loaded.state is None or loaded.state.erased:
        raise NotFound("user", user_id)
    if principal.is_operator or user_id == principal.user_id:
        return
    shared = [Condition("user_id", "eq", principal.user_id), Condition("workspace_id", "in", workspaces_of(user_id))]
    if principal.bound:
        shared.append(Condition("workspace_id", "eq", principal.key_workspace_id))
    if not await tenancy.documents.query(MEMBERS.name, Query(tuple(shared), limit=1)):
        raise NotFound("user", user_id)
    managed = (*shared, Condition("role", "in", MANAGERS))
    if not await tenancy.documents.query(MEMBERS.name, Query(managed, limit=1)):
        raise InsufficientPermissions("members:write", _INVITE)


def workspaces_of(user_id: str) -> Selected:
    """The workspaces that the user belongs to, for a condition."""
    return Selected(MEMBERS, "workspace_id", (Condition("user_id", "eq", user_id),))


def members_of(workspace_id: str) -> Selected:
    """The users who belong to the workspace, for a condition."""
    return Selected(MEMBERS, "user_id", (Condition("workspace_id", "eq", workspace_id),))


def users_found(workspace_id: str, worded: Sequence[Condition]) -> Selected:
    """The users who belong to the workspace and have these words in name or address, for a condition."""
    return Selected(USERS, "_key", (Condition("_key", "in", members_of(workspace_id)), *worded))
