"""What time does by itself: keys expire, deleted workspaces are purged, and erasures are carried through.

One process at a time does it, by lease. Every step is a command whose id says what it does, so that a repeated one
changes nothing.
"""

from __future__ import annotations

import asyncio

import structlog

from atrium_common.clock import rfc3339
from atrium_common.eventing.checkpoint import Checkpoint
from atrium_common.eventing.lease import Lease
from atrium_common.eventing.transaction import Command, Decide, Transaction
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Meta
from atrium_common.store.documents import Collection, Condition, Order, Query
from atrium_tenancy.application.erasure import clear_up, forget
from atrium_tenancy.application.namespaces import detach
from atrium_tenancy.application.namespaces import end as end_namespace
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import api_key, workspace
from atrium_tenancy.domain.member import MemberRemoved
from atrium_tenancy.domain.user import UserErased
from atrium_tenancy.rows import API_KEY, API_KEYS, MEMBER, MEMBERS, NAMESPACE, NAMESPACES, WORKSPACE, WORKSPACES

log = structlog.get_logger("housekeeping")

_PAUSE = 1.0
_PAGE = 100
_LEASE_SECONDS = 5.0
_META = Meta(actor="service/tenancy")


class Housekeeping:
    """Does what is due, a bounded part at a time, for ever."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._lease = Lease(
            tenancy.documents,
            "housekeeping",
            holder=tenancy.ids.new("housekeeper"),
            seconds=_LEASE_SECONDS,
            clock=tenancy.clock,
        )
        self._erasures = Checkpoint(tenancy.documents, "erasures")

    async def run(self) -> None:
        """Go on for ever."""
        try:
            while True:
                token = await self._lease.acquire()
                if token is not None:
                    await self.step(fence=token.version)
                await asyncio.sleep(_PAUSE)
        finally:
            await self._lease.release()

    async def step(self, *, fence: int = 0) -> None:
        """Do what is due now."""
        await self.expire_keys()
        await self.purge_workspaces()
        await self.carry_erasures_through(fence=fence)

    async def expire_keys(self) -> None:
        """Tell of each key whose time is over that it is, once."""
        now = self._tenancy.clock.now()
        due = Query((Condition("ends_at", "lte", rfc3339(now)),), (Order("ends_at"),), limit=_PAGE)
        for row in await self._tenancy.documents.query(API_KEYS.name, due):

            async def decide(tx: Transaction, key_id: str = row.key) -> JSONObject:
                loaded = await tx.load(API_KEY, key_id)
                await tx.emit(API_KEY, key_id, *api_key.expire(loaded.there, at=tx.at))
                return {}

            await self._do(f"expire/{row.key}/{row.version}", decide)

    async def purge_workspaces(self) -> None:
        """End for good what was deleted thirty days ago, its children first; the slug is free then."""
        now = self._tenancy.clock.now()
        limit = rfc3339(now - workspace.RESTORABLE)
        due = Query((Condition("status", "eq", "deleted"), Condition("deleted_at", "lte", limit)), limit=_PAGE)
        for row in await self._tenancy.documents.query(WORKSPACES.name, due):
            while await self._end_children(row.key):
                pass

            async def decide(tx: Transaction, workspace_id: str = row.key) -> JSONObject:
                loaded = await tx.load(WORKSPACE, workspace_id)
                events = workspace.purge(loaded.there, at=tx.at)
                await tx.emit(WORKSPACE, workspace_id, *events)
                if events:
                    tx.release(f"slug/{loaded.there.slug}", stream=WORKSPACE.stream(workspace_id))
                return {}

            await self._do(f"purge/{row.key}/{row.version}", decide)
            log.info("workspace purged", workspace=row.key)

    async def carry_erasures_through(self, *, fence: int = 0) -> None:
        """Destroy what the log says is to be forgotten, where a crash or a reader of the files came between."""
        after = await self._erasures.load()
        while True:
            commits = await self._tenancy.store.log.read_log(after=after, limit=_PAGE)
            for commit in commits:
                for part in commit.proposal.slices:
                    for event in part.events:
                        if event.type == UserErased.TYPE and not await self._erased(part.stream, event.data):
                            return
                after = commit.position
            if commits:
                await self._erasures.advance(after, fence=fence)
            if len(commits) < _PAGE:
                return

    async def _erased(self, stream: str, data: JSONObject) -> bool:
        user_id = stream.partition("/")[2]
        command = Command(f"clear_up/{user_id}", self._tenancy.clock.now(), _META)
        await clear_up(self._tenancy, user_id, command=command)
        return await forget(self._tenancy, _texts(data.get("forgets")))

    async def _end_children(self, workspace_id: str) -> bool:
        """End some of the workspace's namespaces, keys and memberships; whether there were any."""
        namespaces = await self._some(NAMESPACES, "workspace_id", workspace_id)
        keys = await self._some(API_KEYS, "workspace_id", workspace_id)
        members = await self._some(MEMBERS, "workspace_id", workspace_id)
        if not namespaces and not keys and not members:
            return False

        async def decide(tx: Transaction) -> JSONObject:
            for namespace_id in namespaces:
                found = (await tx.load(NAMESPACE, namespace_id)).there
                if found.owner_type == "User":
                    await detach(self._tenancy, tx, workspace_id, [namespace_id])
                elif not found.deleted:
                    await end_namespace(self._tenancy, tx, namespace_id, found)
            for key_id in keys:
                key = (await tx.load(API_KEY, key_id)).there
                await tx.emit(API_KEY, key_id, *api_key.revoke(key, at=tx.at))
            for member_id in members:
                if not (await tx.load(MEMBER, member_id)).there.removed:
                    await tx.emit(MEMBER, member_id, MemberRemoved(at=tx.at))
            return {}

        await self._do(self._tenancy.ids.new("purge"), decide)
        return True

    async def _some(self, collection: Collection, field: str, value: str) -> list[str]:
        query = Query((Condition(field, "eq", value),), limit=_PAGE)
        return [row.key for row in await self._tenancy.documents.query(collection.name, query)]

    async def _do(self, command_id: str, decide: Decide) -> None:
        await self._tenancy.repository.transact(Command(command_id, self._tenancy.clock.now(), _META), decide)


def _texts(value: JSON) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
