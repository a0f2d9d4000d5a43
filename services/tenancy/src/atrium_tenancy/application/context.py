"""What every command of tenancy works with, and how a resource that is not the caller's looks missing."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from atrium_common.clock import Clock
from atrium_common.errors import InsufficientPermissions, NotFound
from atrium_common.eventing.repository import Repository, Transaction
from atrium_common.ids import Ids
from atrium_common.principal import Principal
from atrium_common.store.ports import Documents
from atrium_tenancy.domain.workspace import Workspace
from atrium_tenancy.rows import WORKSPACE

MANAGERS = ("owner", "admin")


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The service's inside."""

    repository: Repository
    documents: Documents
    ids: Ids
    clock: Clock
    lookup_key: bytes

    def email_claim(self, email: str) -> str:
        """The claim of an e-mail address: a keyed hash, so that the store never tells who is known."""
        normal = email.strip().casefold().encode()
        return f"email/{hmac.new(self.lookup_key, normal, hashlib.sha256).hexdigest()}"


async def visible_workspace(tx: Transaction, principal: Principal, workspace_id: str) -> tuple[Workspace, int]:
    """The workspace and its version, where the caller may see it.

    Raises:
        NotFound: there is none, it is deleted, or the caller is no member: the same answer to all.
    """
    loaded = await tx.load(WORKSPACE, workspace_id)
    workspace = loaded.state
    if workspace is None or workspace.status == "deleted" or not may_see(principal, workspace):
        raise NotFound("workspace", workspace_id)
    return workspace, loaded.version


def may_see(principal: Principal, workspace: Workspace) -> bool:
    """Whether the caller is a member, or the operator."""
    return principal.is_operator or principal.kind == "service" or principal.user_id in workspace.members


def require_role(principal: Principal, workspace: Workspace, roles: tuple[str, ...], permission: str) -> None:
    """Return if the caller has one of these roles in the workspace, or is the operator.

    Raises:
        InsufficientPermissions: otherwise.
    """
    if principal.is_operator or workspace.members.get(principal.user_id) in roles:
        return
    raise InsufficientPermissions(permission)
