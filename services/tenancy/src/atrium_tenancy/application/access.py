"""What a caller may do in a workspace, and how one that is not the caller's looks like one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from atrium_common.clock import rfc3339
from atrium_common.errors import InsufficientPermissions, NotFound, WorkspaceSuspended
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.principal import Principal
from atrium_common.scopes import EVERYTHING, beyond, common, grants
from atrium_tenancy.domain import roles
from atrium_tenancy.domain.member import Member, key_of
from atrium_tenancy.domain.roles import Role
from atrium_tenancy.domain.workspace import Workspace, is_gone
from atrium_tenancy.rows import MEMBER, TEAM, WORKSPACE

BOUND = "This key is bound to a workspace, and this is its user's own: use a key of the user that is bound to none."
"""What the holder of a key is told that may do all that it wants in its workspace, but nothing beyond."""

S = TypeVar("S")


class Loader(Protocol):
    """Where aggregates come from: a repository, or a transaction."""

    async def load(self, decider: Decider[S], aggregate_id: str) -> Loaded[S]:
        """The aggregate as it is."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """A caller's standing in a workspace that it may see.

    Attributes:
        role: None for the operator who is no member.
        permissions: what role, team and own permissions allow there.
    """

    workspace_id: str
    workspace: Workspace
    version: int
    role: Role | None
    permissions: tuple[str, ...]

    def require(self, *permissions: str) -> None:
        """Return if the caller may do all of this.

        Raises:
            InsufficientPermissions: naming the first that is missing.
        """
        for permission in permissions:
            if not grants(self.permissions, permission):
                raise InsufficientPermissions(permission)

    def require_within(self, permissions: Iterable[str]) -> None:
        """Return if the caller could do all that it is about to let somebody else do.

        Raises:
            InsufficientPermissions: naming the first that goes beyond.
        """
        further = beyond(permissions, self.permissions)
        if further:
            raise InsufficientPermissions(further[0])

    def require_role(self, role: Role) -> None:
        """Return if the caller may give this role, or take it.

        Raises:
            InsufficientPermissions: the role allows more than the caller may.
        """
        self.require_within(roles.PERMISSIONS[role])


async def access(loader: Loader, principal: Principal, workspace_id: str) -> Access:
    """The caller's standing in the workspace.

    Raises:
        NotFound: there is none, it is deleted, the caller is no member, or its key is bound to another: the same
            answer to all.
        WorkspaceSuspended: it is closed, and the caller is not the operator.
    """
    found = await standing(loader, principal, workspace_id)
    if is_gone(found.workspace):
        raise NotFound("workspace", workspace_id)
    if found.workspace.status == "suspended" and not principal.is_operator:
        at = found.workspace.suspended_at
        raise WorkspaceSuspended(None if at is None else rfc3339(at), found.workspace.suspended_reason)
    return found


async def standing(loader: Loader, principal: Principal, workspace_id: str) -> Access:
    """The caller's standing, also in a workspace that is deleted or suspended.

    Raises:
        NotFound: as in `access`.
    """
    loaded = await loader.load(WORKSPACE, workspace_id)
    if loaded.state is None or principal.key_workspace_binding not in {None, workspace_id}:
        raise NotFound("workspace", workspace_id)
    member = await membership(loader, workspace_id, principal.user_id)
    if principal.is_operator:
        role = None if member is None else member.role
        return Access(workspace_id, loaded.state, loaded.version, role, (EVERYTHING,))
    if member is None:
        raise NotFound("workspace", workspace_id)
    permissions = capped(await permissions_of(loader, member), principal.within)
    return Access(workspace_id, loaded.state, loaded.version, member.role, permissions)


async def membership(loader: Loader, workspace_id: str, user_id: str) -> Member | None:
    """The user's membership in force, or None."""
    member = (await loader.load(MEMBER, key_of(workspace_id, user_id))).state
    return None if member is None or member.removed else member


def capped(permissions: tuple[str, ...], within: tuple[str, ...] | None) -> tuple[str, ...]:
    """What a key allows of what its user may do."""
    return permissions if within is None else common(permissions, within)


async def permissions_of(loader: Loader, member: Member) -> tuple[str, ...]:
    """What the member may do in its workspace."""
    team = None
    if member.custom_permissions is None:
        team = (await loader.load(TEAM, member.team_id)).state
    return roles.effective(member.role, team=() if team is None else team.permissions, custom=member.custom_permissions)
