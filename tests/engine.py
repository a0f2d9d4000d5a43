"""An engine over a real store, fed with events and sending to a receiver that does what it is told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock, SystemClock
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Condition, Document, Is, Put, Query
from atrium_common.store.ports import Store, StoreUnavailable
from atrium_common.wiring import KERNEL_COLLECTIONS
from atrium_webhooks import rows
from atrium_webhooks.application.beginnings import Beginnings
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.domain.delivery import again
from atrium_webhooks.engine import Engine, engine
from atrium_webhooks.settings import WebhooksSettings

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


_LATER = 1_000_000
"""Where events are in the log of webhooks: behind every endpoint of a test, unless it says otherwise."""


@dataclass
class Life:
    """Whether a process still lives; the store of a dead one does nothing any more."""

    over: bool = False

    def of(self, port: Any) -> Any:
        return _Mortal(port, self)


class _Mortal:
    def __init__(self, port: Any, life: Life) -> None:
        self._port = port
        self._life = life

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._port, name)
        if name in {"log", "documents"}:
            return _Mortal(member, self._life)
        return self._called(member) if callable(member) else member

    def _called(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run(*arguments: Any, **named: Any) -> Any:
            if self._life.over:
                raise StoreUnavailable("this process is dead")
            return await call(*arguments, **named)

        return run


@dataclass
class Running:
    """One process's engine, running."""

    settings: WebhooksSettings
    store: Store
    repository: Repository
    engine: Engine
    ids: TimeOrderedIds
    life: Life
    workspace_id: str = "wks_1"
    _task: asyncio.Task[None] | None = None
    _position: int = 0

    async def start(self) -> Running:
        self._task = asyncio.create_task(self.engine.dispatcher.run())
        return self

    async def stop(self, *, drain_seconds: float | None = None) -> None:
        """End as on SIGTERM."""
        if drain_seconds is not None:
            self.engine.dispatcher._drain_seconds = drain_seconds
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.engine.sender.close()

    async def die(self) -> None:
        """End as by kill -9: from now on nothing reaches the store."""
        self.life.over = True
        await self.stop(drain_seconds=0)

    async def retry(self, delivery: str) -> None:
        """What a client's retry does."""
        found = await self.store.documents.get(rows.DELIVERIES.name, delivery)
        assert found is not None
        body = again(found.body, now=datetime.now(UTC))
        put = Put(rows.DELIVERIES.name, delivery, body, found.version + 1, Is(found.version), found.expires_at)
        assert await self.store.documents.write([put]) == [True]
        await self.engine.dispatcher.wake([str(body["endpoint_id"])])

    async def until_disabled(self, endpoint_id: str, seconds: float = 60) -> domain.Endpoint:
        async with asyncio.timeout(seconds):
            while (await self.state(endpoint_id)).is_active:
                await asyncio.sleep(0.01)
        return await self.state(endpoint_id)

    async def endpoint(
        self,
        url: str,
        *,
        workspace_id: str = "",
        livemode: bool = True,
        heads: Mapping[str, int] | None = None,
        **settings: Any,
    ) -> str:
        """A new endpoint; its id. `heads` is how far other services' logs are said to be."""
        endpoint_id = self.ids.new("wh")
        if heads is not None:
            beginnings = Beginnings(self.store.documents, self.store.log.tail, {}, clock=SystemClock())
            await beginnings.keep(endpoint_id, {**await beginnings.now(), **heads})
        created = domain.WebhookCreated(
            workspace_id=workspace_id or self.workspace_id,
            settings=domain.EndpointSettings(url=url, **{"events": ("*",), **settings}),
            credentials=new_credentials(endpoint_id, secret=SECRET, randomness=os.urandom),
            is_active=True,
            livemode=livemode,
            at=datetime.now(UTC),
        )
        await self.decide(endpoint_id, lambda _: (created,))
        return endpoint_id

    async def decide(self, endpoint_id: str, decide: Callable[[Any], Sequence[Any]]) -> None:
        async def decided(tx: Transaction) -> JSONObject:
            loaded = await tx.load(rows.ENDPOINT, endpoint_id)
            await tx.emit(rows.ENDPOINT, endpoint_id, *decide(loaded.state))
            return {}

        await self.repository.transact(Command(self.ids.new("cmd"), datetime.now(UTC)), decided)

    async def change(self, endpoint_id: str, **changes: Any) -> None:
        await self.decide(endpoint_id, lambda state: domain.update(state, changes, at=datetime.now(UTC)))

    async def state(self, endpoint_id: str) -> domain.Endpoint:
        return (await self.repository.load(rows.ENDPOINT, endpoint_id)).there

    def message(self, type_: str = "order.placed", data: JSONObject | None = None, **more: Any) -> Message:
        self._position += 1
        workspace_id = more.pop("workspace_id", self.workspace_id)
        fields: dict[str, Any] = {
            "id": self.ids.new("evt"),
            "type": type_,
            "source": "/webhooks",
            "subject": f"event/{self._position}",
            "time": datetime.now(UTC),
            "key": workspace_id,
            "data": {"n": self._position} if data is None else data,
            "workspace_id": workspace_id,
            "workspace_ids": (workspace_id,),
            "position": _LATER + self._position,
            "livemode": True,
        }
        return Message(**{**fields, **more})

    async def receive(self, *messages: Message) -> None:
        """What a batch from the stream does."""
        await self.engine.fan_out.before(messages)
        for message in messages:
            await self.engine.fan_out.handle(message)

    async def events(self, number: int, **more: Any) -> list[Message]:
        """So many events, in one batch."""
        messages = [self.message(**more) for _ in range(number)]
        await self.receive(*messages)
        return messages

    async def deliveries(self, endpoint_id: str) -> list[Document]:
        query = Query((Condition("endpoint_id", "eq", endpoint_id),), limit=10_000)
        return list(await self.store.documents.query(rows.DELIVERIES.name, query))

    async def statuses(self, endpoint_id: str) -> list[str]:
        return [str(each.body["status"]) for each in await self.deliveries(endpoint_id)]

    async def delivery(self, endpoint_id: str, status: str | None = None, seconds: float = 60) -> Document:
        """The endpoint's one delivery, as soon as it has this status."""
        async with asyncio.timeout(seconds):
            while True:
                found = await self.deliveries(endpoint_id)
                if found and (status is None or found[0].body["status"] == status):
                    return found[0]
                await asyncio.sleep(0.01)

    async def until(self, endpoint_id: str, number: int, status: str, seconds: float = 60) -> None:
        """Wait until so many deliveries of the endpoint have this status."""
        async with asyncio.timeout(seconds):
            while (await self.statuses(endpoint_id)).count(status) < number:
                await asyncio.sleep(0.01)


