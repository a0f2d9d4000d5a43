"""Cascades by their promise: each cause blocks by itself, and its end brings back exactly what it has taken."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrium_common.bus.ports import Message
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import START, FakeClock
from atrium_entitlements.application.cascades import Cascades
from atrium_entitlements.application.known_facts import FACTS, KnownFacts
from atrium_entitlements.domain import events as e
from atrium_entitlements.domain.account import NEW, Account
from atrium_entitlements.reactors.tenancy import TenancyReader
from atrium_entitlements.rows import ACCOUNT, EVENTS


class Setting:
    """A consumer of tenancy's events over a store in memory."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.store = MemoryStore(clock=clock)
        vault = Vault(self.store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
        codec = Codec(EventRegistry(EVENTS), vault)
        self.repository = Repository(self.store, codec=codec, ids=TimeOrderedIds(clock=clock))
        known = KnownFacts(self.store.documents, None)  # type: ignore[arg-type]
        self.reader = TenancyReader(known, Cascades(Merger(self.repository), known))
        self.versions: dict[str, int] = {}

    async def open(self) -> None:
        await self.store.open([FACTS, SNAPSHOTS])
        await self.hear("workspace.created", "wks_1", tier="pro", status="active", settings={})
        for namespace in ("ns_1", "ns_2"):
            owned: dict[str, Any] = {"owner_type": "Workspace", "owner_id": "wks_1", "workspace_id": "wks_1"}
            await self.hear("namespace.created", namespace, **owned)
        await self.use("ns_1")

    async def hear(self, kind: str, about: str, *, times: int = 1, **attributes: Any) -> None:
        version = self.versions[about] = self.versions.get(about, 0) + 1
        resource = kind.partition(".")[0]
        message = Message(
            id=f"evt_{about}_{version}",
            type=kind,
            source="/tenancy",
            subject=f"{resource}/{about}",
            time=datetime(2026, 1, 1, tzinfo=UTC),
            key="wks_1",
            data={"object": {"id": about, "type": resource, "attributes": {"owner_id": "", **attributes}}},
            sequence=version,
        )
        for _ in range(times):
            await self.reader.handle(message)

    async def use(self, account_id: str) -> None:
        async def decide(tx: Transaction) -> JSONObject:
            await tx.emit(ACCOUNT, account_id, e.AccountOpened(anchor=START, zone="UTC", at=START))
            return {}

        await self.repository.transact(Command(f"open {account_id}", START), decide)

    async def account(self, account_id: str) -> Account:
        return (await self.repository.load(ACCOUNT, account_id)).state or NEW


@pytest.fixture
async def setting() -> Setting:
    made = Setting()
    await made.open()
    return made


async def test_a_deleted_workspace_blocks_its_accounts_once_and_restoring_it_frees_them(setting: Setting) -> None:
    await setting.hear("workspace.deleted", "wks_1", times=3, status="deleted", settings={})
    assert set((await setting.account("wks_1")).blocked) == {"workspace_deleted"}
    assert set((await setting.account("ns_1")).blocked) == {"workspace_deleted"}
    # A namespace that never had anything is left alone: it has nothing that could be taken.
    assert (await setting.repository.load(ACCOUNT, "ns_2")).version == 0
    tail = await setting.store.log.tail()
    await setting.hear("workspace.restored", "wks_1", times=3, status="active", settings={})
    assert await setting.store.log.tail() == tail + 2
    assert not (await setting.account("wks_1")).blocked
    assert not (await setting.account("ns_1")).blocked


async def test_what_another_cause_has_taken_stays_taken(setting: Setting) -> None:
    await setting.hear("workspace.suspended", "wks_1", status="suspended", settings={})
    await setting.hear("namespace.deleted", "ns_1", owner_type="Workspace", workspace_id="wks_1")
    await setting.hear("workspace.deleted", "wks_1", status="deleted", settings={})
    await setting.hear("workspace.restored", "wks_1", status="suspended", settings={})
    assert set((await setting.account("wks_1")).blocked) == {"workspace_suspended"}
    await setting.hear("workspace.unsuspended", "wks_1", status="active", settings={})
    assert not (await setting.account("wks_1")).blocked
    assert "namespace_deleted" in (await setting.account("ns_1")).blocked


async def test_a_deleted_user_blocks_the_account_of_its_tier(setting: Setting) -> None:
    await setting.hear("user.deleted", "usr_1")
    assert set((await setting.account("usr_1")).blocked) == {"user_deleted"}


CAUSES = {
    "workspace.suspended": ("workspace_suspended", True),
    "workspace.unsuspended": ("workspace_suspended", False),
    "workspace.deleted": ("workspace_deleted", True),
    "workspace.restored": ("workspace_deleted", False),
}


@settings(max_examples=40, deadline=None)
@given(heard=st.lists(st.tuples(st.sampled_from(sorted(CAUSES)), st.integers(1, 2)), max_size=14))
def test_after_any_history_exactly_the_causes_that_last_block(heard: list[tuple[str, int]]) -> None:
    async def run() -> set[str]:
        setting = Setting()
        await setting.open()
        for kind, times in heard:
            await setting.hear(kind, "wks_1", times=times, status="", settings={})
        workspace, namespace = await setting.account("wks_1"), await setting.account("ns_1")
        assert set(workspace.blocked) == set(namespace.blocked)
        return set(workspace.blocked)

    lasting: set[str] = set()
    for kind, _ in heard:
        cause, begins = CAUSES[kind]
        lasting = lasting | {cause} if begins else lasting - {cause}
    assert asyncio.run(run()) == lasting
