"""The audit of every service's store, beside whatever runs (`atrium admin check`)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from atrium_common.eventing.audit import Audit, Finding
from atrium_common.operated import Opened
from atrium_common.settings import Settings
from atrium_common.store.ports import StoreUnavailable
from atrium_common.wiring import TOPICS
from atrium_local.operated import opened, tail_of

LOOKS = 4
_PAUSE = 1.5


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit of one service found."""

    service: str
    commits: int
    findings: Sequence[Finding]


async def checked(settings: Settings) -> list[Report]:
    """Audit every service. What seems wrong is looked at again for some seconds: a running service moves."""
    async with opened(settings) as stores:
        reports = {name: await _report(name, stores) for name in stores}
        for _ in range(LOOKS - 1):
            doubtful = [name for name, report in reports.items() if report.findings]
            if not doubtful:
                break
            await asyncio.sleep(_PAUSE)
            for name in doubtful:
                again = await _report(name, stores)
                lasting = sorted(set(again.findings) & set(reports[name].findings))
                reports[name] = Report(name, again.commits, lasting)
        return list(reports.values())


async def _report(name: str, stores: Mapping[str, Opened]) -> Report:
    service = stores[name]
    audit = Audit(service.store, service.codec, service.repository, service.operated.deciders)
    try:
        findings = await audit.findings(tails=await _tails(stores))
        for projector in service.operated.projectors(service):
            findings += [Finding("projection", where, what) for where, what in await projector.differences()]
        return Report(name, await service.store.log.tail(), findings)
    except StoreUnavailable as error:
        return Report(name, 0, [Finding("store", name, str(error))])


async def _tails(stores: Mapping[str, Opened]) -> dict[str, int]:
    tails = {topic: await tail_of(topic, stores) for topic in TOPICS}
    return {topic: tail for topic, tail in tails.items() if tail is not None}
