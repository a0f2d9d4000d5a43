"""What was used of each feature in each hour, day and month (UTC): sums over the whole log of usage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from atrium_common.clock import parse_rfc3339, rfc3339
from atrium_common.eventing.log_projector import Happened, Slot
from atrium_common.eventing.sums import add_sums
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Collection, Condition, Index, Order, Query
from atrium_common.store.ports import Documents
from atrium_entitlements.domain.buckets import WINDOWS, Bucket, Window, bucket
from atrium_entitlements.domain.events import UsageRecorded
from atrium_entitlements.domain.holder import Holder, usage_account

HISTORY = Collection(
    "usage_history",
    (Index(("account", "feature", "window", "start")), Index(("namespace", "feature", "window", "start"))),
)
_PAGE = 1000


class _Key(NamedTuple):
    account: str
    namespace: str | None
    feature: str
    window: Window
    start: str

    def text(self) -> str:
        return "|".join(part or "-" for part in self)


async def project(documents: Documents, happened: Sequence[Happened], slot: Slot) -> None:
    """Add the usage among these events, each pool's own figures included."""
    added: dict[_Key, list[tuple[int, int]]] = defaultdict(list)
    for each in happened:
        if isinstance(each.event, UsageRecorded):
            for key in _keys(each.stream.partition("/")[2], each.event):
                added[key].append((each.position, each.event.quantity))
    bodies: dict[str, JSONObject] = {key.text(): dict(key._asdict()) for key in added}
    await add_sums(
        documents,
        slot.collection(HISTORY.name),
        {key.text(): {"quantity": amounts} for key, amounts in added.items()},
        bodies,
    )


async def used(
    documents: Documents, slot: Slot, holder: Holder, feature: str, window: Window, *, since: datetime, until: datetime
) -> list[tuple[Bucket, int]]:
    """What was used in each bucket that begins from `since` on and before `until`, oldest first; none where nothing.

    Of a namespace what it used, at whatever level it was debited; of a workspace what counts on its account.
    """
    whose = "namespace" if holder.kind == "namespace" else "account"
    query = Query(
        (
            Condition(whose, "eq", usage_account(holder.id, livemode=holder.livemode)),
            Condition("feature", "eq", feature),
            Condition("window", "eq", window),
            Condition("start", "gte", rfc3339(since)),
            Condition("start", "lt", rfc3339(until)),
        ),
        (Order("start"),),
        limit=_PAGE,
    )
    sums: dict[str, int] = defaultdict(int)
    while True:
        page = await documents.query(slot.collection(HISTORY.name), query)
        for document in page:
            sums[str(document.body["start"])] += cast("int", document.body["quantity"])
        if len(page) < _PAGE:
            return [(bucket(window, parse_rfc3339(start)), quantity) for start, quantity in sums.items()]
        after = (str(page[-1].body["start"]), page[-1].key)
        query = Query(query.where, query.sort, after, limit=_PAGE)


def _keys(account: str, event: UsageRecorded) -> list[_Key]:
    place = event.place
    namespace = None if place.namespace_id is None else usage_account(place.namespace_id, livemode=place.livemode)
    return [
        _Key(account, namespace, debit.feature, window, rfc3339(bucket(window, event.occurred_at).start))
        for debit in event.debits
        for window in WINDOWS
    ]
