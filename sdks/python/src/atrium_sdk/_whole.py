"""An answer must be whole in time: httpx's own limit is for each part, and one that trickles would never end."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Iterator
from typing import cast

import httpx

from atrium_sdk._options import Options


def limit_of(options: Options) -> float | None:
    """Seconds for an attempt, or None for no limit."""
    return None if options.timeout is None or math.isinf(options.timeout) else options.timeout


def whole(client: httpx.Client, request: httpx.Request, limit: float | None) -> httpx.Response:
    """The answer with its body.

    Raises:
        httpx.TransportError, httpx.DecodingError: there is none, or its body takes more than `limit` seconds.
    """
    response = client.send(request, stream=True)
    response.stream = _Timed(cast("httpx.SyncByteStream", response.stream), limit)
    try:
        response.read()
    except BaseException:
        response.close()
        raise
    return response


async def whole_async(client: httpx.AsyncClient, request: httpx.Request, limit: float | None) -> httpx.Response:
    """As `whole`, awaited."""
    response = await client.send(request, stream=True)
    response.stream = _AsyncTimed(cast("httpx.AsyncByteStream", response.stream), limit)
    try:
        await response.aread()
    except BaseException:
        await response.aclose()
        raise
    return response


class _Deadline:
    def __init__(self, seconds: float | None) -> None:
        self._moment = math.inf if seconds is None else time.monotonic() + seconds

    def check(self) -> None:
        if time.monotonic() > self._moment:
            raise httpx.ReadTimeout("the answer was not whole in time")


class _Timed(httpx.SyncByteStream):
    """A body whose parts must all come within the limit."""

    def __init__(self, stream: httpx.SyncByteStream, limit: float | None) -> None:
        self._stream = stream
        self._deadline = _Deadline(limit)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            self._deadline.check()
            yield part

    def close(self) -> None:
        self._stream.close()


class _AsyncTimed(httpx.AsyncByteStream):
    """As `_Timed`, awaited."""

    def __init__(self, stream: httpx.AsyncByteStream, limit: float | None) -> None:
        self._stream = stream
        self._deadline = _Deadline(limit)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._deadline.check()
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
