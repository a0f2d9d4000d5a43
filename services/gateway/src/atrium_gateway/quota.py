"""The metered quota `api_calls`: known to within seconds, never in a request's way (spec §4, "Metering")."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from atrium_common.clock import Clock
from atrium_common.errors import AtriumError, QuotaExceeded
from atrium_common.jsontypes import JSONObject

log = structlog.get_logger("quota")

FEATURE = "api_calls"
_FRESH_SECONDS = 2.0
_MOST = 10_000

Account: TypeAlias = tuple[str, str | None, bool]
Ask: TypeAlias = Callable[[Account], Awaitable[JSONObject]]


class Quota:
    """What is left of `api_calls` for workspace, namespace and mode, as entitlements last said."""

    def __init__(self, ask: Ask, *, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._known: OrderedDict[Account, tuple[float, JSONObject]] = OrderedDict()
        self._asking: dict[Account, asyncio.Task[None]] = {}

    def check(self, account: Account) -> None:
        """Return unless the quota is known to be spent; what is not known any more is asked for meanwhile.

        Raises:
            QuotaExceeded: it is spent.
        """
        at, answer = self._known.get(account, (float("-inf"), {}))
        if self._clock.monotonic() - at > _FRESH_SECONDS and account not in self._asking:
            task = asyncio.ensure_future(self._learn(account))
            self._asking[account] = task
            task.add_done_callback(lambda _: self._asking.pop(account, None))
        available = answer.get("available")
        if answer.get("granted") and isinstance(available, int) and available <= 0:
            members = {name: answer.get(name) for name in ("used", "limit", "reset_at")}
            raise QuotaExceeded(FEATURE, members)

    async def close(self) -> None:
        """Ask no more."""
        for task in list(self._asking.values()):
            task.cancel()

    async def _learn(self, account: Account) -> None:
        try:
            answer = await self._ask(account)
        except AtriumError as error:
            log.debug("the quota is not known", reason=str(error))
            answer = {}
        self._known.pop(account, None)
        self._known[account] = (self._clock.monotonic(), answer)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
