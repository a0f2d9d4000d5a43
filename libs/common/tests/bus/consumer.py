"""A consumer as a process: has one effect for each message, and may be told to die right after some of them.

consumer.py KIND ADDRESS PREFIX OWN_STORE DIE_AT — KIND is log or kafka; ADDRESS the publisher's store or the broker.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from atrium_common.bus.kafka import KafkaBus
from atrium_common.bus.log import LogBus, Source
from atrium_common.bus.ports import Bus, Message
from atrium_common.clock import SystemClock
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.parking import PARKED_MESSAGES, REDRIVES
from atrium_common.eventing.reactor import Reactor
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON
from atrium_common.store.commit import EventRecord, Proposal, Slice
from atrium_common.store.ports import VersionConflict
from atrium_common.store.sqlite import SqliteStore

TOPIC = "tenancy.events"
CLOCK = SystemClock()


async def in_the_clear(value: JSON) -> JSON:
    return value


async def main(kind: str, address: str, prefix: str, own: str, die_at: int) -> None:
    store = SqliteStore(Path(own))
    await store.open([LEASES, CHECKPOINTS, PARKED_MESSAGES, REDRIVES])
    bus: Bus
    if kind == "log":
        publisher = SqliteStore(Path(address))
        await publisher.open([])
        source = Source("tenancy", publisher.log, in_the_clear)
        bus = LogBus({TOPIC: source}, documents=store.documents, clock=CLOCK, ids=TimeOrderedIds())
    else:
        bus = KafkaBus(address, topics=[TOPIC], clock=CLOCK, prefix=prefix, partitions=3)
        await bus.open()
    handled = 0

    async def handle(message: Message) -> None:
        nonlocal handled
        # What a reactor does: a command whose id is made from the event's.
        record = EventRecord(f"evt_{message.id}", "effect.had", 1, {"of": message.id})
        while True:
            expected = len(await store.log.read_stream(f"effects/{message.key}"))
            proposal = Proposal(
                f"{message.id}/effects", CLOCK.now(), (Slice(f"effects/{message.key}", expected, (record,)),)
            )
            try:
                await store.log.append(proposal)
                break
            except VersionConflict:
                continue
        handled += 1
        sys.stdout.write(f"{message.id}\n")
        sys.stdout.flush()
        if handled == die_at:
            # After the effect, before the offset.
            os.kill(os.getpid(), signal.SIGKILL)

    await Reactor("effects", [TOPIC], handle, bus=bus, documents=store.documents, clock=CLOCK).run()


if __name__ == "__main__":
    kind_, address_, prefix_, own_, die_at_ = sys.argv[1:]
    asyncio.run(main(kind_, address_, prefix_, own_, int(die_at_)))
