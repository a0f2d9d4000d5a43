import pytest

from atrium_common.eventing.presence import REPLICAS
from atrium_common.eventing.snapshot import SNAPSHOTS
from atrium_common.eventing.vault import SUBJECT_KEYS
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from libs.common.tests.eventing.head.processes import WatchedLog


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def log() -> WatchedLog:
    return WatchedLog()


@pytest.fixture
async def shared(clock: FakeClock, log: WatchedLog) -> MemoryStore:
    store = MemoryStore(clock=clock)
    store.log = log
    await store.open([SUBJECT_KEYS, SNAPSHOTS, REPLICAS])
    return store