@dataclass
class Processes:
    """Engines on one store, as of several processes."""

    store: Callable[[], Awaitable[Store]]
    running: list[Running] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    sealing: MasterKeys = field(default_factory=lambda: MasterKeys({"k": bytes(32)}))

    async def start(self, *, clock: Clock | None = None, **settings: Any) -> Running:
        made = await self.make(clock=clock, **settings)
        return await made.start()

    async def make(self, *, clock: Clock | None = None, **settings: Any) -> Running:
        opened = await self.store()
        self.stores.append(opened)
        await opened.open([*KERNEL_COLLECTIONS, *rows.COLLECTIONS])
        life = Life()
        store: Store = life.of(opened)
        clock = clock or SystemClock()
        ids = TimeOrderedIds()
        vault = Vault(store.documents, self.sealing, clock=clock)
        codec = Codec(EventRegistry(rows.EVENTS), vault)
        repository = Repository(store, codec=codec, ids=ids, deciders=rows.DECIDERS)
        told = {"webhooks_allowed_networks": "127.0.0.0/8", "webhooks_retry_schedule": "0,0.2,0.2", **settings}
        chosen = WebhooksSettings(**told)
        made = engine(chosen, store, repository, vault=vault, clock=clock, ids=ids)
        self.running.append(Running(chosen, store, repository, made, ids, life))
        return self.running[-1]

    async def close(self) -> None:
        for each in self.running:
            await each.stop(drain_seconds=0.1)
        for store in self.stores:
            await store.close()
