"""What every service is made of: store, bus, sealing and principals, chosen by settings, and its standard jobs.

The one module of the common library that knows the adapters.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from aiohttp import web

from atrium_common.bus.log import LogBus, Source
from atrium_common.bus.ports import Bus
from atrium_common.bus.spool import SPOOL, Spool
from atrium_common.clock import Clock, SystemClock
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.log_projector import SLOTS
from atrium_common.eventing.parking import PARKED_MESSAGES, REDRIVES
from atrium_common.eventing.projector import RowProjector
from atrium_common.eventing.relay import Relay
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.http.app import Kit
from atrium_common.http.client import ServiceClient
from atrium_common.http.health import Check
from atrium_common.ids import Ids, TimeOrderedIds
from atrium_common.operated import Opened, Operated
from atrium_common.principal import PrincipalKeys
from atrium_common.settings import Settings, UnfitSetting
from atrium_common.store.documents import Collection
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.supervisor import Job
from atrium_common.tls import trusting

if TYPE_CHECKING:
    from atrium_common.bus.kafka import KafkaBus

EVENT_TOPICS: Mapping[str, str] = {
    "tenancy.events": "tenancy",
    "entitlements.events": "entitlements",
    "webhooks.events": "webhooks",
}
SPOOLED_TOPICS: Mapping[str, str] = {"gateway.usage": "gateway"}
TOPICS: Mapping[str, str] = {**EVENT_TOPICS, **SPOOLED_TOPICS}
RETENTION: Mapping[str, timedelta] = {
    "tenancy.events": timedelta(days=7),
    "entitlements.events": timedelta(days=30),
    "webhooks.events": timedelta(days=30),
    "gateway.usage": timedelta(days=2),
}
"""How long Kafka keeps a topic that is made here: names and addresses, which tenancy's events carry, a week."""

KERNEL_COLLECTIONS = (SUBJECT_KEYS, LEASES, CHECKPOINTS, PARKED_MESSAGES, REDRIVES, SNAPSHOTS, SLOTS)
_SWEEP_SECONDS = 10.0
_SWEPT_AT_ONCE = 500
_BREATH = 0.02

Closer: TypeAlias = Callable[[], Awaitable[None]]


class Door(Protocol):
    """Something of a service's own that listens on its API port."""

    async def open(self, host: str, port: int, *, reuse_port: bool = False, tls: ssl.SSLContext | None = None) -> int:
        """Listen, by TLS where a context for it is given, and return the port (a free one where 0 was asked for)."""
        ...

    async def drain(self, seconds: float) -> bool:
        """Stop accepting, finish what has been or is being received, and close; whether all was done in time."""
        ...


