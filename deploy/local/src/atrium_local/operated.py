"""The services as operators' commands see them, and their stores opened beside whatever runs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping

from atrium_common.bus.spool import Spool
from atrium_common.clock import SystemClock
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.operated import Opened, Operated
from atrium_common.settings import Settings
from atrium_common.wiring import KERNEL_COLLECTIONS, SPOOLED_TOPICS, TOPICS, make_store
from atrium_entitlements.wiring import OPERATED as ENTITLEMENTS
from atrium_gateway.wiring import OPERATED as GATEWAY
from atrium_local.options import Failed
from atrium_tenancy.wiring import OPERATED as TENANCY
from atrium_webhooks.wiring import OPERATED as WEBHOOKS

OPERATED = (TENANCY, ENTITLEMENTS, WEBHOOKS, GATEWAY)
"""Who is read comes before who reads, as far as that goes."""


def named(name: str) -> Operated:
    """The service of this name.

    Raises:
        Failed: there is none.
    """
    for operated in OPERATED:
        if operated.name == name:
            return operated
    raise Failed(f"there is no service {name}: {', '.join(each.name for each in OPERATED)}")


@contextlib.asynccontextmanager
async def opened(settings: Settings, services: Iterable[Operated] = OPERATED) -> AsyncIterator[Mapping[str, Opened]]:
    """The stores of these services, by name; a file that does not exist is not made."""
    clock = SystemClock()
    master = MasterKeys.parse(settings.sealing_keys.get_secret_value())
    async with contextlib.AsyncExitStack() as stack:
        stores: dict[str, Opened] = {}
        for operated in services:
            if settings.mongodb_url is None and not (settings.data_dir / f"{operated.name}.db").exists():
                continue
            store = make_store(operated.name, settings)
            stack.push_async_callback(store.close)
            await store.open([*KERNEL_COLLECTIONS, *operated.collections])
            vault = Vault(store.documents, master, clock=clock)
            stores[operated.name] = Opened(operated, store, vault, clock, TimeOrderedIds(clock=clock))
        if not stores:
            raise Failed(f"{settings.data_dir} holds no stores: start `atrium up` first, or give --data-dir")
        yield stores


async def tail_of(topic: str, stores: Mapping[str, Opened]) -> int | None:
    """The last position of what the topic's readers on this machine read; None where its store is not open."""
    service = stores.get(TOPICS.get(topic, ""))
    if service is None:
        return None
    if topic in SPOOLED_TOPICS:
        return await Spool(topic, service.store.documents, clock=service.clock).tail()
    return await service.store.log.tail()
