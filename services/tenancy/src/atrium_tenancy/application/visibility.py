"""Whom and what a caller knows of; anything else looks missing."""

from __future__ import annotations

from atrium_common.errors import NotFound
from atrium_common.eventing.decider import Loaded
from atrium_common.principal import Principal
from atrium_tenancy.application.access import Loader
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain.user import User
from atrium_tenancy.rows import USER


async def visible_user(tenancy: Tenancy, loader: Loader, principal: Principal, user_id: str) -> Loaded[User]:
    """A user with whom the caller shares a workspace; the operator knows everybody.

    Raises:
        NotFound: there is none, or the caller has nothing to do with it.
    """
    loaded = await loader.load(USER, user_id)
    if loaded.state is None or loaded.state.erased:
        raise NotFound("user", user_id)
    if principal.is_operator or user_id == principal.user_id:
        return loaded
    mine = set(await tenancy.workspaces_of(principal.user_id))
    if principal.bound:
        mine &= {principal.key_workspace_id}
    if mine.isdisjoint(await tenancy.workspaces_of(user_id)):
        raise NotFound("user", user_id)
    return loaded
