"""Counts and health of endpoints outlive the process that serves them, whoever goes on."""

from collections.abc import Callable, Sequence

import pytest

from atrium_common.store.documents import Delete, Put
from atrium_common.store.memory import MemoryDocuments
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.lane import Lane
from atrium_webhooks.application.traffic import Traffic
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.rows import LANES


class Unsure(MemoryDocuments):
    """Documents of a store that may not take a write, or not say that it has, and tells when it is asked for one."""

    def __init__(self) -> None:
        super().__init__(FakeClock())
        self.declare([LANES])
        self.away = self.mute = False
        self.asked: Callable[[], object] = lambda: None

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        self.asked()
        if self.away:
            raise StoreUnavailable("away")
        done = await super().write(writes)
        if self.mute:
            raise StoreUnavailable("mute")
        return done


@pytest.fixture
def documents() -> Unsure:
    return Unsure()


def lane() -> Lane:
    created = domain.WebhookCreated(
        workspace_id="wks_1",
        settings=domain.EndpointSettings(url="https://example.com/hooks", events=("*",)),
        credentials=new_credentials("wh_1", secret="the one secret", randomness=bytes),
        is_active=True,
        livemode=True,
        at=FakeClock().now(),
    )
    return Lane("wh_1", domain.evolve(None, created))


async def count(traffic: Traffic, lane: Lane, times: int = 1) -> None:
    """So many successes, each one written."""
    for _ in range(times):
        lane.successes += 1
        traffic.changed(lane)
        await traffic.flush()


async def stored(documents: Unsure) -> int:
    read = lane()
    await Traffic(documents, serves=lambda _: True).restore([read])
    return read.successes


async def test_what_was_written_without_an_answer_is_written_over_by_what_comes_after_it(documents: Unsure) -> None:
    traffic, mine = Traffic(documents, serves=lambda _: True), lane()
    documents.mute = True
    await count(traffic, mine)
    documents.mute = False
    await count(traffic, mine)
    await traffic.flush()
    assert await stored(documents) == 2
    assert not traffic.unwritten


async def test_a_process_that_was_cut_off_writes_nothing_over_what_the_next_one_has_counted(documents: Unsure) -> None:
    cut_off, before = Traffic(documents, serves=lambda _: False), lane()
    await count(cut_off, before)
    documents.away = True
    await count(cut_off, before, times=5)
    documents.away = False
    following, after = Traffic(documents, serves=lambda _: True), lane()
    await following.restore([after])
    await count(following, after, times=10)
    await cut_off.flush()
    await count(following, after)
    assert await stored(documents) == 12
    assert not cut_off.unwritten


async def test_a_shard_has_something_to_be_stored_until_it_is_stored(documents: Unsure) -> None:
    traffic, mine = Traffic(documents, serves=lambda _: True), lane()
    seen: list[bool] = []
    documents.asked = lambda: seen.append(mine.shard in traffic.unwritten)
    documents.away = True
    await count(traffic, mine)
    assert mine.shard in traffic.unwritten
    documents.away = False
    await traffic.flush()
    assert seen == [True, True]
    assert not traffic.unwritten
