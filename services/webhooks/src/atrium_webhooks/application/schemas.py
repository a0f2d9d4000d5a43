"""Clients' JSON Schemas are looked at, and run, where they hold up nobody else.

What is small is done at once. What is not is done on a thread of few: the interpreter takes it from there every few
milliseconds, so that other requests go on, and as many costly ones as there may be take no more than their threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from atrium_common.errors import ValidationFailed
from atrium_common.jsontypes import JSON, JSONObject
from atrium_webhooks.domain.data_schema import TooCostly, UnfitSchema, check_schema, faults, judged

_R = TypeVar("_R")
_AT_ONCE_STEPS = 500
"""Of a schema run on data, on the event loop: some milliseconds."""


class Schemas:
    """Looks at schemas, and runs them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, "schemas")
        self._imported = False  # the first one imports the validator, which takes long

    async def check(self, schema: JSONObject) -> None:
        """Return if the data of events can be judged by it.

        Raises:
            ValidationFailed: it can't; the details lead to the part of `schema` that is at fault.
        """
        try:
            await self._aside(lambda: check_schema(schema))
        except UnfitSchema as error:
            raise ValidationFailed({".".join(["schema", *error.path]): [str(error)]}) from None

    async def faults(self, schema: JSONObject, data: JSON) -> Mapping[str, Sequence[str]]:
        """What the schema says against the data, by dotted path from `data`; empty where it fits."""
        if self._imported:
            with suppress(TooCostly):
                return judged(schema, data, steps=_AT_ONCE_STEPS)
        return await self._aside(lambda: faults(schema, data))

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _aside(self, work: Callable[[], _R]) -> _R:
        done = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._imported = True
        return done
