"""What every command of tenancy works with."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime

from atrium_common.clock import Clock, rfc3339
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.sealing import Sealing
from atrium_common.ids import Ids
from atrium_common.store.documents import Condition, Order, Query
from atrium_common.store.ports import Documents, Store
from atrium_tenancy.application.census import Census
from atrium_tenancy.rows import MEMBERS

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The service's inside."""

    repository: Repository
    store: Store
    ids: Ids
    clock: Clock
    sealing: Sealing
    lookup_key: bytes
    census: Census

    @property
    def documents(self) -> Documents:
        """The read models."""
        return self.store.documents

    def email_claim(self, email: str) -> str:
        """The claim of an e-mail address: a keyed hash, so that the store never tells who is known."""
        normal = email.strip().casefold().encode()
        return f"email/{hmac.new(self.lookup_key, normal, hashlib.sha256).hexdigest()}"

    async def claimant(self, claim: str) -> str | None:
        """The id of the aggregate that holds this claim, or None."""
        commit = await self.store.log.holder(claim)
        if commit is None:
            return None
        return next((held.stream.partition("/")[2] for held in commit.proposal.claims if held.key == claim), None)

    async def workspaces_of(self, user_id: str) -> tuple[str, ...]:
        """All the workspaces that the user belongs to, oldest membership first."""
        query = Query((Condition("user_id", "eq", user_id),), (Order("created_at"),), limit=_PAGE)
        found: list[str] = []
        while page := await self.documents.query(MEMBERS.name, query):
            found += (str(row.body["workspace_id"]) for row in page)
            if len(page) < _PAGE:
                break
            query = replace(query, after=(str(page[-1].body["created_at"]), page[-1].key))
        return tuple(found)

    async def default_workspace(self, user_id: str, *, as_of: datetime | None = None) -> str | None:
        """The user's default workspace: the first that it owns, or else the first that it belongs to.

        `as_of` leaves out those to which it came later.
        """
        until = () if as_of is None else (Condition("created_at", "lte", rfc3339(as_of)),)
        return await self.owned_workspace(user_id, *until) or await self._first_workspace(user_id, *until)

    async def owned_workspace(self, user_id: str, *where: Condition) -> str | None:
        """The first workspace that the user owns, or None."""
        return await self._first_workspace(user_id, Condition("role", "eq", "owner"), *where)

    async def _first_workspace(self, user_id: str, *where: Condition) -> str | None:
        query = Query((Condition("user_id", "eq", user_id), *where), (Order("created_at"),), limit=1)
        found = await self.documents.query(MEMBERS.name, query)
        return str(found[0].body["workspace_id"]) if found else None
