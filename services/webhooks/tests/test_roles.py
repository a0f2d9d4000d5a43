"""What each role of a webhooks process runs."""

from __future__ import annotations

import base64
from typing import Literal

import pytest

from atrium_common.bus.log import LogBus
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.principal import PrincipalKeys
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_common.wiring import KERNEL_COLLECTIONS, Parts
from atrium_webhooks.settings import WebhooksSettings
from atrium_webhooks.wiring import COLLECTIONS, NAME, build


@pytest.mark.parametrize(
    ("role", "serves", "dispatches"),
    [(("api",), True, False), (("worker",), False, True), (("api", "worker"), True, True)],
)
async def test_only_what_is_called_opens_a_port_and_only_a_worker_dispatches(
    role: tuple[Literal["api", "worker"], ...], serves: bool, dispatches: bool
) -> None:
    clock = FakeClock()
    ids = TimeOrderedIds(clock=clock)
    store = MemoryStore(clock=clock)
    await store.open([*KERNEL_COLLECTIONS, *COLLECTIONS])
    bus = LogBus({}, documents=store.documents, clock=clock, ids=ids)
    vault = Vault(store.documents, MasterKeys({"k": bytes(32)}), clock=clock)
    keys = PrincipalKeys.parse(f"service-1!:{base64.b64encode(bytes(32)).decode()}")
    service = await build(Parts(NAME, WebhooksSettings(role=role), store, bus, clock, ids, vault, keys))
    try:
        assert (service.server is not None) == serves
        assert ("dispatcher" in service.jobs) == dispatches
    finally:
        for close in service.closers:
            await close()
