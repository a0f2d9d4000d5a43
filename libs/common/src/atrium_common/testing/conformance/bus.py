"""What every bus must prove to the handlers behind it. A backend gives a `Stage`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from atrium_common.bus.ports import Bus, Received, Subscription

TOPIC = "tenancy.events"


class Stage(Protocol):
    """A service whose commits are on the bus, and the bus of whoever reads."""

    bus: Bus

    async def commit(self, numbers: Sequence[int], *, key: str = "wks_1") -> None:
        """Commit one event for each number."""
        ...


async def collect(subscription: Subscription, count: int) -> list[Received]:
    """Receive until there are so many."""
    received: list[Received] = []
    async with asyncio.timeout(30):
        while len(received) < count:
            received += await subscription.receive(limit=50, timeout=0.2)
    return received


def numbers(received: Sequence[Received]) -> list[object]:
    """The numbers that were committed."""
    return [each.message.data["n"] for each in received]


class BusConformance:
    """Inherit, and give a fixture `stage`."""

    async def test_every_commit_arrives_in_order_with_all_that_it_says(self, stage: Stage) -> None:
        subscription = await stage.bus.subscribe([TOPIC], group="all", start="earliest")
        await stage.commit(range(20))
        received = await collect(subscription, 20)
        assert numbers(received) == list(range(20))
        message = received[3].message
        assert (message.type, message.key, message.workspace_id, message.livemode) == (
            "thing.made",
            "wks_1",
            "wks_1",
            True,
        )
        assert (message.source, message.subject, message.sequence) == ("/tenancy", "thing/wks_1", 4)
        assert (message.actor, message.correlation_id, message.position) == ("key/key_1", "req_1", 4)
        await subscription.close()

    async def test_what_was_not_committed_comes_again_and_what_was_does_not(self, stage: Stage) -> None:
        await stage.commit(range(10))
        first = await stage.bus.subscribe([TOPIC], group="g", start="earliest")
        received = await collect(first, 10)
        await first.commit(received[:6])
        await first.close()
        second = await stage.bus.subscribe([TOPIC], group="g", start="earliest")
        assert numbers(await collect(second, 4)) == [6, 7, 8, 9]
        await second.close()

    async def test_a_reader_without_group_that_starts_latest_sees_only_what_comes(self, stage: Stage) -> None:
        await stage.commit(range(5))
        earlier = await stage.bus.subscribe([TOPIC], group=None, start="earliest")
        assert numbers(await collect(earlier, 5)) == [0, 1, 2, 3, 4]
        await earlier.close()
        subscription = await stage.bus.subscribe([TOPIC], group=None, start="latest")
        await stage.commit(range(5, 8))
        assert numbers(await collect(subscription, 3)) == [5, 6, 7]
        await subscription.close()

    async def test_groups_do_not_disturb_each_other(self, stage: Stage) -> None:
        await stage.commit(range(4))
        for group in ("a", "b"):
            subscription = await stage.bus.subscribe([TOPIC], group=group, start="earliest")
            assert numbers(await collect(subscription, 4)) == [0, 1, 2, 3]
            await subscription.close()

    async def test_a_reader_of_a_living_stream_becomes_current(self, stage: Stage) -> None:
        subscription = await stage.bus.subscribe([TOPIC], group=None, start="latest")
        async with asyncio.timeout(20):
            while not subscription.current(within=1.0):
                await subscription.receive(limit=10, timeout=0.1)
        await stage.commit([1])
        await collect(subscription, 1)
        await subscription.close()

    async def test_a_member_that_takes_over_from_another_is_told(self, stage: Stage) -> None:
        await stage.commit([1, 2])
        one = await stage.bus.subscribe([TOPIC], group="turns", start="earliest")
        received = await collect(one, 2)
        turn = one.turn
        await one.commit(received)
        two = await stage.bus.subscribe([TOPIC], group="turns", start="earliest")
        await one.close()
        before = two.turn
        await stage.commit([3])
        assert numbers(await collect(two, 1)) == [3]
        assert two.turn != before
        assert turn != 0
        await two.close()

    async def test_of_two_members_of_a_group_all_is_done_when_one_leaves(self, stage: Stage) -> None:
        one = await stage.bus.subscribe([TOPIC], group="shared", start="earliest")
        two = await stage.bus.subscribe([TOPIC], group="shared", start="earliest")
        for number in range(12):
            await stage.commit([number], key=f"wks_{number}")
        seen: set[object] = set()
        async with asyncio.timeout(40):
            while len(seen) < 12:
                batch = await one.receive(limit=3, timeout=0.1)
                seen |= set(numbers(batch))
                await one.commit(batch)
                batch = await two.receive(limit=3, timeout=0.1)
                seen |= set(numbers(batch))
                await two.commit(batch)
            await one.close()
            for number in range(12, 18):
                await stage.commit([number], key=f"wks_{number}")
            while len(seen) < 18:
                batch = await two.receive(limit=3, timeout=0.2)
                seen |= set(numbers(batch))
                await two.commit(batch)
        await two.close()
