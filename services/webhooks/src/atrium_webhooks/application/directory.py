"""The endpoints, in memory: brought up to the log's head before each batch of events is fanned out."""

from __future__ import annotations

from collections.abc import Iterator

from atrium_common.bus.ports import Message
from atrium_common.eventing.repository import Repository
from atrium_common.store.documents import Query
from atrium_common.store.ports import Store
from atrium_webhooks.application.kept import delivered
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.matching import Subscription
from atrium_webhooks.rows import ENDPOINT, WEBHOOKS

_PAGE = 500


class Directory:
    """Every endpoint that is not deleted, by id and by workspace."""

    def __init__(self, store: Store, repository: Repository) -> None:
        self._store = store
        self._repository = repository
        self._endpoints: dict[str, Endpoint] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._by_workspace: dict[str, set[str]] = {}
        self._position: int | None = None

    def get(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint as last seen, or None where it is gone."""
        return self._endpoints.get(endpoint_id)

    def matching(self, message: Message) -> Iterator[tuple[str, Endpoint]]:
        """The endpoints that want this event, inactive ones included."""
        for workspace_id in message.workspace_ids:
            for endpoint_id in self._by_workspace.get(workspace_id, ()):
                subscription = self._subscriptions[endpoint_id]
                if subscription.takes(message.type, livemode=message.livemode) and subscription.matches(
                    lambda: delivered(message, workspace_id=workspace_id, livemode=subscription.livemode)  # noqa: B023
                ):
                    yield endpoint_id, self._endpoints[endpoint_id]

    async def catch_up(self) -> None:
        """See everything that was committed before this call."""
        if self._position is None:
            self._position = await self._begin()
        tail = await self._store.log.tail()
        while self._position < tail:
            for commit in await self._store.log.read_log(after=self._position, limit=_PAGE):
                for part in commit.proposal.slices:
                    kind, _, endpoint_id = part.stream.partition("/")
                    if kind == ENDPOINT.name:
                        await self._refresh(endpoint_id)
                self._position = commit.position

    async def _begin(self) -> int:
        """Start from the rows, and from a position that was read before them."""
        position = await self._store.log.tail()
        after: tuple[str, ...] | None = None
        while True:
            page = await self._store.documents.query(WEBHOOKS.name, Query(after=after, limit=_PAGE))
            for document in page:
                await self._refresh(document.key)
            if len(page) < _PAGE:
                return position
            after = (page[-1].key,)

    async def _refresh(self, endpoint_id: str) -> None:
        endpoint = (await self._repository.load(ENDPOINT, endpoint_id)).state
        if endpoint is None:
            return
        ids = self._by_workspace.setdefault(endpoint.workspace_id, set())
        if endpoint.deleted_at is None:
            self._endpoints[endpoint_id] = endpoint
            self._subscriptions[endpoint_id] = Subscription.of(endpoint)
            ids.add(endpoint_id)
        else:
            self._endpoints.pop(endpoint_id, None)
            self._subscriptions.pop(endpoint_id, None)
            ids.discard(endpoint_id)
