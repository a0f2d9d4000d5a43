"""What is known here of tenancy's namespaces, workspaces and users: small, versioned, the newest counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

from atrium_entitlements.domain.holder import Holder, Level

_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class NamespaceFacts:
    """A namespace at a version.

    Attributes:
        owner_type: `User` or `Workspace`.
        workspace_id: whose members may use it; None: its owner alone.
        billing_workspace_id: whose pool it shares; None: nobody's, or not known yet.
        complete: whether the billing workspace is known; events of a user's own namespaces do not tell it.
    """

    id: str
    version: int
    owner_type: str
    owner_id: str
    workspace_id: str | None
    billing_workspace_id: str | None
    complete: bool = True
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    """A workspace at a version; `status` is `active`, `suspended` or `deleted`, `zone` that of its calendar."""

    id: str
    version: int
    tier: str = "free"
    status: str = "active"
    zone: str = _UTC

    @property
    def deleted(self) -> bool:
        """Whether it is gone, for the time being at least."""
        return self.status == "deleted"


@dataclass(frozen=True, slots=True)
class UserFacts:
    """A user at a version: nothing about the person."""

    id: str
    version: int
    tier: str = "free"
    deleted: bool = False


Facts: TypeAlias = NamespaceFacts | WorkspaceFacts | UserFacts
Given: TypeAlias = Mapping[str, JsonValue]


def namespace_facts(namespace_id: str, version: int, given: Given, *, deleted: bool) -> NamespaceFacts:
    """A namespace from what tenancy says of it, in an event or an answer."""
    owner_type = str(given.get("owner_type"))
    own = given["owner_id"] if owner_type == "Workspace" else given.get("workspace_id")
    billing = given.get("billing_workspace_id", own)
    return NamespaceFacts(
        id=namespace_id,
        version=version,
        owner_type=owner_type,
        owner_id=str(given["owner_id"]),
        workspace_id=own if isinstance(own, str) else None,
        billing_workspace_id=billing if isinstance(billing, str) else None,
        complete="billing_workspace_id" in given or isinstance(own, str),
        deleted=deleted,
    )


def workspace_facts(workspace_id: str, version: int, given: Given, *, zone: JsonValue) -> WorkspaceFacts:
    """A workspace from what tenancy says of it, in an event or an answer."""
    return WorkspaceFacts(
        id=workspace_id,
        version=version,
        tier=str(given.get("tier", "free")),
        status="deleted" if given.get("deleted") else str(given.get("status", "active")),
        zone=zone if isinstance(zone, str) else _UTC,
    )


def user_facts(user_id: str, version: int, given: Given, *, deleted: bool = False) -> UserFacts:
    """A user from what tenancy says of it, in an event or an answer."""
    return UserFacts(user_id, version, str(given.get("tier", "free")), deleted)


def of_workspace(workspace: WorkspaceFacts, *, livemode: bool) -> Holder:
    """The workspace as a holder: its own packages, then its tier."""
    return Holder(
        kind="workspace",
        id=workspace.id,
        levels=(Level("workspace", workspace.id), Level("tier", workspace.id, workspace.tier)),
        tier=workspace.tier,
        zone=workspace.zone,
        livemode=livemode,
        workspace_id=workspace.id,
    )


def of_namespace(
    namespace: NamespaceFacts, billing: WorkspaceFacts | None, owner: UserFacts | None, *, livemode: bool
) -> Holder:
    """The namespace as a holder: its own packages, its billing workspace's, its owner's tier."""
    paying = billing.tier if billing is not None else "free"
    tier = owner.tier if owner is not None else paying
    levels = [Level("namespace", namespace.id)]
    if billing is not None:
        levels.append(Level("workspace", billing.id))
    levels.append(Level("tier", namespace.owner_id, tier))
    return Holder(
        kind="namespace",
        id=namespace.id,
        levels=tuple(levels),
        tier=tier,
        zone=_UTC if billing is None else billing.zone,
        livemode=livemode,
        workspace_id=None if billing is None else billing.id,
        namespace_id=namespace.id,
    )