@dataclass(slots=True)
class Service:
    """A composed service, ready to be served.

    Attributes:
        name: like `tenancy`.
        server: what answers on the API port; None where nobody calls this process, which then opens none.
        jobs: background work by name.
        checks: readiness by name.
        closers: what to let go of at the end, in this order.
    """

    name: str
    server: web.Application | Door | None
    jobs: dict[str, Job] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    closers: list[Closer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service is composed from."""

    name: str
    settings: Settings
    store: Store
    bus: Bus
    clock: Clock
    ids: Ids
    vault: Vault
    keys: PrincipalKeys

    @property
    def kit(self) -> Kit:
        """What the HTTP kit needs."""
        verifier = self.keys.verifier(self.name)
        return Kit(self.name, verifier, self.clock, self.ids, self.settings.log_every, self.store.log.tail)

    def opened(self, operated: Operated) -> Opened:
        """The service's store as operators' commands see it: what the service itself is made of."""
        return Opened(operated, self.store, self.vault, self.clock, self.ids)

    def client(self, base: str) -> ServiceClient:
        """A way to another service's internal API.

        Raises:
            UnfitSetting: this process holds no key to sign with.
        """
        signer = self.keys.signer("service")
        if signer is None:
            raise UnfitSetting("ATRIUM_PRINCIPAL_KEYS holds no private service key (service…!:base64)")
        return ServiceClient(base, service=self.name, signer=signer, clock=self.clock, tls=services_tls(self.settings))

    def standard_jobs(self, repository: Repository, deciders: Sequence[Decider[Any]], *, topic: str) -> dict[str, Job]:
        """Rows, relay and sweep: what each event-sourced service runs."""
        projector = RowProjector(self.store, repository, deciders, clock=self.clock, ids=self.ids)
        jobs: dict[str, Job] = {"rows": projector.run, "sweep": lambda: sweep(self.store)}
        if not isinstance(self.bus, LogBus):
            relay = Relay(
                service=self.name,
                topic=topic,
                log=self.store.log,
                documents=self.store.documents,
                bus=self.bus,
                open_sealed=self.vault.open,
                clock=self.clock,
                ids=self.ids,
            )
            jobs["relay"] = relay.run
        return jobs


def services_tls(settings: Settings) -> ssl.SSLContext | None:
    """Whose certificates the other services may show, where a CA of one's own is set.

    Raises:
        TlsUnfit: its file can't be used.
    """
    if settings.services_ca_file is None:
        return None
    return trusting(settings.services_ca_file, setting="ATRIUM_SERVICES_CA_FILE")


async def sweep(store: Store, *, every: float = _SWEEP_SECONDS) -> None:
    """Remove what has expired, a bounded batch at a time, for ever (MongoDB does it by itself).

    While there is more, the batches follow each other with a breath between them: whatever is written expires no
    faster than it is removed.
    """
    while True:
        await asyncio.sleep(every)
        if isinstance(store, SqliteStore):
            removed = _SWEPT_AT_ONCE
            while removed >= _SWEPT_AT_ONCE:
                removed = await store.documents.sweep(limit=_SWEPT_AT_ONCE)
                await asyncio.sleep(_BREATH)


async def compose(name: str, settings: Settings, collections: Sequence[Collection]) -> tuple[Parts, list[Closer]]:
    """The parts of the service `name`, opened, and what closes them.

    Raises:
        StoreUnavailable, BusUnavailable: what the settings name can't be reached.
        UnfitSetting: a key setting is malformed; the text says which and how it should be.
    """
    clock = SystemClock()
    ids = TimeOrderedIds(clock=clock)
    master = MasterKeys.parse(settings.sealing_keys.get_secret_value())
    store = make_store(name, settings)
    await store.open([*KERNEL_COLLECTIONS, *collections])
    bus, closers = await open_bus(settings, store, master, clock, ids)
    parts = Parts(
        name=name,
        settings=settings,
        store=store,
        bus=bus,
        clock=clock,
        ids=ids,
        vault=Vault(store.documents, master, clock=clock),
        keys=PrincipalKeys.parse(settings.principal_keys.get_secret_value()),
    )
    return parts, [bus.close, *closers, store.close]


def make_store(name: str, settings: Settings) -> Store:
    """The store that the settings choose for the service `name`, not yet opened."""
    if settings.mongodb_url is not None:
        from atrium_common.store.mongo import MongoStore

        return MongoStore(
            settings.mongodb_url.get_secret_value(),
            database=f"{settings.mongodb_prefix}{name}",
            driver=settings.mongodb_driver,
            ca_file=settings.mongodb_ca_file,
            cert_file=settings.mongodb_cert_file,
        )
    return SqliteStore(settings.data_dir / f"{name}.db")


def kafka_bus(bootstrap: str, settings: Settings, clock: Clock) -> KafkaBus:
    """The stream on these brokers, not yet opened.

    Raises:
        TlsUnfit: a certificate file can't be used.
    """
    from atrium_common.bus.kafka import KafkaBus
    from atrium_common.bus.kafka_security import KafkaSecurity

    return KafkaBus(
        bootstrap,
        topics=tuple(TOPICS),
        prefix=settings.kafka_prefix,
        partitions=settings.kafka_partitions,
        replication=settings.kafka_replication,
        retention=RETENTION,
        clock=clock,
        security=KafkaSecurity.of(settings),
    )


async def open_bus(
    settings: Settings, store: Store, master: MasterKeys, clock: Clock, ids: Ids
) -> tuple[Bus, list[Closer]]:
    """The event stream that the settings choose, opened, and what closes what it reads; groups' progress is in `store`.

    Raises:
        BusUnavailable, StoreUnavailable: it can't be reached.
    """
    if settings.kafka_bootstrap is not None:
        kafka = kafka_bus(settings.kafka_bootstrap, settings, clock)
        await kafka.open()
        return kafka, []
    sources: dict[str, Source] = {}
    closers: list[Closer] = []
    for topic, service in TOPICS.items():
        other = make_store(service, settings)
        spooled = topic in SPOOLED_TOPICS
        await other.open([SUBJECT_KEYS, *([SPOOL] if spooled else [])])
        closers.append(other.close)
        log = Spool(topic, other.documents, clock=clock) if spooled else other.log
        sources[topic] = Source(service, log, Vault(other.documents, master, clock=clock).open)
    return LogBus(sources, documents=store.documents, clock=clock, ids=ids), closers
