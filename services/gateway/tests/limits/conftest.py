"""Gateways that share one store and one clock."""

import pytest

from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from services.gateway.tests.limits.gateways import COLLECTIONS, Gateways


@pytest.fixture
async def gateways(clock: FakeClock) -> Gateways:
    store = MemoryStore(clock=clock)
    await store.open(COLLECTIONS)
    return Gateways(store, clock)
