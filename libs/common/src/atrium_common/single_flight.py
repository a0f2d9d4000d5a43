"""One call at a time for all who ask: whoever asks gets what a call gave that began after that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class SingleFlight(Generic[_T]):
    """Shares the calls of one function."""

    def __init__(self, call: Callable[[], Awaitable[_T]]) -> None:
        self._call = call
        self._begun = 0
        self._done = 0
        self._given: _T
        self._failed: tuple[int, Exception] | None = None
        self._flying = asyncio.Lock()

    def ask(self) -> int:
        """The number of the first call that begins from now on, for `answer`."""
        return self._begun + 1

    async def answer(self, asked: int | None = None) -> _T:
        """What the call of that number gave, or a later one; without a number, one that begins from now on.

        Raises:
            Exception: what that call raised, for all who wait for it. Where who made it is cancelled, the next one
                makes another.
        """
        asked = self.ask() if asked is None else asked
        async with self._flying:
            if self._done >= asked:
                return self._given
            if self._failed is not None and self._failed[0] >= asked:
                raise self._failed[1]
            self._begun = began = self._begun + 1
            try:
                self._given = await self._call()
            except Exception as error:
                self._failed = began, error
                raise
            self._done, self._failed = began, None
            return self._given
