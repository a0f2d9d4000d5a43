"""How many requests each workspace made on each day (UTC), by mode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, timedelta
from typing import cast

from atrium_common.eventing.log_projector import Happened, Slot
from atrium_common.eventing.sums import add_sums
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Collection
from atrium_common.store.ports import Documents
from atrium_entitlements.domain.meter import RequestsMetered

DAYS = Collection("request_days")


async def project(documents: Documents, happened: Sequence[Happened], slot: Slot) -> None:
    """Add the requests among these events."""
    added: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for each in happened:
        if isinstance(each.event, RequestsMetered):
            day = each.event.minute.astimezone(UTC).date()
            key = _key(each.event.workspace_id, day, livemode=each.event.livemode)
            added[key].append((each.position, each.event.quantity))
    amounts = {key: {"count": counted} for key, counted in added.items()}
    await add_sums(documents, slot.collection(DAYS.name), amounts, {key: {} for key in added})


async def by_day(
    documents: Documents, slot: Slot, workspace_id: str, *, livemode: bool, until: date, days: int
) -> list[JSONObject]:
    """So many days, the last of them `until`, oldest first, each with its count."""
    wanted = [until - timedelta(days=back) for back in reversed(range(days))]
    keys = {day: _key(workspace_id, day, livemode=livemode) for day in wanted}
    found = await documents.get_many(slot.collection(DAYS.name), list(keys.values()))
    return [
        {"date": day.isoformat(), "count": cast("int", found[key].body["count"]) if key in found else 0}
        for day, key in keys.items()
    ]


def _key(workspace_id: str, day: date, *, livemode: bool) -> str:
    return f"{workspace_id}/{'live' if livemode else 'test'}/{day.isoformat()}"
