"""Roles, and what each allows in its workspace (spec/http-api.md §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from atrium_common.scopes import EVERYTHING, PRODUCT, RESOURCES

Role: TypeAlias = Literal["owner", "admin", "member"]
ROLES: tuple[Role, ...] = get_args(Role)
MANAGERS: tuple[Role, ...] = ("owner", "admin")
"""Who looks after the others, and their keys."""

PERMISSIONS: Mapping[Role, tuple[str, ...]] = {
    "owner": (EVERYTHING,),
    # All but deleting the workspace; ownership is moved by those alone who may do everything.
    "admin": (
        "*:read",
        "*:write",
        *(f"{resource}:delete" for resource in RESOURCES if resource != "workspaces"),
        PRODUCT,
    ),
    "member": (
        "*:read",
        "namespaces:write",
        "namespaces:delete",
        "webhooks:write",
        "webhooks:delete",
        "usage:write",
    ),
}


def effective(role: Role, *, team: Sequence[str], custom: Sequence[str] | None) -> tuple[str, ...]:
    """What a member may do: what the role allows, and what the team adds, or the member's own permissions instead."""
    return tuple(dict.fromkeys((*PERMISSIONS[role], *(team if custom is None else custom))))
