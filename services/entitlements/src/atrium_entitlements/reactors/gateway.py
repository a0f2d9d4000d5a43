"""The gateway's counts of requests: absolute totals, sent again and again (topic `gateway.usage`)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from atrium_common.bus.ports import Message
from atrium_common.jsontypes import JSONObject
from atrium_entitlements.application.metering import Metering
from atrium_entitlements.domain.meter import Context

TOPIC = "gateway.usage"
TYPE = "usage.counted"


class UsageReader:
    """Books what the gateway's workers have counted; all totals of a batch for one context in one commit."""

    def __init__(self, metering: Metering) -> None:
        self._metering = metering
        self._batch: dict[Context, dict[str, int]] = {}

    async def before(self, messages: Sequence[Message]) -> None:
        """Gather the highest totals of a batch, by context."""
        self._batch = {}
        for message in messages:
            # What can't be read is for `handle` to raise about, so that it alone is parked.
            with contextlib.suppress(KeyError, TypeError, ValueError):
                context, counter, total = counted(message)
                totals = self._batch.setdefault(context, {})
                totals[counter] = max(total, totals.get(counter, 0))

    async def handle(self, message: Message) -> None:
        """Book the message's total, with all others of its context and batch; they are nothing new afterwards."""
        if message.type == TYPE:
            context, counter, total = counted(message)
            await self._metering.take(context, {counter: total, **self._batch.get(context, {})})


def counted(message: Message) -> tuple[Context, str, int]:
    """The context, the counter in it, and its total."""
    told = cast("JSONObject", cast("JSONObject", message.data["object"])["attributes"])
    namespace_id = told.get("namespace_id")
    context = Context(
        workspace_id=str(told["workspace_id"]),
        namespace_id=namespace_id if isinstance(namespace_id, str) else None,
        livemode=told.get("livemode") is not False,
        minute=datetime.fromtimestamp(cast("int", told["minute"]) * 60, UTC),
    )
    return context, f"{told['key_id']}/{told['worker']}", cast("int", told["requests"])
