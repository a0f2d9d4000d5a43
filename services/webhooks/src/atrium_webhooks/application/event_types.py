"""The catalogue of event types: what every service says that it publishes, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast

import structlog

from atrium_common.clock import Clock
from atrium_common.errors import AtriumError
from atrium_common.eventing.published import PublishedType, described
from atrium_common.http.client import ServiceClient
from atrium_common.http.listing import WORDS, words
from atrium_common.jsontypes import JSONObject

log = structlog.get_logger()
_FRESH_SECONDS = 60.0


class EventTypes:
    """Asks the other services at most once a minute: what they publish changes with their releases alone."""

    def __init__(self, own: Sequence[PublishedType], others: Mapping[str, ServiceClient], *, clock: Clock) -> None:
        self._own = cast("list[JSONObject]", described(own))
        self._others = others
        self._clock = clock
        self._known: list[JSONObject] = []
        self._good_until = 0.0

    async def all(self) -> Sequence[JSONObject]:
        """Every type with its description and schema, by name; each carries its search words.

        Raises:
            Unavailable, BadGateway, GatewayTimeout: another service does not answer, and has not before.
        """
        now = self._clock.monotonic()
        if now >= self._good_until:
            try:
                await self._ask()
            except AtriumError as error:
                if not self._known:
                    raise
                log.warning("event types of before are told: another service does not answer", reason=str(error))
            self._good_until = now + _FRESH_SECONDS
        return self._known

    async def _ask(self) -> None:
        answers = await asyncio.gather(
            *(client.call("GET", "/internal/event-types") for client in self._others.values())
        )
        told = [*self._own, *(each for answer in answers for each in cast("list[JSONObject]", answer["data"]))]
        self._known = sorted(
            ({**each, WORDS: words(str(each["type"]), str(each["description"]))} for each in told),
            key=lambda each: str(each["type"]),
        )

    async def close(self) -> None:
        """Let the connections go."""
        for client in self._others.values():
            await client.close()
