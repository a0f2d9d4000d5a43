"""The endpoints, in memory: brought up to the log's head before each batch of events is fanned out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from atrium_common.bus.ports import Message
from atrium_common.eventing.checkpoint import Checkpoint
from atrium_common.eventing.projector import ROWS
from atrium_common.eventing.repository import Repository
from atrium_common.store.documents import Query
from atrium_common.store.ports import Store, StoreUnavailable
from atrium_common.store.stride import Stride
from atrium_webhooks.application.beginnings import beginnings
from atrium_webhooks.application.kept import delivered
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.matching import Subscription
from atrium_webhooks.rows import ENDPOINT, WEBHOOKS

log = structlog.get_logger("dispatcher")

_PAGE = 500
_NEWS_SECONDS = 1.0
_OWN = "/webhooks"
_AMBIGUOUS = timedelta(minutes=15)
"""No command takes longer from its time to its commit, and no two services' clocks differ by more, jumps included."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An endpoint, created in our log after the position `after` and no later than at `by`."""

    endpoint: Endpoint
    subscription: Subscription
    after: int
    by: int
    heads: Mapping[str, int]

    def is_newer_than(self, message: Message) -> bool:
        """Whether the endpoint was surely created after this event: by the positions of logs where they are known, as
        far as those of `heads` in others than our own; else by far.

        An event that is wrongly thought to be older is lost; one that is wrongly thought to be newer comes too early.
        """
        if message.source == _OWN and message.position > 0:
            if message.position >= self.by:
                return False
            if message.position <= self.after:
                return True
        if message.source in self.heads and message.position > 0:
            return message.position <= self.heads[message.source]
        return message.time < self.endpoint.created_at - _AMBIGUOUS


class Directory:
    """Every endpoint that is not deleted, by id and by workspace."""

    def __init__(self, store: Store, repository: Repository) -> None:
        self._store = store
        self._repository = repository
        self._entries: dict[str, _Entry] = {}
        self._by_workspace: dict[str, dict[str, _Entry]] = {}
        self._position: int | None = None
        self._stride = Stride(_PAGE)
        self._turn = asyncio.Lock()
        self._changed: Callable[[str, Endpoint], None] = lambda _, __: None

    def watch(self, changed: Callable[[str, Endpoint], None]) -> None:
        """Call `changed` with each endpoint that is new, changed or, for the last time, deleted."""
        self._changed = changed

    def get(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint as last seen, or None where it is gone."""
        entry = self._entries.get(endpoint_id)
        return None if entry is None else entry.endpoint

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """Every endpoint as last seen, by id."""
        return {endpoint_id: entry.endpoint for endpoint_id, entry in self._entries.items()}

    def of_workspace(self, workspace_id: str) -> Mapping[str, Endpoint]:
        """The workspace's endpoints as last seen, by id."""
        return {endpoint_id: entry.endpoint for endpoint_id, entry in self._by_workspace.get(workspace_id, {}).items()}

    def matching(self, message: Message) -> Iterator[tuple[str, Endpoint]]:
        """The endpoints that want this event, inactive ones included; none that was created after it."""
        for workspace_id in message.workspace_ids:
            for endpoint_id, entry in self._by_workspace.get(workspace_id, {}).items():
                if entry.is_newer_than(message):
                    continue
                wanted = entry.subscription
                if wanted.takes(message.type, livemode=message.livemode) and wanted.matches(
                    lambda: delivered(message, workspace_id=workspace_id, livemode=wanted.livemode)  # noqa: B023
                ):
                    yield endpoint_id, entry.endpoint

    async def catch_up(self) -> None:
        """See everything that was committed before this call."""
        async with self._turn:
            if self._position is None:
                self._position = await self._begin()
            tail = await self._store.log.tail()
            while self._position < tail:
                page = await self._store.log.read_log(after=self._position, limit=self._stride.limit)
                self._stride.took(page)
                for commit in page:
                    for part in commit.proposal.slices:
                        kind, _, endpoint_id = part.stream.partition("/")
                        if kind == ENDPOINT.name:
                            await self._refresh(endpoint_id, commit.position - 1, commit.position)
                    self._position = commit.position

    async def follow(self) -> None:
        """See what is committed as it comes, for ever."""
        while True:
            try:
                await self.catch_up()
                await self._store.log.changed(after=self._position or 0, timeout=_NEWS_SECONDS)
            except StoreUnavailable as error:
                log.warning("endpoints can not be followed", reason=str(error))
                await asyncio.sleep(_NEWS_SECONDS)

    async def _begin(self) -> int:
        """Start from the rows, and in the log from where they may not have followed it yet when they were read."""
        self._entries.clear()  # a beginning that was broken off may have left what has been deleted since
        self._by_workspace.clear()
        position = await Checkpoint(self._store.documents, ROWS).load()
        after: tuple[str, ...] | None = None
        while True:
            page = await self._store.documents.query(WEBHOOKS.name, Query(after=after, limit=_PAGE))
            heads = await beginnings(self._store.documents, [document.key for document in page])
            by = await self._store.log.tail()
            for document in page:
                await self._refresh(document.key, 0, by, heads)
            if len(page) < _PAGE:
                return position
            after = (page[-1].key,)

    async def _refresh(
        self, endpoint_id: str, after: int, by: int, heads: Mapping[str, Mapping[str, int]] | None = None
    ) -> None:
        """See the endpoint as it is; one not seen before was created in our log behind `after`, up to `by`."""
        endpoint = (await self._repository.load(ENDPOINT, endpoint_id)).state
        if endpoint is None:
            return
        of_workspace = self._by_workspace.setdefault(endpoint.workspace_id, {})
        if endpoint.deleted_at is None:
            known = self._entries.get(endpoint_id)
            if known is None:
                found = await beginnings(self._store.documents, [endpoint_id]) if heads is None else heads
                entry = _Entry(endpoint, Subscription.of(endpoint), after, by, found.get(endpoint_id, {}))
            else:
                entry = replace(known, endpoint=endpoint, subscription=Subscription.of(endpoint))
            self._entries[endpoint_id] = of_workspace[endpoint_id] = entry
        else:
            self._entries.pop(endpoint_id, None)
            of_workspace.pop(endpoint_id, None)
        self._changed(endpoint_id, endpoint)
