"""The engine of one process over a store that others may share: what tests of commands and questions are told with."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.presence import Presence
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.store.commit import Meta
from atrium_common.store.ports import Store
from atrium_common.testing.clock import FakeClock
from atrium_entitlements import rows
from atrium_entitlements.application.engine import Engine
from atrium_entitlements.domain.account import Account
from atrium_entitlements.domain.boosts import Boosting
from atrium_entitlements.domain.catalogue import FixedCatalogue
from atrium_entitlements.domain.holder import Holder
from atrium_entitlements.domain.provisioning import Acting, Provisioning
from services.entitlements.tests.house import House


class Unchanging(FixedCatalogue):
    repository: Repository

    async def refresh(self) -> None:
        await self.repository.confirm()

    async def then(self, _: datetime) -> "Unchanging":
        return self


class Service:
    """One process' engine on a store that others may share."""

    commands = 0

    def __init__(self, store: Store, house: House, clock: FakeClock, *, alone: bool = False) -> None:
        self.clock = clock
        self.store = store
        self.ids = TimeOrderedIds(clock=clock)
        self.presence = Presence(store.documents, clock=clock, ids=self.ids)
        vault = Vault(store.documents, MasterKeys.parse("k:" + "A" * 43 + "="), clock=clock)
        codec = Codec(EventRegistry(rows.EVENTS), vault)
        self.repository = repository = Repository(
            store, codec=codec, ids=self.ids, deciders=[rows.ACCOUNT], presence=self.presence if alone else None
        )
        self.catalogue = Unchanging(house.features, house.packages)
        self.catalogue.repository = repository
        self.engine = Engine.over(repository, store.log, self.catalogue, self.ids)
        self.holder: Holder = house.holder

    def command(self, name: str = "") -> Command:
        Service.commands += 1
        return Command(name or f"cmd_{Service.commands}", self.clock.now(), Meta("key/key_1"))

    async def use(
        self, code: str, quantity: int = 1, *, enforce: bool = True, name: str = "", occurred_at: datetime | None = None
    ) -> Any:
        return await self.engine.using.record(
            self.command(name), self.holder, code, quantity, enforce=enforce, occurred_at=occurred_at
        )

    async def give(self, code: str, to: Holder | None = None, **wanted: Any) -> str:
        package = self.catalogue.package(code)
        assert package is not None
        wanting = Provisioning(self.ids.new("ent"), package, **wanted)
        return (await self.engine.giving.provision(self.command(), to or self.holder, wanting)).id

    async def boost(self, code: str, **wanted: Any) -> str:
        feature = self.catalogue.feature(code)
        assert feature is not None
        wanting = Boosting(self.ids.new("bst"), feature, **{"kind": "add_limit", "duration": "permanent", **wanted})
        return (await self.engine.giving.boost(self.command(), self.holder, wanting)).id

    async def change(self, entitlement_id: str, decide: Callable[[Account, Acting], tuple[Event, ...]]) -> None:
        await self.engine.giving.change(self.command(), self.holder.account, entitlement_id, decide)

    async def events(self, account_id: str = "ns_1") -> list[str]:
        return [event.type for event in await self.store.log.read_stream(rows.ACCOUNT.stream(account_id))]

    async def check(self, code: str, quantity: int = 1, *, as_of: datetime | None = None) -> Any:
        return await self.engine.asking.check(self.holder, code, quantity, at=self.clock.now(), as_of=as_of)

    async def explain(self, code: str) -> Any:
        return await self.engine.asking.explain(self.holder, code, at=self.clock.now())

    async def account(self, account_id: str = "ns_1") -> Account:
        return await self.engine.accounts.load(account_id)

    async def summary(self, as_of: datetime | None = None) -> Any:
        return await self.engine.asking.summary(self.holder, at=self.clock.now(), as_of=as_of)
