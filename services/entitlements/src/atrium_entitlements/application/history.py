"""The histories of the service: three projections of one log, kept by one projector."""

from __future__ import annotations

from collections.abc import Sequence

from atrium_common.eventing.event import Event
from atrium_common.eventing.log_projector import Happened, Slot
from atrium_common.store.ports import Documents
from atrium_entitlements.application import audit_log, request_days, usage_history
from atrium_entitlements.domain.events import UsageRecorded
from atrium_entitlements.domain.meter import RequestsMetered

NAME = "history"
COLLECTIONS = (usage_history.HISTORY, audit_log.AUDIT, audit_log.AUDITED, request_days.DAYS)
TYPES: tuple[type[Event], ...] = (UsageRecorded, RequestsMetered, *audit_log.TYPES)


class Histories:
    """Puts what happened into usage history, audit log and counts of requests."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def project(self, happened: Sequence[Happened], slot: Slot) -> None:
        """See `atrium_common.eventing.log_projector.Apply`."""
        await usage_history.project(self._documents, happened, slot)
        await audit_log.project(self._documents, happened, slot)
        await request_days.project(self._documents, happened, slot)
