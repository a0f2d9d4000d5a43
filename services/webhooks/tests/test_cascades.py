"""What follows from the end of workspaces, users and endpoints, however often the stream tells of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from atrium_common.bus.ports import Message
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_common.wiring import KERNEL_COLLECTIONS
from atrium_webhooks import rows
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.reactors import Cascades


@dataclass
class World:
    clock: FakeClock
    store: MemoryStore
    repository: Repository
    directory: Directory
    vault: Vault
    cascades: Cascades

    @classmethod
    async def new(cls) -> World:
        clock = FakeClock()
        store = MemoryStore(clock=clock)
        await store.open([*KERNEL_COLLECTIONS, *rows.COLLECTIONS])
        vault = Vault(store.documents, MasterKeys({"k": bytes(32)}), clock=clock)
        codec = Codec(EventRegistry(rows.EVENTS), vault)
        repository = Repository(store, codec=codec, ids=TimeOrderedIds(clock=clock), deciders=rows.DECIDERS)
        directory = Directory(store, repository)
        return cls(clock, store, repository, directory, vault, Cascades(repository, directory, vault, clock=clock))

    async def emit(self, endpoint_id: str, *events: Event) -> None:
        async def decide(tx: Transaction) -> JSONObject:
            await tx.emit(rows.ENDPOINT, endpoint_id, *events)
            return {}

        self.clock.advance(1)
        await self.repository.transact(Command(f"cmd_{self.clock.monotonic()}", self.clock.now()), decide)

    async def endpoint(self, endpoint_id: str, *, workspace_id: str = "wks_1", is_active: bool = True) -> None:
        created = domain.WebhookCreated(
            workspace_id=workspace_id,
            settings=domain.EndpointSettings(url="https://example.com", events=("*",)),
            credentials=new_credentials(endpoint_id, secret="a secret of mine", randomness=bytes),
            is_active=is_active,
            livemode=True,
            at=self.clock.now(),
        )
        await self.emit(endpoint_id, created)

    def message(self, kind: str, number: int, **data: object) -> Message:
        return Message(
            f"evt_{number}", kind, "/tenancy", "workspace/wks_1", self.clock.now(), "wks_1", dict(data), "wks_1",  # type: ignore[arg-type]
            ("wks_1",),
        )  # fmt: skip

    async def told(self, *messages: Message) -> None:
        """As the consumer of fan-out gets a batch."""
        await self.cascades.before(messages)
        await self.directory.catch_up()
        for message in messages:
            await self.cascades.handle(message)
        await self.directory.catch_up()

    async def active(self) -> dict[str, bool]:
        found = {}
        for endpoint_id in ("wh_on", "wh_off", "wh_next_door"):
            found[endpoint_id] = (await self.repository.load(rows.ENDPOINT, endpoint_id)).there.is_active
        return found


@pytest.fixture
async def world() -> World:
    world = await World.new()
    await world.endpoint("wh_on")
    await world.endpoint("wh_off", is_active=False)
    await world.endpoint("wh_next_door", workspace_id="wks_2")
    return world


BEFORE = {"wh_on": True, "wh_off": False, "wh_next_door": True}
HELD = {**BEFORE, "wh_on": False}


async def test_exactly_what_a_deletion_disabled_comes_back(world: World) -> None:
    await world.told(world.message("workspace.deleted", 1))
    assert await world.active() == HELD
    await world.told(world.message("workspace.restored", 2))
    assert await world.active() == BEFORE


async def test_a_repeated_message_does_nothing_twice(world: World) -> None:
    deleted, restored = world.message("workspace.deleted", 1), world.message("workspace.restored", 2)
    await world.told(deleted, restored)
    await world.told(deleted, restored)
    await world.told(deleted)
    assert await world.active() == BEFORE
    assert (await world.repository.load(rows.ENDPOINT, "wh_on")).version == 3


async def test_a_suspension_outlasts_a_deletion_and_its_end(world: World) -> None:
    await world.told(world.message("workspace.suspended", 1), world.message("workspace.deleted", 2))
    await world.told(world.message("workspace.restored", 3))
    assert await world.active() == HELD
    await world.told(world.message("workspace.unsuspended", 4))
    assert await world.active() == BEFORE


async def test_only_tenancy_speaks_of_workspaces(world: World) -> None:
    await world.told(replace(world.message("workspace.deleted", 1), source="/entitlements"))
    assert await world.active() == BEFORE


async def test_the_secrets_of_a_deleted_endpoint_are_destroyed(world: World) -> None:
    await world.emit("wh_on", domain.WebhookDeleted(at=world.clock.now()))
    deleted = replace(world.message("webhook.deleted", 1), source="/webhooks", subject="webhook/wh_on")
    await world.told(deleted)
    fresh = Vault(world.store.documents, MasterKeys({"k": bytes(32)}), clock=world.clock)
    repository = Repository(
        world.store, codec=Codec(EventRegistry(rows.EVENTS), fresh), ids=TimeOrderedIds(clock=world.clock)
    )
    state = (await repository.load(rows.ENDPOINT, "wh_on")).there
    assert (state.credentials.secret.text, state.credentials.signing_key.text) == (None, None)
    assert (await repository.load(rows.ENDPOINT, "wh_off")).there.credentials.secret.text == "a secret of mine"


async def test_an_erased_user_and_all_that_went_with_it_are_forgotten(world: World) -> None:
    for subject in ("usr_1", "inv_1", "usr_2"):
        await world.vault.seal({"$personal": subject, "value": subject})
    await world.told(world.message("user.deleted", 1, forgets=["usr_1", "inv_1"]))
    keys = {
        subject: await world.store.documents.get("subject_keys", subject) for subject in ("usr_1", "inv_1", "usr_2")
    }
    assert {subject: key is None for subject, key in keys.items()} == {"usr_1": True, "inv_1": True, "usr_2": False}
