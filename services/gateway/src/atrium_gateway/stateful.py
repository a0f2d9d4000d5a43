"""The stateful half of the gateway, put together: limits, saved answers and counts over one view of the replicas."""

from __future__ import annotations

from dataclasses import dataclass

from atrium_common.bus.spool import SPOOL
from atrium_common.eventing.reactor import Reactor
from atrium_common.http.health import Check
from atrium_common.store.documents import Collection
from atrium_common.supervisor import Job
from atrium_common.wiring import Closer, Parts, sweep
from atrium_gateway.idempotency.erasure import ERASURE, TOPIC, forgetting
from atrium_gateway.idempotency.record import REPLAYS
from atrium_gateway.idempotency.replays import StoredReplays
from atrium_gateway.limits.addresses import GuessLimiter
from atrium_gateway.limits.limiter import LeasedLimiter
from atrium_gateway.limits.settlement import LEDGERS
from atrium_gateway.metering.meter import TOTALS, UsageMeter
from atrium_gateway.replicas import REPLICAS, Replicas
from atrium_gateway.settings import GatewaySettings

COLLECTIONS: tuple[Collection, ...] = (REPLICAS, LEDGERS, REPLAYS, TOTALS, SPOOL)


@dataclass(frozen=True, slots=True)
class Stateful:
    """What the pipeline calls (`ports`), and what runs beside it.

    Attributes:
        jobs: background work by name.
        checks: readiness by name.
        closers: what is handed back at the end, in this order.
    """

    limiter: LeasedLimiter
    addresses: GuessLimiter
    replays: StoredReplays
    meter: UsageMeter
    jobs: dict[str, Job]
    checks: dict[str, Check]
    closers: list[Closer]


def stateful(parts: Parts, settings: GatewaySettings) -> Stateful:
    """Put together over these parts."""
    store, documents, clock = parts.store, parts.store.documents, parts.clock
    replicas = Replicas(store, clock=clock, ids=parts.ids)
    limiter = LeasedLimiter(documents, replicas, clock=clock)
    replays = StoredReplays(documents, replicas, parts.vault, clock=clock, ids=parts.ids)
    meter = UsageMeter(documents, parts.bus, replicas, clock=clock)
    erasure = Reactor(ERASURE, [TOPIC], forgetting(replays), bus=parts.bus, documents=documents, clock=clock)
    return Stateful(
        limiter=limiter,
        addresses=GuessLimiter(settings.unauthenticated_per_minute, clock=clock),
        replays=replays,
        meter=meter,
        jobs={
            "replicas": replicas.run,
            "limits": limiter.run,
            "replays": replays.run,
            "metering": meter.run,
            "erasure": erasure.run,
            "sweep": lambda: sweep(store),
        },
        checks={"replicas": replicas.check},
        closers=[limiter.close, meter.close, replicas.leave],
    )
